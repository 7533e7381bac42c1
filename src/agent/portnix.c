/* portnix.c - POSIX: files, clock, signals. Processes are in nixproc.c, the system's facts in nixinfo.c. */
#define _POSIX_C_SOURCE 200809L
#define _XOPEN_SOURCE 700

#include "clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <string.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stopping;

static void on_stop(int number)
{
    (void)number;
    stopping = 1;
}

static void catch_stop(int number)
{
    struct sigaction old;
    struct sigaction action;

    /* What was ignored at the start stays ignored: nohup. */
    if (sigaction(number, NULL, &old) != 0 || old.sa_handler == SIG_IGN)
        return;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_stop;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

int port_init(void)
{
    struct sigaction ignore;
    int handle;

    /* With 0, 1 or 2 closed, the next file opened would become the standard output. */
    do {
        handle = open("/dev/null", O_RDWR);
        if (handle < 0)
            return PORT_FAIL;
    } while (handle <= 2);
    close(handle);
    catch_stop(SIGTERM);
    catch_stop(SIGINT);
    catch_stop(SIGHUP);
    memset(&ignore, 0, sizeof ignore);
    ignore.sa_handler = SIG_IGN;
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGXFSZ, &ignore, NULL);
    return PORT_OK;
}

void port_show(const struct port_status *status)
{
    (void)status;
}

int port_held(void)
{
    return 0;
}

int port_can(int flags)
{
    return (flags & (PORT_CAN_KILL | PORT_CAN_UPDATE)) == flags;
}

int port_stopping(void)
{
    return stopping != 0;
}

int port_was_full(void)
{
    return errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
}

static int code_of_errno(void)
{
    if (port_was_full())
        return PORT_FULL;
    if (errno == ENOENT || errno == ENOTDIR)
        return PORT_MISSING;
    return errno == EEXIST ? PORT_EXISTS : PORT_FAIL;
}

int port_enter(const char *folder)
{
    return chdir(folder) == 0 ? PORT_OK : code_of_errno();
}

int port_where(char *path, unsigned size)
{
    return getcwd(path, size) != NULL ? PORT_OK : PORT_FAIL;
}

static void settle(const char *path)
{
    int handle = open(path, O_RDONLY);

    if (handle < 0)
        return;
    fsync(handle);
    close(handle);
}

/* The folder of a path on the disk: after a power cut a rename must not be undone. */
static void settle_folder_of(const char *path)
{
    char folder[64];
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);

    if (length >= sizeof folder)
        return;
    memcpy(folder, path, length);
    folder[length] = '\0';
    settle(length == 0 ? "." : folder);
}

int port_make_folder(const char *path)
{
    struct stat info;

    if (mkdir(path, 0777) != 0 && (errno != EEXIST || stat(path, &info) != 0 || !S_ISDIR(info.st_mode)))
        return code_of_errno();
    /* Also of one that was there: on a FAT disk Linux counts the entries of a new folder to the folder around it, until
       that is flushed once. */
    settle_folder_of(path);
    return PORT_OK;
}

int port_exists(const char *path)
{
    struct stat info;

    return lstat(path, &info) == 0;
}

int port_size(const char *path, unsigned long *size)
{
    struct stat info;

    if (stat(path, &info) != 0)
        return code_of_errno();
    if (!S_ISREG(info.st_mode))
        return PORT_FAIL;
    *size = (unsigned long)info.st_size;
    return PORT_OK;
}

int port_rename(const char *from, const char *to)
{
    /* rename() would replace silently. Nobody else creates these names, so looking first is enough. */
    if (port_exists(to))
        return PORT_EXISTS;
    if (rename(from, to) != 0)
        return code_of_errno();
    /* Linux gives a FAT disk a new name alone, and where the bytes lie only with the file; and with both names on the
       disk, its repair cuts one of the files. */
    settle(to);
    settle_folder_of(to);
    settle_folder_of(from);
    return PORT_OK;
}

int port_delete(const char *path)
{
    if (unlink(path) != 0)
        return code_of_errno();
    settle_folder_of(path);
    return PORT_OK;
}

int port_delete_folder(const char *path)
{
    if (rmdir(path) == 0)
        return PORT_OK;
    return errno == ENOTEMPTY ? PORT_EXISTS : code_of_errno();
}

int port_truncate(const char *path, unsigned long size)
{
    return truncate(path, (off_t)size) == 0 ? PORT_OK : code_of_errno();
}

