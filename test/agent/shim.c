/* shim.c - preloaded into an agent under test.
   SHIM_DIE_AT=n    SIGKILL right before the n-th step by which it changes its spool
   SHIM_SPOOL=path  the spool, for agents that name its files by their whole path
   SHIM_WALL=1      a clock on the wall that is set back and forth all the time
   SHIM_OLD=1       no other clock than that, and no look at a program's end without taking its id */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long die_at;
static long steps;
static long looks;
static int wall_jumps;
static int is_old;
static char spool[256];

__attribute__((constructor)) static void read_settings(void)
{
    const char *text = getenv("SHIM_SPOOL");

    die_at = getenv("SHIM_DIE_AT") ? atol(getenv("SHIM_DIE_AT")) : 0;
    wall_jumps = getenv("SHIM_WALL") != NULL;
    is_old = getenv("SHIM_OLD") != NULL;
    snprintf(spool, sizeof spool, "%s/", text ? text : "");
    /* Not for what the agent starts. */
    unsetenv("LD_PRELOAD");
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void step(void)
{
    if (die_at > 0 && __sync_add_and_fetch(&steps, 1) == die_at) {
        kill(getpid(), SIGKILL);
        for (;;)
            pause();
    }
}

static void step_on(const char *path)
{
    if (path[0] != '/' || strncmp(path, spool, strlen(spool)) == 0)
        step();
}

int rename(const char *from, const char *to)
{
    step_on(from);
    return REAL(rename)(from, to);
}

int unlink(const char *path)
{
    step_on(path);
    return REAL(unlink)(path);
}

int unlinkat(int folder, const char *path, int flags)
{
    step_on(path);
    return REAL(unlinkat)(folder, path, flags);
}

int remove(const char *path)
{
    step_on(path);
    return REAL(remove)(path);
}

int rmdir(const char *path)
{
    step_on(path);
    return REAL(rmdir)(path);
}

int mkdir(const char *path, mode_t mode)
{
    step_on(path);
    return REAL(mkdir)(path, mode);
}

int fsync(int handle)
{
    step();
    return REAL(fsync)(handle);
}

pid_t fork(void)
{
    step();
    return REAL(fork)();
}

FILE *fopen(const char *path, const char *mode)
{
    if (mode[0] != 'r' || strchr(mode, '+') != NULL)
        step_on(path);
    return REAL(fopen)(path, mode);
}

FILE *fopen64(const char *path, const char *mode)
{
    if (mode[0] != 'r' || strchr(mode, '+') != NULL)
        step_on(path);
    return REAL(fopen64)(path, mode);
}

static int mode_of(int flags, va_list rest)
{
    return (flags & O_CREAT) != 0 ? (int)va_arg(rest, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list rest;
    int mode;

    va_start(rest, flags);
    mode = mode_of(flags, rest);
    va_end(rest);
    if ((flags & O_ACCMODE) != O_RDONLY)
        step_on(path);
    return REAL(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list rest;
    int mode;

    va_start(rest, flags);
    mode = mode_of(flags, rest);
    va_end(rest);
    if ((flags & O_ACCMODE) != O_RDONLY)
        step_on(path);
    return REAL(open64)(path, flags, mode);
}

/* Each second look finds it an hour earlier. */
static long jump(void)
{
    return wall_jumps && __sync_add_and_fetch(&looks, 1) % 2 == 0 ? 3600 : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result;

    if (is_old && clock == CLOCK_MONOTONIC) {
        errno = EINVAL;
        return -1;
    }
    result = REAL(clock_gettime)(clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec -= jump();
    return result;
}

int gettimeofday(struct timeval *now, void *zone)
{
    int result = REAL(gettimeofday)(now, zone);

    if (result == 0)
        now->tv_sec -= jump();
    return result;
}

int waitid(idtype_t kind, id_t id, siginfo_t *info, int flags)
{
    if (is_old && (flags & WNOWAIT) != 0) {
        errno = EINVAL;
        return -1;
    }
    return REAL(waitid)(kind, id, info, flags);
}
