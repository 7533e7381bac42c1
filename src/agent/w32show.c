/* w32show.c - Windows: what the console's window says, and the key H. */
#include "w32.h"

#include "version.h"

#include <string.h>

#define LINES 6

static struct port_status shown;
static char contact[8]; /* empty: none yet */
static int held;
static int drawn; /* whether the lines have their place in the window */
static COORD place;

static void put(HANDLE console, const char *text)
{
    DWORD written;

    WriteFile(console, text, (DWORD)strlen(text), &written, NULL);
}

/* Goes to where the lines are; the first time, makes room for them. 0: there is no window. */
static int go_to_place(HANDLE console)
{
    CONSOLE_SCREEN_BUFFER_INFO about;

    if (!GetConsoleScreenBufferInfo(console, &about))
        return 0;
    if (!drawn) {
        put(console, "\r\n\r\n\r\n\r\n\r\n\r\n");
        GetConsoleScreenBufferInfo(console, &about);
        place.Y = (SHORT)(about.dwCursorPosition.Y - LINES);
        drawn = 1;
    }
    SetConsoleCursorPosition(console, place);
    return 1;
}

static void draw(void)
{
    HANDLE console = GetStdHandle(STD_OUTPUT_HANDLE);
    char text[600];
    char folder[MAX_PATH];

    if (!go_to_place(console))
        return;
    if (port_where(folder, sizeof folder) != PORT_OK)
        folder[0] = '\0';
    sprintf(text, AGENT_NAME ": safe to switch off: %s", shown.safe ? "yes" : "no");
    SetConsoleTitleA(text);
    /* The blanks are for what stood there before. */
    sprintf(text,
            AGENT_NAME " " AGENT_VERSION " on %.40s\r\nfolder %.60s\r\nlast contact %s\r\ncurrent job %s     \r\n"
            "new jobs are %s\r\nsafe to switch off: %s \r\n",
            shown.name, folder, contact[0] != '\0' ? contact : "none", shown.job != NULL ? shown.job : "none",
            held ? "held, the key H lets them in " : "welcome, the key H holds them", shown.safe ? "yes" : "no");
    put(console, text);
}

void port_show(const struct port_status *status)
{
    SYSTEMTIME now;

    shown = *status;
    if (status->contact) {
        GetLocalTime(&now);
        sprintf(contact, "%02u:%02u", (unsigned)now.wHour, (unsigned)now.wMinute);
    }
    draw();
}

int port_held(void)
{
    return held;
}

static void take_key(const KEY_EVENT_RECORD *key)
{
    if (!key->bKeyDown || (key->uChar.AsciiChar != 'h' && key->uChar.AsciiChar != 'H'))
        return;
    held = !held;
    draw();
}

void w32_keys(void)
{
    static int is_set;
    HANDLE keyboard = GetStdHandle(STD_INPUT_HANDLE);
    INPUT_RECORD record;
    DWORD count;

    /* It fails where there is no keyboard. */
    while (PeekConsoleInputA(keyboard, &record, 1, &count)) {
        if (!is_set)
            /* Without marking by mouse, which would stop the agent at its next word to the window. */
            SetConsoleMode(keyboard, ENABLE_PROCESSED_INPUT | 0x80);
        is_set = 1;
        if (count == 0 || !ReadConsoleInputA(keyboard, &record, 1, &count) || count == 0)
            return;
        if (record.EventType == KEY_EVENT)
            take_key(&record.Event.KeyEvent);
    }
}
