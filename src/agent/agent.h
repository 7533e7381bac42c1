/* agent.h - the agent's work on a spool that is its current folder and that it has locked. */
#ifndef AGENT_H
#define AGENT_H

enum {
    AGENT_OK = 0,
    AGENT_NO_FOLDER = 1 /* a folder of the spool is missing and cannot be made */
};

/* Settles what an earlier agent left behind. */
int agent_start(void);
/* Works until port_stopping(), then ends the active run; with PORT_TAKES_TURNS until nothing waits. */
void agent_work(void);

#endif
