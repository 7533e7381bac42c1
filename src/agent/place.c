#include "place.h"

#include "measure.h"
#include "port.h"
#include "text.h"

#include <string.h>

const char *place_reason(int result)
{
    switch (result) {
    case MEASURE_OK:
        return "done";
    case PLACE_MISMATCH:
        return "mismatch";
    case MEASURE_MISSING:
        return "missing";
    case MEASURE_FULL:
        return "disk-full";
    case MEASURE_STOPPED:
        return NULL;
    default:
        return "io-error";
    }
}

int place_is_whole(const char *dir)
{
    char path[SPOOL_PATH];

    spool_join(path, dir, "BUNDLE.OK");
    return port_exists(path);
}

int place_check(struct job_file *file, const char *path)
{
    int result = measure_file(path, &file->got_size, &file->got_crc);

    file->measured = result == MEASURE_OK;
    if (result != MEASURE_OK)
        return result;
    return file->got_size == file->size && file->got_crc == file->crc ? MEASURE_OK : PLACE_MISMATCH;
}

/* All files where they should be; goes on after the first bad one. */
static int check_all(struct job *job, const char **bad)
{
    char path[SPOOL_PATH];
    int first = MEASURE_OK;
    int result;
    unsigned i;

    for (i = 0; i < job->file_count; i++) {
        spool_join(path, job->dir, job->files[i].name);
        result = place_check(&job->files[i], path);
        if (result == MEASURE_STOPPED)
            return result;
        if (result != MEASURE_OK && first == MEASURE_OK) {
            first = result;
            *bad = job->files[i].name;
        }
    }
    return first;
}

static int clear(const char *path)
{
    int result = port_delete(path);

    return result == PORT_OK || result == PORT_MISSING ? MEASURE_OK : MEASURE_FAILED;
}

static int move(const char *from, const char *to)
{
    int result = clear(to);

    if (result == MEASURE_OK)
        /* FTP servers do not flush; before BUNDLE.OK says so, the bytes must be on the disk. */
        result = measure_flush(from);
    if (result == MEASURE_OK && port_rename(from, to) != PORT_OK)
        result = MEASURE_FAILED;
    return result;
}

static int copy(struct job_file *file, const char *dir, const char *to)
{
    char part[SPOOL_PATH];
    int result;

    spool_join(part, dir, "PLACE.TMP");
    result = measure_copy(file->source, part);
    if (result == MEASURE_OK)
        result = place_check(file, part);
    if (result == MEASURE_OK)
        result = clear(to);
    if (result == MEASURE_OK && port_rename(part, to) != PORT_OK)
        result = MEASURE_FAILED;
    if (result != MEASURE_OK)
        port_delete(part);
    return result;
}

static int place_one(struct job *job, struct job_file *file)
{
    char target[SPOOL_PATH];
    int staged = file->source[0] == 'S';
    int result;

    spool_join(target, job->dir, file->name);
    result = place_check(file, target);
    if (result == MEASURE_STOPPED)
        return result;
    if (result == MEASURE_OK) {
        if (staged)
            port_delete(file->source);
        return MEASURE_OK;
    }
    result = place_check(file, file->source);
    if (result != MEASURE_OK)
        return result;
    return staged ? move(file->source, target) : copy(file, job->dir, target);
}

static void put_file(FILE *out, const struct job_file *file)
{
    fprintf(out, "file=%s,%lu,%08lX\r\n", file->name, file->size, file->crc);
}

/* The only commit point. */
static int commit(const struct job *job)
{
    char part[SPOOL_PATH];
    char whole[SPOOL_PATH];
    FILE *out;
    int result;
    unsigned i;

    spool_join(part, job->dir, "BUNDLE.TMP");
    spool_join(whole, job->dir, "BUNDLE.OK");
    out = fopen(part, "wb");
    if (out == NULL)
        return port_was_full() ? MEASURE_FULL : MEASURE_FAILED;
    text_put(out, "v", "1");
    text_put(out, "id", job->mark.id);
    text_put(out, "token", job->mark.token);
    text_put(out, "daemon", job->mark.daemon);
    for (i = 0; i < job->file_count; i++)
        put_file(out, &job->files[i]);
    text_put(out, "eof", "1");
    result = spool_close(out);
    if (result == PORT_OK)
        result = port_rename(part, whole);
    if (result == PORT_OK)
        return MEASURE_OK;
    port_delete(part);
    return result == PORT_FULL ? MEASURE_FULL : MEASURE_FAILED;
}

static int place_all(struct job *job, const char **bad)
{
    int result;
    unsigned i;

    *bad = "BUNDLE.OK";
    result = port_make_folder(job->dir);
    if (result != PORT_OK)
        return result == PORT_FULL ? MEASURE_FULL : MEASURE_FAILED;
    for (i = 0; i < job->file_count; i++) {
        *bad = job->files[i].name;
        result = place_one(job, &job->files[i]);
        if (result != MEASURE_OK)
            return result;
    }
    *bad = "BUNDLE.OK";
    result = commit(job);
    if (result == MEASURE_OK)
        *bad = NULL;
    return result;
}

const char *place_bundle(struct job *job, const char **bad)
{
    int result;

    *bad = NULL;
    if (!place_is_whole(job->dir))
        return place_reason(place_all(job, bad));
    result = check_all(job, bad);
    return place_reason(result == MEASURE_MISSING ? PLACE_MISMATCH : result);
}

const char *place_verify(struct job *job, const char **bad)
{
    *bad = NULL;
    return place_is_whole(job->dir) ? place_reason(check_all(job, bad)) : "not-placed";
}

/* Deletes a file of the bundle; one that is not there is fine. */
static int remove_one(const struct job *job, const char *name, const char **bad)
{
    char path[SPOOL_PATH];
    int result;

    spool_join(path, job->dir, name);
    result = clear(path);
    if (result != MEASURE_OK && *bad == NULL)
        *bad = name;
    return result;
}

const char *place_remove(struct job *job, const char **bad)
{
    unsigned i;

    *bad = NULL;
    /* First, and on the disk before anything else goes: it must never stand over files that are not there. */
    if (remove_one(job, "BUNDLE.OK", bad) != MEASURE_OK)
        return place_reason(MEASURE_FAILED);
    for (i = 0; i < job->file_count; i++)
        remove_one(job, job->files[i].name, bad);
    remove_one(job, "BUNDLE.TMP", bad);
    remove_one(job, "PLACE.TMP", bad);
    /* What a program left in it keeps the folder. */
    port_delete_folder(job->dir);
    return place_reason(*bad == NULL ? MEASURE_OK : MEASURE_FAILED);
}
