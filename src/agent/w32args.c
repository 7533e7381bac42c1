/* w32args.c - Windows: the one command line that a program gets. */
#include "w32.h"

#include <string.h>

#define LONGEST 32000U      /* CreateProcess takes 32,767 */
#define LONGEST_DOS 126U    /* what COMMAND.COM takes */

struct line {
    char *text;
    unsigned length;
    unsigned most;
};

static void put(struct line *line, char c)
{
    if (line->length <= line->most)
        line->text[line->length++] = c;
}

static void put_text(struct line *line, const char *text)
{
    for (; *text != '\0'; text++)
        put(line, *text);
}

/* An argument as the C runtime takes it apart: within quotes, and the backslashes before a quote twice. */
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

static void put_argument(struct line *line, const char *text)
{
    put(line, ' ');
    /* Batch files also take these apart where there are no quotes. */
    if (text[0] == '\0' || strpbrk(text, " \t\r\n\v\"',;=()") != NULL)
        put_quoted(line, text);
    else
        put_text(line, text);
}

/* Where the program is: named so that nothing of the same name elsewhere is taken. */
static void put_program(struct line *line, const struct port_program *program)
{
    char path[MAX_PATH];
    DWORD length;

    if (program->by_path) {
        put_text(line, program->file);
        return;
    }
    length = GetCurrentDirectoryA(MAX_PATH, path);
    if (length == 0 || length > MAX_PATH - 40)
        path[0] = '\0';
    put(line, '"');
    put_text(line, path);
    if (length > 0 && path[length - 1] != '\\')
        put(line, '\\');
    w32_path(path, program->dir);
    put_text(line, path);
    put(line, '\\');
    put_text(line, program->file);
    put(line, '"');
}

void w32_shell(char path[MAX_PATH])
{
    DWORD length = GetEnvironmentVariableA("COMSPEC", path, MAX_PATH);

    if (length == 0 || length >= MAX_PATH)
        strcpy(path, w32_is_9x() ? "COMMAND.COM" : "CMD.EXE");
}

static void put_shell(struct line *line, const struct port_program *program)
{
    char shell[MAX_PATH];

    w32_shell(shell);
    put_text(line, shell);
    put_text(line, " /C .\\");
    put_text(line, program->file);
}

char *w32_command(const struct port_program *program)
{
    struct line line;
    unsigned i;

    line.text = HeapAlloc(GetProcessHeap(), 0, LONGEST + 2);
    if (line.text == NULL)
        return NULL;
    line.length = 0;
    line.most = program->shell && w32_is_9x() ? MAX_PATH + LONGEST_DOS : LONGEST;
    if (program->shell)
        put_shell(&line, program);
    else
        put_program(&line, program);
    if (program->shell && w32_is_9x())
        line.most = line.length + LONGEST_DOS - (unsigned)strlen(program->file) - 6;
    for (i = 1; program->argv[i] != NULL; i++) {
        put_argument(&line, program->argv[i]);
        /* A batch file would never see what follows a line end. */
        if (program->shell && strpbrk(program->argv[i], "\r\n") != NULL)
            line.length = line.most + 1;
    }
    if (line.length > line.most) {
        HeapFree(GetProcessHeap(), 0, line.text);
        return NULL;
    }
    line.text[line.length] = '\0';
    return line.text;
}

/* A line that is too long is found out at the start. */
int port_takes(const struct port_program *program)
{
    (void)program;
    return 1;
}

static int ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text);

    return length > 4 && lstrcmpiA(text + length - 4, ending) == 0;
}

/* The file that will be started. 0: it is not there, and the system will say so. */
static int find_file(const struct port_program *program, char path[MAX_PATH])
{
    char *name;
    DWORD length;

    if (program->by_path) {
        length = SearchPathA(NULL, program->file, ".EXE", MAX_PATH, path, &name);
        return length > 0 && length < MAX_PATH;
    }
    sprintf(path, "%.15s/%.15s", program->dir, program->file);
    return port_exists(path);
}

static int kind_of(FILE *file, const char *name)
{
    unsigned char head[64];
    unsigned char mark[2];
    unsigned long at;

    memset(head, 0, sizeof head);
    fread(head, 1, sizeof head, file);
    if (head[0] != 'M' || head[1] != 'Z')
        /* Windows 9x would start any bytes as a DOS program. */
        return ends_with(name, ".COM") ? W32_SIXTEEN : W32_NONE;
    at = head[60] | (unsigned long)head[61] << 8 | (unsigned long)head[62] << 16 | (unsigned long)head[63] << 24;
    if (fseek(file, (long)at, SEEK_SET) == 0 && fread(mark, 1, 2, file) == 2 && mark[0] == 'P' && mark[1] == 'E')
        return W32_PE;
    return W32_SIXTEEN;
}

int w32_kind(const struct port_program *program)
{
    char path[MAX_PATH];
    FILE *file;
    int kind;

    if (program->shell)
        return w32_is_9x() ? W32_SIXTEEN : W32_PE;
    /* Their interpreter would read the arguments once more. */
    if (ends_with(program->file, ".BAT") || ends_with(program->file, ".CMD"))
        return W32_NONE;
    file = find_file(program, path) ? fopen(path, "rb") : NULL;
    if (file == NULL)
        return W32_PE;
    kind = kind_of(file, path);
    fclose(file);
    return kind;
}
