/* update.h - the agent's own program gives way to another. */
#ifndef UPDATE_H
#define UPDATE_H

#include "job.h"

/* Proves that the new program is whole and starts here, then hands over to it and does not return. When it returns:
   the reason for the END ("done" where the new one was put in place before), with *bad and error as far as they say
   more; null: the agent is to stop, and RUN stays. */
const char *update_agent(struct job *job, const char **bad, char *error, unsigned error_size);

#endif
