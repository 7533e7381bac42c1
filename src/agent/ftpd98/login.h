/* login.h - the one user and its password. */
#ifndef FTPD_LOGIN_H
#define FTPD_LOGIN_H

#include "session.h"

void login_user(struct session *session, const char *name, const struct settings *settings);
void login_password(struct session *session, const char *password, const struct settings *settings);
/* Tells a wrong password once its time has come. */
void login_tick(struct session *session);

#endif
