/* w32file.c - Windows without a C runtime: files. A stream either reads or writes, as the agent uses them. */
#include "w32.h"

#include <string.h>

#define FILES 6
#define BUFFER 1024

struct w32_file {
    HANDLE handle; /* null: free */
    int reads;
    int failed;
    unsigned from; /* reading: the next byte */
    unsigned used; /* bytes in the buffer */
    char bytes[BUFFER];
};

FILE w32_output;
FILE w32_errors;
DWORD w32_error;
static FILE files[FILES];

/* The console's streams are found when they are first used. */
static HANDLE handle_of(FILE *file)
{
    if (file->handle == NULL && file == &w32_output)
        file->handle = GetStdHandle(STD_OUTPUT_HANDLE);
    if (file->handle == NULL && file == &w32_errors)
        file->handle = GetStdHandle(STD_ERROR_HANDLE);
    return file->handle;
}

HANDLE w32_handle(FILE *file)
{
    return handle_of(file);
}

FILE *fopen(const char *path, const char *mode)
{
    char name[MAX_PATH];
    int reads = mode[0] == 'r' && strchr(mode, '+') == NULL;
    DWORD how = mode[0] == 'w' ? CREATE_ALWAYS : OPEN_EXISTING;
    HANDLE handle;
    int i;

    for (i = 0; i < FILES && files[i].handle != NULL; i++)
        ;
    if (i == FILES) {
        w32_error = ERROR_TOO_MANY_OPEN_FILES;
        return NULL;
    }
    w32_path(name, path);
    handle = CreateFileA(name, reads ? GENERIC_READ : GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                         NULL, how, FILE_ATTRIBUTE_NORMAL, NULL);
    if (handle == INVALID_HANDLE_VALUE) {
        w32_error = GetLastError();
        return NULL;
    }
    memset(&files[i], 0, sizeof files[i]);
    files[i].handle = handle;
    files[i].reads = reads;
    return &files[i];
}

static int write_out(FILE *file, const char *bytes, DWORD size)
{
    DWORD written = 0;

    if (file->failed)
        return EOF;
    if (!WriteFile(handle_of(file), bytes, size, &written, NULL))
        w32_error = GetLastError();
    else if (written == size)
        return 0;
    else
        /* Windows 9x calls it a success when only a part had room. */
        w32_error = ERROR_DISK_FULL;
    file->failed = 1;
    return EOF;
}

int fflush(FILE *file)
{
    unsigned used = file->used;

    if (file->reads)
        return 0;
    file->used = 0;
    if (file->failed || (used > 0 && write_out(file, file->bytes, used) != 0))
        return EOF;
    return 0;
}

int fclose(FILE *file)
{
    int result = fflush(file);

    CloseHandle(file->handle);
    file->handle = NULL;
    return result;
}

int ferror(FILE *file)
{
    return file->failed;
}

int fseek(FILE *file, long offset, int from)
{
    (void)from;
    if (fflush(file) == 0 && SetFilePointer(file->handle, offset, NULL, FILE_BEGIN) == (DWORD)offset)
        return 0;
    w32_error = GetLastError();
    return EOF;
}

size_t fread(void *bytes, size_t size, size_t count, FILE *file)
{
    char *to = bytes;
    DWORD got;
    size_t sum = 0;

    while (sum < size * count) {
        if (!ReadFile(file->handle, to + sum, (DWORD)(size * count - sum), &got, NULL)) {
            w32_error = GetLastError();
            file->failed = 1;
            break;
        }
        if (got == 0)
            break;
        sum += got;
    }
    return sum / size;
}

char *fgets(char *line, int size, FILE *file)
{
    DWORD got = 0;
    int length = 0;

    while (length < size - 1) {
        if (file->from == file->used) {
            file->from = 0;
            if (!ReadFile(file->handle, file->bytes, BUFFER, &got, NULL))
                got = 0;
            file->used = got;
            if (got == 0)
                break;
        }
        line[length++] = file->bytes[file->from++];
        if (line[length - 1] == '\n')
            break;
    }
    line[length] = '\0';
    return length > 0 ? line : NULL;
}

size_t fwrite(const void *bytes, size_t size, size_t count, FILE *file)
{
    size_t total = size * count;

    if (total > BUFFER - file->used && fflush(file) != 0)
        return 0;
    if (total > BUFFER)
        return write_out(file, bytes, (DWORD)total) == 0 ? count : 0;
    memcpy(file->bytes + file->used, bytes, total);
    file->used += (unsigned)total;
    return count;
}

int putc(int c, FILE *file)
{
    char byte = (char)c;

    return fwrite(&byte, 1, 1, file) == 1 ? (unsigned char)byte : EOF;
}
