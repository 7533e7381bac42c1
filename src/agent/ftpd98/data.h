/* data.h - commands that open or use a data connection. */
#ifndef FTPD_DATA_H
#define FTPD_DATA_H

#include "session.h"

void data_passive(struct session *session, const char *said);
void data_port(struct session *session, const char *said);
void data_restart(struct session *session, const char *said);
void data_retrieve(struct session *session, const char *said);
void data_store(struct session *session, const char *said);
void data_append(struct session *session, const char *said);
void data_list(struct session *session, const char *said);
void data_names(struct session *session, const char *said);
void data_abort(struct session *session, const char *said);

#endif
