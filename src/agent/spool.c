#include "spool.h"

#include "measure.h"
#include "port.h"
#include "text.h"

#include <string.h>

#define END_SIZE 2048  /* the most that an END has beside its files */
#define FILE_SIZE 48   /* and for each of these */

static const char *const folders[] = {"IN", "RUN", "OUT", "OUT", "OUT"};
static const char *const endings[] = {"JOB", "RUN", "LOG", "TMP", "END"};

void spool_path(char path[SPOOL_PATH], int what, const char *id)
{
    sprintf(path, "%s/%.8s.%s", folders[what], id, endings[what]);
}

void spool_join(char path[SPOOL_PATH], const char *folder, const char *name)
{
    sprintf(path, "%.20s/%.12s", folder, name);
}

int spool_has(int what, const char *id)
{
    char path[SPOOL_PATH];

    spool_path(path, what, id);
    return port_exists(path);
}

int spool_delete(int what, const char *id)
{
    char path[SPOOL_PATH];

    spool_path(path, what, id);
    return port_delete(path);
}

struct search {
    const char *ending;
    const char *after;
    char *best; /* empty: none yet */
};

static void look_at(void *context, const char *name)
{
    struct search *search = context;
    char id[ID_SIZE];

    if (strlen(name) != 12 || name[8] != '.' || strcmp(name + 9, search->ending) != 0)
        return;
    memcpy(id, name, 8);
    id[8] = '\0';
    if (!name_is_hex(id, 8) || strcmp(id, search->after) <= 0)
        return;
    if (search->best[0] == '\0' || strcmp(id, search->best) < 0)
        strcpy(search->best, id);
}

int spool_next(int what, const char *after, char id[ID_SIZE])
{
    char start[ID_SIZE]; /* after and id may be the same place */
    struct search search;

    strcpy(start, after);
    id[0] = '\0';
    search.ending = endings[what];
    search.after = start;
    search.best = id;
    return port_list(folders[what], look_at, &search) == PORT_OK && id[0] != '\0';
}

int spool_close(FILE *file)
{
    int result = port_flush(file);

    if (result == PORT_OK && ferror(file))
        result = PORT_FAIL;
    if (fclose(file) != 0 && result == PORT_OK)
        result = port_was_full() ? PORT_FULL : PORT_FAIL;
    return result;
}

/* So that the END fits, whatever the job does to the disk. */
static int prepare(const char *id, unsigned files)
{
    char path[SPOOL_PATH];
    FILE *file;
    int result;
    unsigned i;

    spool_path(path, SPOOL_TMP, id);
    file = fopen(path, "wb");
    if (file == NULL)
        return PORT_FAIL;
    for (i = 0; i < END_SIZE + FILE_SIZE * files; i++)
        putc(' ', file);
    result = spool_close(file);
    if (result != PORT_OK)
        port_delete(path);
    return result;
}

int spool_claim(const char *id, unsigned files)
{
    char job[SPOOL_PATH];
    char run[SPOOL_PATH];
    int result = prepare(id, files);

    if (result != PORT_OK)
        return result;
    spool_path(job, SPOOL_JOB, id);
    spool_path(run, SPOOL_RUN, id);
    /* After a power cut RUN must say what was claimed; FTP servers do not flush. */
    measure_flush(job);
    result = port_rename(job, run);
    if (result != PORT_OK)
        spool_delete(SPOOL_TMP, id);
    return result;
}

FILE *spool_end(const struct mark *mark, const char *reason)
{
    char path[SPOOL_PATH];
    FILE *file;

    spool_path(path, SPOOL_TMP, mark->id);
    file = fopen(path, "r+b");
    if (file == NULL)
        file = fopen(path, "wb");
    if (file == NULL)
        return NULL;
    text_put(file, "v", "1");
    text_put(file, "id", mark->id);
    if (mark->token[0] != '\0')
        text_put(file, "token", mark->token);
    if (mark->daemon[0] != '\0')
        text_put(file, "daemon", mark->daemon);
    if (mark->kind[0] != '\0')
        text_put(file, "kind", mark->kind);
    text_put(file, "reason", reason);
    return file;
}

int spool_publish(FILE *file, const char *id)
{
    char tmp[SPOOL_PATH];
    char end[SPOOL_PATH];
    int result;

    text_put(file, "eof", "1");
    result = spool_close(file);
    if (result != PORT_OK)
        return result;
    spool_path(tmp, SPOOL_TMP, id);
    spool_path(end, SPOOL_END, id);
    result = port_rename(tmp, end);
    if (result != PORT_OK)
        return result;
    /* A RUN that stays is removed at the next start: the END decides. */
    spool_delete(SPOOL_RUN, id);
    return PORT_OK;
}
