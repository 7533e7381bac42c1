/* version.h - who this agent is. */
#ifndef VERSION_H
#define VERSION_H

#define AGENT_NAME "agent98"
#define AGENT_VERSION "0.1.0"

/* The build script passes a mark of the sources. */
#ifndef AGENT_BUILD
#define AGENT_BUILD "unmarked"
#endif

#endif
