/* setting.h - what AGENT.INI says to the FTP server. */
#ifndef FTPD_SETTING_H
#define FTPD_SETTING_H

#include "path.h"

struct settings {
    char user[64];
    char password[64];
    char root[PATH_SIZE];     /* empty: only the folder of AGENT.INI */
    unsigned long port;       /* 0: one that the system chooses */
    unsigned long idle_s;     /* always 1 to 86,400 */
    int has_peer;
    unsigned char peer[4];    /* the only address that may connect */
    int has_address;
    unsigned char address[4]; /* where to listen, on a machine that has more than one */
};

enum {
    SETTING_OK = 0,
    SETTING_MISSING = -1, /* no AGENT.INI there */
    SETTING_BAD = -2      /* `key` is missing or makes no sense */
};

/* `key` tells which one is wrong. A wrong one is never replaced by a default: it could open the server too far. */
int setting_load(struct settings *settings, const char *folder, const char **key);

#endif
