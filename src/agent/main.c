/* agent98 - does the jobs that arrive in a folder. The only file that prints and that decides the exit code. */
#include "agent.h"
#include "crc32.h"
#include "port.h"
#include "version.h"

#include <stdio.h>
#include <string.h>

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_LOCKED = 3 };

static int fail(int code, const char *what, const char *name)
{
    fprintf(stderr, "%s: %s %s\n", AGENT_NAME, what, name);
    return code;
}

int main(int argc, char **argv)
{
    static char path[512];
    const char *folder;
    int result;

    if (port_switch(&argc, argv, &result))
        return result;
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("%s\n", AGENT_ABOUT);
        return EXIT_OK;
    }
    folder = argc > 1 ? argv[1] : ".";
    if (argc > 2)
        return fail(EXIT_USAGE, "usage:", "AGENT.EXE [FOLDER]");
    if (port_init() != PORT_OK)
        return fail(EXIT_FAILED, "the system gives no", "null device");
    if (port_enter(folder) != PORT_OK)
        return fail(EXIT_FAILED, "there is no folder", folder);
    result = port_lock("AGENT.LCK");
    if (result == PORT_EXISTS)
        return fail(EXIT_LOCKED, "another agent works in", folder);
    if (result != PORT_OK)
        return fail(EXIT_FAILED, "cannot lock AGENT.LCK in", folder);
    crc32_init();
    if (agent_start() != AGENT_OK)
        return fail(EXIT_FAILED, "cannot make the spool's folders in", folder);
    /* The whole path: started in the wrong folder, it is seen. */
    printf("%s works in %s\n", AGENT_ABOUT, port_where(path, sizeof path) == PORT_OK ? path : folder);
    fflush(stdout);
    agent_work();
    return EXIT_OK;
}
