/* dosmain.c - DOS without a C library: from the start of the program to main, and what somebody at the machine reads. */
#include "dosport.h"

#include "names.h"
#include "version.h"

#include <string.h>

#define ARGUMENTS 4
#define TYPED 0x80    /* where DOS leaves what was typed behind the program's name */
#define OLDEST 0x030A /* 3.10: a call may fail without a question to somebody */
#define EXIT_FAILED 1

int main(int argc, char **argv);

static char typed[DOS_TAIL];
static char *arguments[ARGUMENTS + 1] = {"AGENT.EXE"};
static int is_hooked;

/* Cuts what was typed at its blanks; no path has one. */
static int cut(void)
{
    unsigned size = dos_peek(dos_psp, TYPED);
    int count = 1;
    unsigned i;

    for (i = 0; i < size && i < DOS_TAIL - 1; i++) {
        typed[i] = (char)dos_peek(dos_psp, TYPED + 1 + i);
        if (strchr(" \t\r", typed[i]) != NULL)
            typed[i] = '\0';
        else if ((i == 0 || typed[i - 1] == '\0') && count < ARGUMENTS)
            arguments[count++] = typed + i;
    }
    return count;
}

void dos_end(int code)
{
    fflush(stdout);
    fflush(stderr);
    if (is_hooked)
        dos_unhook();
    dos_exit(code);
}

void dos_begin(void)
{
    int code = main(cut(), arguments);

    /* A loop that starts the agent again and again must see that somebody wants it to end. */
    dos_end(code == 0 && dos_stops() ? DOS_STOPPED : code);
}

int port_switch(int *argc, char **argv, int *code)
{
    (void)argc;
    (void)argv;
    if (dos_version() >= OLDEST)
        return 0;
    fprintf(stderr, "%s: this is DOS %u.%02u, and 3.10 is needed\n", AGENT_NAME, dos_version() >> 8,
            dos_version() & 0xFF);
    *code = EXIT_FAILED;
    return 1;
}

int port_init(void)
{
    dos_hook();
    is_hooked = 1;
    return PORT_OK;
}

int port_held(void)
{
    return 0;
}

void port_show(const struct port_status *status)
{
    static char shown[ID_SIZE];
    const char *job = status->job != NULL ? status->job : "";

    if (strcmp(job, shown) == 0)
        return;
    strcpy(shown, job);
    if (job[0] != '\0')
        printf("%s: job %s, leave the machine on\n", AGENT_NAME, job);
    else
        printf("%s: safe to switch off\n", AGENT_NAME);
    fflush(stdout);
}
