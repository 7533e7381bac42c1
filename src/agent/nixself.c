/* nixself.c - POSIX: the agent's own program, and how another takes its place. */
#define _POSIX_C_SOURCE 200809L
#define _XOPEN_SOURCE 700

#include "port.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef PATH_MAX
#define PATH_MAX 4096
#endif

/* Where the program was when it was started; empty: not known. */
static char own[PATH_MAX + 1];

int port_switch(int *argc, char **argv, int *code)
{
    ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);

    (void)code;
    if (length > 0)
        own[length] = '\0';
    else if (*argc < 1 || strchr(argv[0], '/') == NULL || realpath(argv[0], own) == NULL)
        own[0] = '\0';
    return 0;
}

int port_is_program(const char *path)
{
    static char whole[PATH_MAX + 1];

    return own[0] != '\0' && realpath(path, whole) != NULL && strcmp(whole, own) == 0;
}

static void describe(char *error, unsigned size)
{
    const char *words = strerror(errno);

    if (strlen(words) + 16 <= size)
        sprintf(error, "%d %s", errno, words);
    else
        sprintf(error, "%d", errno);
}

static void make_executable(const char *path)
{
    struct stat info;

    if (stat(path, &info) == 0)
        chmod(path, (info.st_mode & 07777) | 0111);
}

/* In one step: whenever the power fails, one of the two is there. */
static int replace(const char *fresh, const char *program)
{
    int folder;

    make_executable(fresh);
    if (rename(fresh, program) != 0)
        return PORT_FAIL;
    folder = open(".", O_RDONLY);
    if (folder >= 0) {
        fsync(folder);
        close(folder);
    }
    return PORT_OK;
}

int port_hand_over(const char *fresh, const char *program, const char *spare, char *error, unsigned error_size)
{
    static char here[] = ".";
    char path[40];
    char *argv[3];

    sprintf(path, "./%.12s", program);
    argv[0] = path;
    argv[1] = here;
    argv[2] = NULL;
    if (replace(fresh, program) != PORT_OK) {
        describe(error, error_size);
        return PORT_FAIL;
    }
    /* The lock closes with this program; the signals that it ignores stay ignored. */
    execv(path, argv);
    describe(error, error_size);
    replace(spare, program);
    return PORT_FAIL;
}
