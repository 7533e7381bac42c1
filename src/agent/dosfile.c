/* dosfile.c - DOS without a C library: files. A stream either reads or writes, as the agent uses them. */
#include "dosport.h"

#include <string.h>

#define FILES 4
#define BUFFER 512

struct dos_file {
    int handle;    /* 0: closed */
    int reads;
    int failed;
    unsigned from; /* reading: the next byte */
    unsigned used; /* bytes in the buffer */
    char bytes[BUFFER];
};

int dos_error;
FILE dos_output = {1};
FILE dos_errors = {2};
static FILE files[FILES];

int dos_path_call(struct dos_regs *regs, unsigned function, const char *path)
{
    char name[DOS_PATH];
    unsigned i;

    for (i = 0; path[i] != '\0' && i < DOS_PATH - 1; i++)
        name[i] = (char)(path[i] == '/' ? '\\' : path[i]);
    name[i] = '\0';
    regs->ax = function;
    regs->dx = (unsigned)name;
    if (path[i] != '\0')
        return dos_error = DOS_NO_PATH;
    if (!dos_call(regs))
        return 0;
    return dos_error = (int)regs->ax;
}

int dos_open(const char *path, int access)
{
    struct dos_regs regs;

    return dos_path_call(&regs, 0x3D00U + (unsigned)access, path) == 0 ? (int)regs.ax : -1;
}

int dos_create(const char *path)
{
    struct dos_regs regs;

    regs.cx = 0;
    return dos_path_call(&regs, 0x3C00, path) == 0 ? (int)regs.ax : -1;
}

static int call_handle(struct dos_regs *regs, unsigned function, int handle)
{
    regs->ax = function;
    regs->bx = (unsigned)handle;
    if (!dos_call(regs))
        return 0;
    return dos_error = (int)regs->ax;
}

void dos_close(int handle)
{
    struct dos_regs regs;

    if (handle >= 0)
        call_handle(&regs, 0x3E00, handle);
}

int dos_handle(FILE *file)
{
    return file->handle;
}

int dos_commit(int handle)
{
    struct dos_regs regs;

    if (dos_version() >= 0x031E)
        return call_handle(&regs, 0x6800, handle);
    /* Before DOS 3.30 only a close writes the file's entry in its folder. */
    if (call_handle(&regs, 0x4500, handle) != 0)
        return dos_error;
    return call_handle(&regs, 0x3E00, (int)regs.ax);
}

FILE *fopen(const char *path, const char *mode)
{
    int reads = mode[0] == 'r' && strchr(mode, '+') == NULL;
    int handle;
    int i;

    for (i = 0; i < FILES && files[i].handle != 0; i++)
        ;
    if (i == FILES) {
        dos_error = DOS_MANY_FILES;
        return NULL;
    }
    handle = mode[0] == 'w' ? dos_create(path) : dos_open(path, reads ? 0 : 2);
    if (handle < 0)
        return NULL;
    memset(&files[i], 0, sizeof files[i]);
    files[i].handle = handle;
    files[i].reads = reads;
    return &files[i];
}

static int write_out(FILE *file, const char *bytes, unsigned size)
{
    struct dos_regs regs;

    if (file->failed)
        return EOF;
    regs.cx = size;
    regs.dx = (unsigned)bytes;
    if (call_handle(&regs, 0x4000, file->handle) == 0) {
        if (regs.ax == size)
            return 0;
        /* DOS calls it a success when only a part had room. */
        dos_error = DOS_FULL;
    }
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
    struct dos_regs regs;
    int result = fflush(file);

    if (call_handle(&regs, 0x3E00, file->handle) != 0)
        result = EOF;
    file->handle = 0;
    return result;
}

int ferror(FILE *file)
{
    return file->failed;
}

int fseek(FILE *file, long offset, int from)
{
    struct dos_regs regs;

    if (fflush(file) != 0)
        return EOF;
    regs.cx = (unsigned)((unsigned long)offset >> 16);
    regs.dx = (unsigned)offset;
    return call_handle(&regs, 0x4200U + (unsigned)from, file->handle) == 0 ? 0 : EOF;
}

/* Bytes read; fewer than asked for at the end or when it failed. */
static unsigned read_in(FILE *file, char *bytes, unsigned size)
{
    struct dos_regs regs;

    regs.cx = size;
    regs.dx = (unsigned)bytes;
    if (call_handle(&regs, 0x3F00, file->handle) == 0)
        return regs.ax;
    file->failed = 1;
    return 0;
}

size_t fread(void *bytes, size_t size, size_t count, FILE *file)
{
    return read_in(file, bytes, size * count) / size;
}

char *fgets(char *line, int size, FILE *file)
{
    int length = 0;

    while (length < size - 1) {
        if (file->from == file->used) {
            file->from = 0;
            file->used = read_in(file, file->bytes, BUFFER);
            if (file->used == 0)
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
    unsigned total = size * count;

    if (total > BUFFER - file->used && fflush(file) != 0)
        return 0;
    if (total > BUFFER)
        return write_out(file, bytes, total) == 0 ? count : 0;
    memcpy(file->bytes + file->used, bytes, total);
    file->used += total;
    return count;
}

int putc(int c, FILE *file)
{
    /* The screen wants both. */
    if (c == '\n' && file->handle <= 2)
        putc('\r', file);
    if (file->used == BUFFER && fflush(file) != 0)
        return EOF;
    file->bytes[file->used++] = (char)c;
    return c & 0xFF;
}
