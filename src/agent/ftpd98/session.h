/* session.h - one client from its greeting to its end. */
#ifndef FTPD_SESSION_H
#define FTPD_SESSION_H

#include "line.h"
#include "path.h"
#include "setting.h"
#include "transfer.h"

#include "net.h"

#define OUT_SIZE 2048

struct session {
    SOCKET control; /* INVALID_SOCKET: nobody is here */
    struct endpoint peer;
    struct line_reader in;
    char out[OUT_SIZE]; /* replies that are still to be sent */
    unsigned out_length;
    DWORD heard;        /* when the last command was answered, or the last byte of a file moved */
    int is_leaving;     /* closed as soon as the replies are sent and the client has read them */
    int is_ended;       /* nothing more will be sent */
    int has_user;
    int is_user;        /* the name was right */
    int is_in;          /* so was the password */
    int tries;
    int is_held;        /* a wrong password: its answer waits until `held_until` */
    DWORD held_until;
    char folder[PATH_SIZE];
    char from[PATH_SIZE]; /* of RNFR; empty: none */
    unsigned long restart;
    struct transfer transfer;
};

void session_start(struct session *session, SOCKET control, const struct endpoint *peer);
/* Adds a reply with its line end; one that is too long for a client that reads nothing ends the session. */
void session_reply(struct session *session, const char *text);
/* Says goodbye and hangs up. */
void session_leave(struct session *session, const char *text);
/* Sockets that the session waits for. */
void session_wants(const struct session *session, fd_set *reads, fd_set *writes, fd_set *fails);
/* Does what can be done without waiting. */
void session_work(struct session *session, const fd_set *reads, const fd_set *writes, const fd_set *fails,
                  const struct settings *settings);
int session_is_open(const struct session *session);
/* 1 when it can be dropped for a newcomer: a daemon that lost its power never says goodbye. */
int session_is_silent(const struct session *session, unsigned long ms);
void session_drop(struct session *session);

#endif
