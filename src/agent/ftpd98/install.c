#include "install.h"

#include "path.h"
#include "text.h"

#include <string.h>
#include <windows.h>

#define VALUE_NAME "FTPD98"
#define RUN_KEY "Software\\Microsoft\\Windows\\CurrentVersion\\Run"

typedef LONG(WINAPI *create_key)(HKEY, LPCSTR, HKEY *);
typedef LONG(WINAPI *set_value)(HKEY, LPCSTR, DWORD, DWORD, const BYTE *, DWORD);
typedef LONG(WINAPI *delete_value)(HKEY, LPCSTR);
typedef LONG(WINAPI *close_key)(HKEY);
typedef DWORD(WINAPI *register_service)(DWORD, DWORD);

/* Looked up when they are needed, so that the server itself depends on nothing but the kernel and sockets. */
struct registry {
    create_key create;
    set_value set;
    delete_value drop;
    close_key close;
};

/* C has no conversion between pointers to functions of different kinds that compilers do not warn of. */
static int look_up(HMODULE library, const char *name, void *function)
{
    FARPROC found = library == NULL ? NULL : GetProcAddress(library, name);

    memcpy(function, &found, sizeof found);
    return found != NULL;
}

static int open_registry(struct registry *registry)
{
    HMODULE library = LoadLibraryA("ADVAPI32.DLL");

    return look_up(library, "RegCreateKeyA", &registry->create) &&
           look_up(library, "RegSetValueExA", &registry->set) &&
           look_up(library, "RegDeleteValueA", &registry->drop) && look_up(library, "RegCloseKey", &registry->close);
}

int install_is_9x(void)
{
    OSVERSIONINFOA version;

    version.dwOSVersionInfoSize = sizeof version;
    return GetVersionExA(&version) && version.dwPlatformId == VER_PLATFORM_WIN32_WINDOWS;
}

static const char *key_name(int before_logon)
{
    return before_logon ? RUN_KEY "Services" : RUN_KEY;
}

int install_add(const char *folder)
{
    char command[PATH_SIZE * 2 + 32];
    char program[PATH_SIZE];
    struct registry registry;
    HKEY key;
    int result;

    if (!open_registry(&registry) || GetModuleFileNameA(NULL, program, sizeof program) == 0 ||
        registry.create(HKEY_LOCAL_MACHINE, key_name(install_is_9x()), &key) != ERROR_SUCCESS)
        return 0;
    text_set(command, sizeof command, "\"");
    text_add(command, sizeof command, program);
    text_add(command, sizeof command, "\" " INSTALL_SERVICE " \"");
    text_add(command, sizeof command, folder);
    text_add(command, sizeof command, "\"");
    result = registry.set(key, VALUE_NAME, 0, REG_SZ, (const BYTE *)command, (DWORD)strlen(command) + 1) ==
             ERROR_SUCCESS;
    registry.close(key);
    return result;
}

int install_remove(void)
{
    struct registry registry;
    HKEY key;
    LONG result;
    int before_logon;

    if (!open_registry(&registry))
        return 0;
    for (before_logon = 0; before_logon < 2; before_logon++) {
        if (registry.create(HKEY_LOCAL_MACHINE, key_name(before_logon), &key) != ERROR_SUCCESS)
            return 0;
        result = registry.drop(key, VALUE_NAME);
        registry.close(key);
        if (result != ERROR_SUCCESS && result != ERROR_FILE_NOT_FOUND)
            return 0;
    }
    return 1;
}

void install_stay(void)
{
    register_service stay;

    if (look_up(GetModuleHandleA("KERNEL32.DLL"), "RegisterServiceProcess", &stay))
        stay(0, 1);
}
