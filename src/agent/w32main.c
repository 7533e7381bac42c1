/* w32main.c - Windows without a C runtime: from the system's entry to main. */
#include "w32.h"

#define ARGUMENTS 8

int main(int argc, char **argv);
void entry(void);
void __main(void);

/* gcc calls this at the start of main, for the sake of C++. */
void __main(void)
{
}

/* Cuts the command line at its blanks. What is in quotes stays together; no path has a quote in it. */
static int cut(char *line, char **argv)
{
    char *to;
    int quoted;
    int count = 0;

    while (count < ARGUMENTS) {
        while (*line == ' ' || *line == '\t')
            line++;
        if (*line == '\0')
            break;
        argv[count++] = to = line;
        for (quoted = 0; *line != '\0' && (quoted || (*line != ' ' && *line != '\t')); line++)
            if (*line == '"')
                quoted = !quoted;
            else
                *to++ = *line;
        if (*line != '\0')
            line++;
        *to = '\0';
    }
    return count;
}

void entry(void)
{
    static char *argv[ARGUMENTS + 1];
    int code = main(cut(GetCommandLineA(), argv), argv);

    fflush(stdout);
    fflush(stderr);
    ExitProcess((UINT)code);
}
