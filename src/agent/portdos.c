/* portdos.c - DOS: files and folders. Clock, programs, streams and the system's facts have files of their own. */
#include "dosport.h"

#include <string.h>

#define ATTRIBUTES 0x17 /* read-only, hidden, system, folder */
#define FOLDER 0x10
#define LEAST_KB 2097120UL /* up to here old calls count the room of a disk */

/* What DOS tells of a file that was found. */
struct found {
    char reserved[21];
    unsigned char attributes;
    unsigned time;
    unsigned date;
    unsigned size_low;
    unsigned size_high;
    char name[13];
};

int port_can(int flags)
{
    return (flags & (PORT_CAN_SHELL | PORT_CAN_UPDATE | PORT_TAKES_TURNS)) == flags;
}

/* DOS does one thing at a time: there PULL.BAT starts the agent, not the agent the visits. */
int port_command(const char *line)
{
    (void)line;
    return PORT_FAIL;
}

int dos_code(int error)
{
    switch (error) {
    case 0:
        return PORT_OK;
    case DOS_NO_FILE:
    case DOS_NO_PATH:
    case DOS_NO_MORE:
        return PORT_MISSING;
    case DOS_THERE:
        return PORT_EXISTS;
    case DOS_FULL:
        return PORT_FULL;
    default:
        return PORT_FAIL;
    }
}

unsigned dos_version(void)
{
    static unsigned version;
    struct dos_regs regs;

    if (version == 0) {
        regs.ax = 0x3000;
        dos_call(&regs);
        version = (regs.ax & 0xFF) << 8 | regs.ax >> 8;
    }
    return version;
}

int port_was_full(void)
{
    unsigned long free_kb;

    if (dos_error == DOS_FULL)
        return 1;
    /* A folder that cannot grow is no more than a refusal. */
    return dos_error == DOS_DENIED && port_disk_free_kb(&free_kb) == PORT_OK && free_kb == 0;
}

/* What was told to the disk is on it, also where something keeps it back for speed. */
static void settle(void)
{
    struct dos_regs regs;

    regs.ax = 0x0D00;
    dos_call(&regs);
}

static int simple(unsigned function, const char *path)
{
    struct dos_regs regs;

    return dos_code(dos_path_call(&regs, function, path));
}

int dos_go(const char *folder)
{
    char path[DOS_PATH];
    struct dos_regs regs;
    unsigned length = strlen(folder);

    if (length >= DOS_PATH)
        return PORT_MISSING;
    strcpy(path, folder);
    if (length >= 2 && path[1] == ':') {
        regs.ax = 0x0E00;
        regs.dx = (unsigned)((path[0] | 0x20) - 'a');
        dos_call(&regs);
        if (length == 2)
            return PORT_OK;
    }
    /* Only a root ends in a separator. */
    if (length > 1 && path[length - 2] != ':' && (path[length - 1] == '\\' || path[length - 1] == '/'))
        path[length - 1] = '\0';
    return simple(0x3B00, path);
}

int dos_whole(char path[DOS_PATH], const char *folder, const char *name)
{
    unsigned length;
    unsigned i;

    if (port_where(path, DOS_PATH) != PORT_OK)
        return 0;
    length = strlen(path);
    if (path[length - 1] != '\\')
        path[length++] = '\\';
    if (length + (folder != NULL ? strlen(folder) + 1 : 0) + strlen(name) + 1 > DOS_PATH)
        return 0;
    if (folder != NULL)
        sprintf(path + length, "%s\\%s", folder, name);
    else
        strcpy(path + length, name);
    for (i = length; path[i] != '\0'; i++)
        if (path[i] == '/')
            path[i] = '\\';
    return 1;
}

int port_enter(const char *folder)
{
    return dos_go(folder);
}

static int drive(void)
{
    struct dos_regs regs;

    regs.ax = 0x1900;
    dos_call(&regs);
    return (int)(regs.ax & 0xFF);
}

int port_where(char *path, unsigned size)
{
    struct dos_regs regs;

    if (size < DOS_PATH)
        return PORT_FAIL;
    path[0] = (char)('A' + drive());
    path[1] = ':';
    path[2] = '\\';
    regs.ax = 0x4700;
    regs.dx = 0;
    regs.si = (unsigned)(path + 3);
    return dos_call(&regs) ? PORT_FAIL : PORT_OK;
}

int port_make_folder(const char *path)
{
    struct dos_regs regs;

    /* Looked for first: that a folder is there and that there is no room for one is the same error. */
    if (dos_path_call(&regs, 0x4300, path) == 0)
        return (regs.cx & FOLDER) != 0 ? PORT_OK : PORT_EXISTS;
    if (simple(0x3900, path) == PORT_OK)
        return PORT_OK;
    return port_was_full() ? PORT_FULL : dos_code(dos_error);
}

