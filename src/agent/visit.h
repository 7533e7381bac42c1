/* visit.h - the command of AGENT.INI by which this machine comes to the daemon, where the daemon cannot come here. */
#ifndef VISIT_H
#define VISIT_H

/* Carried out after each so many seconds; an empty one never is. It is the caller's, and stays. */
void visit_begin(const char *command, unsigned long every_s);
/* To be called often. One visit begins only when the one before is over. */
void visit_turn(void);

#endif
