/* version.h - who this agent is. */
#ifndef VERSION_H
#define VERSION_H

#define AGENT_NAME "agent98"
#define AGENT_VERSION "0.2.0"

/* The build script passes a mark of the sources. */
#ifndef AGENT_BUILD
#define AGENT_BUILD "unmarked"
#endif

/* Stands in the program as one text, so that it can be found in a file that cannot be started. */
#define AGENT_ABOUT AGENT_NAME " " AGENT_VERSION " build " AGENT_BUILD

#endif
