/* server.h - the listener, the sessions, and the one loop that serves them. */
#ifndef FTPD_SERVER_H
#define FTPD_SERVER_H

#include "setting.h"

enum {
    SERVER_OK = 0,
    SERVER_TAKEN = -1, /* another program has the port */
    SERVER_FAIL = -2
};

/* `name` is the computer's. */
int server_start(const struct settings *settings, const char *name);
/* Serves until *stopping is not 0. */
void server_work(const struct settings *settings, const volatile int *stopping);

#endif
