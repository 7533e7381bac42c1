/* linsys.c - Linux without a C library: any kernel since 2.0 can run what comes of it, and it needs no file beside. */
#include "lin.h"
#include "sys.h"

#include <stddef.h>

#define READ_ONLY 0
#define FROM_START 0
#define FROM_END 2
#define INTERRUPTED (-4)
#define ALIGNMENT 16
#define MAX_PART 0x01000000UL

static long file;

static int is_error(long result)
{
    return result < 0 && result >= -4095;
}

/* The end of the program's data is moved up; what lies before it then is zeroed. */
void *sys_memory(unsigned long bytes)
{
    unsigned long from = (unsigned long)lin_call(lin_numbers.brk, 0, 0, 0);
    unsigned long to;

    from = (from + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    to = from + bytes;
    if (to < from || (unsigned long)lin_call(lin_numbers.brk, (long)to, 0, 0) != to)
        return NULL;
    return (void *)from;
}

int sys_open(const char *path, unsigned long *size)
{
    long end;

    file = lin_call(lin_numbers.open, (long)path, READ_ONLY, 0);
    if (is_error(file))
        return 0;
    end = lin_call(lin_numbers.seek, file, 0, FROM_END);
    if (is_error(end) || lin_call(lin_numbers.seek, file, 0, FROM_START) != 0) {
        sys_close();
        return 0;
    }
    *size = (unsigned long)end;
    return 1;
}

unsigned long sys_read(void *bytes, unsigned long count)
{
    unsigned long done = 0;
    unsigned long part;
    long got;

    while (done < count) {
        part = count - done < MAX_PART ? count - done : MAX_PART;
        got = lin_call(lin_numbers.read, file, (long)((char *)bytes + done), (long)part);
        if (got == INTERRUPTED)
            continue;
        if (got == 0 || is_error(got))
            break;
        done += (unsigned long)got;
    }
    return done;
}

void sys_close(void)
{
    lin_call(lin_numbers.close, file, 0, 0);
}

int sys_print(int stream, const char *bytes, unsigned long count)
{
    long done;

    while (count > 0) {
        done = lin_call(lin_numbers.write, stream, (long)bytes, (long)count);
        if (done == INTERRUPTED)
            continue;
        if (is_error(done))
            return 0;
        bytes += done;
        count -= (unsigned long)done;
    }
    return 1;
}

/* Seconds and microseconds, in longs. */
double sys_now_ms(void)
{
    long now[2] = {0, 0};

    lin_call(lin_numbers.time, (long)now, 0, 0);
    return (double)now[0] * 1000 + (double)now[1] / 1000;
}

unsigned long sys_time_s(void)
{
    long now[2] = {0, 0};

    lin_call(lin_numbers.time, (long)now, 0, 0);
    return (unsigned long)now[0];
}

void lin_begin(long *stack)
{
    int code = tiny98((int)stack[0], (char **)(stack + 1));

    for (;;)
        lin_call(lin_numbers.exit, code, 0, 0);
}
