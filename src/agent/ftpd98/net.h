/* net.h - sockets of Winsock 1.1, none of which ever waits. Addresses and ports are in network order. */
#ifndef FTPD_NET_H
#define FTPD_NET_H

#include <winsock.h>

struct endpoint {
    unsigned char address[4];
    unsigned char port[2];
};

enum {
    NET_LATER = -1, /* nothing can be moved now */
    NET_LOST = -2
};

int net_start(void);
/* INVALID_SOCKET with WSAEADDRINUSE in net_error when the port is taken. */
SOCKET net_listen(const struct endpoint *at);
int net_error(void);
SOCKET net_accept(SOCKET listener, struct endpoint *peer);
/* Begins to connect; writable means connected. */
SOCKET net_connect(const struct endpoint *to);
int net_local(SOCKET socket, struct endpoint *at);
/* Bytes moved, 0 from net_receive when the other side has ended, or one of the above. */
int net_send(SOCKET socket, const char *bytes, int length);
int net_receive(SOCKET socket, char *bytes, int size);
/* No more will be sent; the other side gets what was. */
void net_end(SOCKET socket);
void net_close(SOCKET *socket);
/* For a control connection: answers at once, urgent bytes in their order, and a peer that lost power is noticed. */
void net_tune(SOCKET socket);
/* The first address of this computer; zeros when it has none. */
void net_own(unsigned char *address);

int net_same_host(const unsigned char *a, const unsigned char *b);
int net_is_set(SOCKET socket, const fd_set *set);

#endif
