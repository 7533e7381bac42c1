#include "console.h"

#include "text.h"

#include <string.h>
#include <windows.h>

#define WIDTH 79

static HANDLE output;
static int is_screen;

void console_start(void)
{
    DWORD mode;

    output = GetStdHandle(STD_OUTPUT_HANDLE);
    is_screen = GetConsoleMode(output, &mode) != 0;
}

static void print(const char *text)
{
    DWORD count;

    WriteFile(output, text, (DWORD)strlen(text), &count, NULL);
}

void console_say(const char *text)
{
    print("FTPD98: ");
    print(text);
    print("\r\n");
}

void console_status(const char *text)
{
    char line[WIDTH + 1];

    if (!is_screen) {
        print(text);
        print("\r\n");
        return;
    }
    SetConsoleTitleA(text);
    text_set(line, sizeof line, text);
    while (strlen(line) < WIDTH)
        text_add_char(line, sizeof line, ' ');
    print("\r");
    print(line);
}
