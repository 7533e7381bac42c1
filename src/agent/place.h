/* place.h - the kinds place, verify and remove. */
#ifndef PLACE_H
#define PLACE_H

#include "job.h"

/* The first two fill the measured sizes of job->files. All return the reason for the END, or null when the agent is to stop
   before it is known; *bad is the first name that was not right, or null. */
const char *place_bundle(struct job *job, const char **bad);
const char *place_verify(struct job *job, const char **bad);
const char *place_remove(struct job *job, const char **bad);
/* Whether a bundle is whole. */
int place_is_whole(const char *dir);

enum { PLACE_MISMATCH = 1 }; /* beside the MEASURE_ codes */
/* Measures a file as what should become this one of a job. MEASURE_OK: it is right. */
int place_check(struct job_file *file, const char *path);
/* The reason that comes of such a result, for the END; null when the agent is to stop. */
const char *place_reason(int result);

#endif
