/* w32self.c - Windows: the agent's own program, and how another takes its place. A program that runs cannot be replaced
   here; so the spare, which is a copy of it, is started, waits until it has ended, and does it. */
#include "w32.h"

#include <string.h>

#define TRY_MS 20000UL
#define STEP_MS 100UL

static int serves;

void w32_self_serves(void)
{
    serves = 1;
}

/* 0: the system does not say it now. */
static int short_name(const char *path, char name[MAX_PATH])
{
    DWORD length = GetShortPathNameA(path, name, MAX_PATH);

    return length > 0 && length < MAX_PATH;
}

/* A long name has a short one, too. It is asked for only where the names differ as they are written, because the
   question reads every folder on the way and may fail while another program changes one. */
int port_is_program(const char *path)
{
    char own[MAX_PATH];
    char full[MAX_PATH];
    char one[MAX_PATH];
    char other[MAX_PATH];
    char *name;
    DWORD length = GetFullPathNameA(path, sizeof full, full, &name);

    if (length == 0 || length >= sizeof full || GetModuleFileNameA(NULL, own, sizeof own) == 0)
        return 0;
    return lstrcmpiA(own, full) == 0 || (short_name(own, one) && short_name(full, other) && lstrcmpiA(one, other) == 0);
}

/* Starts a program of the current folder and does not wait for it. An error number, or 0. */
static DWORD start(char *command)
{
    STARTUPINFOA how;
    PROCESS_INFORMATION made;

    memset(&how, 0, sizeof how);
    how.cb = sizeof how;
    if (!CreateProcessA(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &how, &made))
        return GetLastError();
    CloseHandle(made.hThread);
    CloseHandle(made.hProcess);
    return 0;
}

static DWORD start_agent(const char *program)
{
    char folder[MAX_PATH];
    char command[2 * MAX_PATH + 32];

    if (port_where(folder, sizeof folder) != PORT_OK)
        return ERROR_PATH_NOT_FOUND;
    sprintf(command, "\"%s\\%.12s\" %s\"%s\"", folder, program, serves ? "/service " : "", folder);
    return start(command);
}

int port_hand_over(const char *fresh, const char *program, const char *spare, char *error, unsigned error_size)
{
    char command[MAX_PATH];
    DWORD number;

    sprintf(command, ".\\%.12s /replace %.12s %.40s %s", spare, program, fresh, serves ? "/service" : "");
    number = start(command);
    if (number == 0) {
        /* With this process the lock goes, and with it the last hold on the program's file. */
        fflush(stdout);
        ExitProcess(0);
    }
    (void)error_size;
    w32_describe(number, error);
    return PORT_FAIL;
}

/* Puts a file in the program's place; until the old one has ended it cannot be deleted. */
static int replace(const char *fresh, const char *program)
{
    DWORD from = GetTickCount();

    while (port_exists(program) && port_delete(program) != PORT_OK) {
        if (GetTickCount() - from > TRY_MS)
            return PORT_FAIL;
        Sleep(STEP_MS);
    }
    return port_rename(fresh, program);
}

int w32_self_replace(int argc, char **argv)
{
    const char *program = argv[2];
    char spare[MAX_PATH];

    if (argc > 4)
        w32_self_serves();
    if (replace(argv[3], program) == PORT_OK && start_agent(program) == 0)
        return 0;
    /* Then the old one goes on, from the copy of it that this is. */
    if (GetModuleFileNameA(NULL, spare, sizeof spare) == 0 || !CopyFileA(spare, program, FALSE))
        return 1;
    return start_agent(program) == 0 ? 0 : 1;
}
