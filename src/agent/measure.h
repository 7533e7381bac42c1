/* measure.h - sizes and CRCs of files, and copies. */
#ifndef MEASURE_H
#define MEASURE_H

enum {
    MEASURE_OK = 0,
    MEASURE_MISSING = -1,
    MEASURE_FAILED = -2,  /* the disk gave an error */
    MEASURE_FULL = -3,
    MEASURE_STOPPED = -4  /* somebody wants the agent to end */
};

int measure_file(const char *path, unsigned long *size, unsigned long *crc);
/* Copies into a new file, flushed; an older one of that name is lost, and a part of a copy never stays. */
int measure_copy(const char *from, const char *to);
/* Until the disk has a file that somebody else wrote. */
int measure_flush(const char *path);

#endif
