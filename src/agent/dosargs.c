/* dosargs.c - DOS: the one line that a program gets behind its name. */
#include "dosport.h"

#include <string.h>

#define LONGEST (DOS_TAIL - 2) /* without the length before it and the CR behind it */

struct line {
    char *text;
    unsigned length;
};

static void put(struct line *line, char c)
{
    if (line->length < LONGEST)
        line->text[line->length] = c;
    line->length++;
}

static void put_text(struct line *line, const char *text)
{
    for (; *text != '\0'; text++)
        put(line, *text);
}

/* As C runtimes take it apart: within quotes, and the backslashes before a quote twice. */
static void put_quoted(struct line *line, const char *text)
{
    unsigned backslashes = 0;

    put(line, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            for (backslashes++; backslashes > 0; backslashes--)
                put(line, '\\');
        backslashes = *text == '\\' ? backslashes + 1 : 0;
        put(line, *text);
    }
    for (; backslashes > 0; backslashes--)
        put(line, '\\');
    put(line, '"');
}

int dos_tail(char tail[DOS_TAIL], const struct port_program *program)
{
    struct line line;
    unsigned i;

    line.text = tail + 1;
    line.length = 0;
    if (program->shell) {
        put_text(&line, " /C .\\");
        put_text(&line, program->file);
    }
    for (i = 1; program->argv[i] != NULL; i++) {
        /* The line ends at the first CR, and C runtimes take LF for one. */
        if (strpbrk(program->argv[i], "\r\n") != NULL)
            return 0;
        put(&line, ' ');
        if (program->argv[i][0] == '\0' || strpbrk(program->argv[i], " \t\v\"',;=()") != NULL)
            put_quoted(&line, program->argv[i]);
        else
            put_text(&line, program->argv[i]);
    }
    if (line.length > LONGEST)
        return 0;
    tail[0] = (char)line.length;
    tail[1 + line.length] = '\r';
    return 1;
}

int port_takes(const struct port_program *program)
{
    char tail[DOS_TAIL];

    return dos_tail(tail, program);
}