int port_flush(FILE *file)
{
    if (fflush(file) != 0)
        return code_of_errno();
    /* EINVAL: a kind of file that has nothing to flush. */
    if (fsync(fileno(file)) != 0 && errno != EINVAL)
        return code_of_errno();
    return PORT_OK;
}

/* Linux shows the names of a disk that is mounted as MS-DOS's in small letters: then the same name in capitals is there,
   too. Elsewhere it is another file, and the name stays. */
static void in_capitals(const char *folder, char *name)
{
    char path[64];
    size_t start = strlen(folder) + 1;
    size_t size = strlen(name) + 1;
    size_t i;

    if (start + size > sizeof path)
        return;
    memcpy(path, folder, start - 1);
    path[start - 1] = '/';
    for (i = 0; i < size; i++)
        path[start + i] = (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 'a' + 'A' : name[i]);
    if (memcmp(path + start, name, size) != 0 && port_exists(path))
        memcpy(name, path + start, size);
}

int port_list(const char *folder, void (*each)(void *context, const char *name), void *context)
{
    DIR *names = opendir(folder);
    struct dirent *entry;

    if (names == NULL)
        return code_of_errno();
    while ((entry = readdir(names)) != NULL) {
        in_capitals(folder, entry->d_name);
        each(context, entry->d_name);
    }
    closedir(names);
    return PORT_OK;
}

int port_lock(const char *path)
{
    struct flock lock;
    int handle = open(path, O_RDWR | O_CREAT, 0666);

    if (handle < 0)
        return PORT_FAIL;
    fcntl(handle, F_SETFD, FD_CLOEXEC);
    memset(&lock, 0, sizeof lock);
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (fcntl(handle, F_SETLK, &lock) == 0)
        return PORT_OK;
    close(handle);
    return errno == EACCES || errno == EAGAIN ? PORT_EXISTS : PORT_FAIL;
}

static unsigned long used_kb;

static int add_file(const char *path, const struct stat *about, int type, struct FTW *where)
{
    (void)path;
    (void)where;
    if (type == FTW_F)
        used_kb += (unsigned long)((about->st_size + 4095) / 4096 * 4);
    return 0;
}

int port_used_kb(const char *folder, unsigned long *kilobytes)
{
    used_kb = 0;
    if (nftw(folder, add_file, 8, FTW_PHYS) != 0)
        return PORT_FAIL;
    *kilobytes = used_kb;
    return PORT_OK;
}

int port_disk_free_kb(unsigned long *kilobytes)
{
    struct statvfs info;
    unsigned long blocks;
    unsigned long each;

    if (statvfs(".", &info) != 0)
        return PORT_FAIL;
    blocks = (unsigned long)info.f_bavail;
    each = (unsigned long)info.f_frsize;
    if (each < 1024)
        *kilobytes = each == 0 ? 0 : blocks / (1024 / each);
    else
        *kilobytes = blocks > MASK32 / (each / 1024) ? MASK32 : blocks * (each / 1024);
    return PORT_OK;
}

int port_disk_is_least(void)
{
    return 0;
}

static int read_monotonic(struct port_time *now)
{
#ifdef CLOCK_MONOTONIC
    struct timespec exact;

    if (clock_gettime(CLOCK_MONOTONIC, &exact) == 0) {
        now->s = (unsigned long)exact.tv_sec;
        now->us = (unsigned long)exact.tv_nsec / 1000;
        return 1;
    }
#endif
    (void)now;
    return 0;
}

/* The ticks since the system's start: coarse, but nobody sets them. */
static void read_ticks(struct port_time *now)
{
    static unsigned long before;
    static struct port_time passed;
    unsigned long each = (unsigned long)sysconf(_SC_CLK_TCK);
    struct tms ignored;
    unsigned long ticks = (unsigned long)times(&ignored);
    struct port_time span;

    /* The count may wrap at 32 bits; the difference does not mind. */
    span.s = ((ticks - before) & MASK32) / each;
    span.us = ((ticks - before) & MASK32) % each * (1000000UL / each);
    clock_add(&passed, &span);
    before = ticks;
    *now = passed;
}

void port_now(struct port_time *now)
{
    if (!read_monotonic(now))
        read_ticks(now);
}

const char *port_clock_name(void)
{
    struct port_time ignored;

    return read_monotonic(&ignored) ? "monotonic" : "times";
}

void port_sleep(unsigned long ms)
{
    struct timeval wait;

    if (stopping)
        return;
    wait.tv_sec = (time_t)(ms / 1000);
    wait.tv_usec = (suseconds_t)(ms % 1000 * 1000);
    select(0, NULL, NULL, NULL, &wait);
}
