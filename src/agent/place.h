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

#endif