int port_exists(const char *path)
{
    return simple(0x4300, path) == PORT_OK;
}

static void tell_where(struct found *found)
{
    struct dos_regs regs;

    regs.ax = 0x1A00;
    regs.dx = (unsigned)found;
    dos_call(&regs);
}

int port_size(const char *path, unsigned long *size)
{
    struct found found;
    struct dos_regs regs;
    int result;

    tell_where(&found);
    regs.cx = ATTRIBUTES;
    result = dos_code(dos_path_call(&regs, 0x4E00, path));
    if (result != PORT_OK)
        return result;
    *size = (unsigned long)found.size_high << 16 | found.size_low;
    return (found.attributes & FOLDER) != 0 ? PORT_FAIL : PORT_OK;
}

int port_rename(const char *from, const char *to)
{
    char target[DOS_PATH];
    struct dos_regs regs;
    unsigned i;

    if (port_exists(to))
        return PORT_EXISTS;
    for (i = 0; i < DOS_PATH - 1 && to[i] != '\0'; i++)
        target[i] = (char)(to[i] == '/' ? '\\' : to[i]);
    target[i] = '\0';
    regs.di = (unsigned)target;
    if (dos_path_call(&regs, 0x5600, from) != 0)
        return dos_code(dos_error);
    settle();
    return PORT_OK;
}

int port_delete(const char *path)
{
    struct dos_regs regs;
    int result = simple(0x4100, path);

    if (result == PORT_FAIL) {
        /* A file that is read-only stays otherwise. */
        regs.cx = 0;
        if (dos_path_call(&regs, 0x4301, path) == 0)
            result = simple(0x4100, path);
    }
    if (result == PORT_OK)
        settle();
    return result;
}

int port_delete_folder(const char *path)
{
    int result = simple(0x3A00, path);

    return result == PORT_FAIL ? PORT_EXISTS : result;
}

int port_truncate(const char *path, unsigned long size)
{
    struct dos_regs regs;
    FILE *file = fopen(path, "r+b");
    int result = PORT_OK;

    if (file == NULL)
        return dos_code(dos_error);
    regs.ax = 0x4000;
    regs.cx = 0;
    regs.bx = (unsigned)dos_handle(file);
    /* To write nothing ends the file there. */
    if (fseek(file, (long)size, SEEK_SET) != 0 || dos_call(&regs))
        result = PORT_FAIL;
    fclose(file);
    return result;
}

int port_flush(FILE *file)
{
    if (fflush(file) != 0)
        return dos_code(dos_error);
    return dos_code(dos_commit(dos_handle(file)));
}

int port_list(const char *folder, void (*each)(void *context, const char *name), void *context)
{
    char pattern[DOS_PATH];
    struct found found;
    struct dos_regs regs;
    int error;

    if (strlen(folder) + 5 > sizeof pattern)
        return PORT_FAIL;
    sprintf(pattern, "%s/*.*", folder);
    tell_where(&found);
    regs.cx = ATTRIBUTES;
    error = dos_path_call(&regs, 0x4E00, pattern);
    while (error == 0) {
        (*each)(context, found.name);
        /* Whoever was told may have looked for files, too. */
        tell_where(&found);
        regs.ax = 0x4F00;
        error = dos_call(&regs) ? (int)regs.ax : 0;
    }
    return error == DOS_NO_MORE || error == DOS_NO_FILE ? PORT_OK : dos_code(error);
}

int port_lock(const char *path)
{
    (void)path;
    /* Only one program runs at a time. Here the spool is entered: what a power cut left takes room. */
    port_delete("OUT/CAPTURE.O");
    port_delete("OUT/CAPTURE.E");
    return PORT_OK;
}

int port_disk_free_kb(unsigned long *kilobytes)
{
    struct dos_regs regs;
    unsigned long each;

    regs.ax = 0x3600;
    regs.dx = 0;
    dos_call(&regs);
    if (regs.ax == 0xFFFFU)
        return PORT_FAIL;
    each = (unsigned long)regs.ax * regs.cx; /* bytes in a cluster: at most 64 KB */
    *kilobytes = each < 1024 ? regs.bx * each / 1024 : each / 1024 * regs.bx;
    return PORT_OK;
}

int port_disk_is_least(void)
{
    unsigned long free_kb;

    return port_disk_free_kb(&free_kb) == PORT_OK && free_kb >= LEAST_KB;
}

int port_used_kb(const char *folder, unsigned long *kilobytes)
{
    /* Only simulated machines ask. */
    (void)folder;
    *kilobytes = 0;
    return PORT_FAIL;
}
