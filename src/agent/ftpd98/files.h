/* files.h - commands about names: nothing here moves the bytes of a file. */
#ifndef FTPD_FILES_H
#define FTPD_FILES_H

#include "session.h"

/* The local name of what the client said, or a refusal in its place. */
int files_find(struct session *session, const char *said, int flags, char *path, char *local);

void files_where(struct session *session, const char *said);
void files_enter(struct session *session, const char *said);
void files_up(struct session *session, const char *said);
void files_make_folder(struct session *session, const char *said);
void files_delete_folder(struct session *session, const char *said);
void files_delete(struct session *session, const char *said);
void files_size(struct session *session, const char *said);
void files_rename_from(struct session *session, const char *said);
void files_rename_to(struct session *session, const char *said);

#endif
