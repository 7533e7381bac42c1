/* run.h - the one run that can be active: its program, its limits and its LOG, up to its END. */
#ifndef RUN_H
#define RUN_H

#include "job.h"

/* Starts a claimed run. step_us and boot go into the LOG. 0: its bundle is not placed, and nothing has begun. */
int run_begin(struct job *job, unsigned long step_us, unsigned long boot);
int run_active(void);
const struct mark *run_mark(void);
unsigned long run_child(void); /* process id, 0 when there is none */
/* One step of the active run, at most about ms long. */
void run_turn(unsigned long ms);
/* Kills the program. 0 when it had ended by itself. */
int run_kill(const char *reason);
/* The reason in the END of the run that was last active. */
const char *run_reason(void);

#endif
