#include "runlog.h"

#include "clock.h"
#include "crc32.h"

#include <string.h>

#define HEAD 40 /* more than the head of a record and its last line end */

static char ring[RUNLOG_RING];

static struct {
    char path[SPOOL_PATH];
    unsigned used;      /* bytes in the ring */
    int made;           /* whether the file exists */
    int cut;
    unsigned long size; /* bytes in the file */
    unsigned long crc;
    unsigned long max;
} runlog;

static void collect(const char *bytes, unsigned length)
{
    memcpy(ring + runlog.used, bytes, length);
    runlog.used += length;
}

void runlog_begin(const struct mark *mark, unsigned long step_us, unsigned long boot, unsigned long max)
{
    memset(&runlog, 0, sizeof runlog);
    spool_path(runlog.path, SPOOL_LOG, mark->id);
    runlog.max = max;
    runlog.used = (unsigned)sprintf(ring, "#fleet98 1 %s %s clock=%s step_us=%lu boot=%lu\n", mark->id, mark->token,
                                    port_clock_name(), step_us, boot);
}

unsigned runlog_room(void)
{
    unsigned room;

    if (runlog.cut)
        return RUNLOG_RECORD;
    if (runlog.used + HEAD >= RUNLOG_RING)
        return 0;
    room = RUNLOG_RING - HEAD - runlog.used;
    return room < RUNLOG_RECORD ? room : RUNLOG_RECORD;
}

void runlog_add(int stream, const struct port_time *when, const char *bytes, unsigned length)
{
    char head[HEAD];
    char ms[24];
    unsigned head_length;
    unsigned long whole;

    if (runlog.cut)
        return;
    clock_text(when, 3, ms);
    head_length = (unsigned)sprintf(head, "@%s %c %u\n", ms, stream == 0 ? 'o' : 'e', length);
    whole = (unsigned long)runlog.used + head_length + length + 1;
    if (runlog.size > runlog.max || whole > runlog.max - runlog.size) {
        runlog.cut = 1;
        return;
    }
    collect(head, head_length);
    collect(bytes, length);
    collect("\n", 1);
}

void runlog_drop(void)
{
    if (runlog.used > 0)
        runlog.cut = 1;
    runlog.used = 0;
}

/* The file at its end, or null. It must be as long as we left it: a block is written whole or not at all. */
static FILE *open_at_end(void)
{
    FILE *file = fopen(runlog.path, runlog.made ? "r+b" : "wb");

    if (file == NULL)
        return NULL;
    runlog.made = 1;
    if (fseek(file, (long)runlog.size, SEEK_SET) == 0)
        return file;
    fclose(file);
    return NULL;
}

int runlog_write(void)
{
    FILE *file;
    int failed;
    int full;

    if (runlog.used == 0)
        return RUNLOG_OK;
    file = open_at_end();
    if (file == NULL && !runlog.made && port_was_full()) {
        runlog_drop();
        return RUNLOG_FULL;
    }
    if (file == NULL)
        return RUNLOG_BUSY;
    failed = fwrite(ring, 1, runlog.used, file) != runlog.used;
    full = failed && port_was_full();
    if (fclose(file) != 0 && !failed) {
        failed = 1;
        full = port_was_full();
    }
    if (failed) {
        port_truncate(runlog.path, runlog.size);
        if (!full)
            return RUNLOG_BUSY;
        runlog_drop();
        return RUNLOG_FULL;
    }
    runlog.crc = crc32(runlog.crc, ring, runlog.used);
    runlog.size += runlog.used;
    runlog.used = 0;
    return RUNLOG_OK;
}

int runlog_flush(void)
{
    FILE *file;

    if (!runlog.made)
        return PORT_OK;
    file = fopen(runlog.path, "r+b");
    return file == NULL ? PORT_FAIL : spool_close(file);
}

unsigned long runlog_size(void)
{
    return runlog.size;
}

unsigned long runlog_crc(void)
{
    return runlog.crc;
}

int runlog_is_cut(void)
{
    return runlog.cut;
}
