/* w32cmd.c - Windows: a command beside everything else. */
#include "w32.h"

#include <string.h>

#define LONGEST 128

static HANDLE command; /* null: none */

static int is_over(void)
{
    if (WaitForSingleObject(command, 0) != WAIT_OBJECT_0)
        return 0;
    CloseHandle(command);
    command = NULL;
    return 1;
}

int port_command(const char *line)
{
    char text[MAX_PATH + LONGEST + 8];
    STARTUPINFOA start;
    PROCESS_INFORMATION made;

    if (command != NULL && !is_over())
        return PORT_EXISTS;
    w32_shell(text);
    sprintf(text + strlen(text), " /C %.128s", line);
    memset(&start, 0, sizeof start);
    start.cb = sizeof start;
    /* Its window takes nobody's keyboard away. */
    start.dwFlags = STARTF_USESHOWWINDOW;
    start.wShowWindow = SW_SHOWMINNOACTIVE;
    if (!CreateProcessA(NULL, text, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made))
        return PORT_FAIL;
    CloseHandle(made.hThread);
    command = made.hProcess;
    return PORT_OK;
}
