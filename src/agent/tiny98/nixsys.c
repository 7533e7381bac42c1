/* nixsys.c - POSIX, with its C library. */
#define _POSIX_C_SOURCE 200112L
#define _XOPEN_SOURCE 600

#include "sys.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static FILE *file;

void *sys_memory(unsigned long bytes)
{
    return calloc(bytes, 1);
}

int sys_open(const char *path, unsigned long *size)
{
    long end = -1;

    file = fopen(path, "rb");
    if (file == NULL)
        return 0;
    if (fseek(file, 0, SEEK_END) == 0)
        end = ftell(file);
    if (end < 0 || fseek(file, 0, SEEK_SET) != 0) {
        fclose(file);
        return 0;
    }
    *size = (unsigned long)end;
    return 1;
}

unsigned long sys_read(void *bytes, unsigned long count)
{
    return (unsigned long)fread(bytes, 1, count, file);
}

void sys_close(void)
{
    fclose(file);
}

int sys_print(int stream, const char *bytes, unsigned long count)
{
    FILE *to = stream == SYS_OUTPUT ? stdout : stderr;

    return fwrite(bytes, 1, count, to) == count && fflush(to) == 0;
}

double sys_now_ms(void)
{
    struct timeval now;

    gettimeofday(&now, NULL);
    return (double)now.tv_sec * 1000 + (double)now.tv_usec / 1000;
}

unsigned long sys_time_s(void)
{
    return (unsigned long)time(NULL);
}

int main(int argc, char **argv)
{
    return tiny98(argc, argv);
}
