/* spool.h - the files of one job: how it is claimed and how its END is published. */
#ifndef SPOOL_H
#define SPOOL_H

#include "names.h"

#include <stdio.h>

#define SPOOL_PATH 40 /* room for any path inside the spool */

enum { SPOOL_JOB, SPOOL_RUN, SPOOL_LOG, SPOOL_TMP, SPOOL_END };

/* What marks a job in each of its files. A text is empty when the job did not say it. */
struct mark {
    char id[ID_SIZE];
    char token[TOKEN_SIZE];
    char daemon[TOKEN_SIZE];
    char kind[17];
};

/* The path of a job's file. */
void spool_path(char path[SPOOL_PATH], int what, const char *id);
int spool_has(int what, const char *id);
int spool_delete(int what, const char *id);
/* The path of a file in a folder of the spool. */
void spool_join(char path[SPOOL_PATH], const char *folder, const char *name);
/* The smallest id after `after` (empty: the first) that has such a file; 0 when there is none. */
int spool_next(int what, const char *after, char id[ID_SIZE]);
/* Makes TMP, with room for an END that tells of so many files, then renames JOB to RUN. A PORT_ code; on failure the
   job stays as it was. */
int spool_claim(const char *id, unsigned files);
/* Begins the END in the prepared TMP; null when it cannot be opened. */
FILE *spool_end(const struct mark *mark, const char *reason);
/* Finishes it: on the disk, renamed, RUN removed. Closes the file in any case. A PORT_ code. */
int spool_publish(FILE *file, const char *id);
/* Flushes and closes a file; a PORT_ code. */
int spool_close(FILE *file);

#endif
