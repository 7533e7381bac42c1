#include "measure.h"

#include "crc32.h"
#include "port.h"
#include "spool.h"

#define BLOCK 4096

static char block[BLOCK];

static int open_plain(const char *path, FILE **file)
{
    unsigned long size;
    int result = port_size(path, &size);

    if (result == PORT_MISSING)
        return MEASURE_MISSING;
    if (result != PORT_OK)
        return MEASURE_FAILED;
    *file = fopen(path, "rb");
    return *file == NULL ? MEASURE_FAILED : MEASURE_OK;
}

int measure_file(const char *path, unsigned long *size, unsigned long *crc)
{
    FILE *file;
    size_t count;
    int result = open_plain(path, &file);

    if (result != MEASURE_OK)
        return result;
    *size = 0;
    *crc = 0;
    while (result == MEASURE_OK && (count = fread(block, 1, BLOCK, file)) > 0) {
        *size += count;
        *crc = crc32(*crc, block, (unsigned)count);
        if (port_stopping())
            result = MEASURE_STOPPED;
    }
    if (ferror(file))
        result = MEASURE_FAILED;
    fclose(file);
    return result;
}

static int copy_blocks(FILE *from, FILE *to)
{
    size_t count;

    while ((count = fread(block, 1, BLOCK, from)) > 0) {
        if (fwrite(block, 1, count, to) != count)
            return port_was_full() ? MEASURE_FULL : MEASURE_FAILED;
        if (port_stopping())
            return MEASURE_STOPPED;
    }
    return ferror(from) ? MEASURE_FAILED : MEASURE_OK;
}

int measure_copy(const char *from, const char *to)
{
    FILE *source;
    FILE *target;
    int closed;
    int result = open_plain(from, &source);

    if (result != MEASURE_OK)
        return result;
    target = fopen(to, "wb");
    if (target == NULL) {
        result = port_was_full() ? MEASURE_FULL : MEASURE_FAILED;
        fclose(source);
        return result;
    }
    result = copy_blocks(source, target);
    fclose(source);
    closed = spool_close(target);
    if (result == MEASURE_OK && closed != PORT_OK)
        result = closed == PORT_FULL ? MEASURE_FULL : MEASURE_FAILED;
    if (result != MEASURE_OK)
        port_delete(to);
    return result;
}

int measure_flush(const char *path)
{
    FILE *file = fopen(path, "r+b");
    int result;

    /* Another user's file: it can be moved, but nothing more can be done for it. */
    if (file == NULL)
        return MEASURE_OK;
    result = spool_close(file);
    if (result == PORT_FULL)
        return MEASURE_FULL;
    return result == PORT_OK ? MEASURE_OK : MEASURE_FAILED;
}
