#include "disk.h"

#define NOTHING 0xFFFFFFFFUL

static int meaning(DWORD error)
{
    switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
        return DISK_MISSING;
    case ERROR_FILE_EXISTS:
    case ERROR_ALREADY_EXISTS:
        return DISK_EXISTS;
    case ERROR_SHARING_VIOLATION:
    case ERROR_LOCK_VIOLATION:
        return DISK_BUSY;
    case ERROR_ACCESS_DENIED:
    case ERROR_WRITE_PROTECT:
        return DISK_DENIED;
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
    case ERROR_CANNOT_MAKE: /* the root folder of a FAT disk has no place for one more name */
        return DISK_FULL;
    case ERROR_DIR_NOT_EMPTY:
        return DISK_NOT_EMPTY;
    default:
        return DISK_FAIL;
    }
}

static int done(BOOL result)
{
    return result ? DISK_OK : meaning(GetLastError());
}

/* Devices have names that can be opened too; drivers bring their own, so no list of them is whole. */
static int open_file(const char *path, DWORD access, DWORD share, DWORD how, HANDLE *file)
{
    *file = CreateFileA(path, access, share, NULL, how, FILE_ATTRIBUTE_NORMAL, NULL);
    if (*file == INVALID_HANDLE_VALUE)
        return meaning(GetLastError());
    if (GetFileType(*file) == FILE_TYPE_DISK)
        return DISK_OK;
    CloseHandle(*file);
    return DISK_DENIED;
}

/* Its size, for which there must be an end that 32 bits can tell. */
static int size_of(HANDLE file, unsigned long *size)
{
    DWORD high = 0;
    DWORD low = GetFileSize(file, &high);

    if (low == NOTHING && GetLastError() != NO_ERROR)
        return DISK_FAIL;
    *size = low;
    return high == 0 && low != NOTHING ? DISK_OK : DISK_HUGE;
}

static int seek(HANDLE file, unsigned long offset)
{
    LONG high = 0;

    SetLastError(NO_ERROR);
    if (SetFilePointer(file, (LONG)offset, &high, FILE_BEGIN) == NOTHING && GetLastError() != NO_ERROR)
        return DISK_FAIL;
    return DISK_OK;
}

int disk_open_read(const char *path, unsigned long offset, HANDLE *file)
{
    unsigned long size;
    /* The agent goes on writing a log while it is read here. */
    int result = open_file(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_EXISTING, file);

    if (result != DISK_OK)
        return result;
    if (offset > 0) {
        result = size_of(*file, &size);
        if (result == DISK_OK)
            result = offset > size ? DISK_SHORT : seek(*file, offset);
    }
    if (result != DISK_OK)
        CloseHandle(*file);
    return result;
}

static int go_to(HANDLE file, int how, unsigned long offset)
{
    unsigned long size;
    int result = size_of(file, &size);

    if (result != DISK_OK)
        return result;
    if (how == WRITE_APPEND)
        return seek(file, size);
    return offset > size ? DISK_SHORT : seek(file, offset);
}

int disk_open_write(const char *path, int how, unsigned long offset, HANDLE *file)
{
    DWORD creation = how == WRITE_AT ? OPEN_EXISTING : OPEN_ALWAYS;
    int result = open_file(path, GENERIC_WRITE, FILE_SHARE_READ, creation, file);

    if (result != DISK_OK || how == WRITE_NEW)
        return result;
    result = go_to(*file, how, offset);
    if (result != DISK_OK)
        CloseHandle(*file);
    return result;
}

int disk_cut(HANDLE file)
{
    return done(SetEndOfFile(file));
}

int disk_read(HANDLE file, char *bytes, unsigned size, unsigned *got)
{
    DWORD count = 0;

    if (!ReadFile(file, bytes, size, &count, NULL))
        return meaning(GetLastError());
    *got = count;
    return DISK_OK;
}

int disk_write(HANDLE file, const char *bytes, unsigned size)
{
    DWORD count = 0;

    if (!WriteFile(file, bytes, size, &count, NULL))
        return meaning(GetLastError());
    /* Windows 9x calls a write that did not fit a success. */
    return count == size ? DISK_OK : DISK_FULL;
}

int disk_flush(HANDLE file)
{
    return done(FlushFileBuffers(file));
}

void disk_close(HANDLE file)
{
    CloseHandle(file);
}

/* What the folder says, for a file that another program keeps to itself. */
static int size_in_folder(const char *path, unsigned long *size)
{
    WIN32_FIND_DATAA found;
    HANDLE search = FindFirstFileA(path, &found);

    if (search == INVALID_HANDLE_VALUE)
        return meaning(GetLastError());
    FindClose(search);
    *size = found.nFileSizeLow;
    return found.nFileSizeHigh == 0 ? DISK_OK : DISK_HUGE;
}

int disk_size(const char *path, unsigned long *size)
{
    HANDLE file;
    int result;

    if (disk_is_folder(path))
        return DISK_DENIED;
    result = open_file(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_EXISTING, &file);
    if (result == DISK_BUSY)
        return size_in_folder(path, size);
    if (result != DISK_OK)
        return result;
    result = size_of(file, size);
    CloseHandle(file);
    return result;
}

int disk_delete(const char *path)
{
    return done(DeleteFileA(path));
}

int disk_rename(const char *from, const char *to)
{
    return done(MoveFileA(from, to));
}

int disk_make_folder(const char *path)
{
    return done(CreateDirectoryA(path, NULL));
}

int disk_delete_folder(const char *path)
{
    return done(RemoveDirectoryA(path));
}

int disk_is_folder(const char *path)
{
    DWORD attributes = GetFileAttributesA(path);

    return attributes != NOTHING && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

int disk_exists(const char *path)
{
    return GetFileAttributesA(path) != NOTHING;
}

int disk_read_text(const char *path, char *text, unsigned size)
{
    unsigned got;
    HANDLE file;
    int result = disk_open_read(path, 0, &file);

    if (result != DISK_OK)
        return result;
    result = disk_read(file, text, size - 1, &got);
    text[result == DISK_OK ? got : 0] = '\0';
    CloseHandle(file);
    return result;
}
