/* w32stop.c - Windows: how the agent is told to end: by its console, or by /stop through an event with a name. */
#include "w32.h"

#include <string.h>

#define LONGEST_END_MS 30000UL

static volatile LONG stopping;
static HANDLE event; /* null until the lock is held */
static int outlives_users;

static BOOL WINAPI on_console(DWORD what)
{
    /* Who was started before anybody logged on stays; on Windows NT the agent belongs to the one who logs off. */
    if (what == CTRL_LOGOFF_EVENT && outlives_users && w32_is_9x())
        return TRUE;
    w32_stop_now();
    /* The console closes as soon as this returns: first the run has to end, and then the process does. */
    if (what != CTRL_C_EVENT && what != CTRL_BREAK_EVENT)
        Sleep(LONGEST_END_MS);
    return TRUE;
}

int port_init(void)
{
    /* A disk that is not there and a program that crashes must not ask somebody; children inherit this. */
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
    SetConsoleCtrlHandler(on_console, TRUE);
    return PORT_OK;
}

int port_stopping(void)
{
    return stopping != 0 || (event != NULL && w32_wait_stop(0));
}

void w32_stop_outlives_users(void)
{
    outlives_users = 1;
}

void w32_stop_now(void)
{
    stopping = 1;
    if (event != NULL)
        SetEvent(event);
}

int w32_wait_stop(DWORD ms)
{
    if (event == NULL) {
        Sleep(ms);
        return stopping != 0;
    }
    if (WaitForSingleObject(event, ms) == WAIT_OBJECT_0)
        stopping = 1;
    return stopping != 0;
}

/* A name for the agent of the current folder; backslashes are not allowed in it. */
static void name_event(char name[MAX_PATH + 16])
{
    char *at;

    strcpy(name, "fleet98 agent ");
    if (GetCurrentDirectoryA(MAX_PATH, name + strlen(name)) == 0)
        strcpy(name, "fleet98 agent");
    for (at = name; *at != '\0'; at++)
        if (*at == '\\')
            *at = '/';
        else if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - 'a' + 'A');
}

void w32_stop_open(void)
{
    char name[MAX_PATH + 16];

    name_event(name);
    event = CreateEventA(NULL, TRUE, FALSE, name);
    if (stopping && event != NULL)
        SetEvent(event);
}

int w32_stop_other(const char *folder)
{
    char name[MAX_PATH + 16];
    HANDLE other;

    if (port_enter(folder) != PORT_OK)
        return 0;
    name_event(name);
    other = OpenEventA(EVENT_MODIFY_STATE, FALSE, name);
    if (other == NULL)
        return 0;
    SetEvent(other);
    CloseHandle(other);
    return 1;
}
