/* command.h - the commands that a client may say. */
#ifndef FTPD_COMMAND_H
#define FTPD_COMMAND_H

#include "session.h"

void command_run(struct session *session, const char *line, const struct settings *settings);

#endif
