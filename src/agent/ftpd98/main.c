/* FTPD98 - an FTP server for Windows 95 to XP: FTPD98 [/install | /remove] [FOLDER]. The only file that decides the exit
   code. FOLDER holds AGENT.INI; without it, it is the one that the program is in. */
#include "../version.h"
#include "console.h"
#include "disk.h"
#include "install.h"
#include "server.h"
#include "text.h"

#include <string.h>

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_LOCKED = 3 };

struct arguments {
    char option[16];
    char folder[PATH_SIZE];
    int count; /* of folders */
};

/* A build can be told by its own bytes too. */
const char ftpd_build[] = "FTPD98 " AGENT_VERSION " build " AGENT_BUILD;

static volatile int stopping;
static int is_service;

void entry(void);

static int say(int code, const char *before, const char *what, const char *after)
{
    char line[PATH_SIZE + 160];

    text_set(line, sizeof line, before);
    text_add(line, sizeof line, what);
    text_add(line, sizeof line, after);
    console_say(line);
    return code;
}

/* The next word of the command line, which may stand in quotes; 0 when there is none or it is too long. */
static const char *next_word(const char *line, char *word, size_t size)
{
    size_t length = 0;
    int is_quoted = 0;

    while (*line == ' ' || *line == '\t')
        line++;
    for (; *line != '\0' && (is_quoted || (*line != ' ' && *line != '\t')); line++) {
        if (*line == '"')
            is_quoted = !is_quoted;
        else if (length + 1 < size)
            word[length++] = *line;
    }
    word[length] = '\0';
    return line;
}

static void read_arguments(struct arguments *arguments)
{
    char word[PATH_SIZE];
    const char *rest = next_word(GetCommandLineA(), word, sizeof word);

    memset(arguments, 0, sizeof *arguments);
    for (;;) {
        rest = next_word(rest, word, sizeof word);
        if (word[0] == '\0')
            return;
        if (word[0] == '/') {
            text_set(arguments->option, sizeof arguments->option, word);
        } else {
            text_set(arguments->folder, sizeof arguments->folder, word);
            arguments->count++;
        }
    }
}

static void drop_last(char *path)
{
    size_t length = strlen(path);

    while (length > 0 && path[length - 1] != '\\')
        length--;
    path[length > 0 ? length - 1 : 0] = '\0';
}

/* Makes a folder's name whole, without a backslash at its end. 0 when there is none. */
static int make_whole(const char *said, char *folder)
{
    char *last;
    size_t length;

    length = GetFullPathNameA(said, PATH_SIZE, folder, &last);
    if (length == 0 || length >= PATH_SIZE || !disk_is_folder(folder))
        return 0;
    if (folder[length - 1] == '\\')
        folder[length - 1] = '\0';
    return 1;
}

static int find_folder(const struct arguments *arguments, char *folder)
{
    char program[PATH_SIZE];

    if (arguments->count > 0)
        return make_whole(arguments->folder, folder);
    if (GetModuleFileNameA(NULL, program, sizeof program) == 0)
        return 0;
    drop_last(program);
    text_add(program, sizeof program, "\\.");
    return make_whole(program, folder);
}

/* Without ftp_root only the folder itself is to be seen, under its own name. */
static int set_root(const struct settings *settings, const char *folder)
{
    char root[PATH_SIZE];
    const char *name;

    if (settings->root[0] != '\0') {
        if (!make_whole(settings->root, root))
            return 0;
        path_set_root(root, "");
        return 1;
    }
    text_set(root, sizeof root, folder);
    if (root[strlen(root) - 1] == ':') {
        path_set_root(root, "");
        return 1;
    }
    drop_last(root);
    name = folder + strlen(root) + 1;
    path_set_root(root, name);
    return 1;
}

/* One server for one folder. The port tells it too, but Windows lets some programs share a port. */
static int is_second(const char *folder)
{
    char name[PATH_SIZE + 16];
    size_t i;

    text_set(name, sizeof name, "FTPD98 ");
    text_add(name, sizeof name, folder);
    for (i = 0; name[i] != '\0'; i++)
        name[i] = name[i] == '\\' ? '/' : text_upper(name[i]);
    return CreateMutexA(NULL, FALSE, name) == NULL || GetLastError() == ERROR_ALREADY_EXISTS;
}

static BOOL WINAPI on_signal(DWORD kind)
{
    /* Somebody logs off; who was started before logging on stays. */
    if (is_service && kind == CTRL_LOGOFF_EVENT)
        return TRUE;
    stopping = 1;
    return TRUE;
}

static int serve(const char *folder)
{
    static struct settings settings;
    char name[MAX_COMPUTERNAME_LENGTH + 1];
    DWORD size = sizeof name;
    const char *key;
    int result = setting_load(&settings, folder, &key);

    if (result == SETTING_MISSING)
        return say(EXIT_FAILED, "there is no AGENT.INI in ", folder, "");
    if (result == SETTING_BAD)
        return say(EXIT_FAILED, "AGENT.INI: ", key, "= is missing or makes no sense");
    if (!set_root(&settings, folder))
        return say(EXIT_FAILED, "AGENT.INI: there is no folder ftp_root=", settings.root, "");
    if (is_second(folder))
        return say(EXIT_LOCKED, "another copy works in ", folder, "; this one ends");
    if (!GetComputerNameA(name, &size))
        name[0] = '\0';
    result = server_start(&settings, name);
    if (result == SERVER_TAKEN)
        return say(EXIT_LOCKED, "the port is taken: another copy or another FTP server runs", "", "");
    if (result != SERVER_OK)
        return say(EXIT_FAILED, "no network: is TCP/IP set up?", "", "");
    server_work(&settings, &stopping);
    return EXIT_OK;
}

static int run(void)
{
    static struct arguments arguments;
    static char folder[PATH_SIZE];
    const char *option = arguments.option;

    read_arguments(&arguments);
    is_service = text_same(option, INSTALL_SERVICE);
    if (arguments.count > 1 ||
        (option[0] != '\0' && !is_service && !text_same(option, "/install") && !text_same(option, "/remove")))
        return say(EXIT_USAGE, "usage: FTPD98 [/install | /remove] [FOLDER]", "", "");
    if (text_same(option, "/remove"))
        return install_remove() ? say(EXIT_OK, "it no longer starts with Windows", "", "")
                                : say(EXIT_FAILED, "the registry refuses", "", "");
    if (!find_folder(&arguments, folder))
        return say(EXIT_FAILED, "there is no folder ", arguments.folder, "");
    if (text_same(option, "/install"))
        return install_add(folder) ? say(EXIT_OK, "starts with Windows from now on, for ", folder, "")
                                   : say(EXIT_FAILED, "the registry refuses", "", "");
    if (is_service)
        install_stay();
    return serve(folder);
}

void entry(void)
{
    console_start();
    SetConsoleCtrlHandler(on_signal, TRUE);
    ExitProcess((UINT)run());
}
