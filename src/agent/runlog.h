/* runlog.h - the LOG of the run: records are collected in memory and written block by block. */
#ifndef RUNLOG_H
#define RUNLOG_H

#include "port.h"
#include "spool.h"

#define RUNLOG_RECORD 4096 /* most bytes of one record */

/* Bytes in memory. A makefile may say less, for a system on which nothing writes while it is full. */
#ifndef RUNLOG_RING
#define RUNLOG_RING 16384
#endif

enum {
    RUNLOG_OK = 0,
    RUNLOG_BUSY = 1, /* the file cannot be opened now; everything is kept */
    RUNLOG_FULL = 2  /* the disk is full; what was not on it is lost, and the LOG is cut */
};

/* Begins the LOG of a run; at most max bytes. Its first line is collected, not yet written. */
void runlog_begin(const struct mark *mark, unsigned long step_us, unsigned long boot, unsigned long max);
/* How many bytes the next record may have now; below RUNLOG_LEAST nothing should be read. */
unsigned runlog_room(void);
#define RUNLOG_LEAST 512
/* Adds a record: stream 0 or 1, time since the program's start, 1 to runlog_room() bytes. */
void runlog_add(int stream, const struct port_time *when, const char *bytes, unsigned length);
/* Writes what is collected and closes the file again. */
int runlog_write(void);
/* Gives up what is collected. */
void runlog_drop(void);
/* Until the disk has the LOG; a PORT_ code. */
int runlog_flush(void);
unsigned long runlog_size(void); /* bytes in the file */
unsigned long runlog_crc(void);  /* of these bytes */
int runlog_is_cut(void);

#endif
