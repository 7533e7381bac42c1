/* transfer.h - one data connection and what moves through it. */
#ifndef FTPD_TRANSFER_H
#define FTPD_TRANSFER_H

#include "listing.h"

#include "net.h"

#define TRANSFER_BYTES 16384

/* How the data connection is made. */
enum {
    WAY_NONE = 0,
    WAY_LISTENING,  /* PASV: `socket` is the listener */
    WAY_PORT,       /* PORT: `target` is known */
    WAY_CONNECTING,
    WAY_OPEN
};

enum {
    WORK_NONE = 0,
    WORK_SEND,
    WORK_LIST,
    WORK_RECEIVE
};

struct transfer {
    int way;
    int work;
    SOCKET socket;
    struct endpoint target;
    HANDLE file;
    struct listing listing;
    char bytes[TRANSFER_BYTES];
    unsigned length; /* of what is in bytes */
    unsigned sent;   /* of that */
    int is_last;     /* the source has no more */
    int is_cut;      /* an older file lost its end, which it keeps until the new one has begun to come */
    DWORD moved;     /* when the last byte did */
};

/* What became of it in one step, as the reply that ends the command; null while it goes on. */
typedef const char *outcome;

void transfer_reset(struct transfer *transfer);
/* Listens for one connection; `at` is the address to listen on and gets the port. 0: no socket is to be had. */
int transfer_listen(struct transfer *transfer, struct endpoint *at);
void transfer_aim(struct transfer *transfer, const struct endpoint *target);
/* Begins the work on an open file, or on the listing. 0 when there is no way for data. */
int transfer_begin(struct transfer *transfer, int work);
void transfer_wants(const struct transfer *transfer, fd_set *reads, fd_set *writes, fd_set *fails);
outcome transfer_step(struct transfer *transfer, const struct endpoint *peer, const fd_set *reads,
                      const fd_set *writes, const fd_set *fails);
/* The reply for a transfer that moved nothing for so long, or null. */
outcome transfer_tick(const struct transfer *transfer, unsigned long idle_ms);
/* Closes everything, also in the middle. What was received stays. */
void transfer_close(struct transfer *transfer);

#endif
