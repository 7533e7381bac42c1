/* result.h - what a run came to, and its END. */
#ifndef RESULT_H
#define RESULT_H

#include "job.h"
#include "port.h"

#include <stdio.h>

/* A number of bytes that may pass 32 bits. */
struct count {
    unsigned long billions;
    unsigned long rest; /* below 1,000,000,000 */
};

struct kept {
    char name[NAME_SIZE];
    int there;
    unsigned long size;
    unsigned long crc;
};

struct result {
    struct mark mark;
    char dir[BUNDLE_SIZE];
    const char *reason;
    int started;             /* whether there was a program */
    unsigned long pid;       /* 0: the system has none */
    const char *capture;     /* how its output was taken, when not through pipes; else null */
    struct port_exit how;
    char error[120];         /* why there was none; may be empty */
    struct port_time wall;
    struct port_time blocked;
    struct count bytes[2];
    struct kept keep[JOB_KEEPS];
    unsigned keeps;
};

void result_count(struct count *count, unsigned more);
/* Copies the kept files to OUT. */
void result_keep(struct result *result);
/* The END of the run whose LOG is the current one (runlog.h); a PORT_ code. */
int result_publish(struct result *result);
/* The END of a run whose program an earlier agent had started; a PORT_ code. */
int result_lost(const struct mark *mark);

#endif
