/*
 * Preloaded into an agent: ends it with SIGKILL at one exact call, named by DIE_AT:
 *   "<rename|remove|close> <before|after> <count> <pattern>"
 * The pattern (fnmatch) is held against the path; for a rename against "old new". The count-th such call is meant,
 * counted from when the file named by DIE_ARMED exists.
 * Programs that the agent starts are left alone.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fnmatch.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char call[16];
static char when[16];
static char pattern[256];
static char armed[PATH_MAX];
static int left;

__attribute__((constructor)) static void begin(void)
{
    const char *wish = getenv("DIE_AT");
    const char *file = getenv("DIE_ARMED");

    if (wish == NULL || sscanf(wish, "%15s %15s %d %255[^\n]", call, when, &left, pattern) != 4)
        call[0] = '\0';
    snprintf(armed, sizeof armed, "%s", file == NULL ? "" : file);
    unsetenv("DIE_AT");
    unsetenv("DIE_ARMED");
    unsetenv("LD_PRELOAD");
}

/* Whether this call is the one; counts it. */
static int is_it(const char *name, const char *path)
{
    if (strcmp(call, name) != 0 || fnmatch(pattern, path, 0) != 0 || access(armed, F_OK) != 0)
        return 0;
    return __sync_sub_and_fetch(&left, 1) == 0;
}

static void die_if(int hit, const char *moment)
{
    if (hit && strcmp(when, moment) == 0)
        kill(getpid(), SIGKILL);
}

int rename(const char *from, const char *to)
{
    int (*real)(const char *, const char *) = (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
    char both[2 * PATH_MAX];
    int hit;
    int result;

    snprintf(both, sizeof both, "%s %s", from, to);
    hit = is_it("rename", both);
    die_if(hit, "before");
    result = real(from, to);
    die_if(hit, "after");
    return result;
}

static int remove_by(const char *name, const char *path)
{
    int (*real)(const char *) = (int (*)(const char *))dlsym(RTLD_NEXT, name);
    int hit = is_it("remove", path);
    int result;

    die_if(hit, "before");
    result = real(path);
    die_if(hit, "after");
    return result;
}

int unlink(const char *path)
{
    return remove_by("unlink", path);
}

int remove(const char *path)
{
    return remove_by("remove", path);
}

static int closes(int descriptor)
{
    char link[64];
    char path[PATH_MAX];
    ssize_t length;

    if (strcmp(call, "close") != 0)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = '\0';
    return is_it("close", path);
}

int close(int descriptor)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "close");
    int hit = closes(descriptor);
    int result;

    die_if(hit, "before");
    result = real(descriptor);
    die_if(hit, "after");
    return result;
}

/* Node closes files this way. */
long syscall(long number, ...)
{
    long (*real)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    long arguments[6];
    va_list list;
    int hit;
    int i;
    long result;

    va_start(list, number);
    for (i = 0; i < 6; i++)
        arguments[i] = va_arg(list, long);
    va_end(list);
    hit = number == SYS_close && closes((int)arguments[0]);
    die_if(hit, "before");
    result = real(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
    die_if(hit, "after");
    return result;
}

int fclose(FILE *file)
{
    int (*real)(FILE *) = (int (*)(FILE *))dlsym(RTLD_NEXT, "fclose");
    int hit = closes(fileno(file));
    int result;

    die_if(hit, "before");
    result = real(file);
    die_if(hit, "after");
    return result;
}
