/* portw32.c - Windows 95 to XP: files and the lock. Clock, processes, console and registry have files of their own. */
#include "w32.h"

#include <string.h>

void w32_path(char to[MAX_PATH], const char *path)
{
    unsigned i;

    for (i = 0; i < MAX_PATH - 1 && path[i] != '\0'; i++)
        to[i] = (char)(path[i] == '/' ? '\\' : path[i]);
    to[i] = '\0';
}

int w32_code(DWORD number)
{
    switch (number) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
        return PORT_MISSING;
    case ERROR_ALREADY_EXISTS:
    case ERROR_FILE_EXISTS:
    case ERROR_DIR_NOT_EMPTY:
        return PORT_EXISTS;
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
        return PORT_FULL;
    default:
        return PORT_FAIL;
    }
}

int w32_find(const char *library, const char *name, void *pointer)
{
    HMODULE module = GetModuleHandleA(library);
    FARPROC found;

    if (module == NULL)
        module = LoadLibraryA(library);
    found = module == NULL ? NULL : GetProcAddress(module, name);
    memcpy(pointer, &found, sizeof found);
    return found != NULL;
}

int w32_is_9x(void)
{
    return (GetVersion() & 0x80000000UL) != 0;
}

int port_can(int flags)
{
    return (flags & (PORT_CAN_KILL | PORT_CAN_SHELL | PORT_CAN_UPDATE)) == flags;
}

int port_was_full(void)
{
    return w32_code(w32_error) == PORT_FULL;
}

int port_enter(const char *folder)
{
    return SetCurrentDirectoryA(folder) ? PORT_OK : w32_code(GetLastError());
}

int port_where(char *path, unsigned size)
{
    DWORD length = GetCurrentDirectoryA(size, path);

    return length > 0 && length < size ? PORT_OK : PORT_FAIL;
}

int port_make_folder(const char *path)
{
    char name[MAX_PATH];
    DWORD attributes;

    w32_path(name, path);
    if (CreateDirectoryA(name, NULL))
        return PORT_OK;
    w32_error = GetLastError();
    attributes = GetFileAttributesA(name);
    if (attributes != 0xFFFFFFFFUL && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0)
        return PORT_OK;
    return w32_code(w32_error);
}

int port_exists(const char *path)
{
    char name[MAX_PATH];

    w32_path(name, path);
    return GetFileAttributesA(name) != 0xFFFFFFFFUL;
}

int port_size(const char *path, unsigned long *size)
{
    char name[MAX_PATH];
    WIN32_FIND_DATAA found;
    HANDLE search;

    w32_path(name, path);
    search = FindFirstFileA(name, &found);
    if (search == INVALID_HANDLE_VALUE)
        return w32_code(GetLastError());
    FindClose(search);
    if ((found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0 || found.nFileSizeHigh != 0)
        return PORT_FAIL;
    *size = found.nFileSizeLow;
    return PORT_OK;
}

static int flush_name(const char *name)
{
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                              OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    BOOL done;

    if (file == INVALID_HANDLE_VALUE)
        return 0;
    done = FlushFileBuffers(file);
    CloseHandle(file);
    return done != 0;
}

int port_rename(const char *from, const char *to)
{
    char source[MAX_PATH];
    char target[MAX_PATH];

    w32_path(source, from);
    w32_path(target, to);
    /* Some network and foreign file systems would replace. */
    if (port_exists(to))
        return PORT_EXISTS;
    if (!MoveFileA(source, target))
        return w32_code(GetLastError());
    /* There is no flush for a folder; with its file the system writes the entry of that file. */
    flush_name(target);
    return PORT_OK;
}

int port_delete(const char *path)
{
    char name[MAX_PATH];

    w32_path(name, path);
    if (DeleteFileA(name))
        return PORT_OK;
    /* A file that is read-only stays otherwise. */
    if (GetLastError() == ERROR_ACCESS_DENIED && SetFileAttributesA(name, FILE_ATTRIBUTE_NORMAL) && DeleteFileA(name))
        return PORT_OK;
    return w32_code(GetLastError());
}

int port_delete_folder(const char *path)
{
    char name[MAX_PATH];

    w32_path(name, path);
    return RemoveDirectoryA(name) ? PORT_OK : w32_code(GetLastError());
}

int port_truncate(const char *path, unsigned long size)
{
    FILE *file = fopen(path, "r+b");
    int result = PORT_OK;

    if (file == NULL)
        return w32_code(w32_error);
    if (fseek(file, (long)size, SEEK_SET) != 0 || !SetEndOfFile(w32_handle(file)))
        result = PORT_FAIL;
    fclose(file);
    return result;
}

int port_flush(FILE *file)
{
    if (fflush(file) != 0)
        return w32_code(w32_error);
    if (FlushFileBuffers(w32_handle(file)))
        return PORT_OK;
    w32_error = GetLastError();
    return w32_code(w32_error);
}

int port_list(const char *folder, void (*each)(void *context, const char *name), void *context)
{
    char pattern[MAX_PATH];
    WIN32_FIND_DATAA found;
    HANDLE search;

    w32_path(pattern, folder);
    if (strlen(pattern) + 3 > sizeof pattern)
        return PORT_FAIL;
    strcpy(pattern + strlen(pattern), "\\*");
    search = FindFirstFileA(pattern, &found);
    if (search == INVALID_HANDLE_VALUE)
        return w32_code(GetLastError());
    do
        each(context, found.cFileName);
    while (FindNextFileA(search, &found));
    FindClose(search);
    return PORT_OK;
}

int port_lock(const char *path)
{
    /* Nobody else can open it while this handle is there; the system closes it with the process. */
    HANDLE file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);

    if (file == INVALID_HANDLE_VALUE)
        return GetLastError() == ERROR_SHARING_VIOLATION ? PORT_EXISTS : PORT_FAIL;
    w32_stop_open();
    return PORT_OK;
}

int port_used_kb(const char *folder, unsigned long *kilobytes)
{
    /* Only simulated machines ask, and none of them runs Windows. */
    (void)folder;
    *kilobytes = 0;
    return PORT_FAIL;
}
