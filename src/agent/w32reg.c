/* w32reg.c - Windows: the switches /install, /remove, /stop, /service and /replace. */
#include "w32.h"

#include "version.h"

#include <string.h>

#define BRANCH "Software\\Microsoft\\Windows\\CurrentVersion\\"

enum { DONE = 0, FAILED = 1 };

static struct {
    LONG(WINAPI * create)(HKEY, const char *, HKEY *);
    LONG(WINAPI * set)(HKEY, const char *, DWORD, DWORD, const BYTE *, DWORD);
    LONG(WINAPI * remove)(HKEY, const char *);
    LONG(WINAPI * close)(HKEY);
} registry;

static int find_registry(void)
{
    return w32_find("ADVAPI32.DLL", "RegCreateKeyA", &registry.create) &&
           w32_find("ADVAPI32.DLL", "RegSetValueExA", &registry.set) &&
           w32_find("ADVAPI32.DLL", "RegDeleteValueA", &registry.remove) &&
           w32_find("ADVAPI32.DLL", "RegCloseKey", &registry.close);
}

/* Windows 9x starts what is under RunServices before anybody logs on; Windows NT only knows Run, after it. */
static const char *branch(void)
{
    return w32_is_9x() ? BRANCH "RunServices" : BRANCH "Run";
}

static int write_value(HKEY root, const char *command)
{
    HKEY key;
    LONG result;

    if (registry.create(root, branch(), &key) != ERROR_SUCCESS)
        return 0;
    result = registry.set(key, AGENT_NAME, 0, REG_SZ, (const BYTE *)command, (DWORD)strlen(command) + 1);
    registry.close(key);
    return result == ERROR_SUCCESS;
}

static int remove_value(HKEY root)
{
    HKEY key;
    LONG result;

    if (registry.create(root, branch(), &key) != ERROR_SUCCESS)
        return 0;
    result = registry.remove(key, AGENT_NAME);
    registry.close(key);
    return result == ERROR_SUCCESS;
}

static int install(const char *folder)
{
    char program[MAX_PATH];
    char whole[MAX_PATH];
    char command[2 * MAX_PATH + 20];
    char *name;
    DWORD attributes = GetFileAttributesA(folder);

    if (attributes == 0xFFFFFFFFUL || (attributes & FILE_ATTRIBUTE_DIRECTORY) == 0) {
        fprintf(stderr, AGENT_NAME ": there is no folder %s\n", folder);
        return FAILED;
    }
    if (GetModuleFileNameA(NULL, program, sizeof program) == 0 ||
        GetFullPathNameA(folder, sizeof whole, whole, &name) == 0)
        return FAILED;
    sprintf(command, "\"%s\" /service \"%s\"", program, whole);
    if (!find_registry() || (!write_value(HKEY_LOCAL_MACHINE, command) && !write_value(HKEY_CURRENT_USER, command))) {
        fprintf(stderr, AGENT_NAME ": the registry does not let it in\n");
        return FAILED;
    }
    printf(AGENT_NAME ": %s in %s, from the next start on\n",
           w32_is_9x() ? "starts with Windows, before anybody logs on," : "starts when somebody logs on,", whole);
    return DONE;
}

static int uninstall(void)
{
    int found = 0;

    if (find_registry()) {
        found = remove_value(HKEY_LOCAL_MACHINE);
        found = remove_value(HKEY_CURRENT_USER) || found;
    }
    printf(AGENT_NAME ": %s\n", found ? "is not started any more; its files stay" : "was not installed");
    return DONE;
}

/* Windows 9x ends all programs when somebody logs off, except those that say this. */
static void stay(void)
{
    DWORD(WINAPI * declare)(DWORD, DWORD);

    if (w32_find("KERNEL32.DLL", "RegisterServiceProcess", &declare))
        declare(0, 1);
}

static int stop(const char *folder)
{
    int told = w32_stop_other(folder);

    printf(AGENT_NAME ": %s %s\n", told ? "told to end:" : "no agent works in", folder);
    return told ? DONE : FAILED;
}

int port_switch(int *argc, char **argv, int *code)
{
    const char *folder = *argc > 2 ? argv[2] : ".";

    if (*argc < 2 || argv[1][0] != '/')
        return 0;
    if (*argc > 3 && lstrcmpiA(argv[1], "/replace") == 0) {
        *code = w32_self_replace(*argc, argv);
        return 1;
    }
    if (*argc > 3)
        return 0;
    if (lstrcmpiA(argv[1], "/service") == 0) {
        stay();
        w32_self_serves();
        w32_stop_outlives_users();
        argv[1] = argv[2];
        (*argc)--;
        return 0;
    }
    if (lstrcmpiA(argv[1], "/install") == 0)
        *code = install(folder);
    else if (lstrcmpiA(argv[1], "/remove") == 0)
        *code = uninstall();
    else if (lstrcmpiA(argv[1], "/stop") == 0)
        *code = stop(folder);
    else
        return 0;
    return 1;
}
