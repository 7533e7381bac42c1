#include "result.h"

#include "clock.h"
#include "measure.h"
#include "runlog.h"
#include "text.h"

#define KEEP_MAX 1048576UL

void result_count(struct count *count, unsigned more)
{
    count->rest += more;
    if (count->rest >= 1000000000UL) {
        count->rest -= 1000000000UL;
        count->billions++;
    }
}

static void put_count(FILE *out, const char *key, const struct count *count)
{
    if (count->billions > 0)
        fprintf(out, "%s=%lu%09lu\r\n", key, count->billions, count->rest);
    else
        text_put_number(out, key, count->rest);
}

static void put_span(FILE *out, const char *key, const struct port_time *span)
{
    char text[24];

    clock_text(span, 0, text);
    text_put(out, key, text);
}

static void put_log(FILE *out, unsigned long size, unsigned long crc)
{
    text_put_number(out, "log_bytes", size);
    fprintf(out, "log_crc32=%08lX\r\n", crc & MASK32);
}

void result_keep(struct result *result)
{
    char from[SPOOL_PATH];
    char to[SPOOL_PATH];
    struct kept *kept;
    unsigned long size;
    unsigned i;

    for (i = 0; i < result->keeps; i++) {
        kept = &result->keep[i];
        spool_join(from, result->dir, kept->name);
        sprintf(to, "OUT/%.8s.K%u", result->mark.id, i + 1);
        if (port_size(from, &size) != PORT_OK || size > KEEP_MAX)
            continue;
        kept->there = measure_copy(from, to) == MEASURE_OK && measure_file(to, &kept->size, &kept->crc) == MEASURE_OK;
    }
}

static void put_keep(FILE *out, const struct kept *kept, unsigned number)
{
    if (kept->there)
        fprintf(out, "keep=%s,%u,%lu,%08lX\r\n", kept->name, number, kept->size & MASK32, kept->crc);
}

int result_publish(struct result *result)
{
    FILE *out = spool_end(&result->mark, result->reason);
    unsigned i;

    if (out == NULL)
        return PORT_FAIL;
    if (result->started) {
        fprintf(out, "exit=%d\r\n", result->how.code);
        if (result->how.signal != 0)
            text_put_number(out, "signal", (unsigned long)result->how.signal);
        if (result->pid != 0)
            text_put_number(out, "pid", result->pid & MASK32);
        if (result->capture != NULL)
            text_put(out, "capture", result->capture);
    } else if (result->error[0] != '\0') {
        text_put(out, "oserr", result->error);
    }
    put_span(out, "wall_ms", &result->wall);
    put_count(out, "o_bytes", &result->bytes[0]);
    put_count(out, "e_bytes", &result->bytes[1]);
    put_log(out, runlog_size(), runlog_crc());
    if (runlog_is_cut())
        text_put(out, "log", "cut");
    if (clock_ms(&result->blocked) > 0)
        put_span(out, "blocked_ms", &result->blocked);
    for (i = 0; i < result->keeps; i++)
        put_keep(out, &result->keep[i], i + 1);
    return spool_publish(out, result->mark.id);
}

int result_lost(const struct mark *mark)
{
    char path[SPOOL_PATH];
    unsigned long size = 0;
    unsigned long crc = 0;
    FILE *out;

    spool_path(path, SPOOL_LOG, mark->id);
    if (port_exists(path) && measure_file(path, &size, &crc) != MEASURE_OK)
        return PORT_FAIL;
    measure_flush(path);
    out = spool_end(mark, "agent-restarted");
    if (out == NULL)
        return PORT_FAIL;
    put_log(out, size, crc);
    return spool_publish(out, mark->id);
}
