#include "net.h"

#include <string.h>

#define WINSOCK_1_1 0x0101

int net_start(void)
{
    static WSADATA data;

    return WSAStartup(WINSOCK_1_1, &data) == 0;
}

int net_error(void)
{
    return WSAGetLastError();
}

static void to_system(struct sockaddr_in *name, const struct endpoint *from)
{
    memset(name, 0, sizeof *name);
    name->sin_family = AF_INET;
    memcpy(&name->sin_addr, from->address, 4);
    memcpy(&name->sin_port, from->port, 2);
}

static void from_system(struct endpoint *to, const struct sockaddr_in *name)
{
    memcpy(to->address, &name->sin_addr, 4);
    memcpy(to->port, &name->sin_port, 2);
}

static void never_wait(SOCKET socket)
{
    u_long yes = 1;

    ioctlsocket(socket, FIONBIO, &yes);
}

SOCKET net_listen(const struct endpoint *at)
{
    struct sockaddr_in name;
    SOCKET listener = socket(AF_INET, SOCK_STREAM, 0);
    int error;

    if (listener == INVALID_SOCKET)
        return listener;
    never_wait(listener);
    to_system(&name, at);
    /* Not SO_REUSEADDR: on Windows it lets two programs listen on one port. */
    if (bind(listener, (struct sockaddr *)&name, sizeof name) == 0 && listen(listener, 5) == 0)
        return listener;
    error = WSAGetLastError();
    closesocket(listener);
    WSASetLastError(error);
    return INVALID_SOCKET;
}

SOCKET net_accept(SOCKET listener, struct endpoint *peer)
{
    struct sockaddr_in name;
    int size = sizeof name;
    SOCKET accepted = accept(listener, (struct sockaddr *)&name, &size);

    if (accepted == INVALID_SOCKET)
        return accepted;
    never_wait(accepted);
    from_system(peer, &name);
    return accepted;
}

SOCKET net_connect(const struct endpoint *to)
{
    struct sockaddr_in name;
    SOCKET made = socket(AF_INET, SOCK_STREAM, 0);

    if (made == INVALID_SOCKET)
        return made;
    never_wait(made);
    to_system(&name, to);
    if (connect(made, (struct sockaddr *)&name, sizeof name) == 0 || WSAGetLastError() == WSAEWOULDBLOCK)
        return made;
    closesocket(made);
    return INVALID_SOCKET;
}

int net_local(SOCKET socket, struct endpoint *at)
{
    struct sockaddr_in name;
    int size = sizeof name;

    if (getsockname(socket, (struct sockaddr *)&name, &size) != 0)
        return 0;
    from_system(at, &name);
    return 1;
}

static int moved(int result)
{
    if (result != SOCKET_ERROR)
        return result;
    return WSAGetLastError() == WSAEWOULDBLOCK ? NET_LATER : NET_LOST;
}

int net_send(SOCKET socket, const char *bytes, int length)
{
    return moved(send(socket, bytes, length, 0));
}

int net_receive(SOCKET socket, char *bytes, int size)
{
    return moved(recv(socket, bytes, size, 0));
}

void net_end(SOCKET socket)
{
    shutdown(socket, 1);
}

void net_close(SOCKET *socket)
{
    if (*socket != INVALID_SOCKET)
        closesocket(*socket);
    *socket = INVALID_SOCKET;
}

void net_tune(SOCKET socket)
{
    BOOL yes = TRUE;

    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, (const char *)&yes, sizeof yes);
    setsockopt(socket, SOL_SOCKET, SO_OOBINLINE, (const char *)&yes, sizeof yes);
    setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, (const char *)&yes, sizeof yes);
}

void net_own(unsigned char *address)
{
    char name[128];
    struct hostent *host = NULL;

    memset(address, 0, 4);
    if (gethostname(name, sizeof name) == 0)
        host = gethostbyname(name);
    if (host != NULL && host->h_addrtype == AF_INET && host->h_addr_list[0] != NULL)
        memcpy(address, host->h_addr_list[0], 4);
}

int net_same_host(const unsigned char *a, const unsigned char *b)
{
    return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}

int net_is_set(SOCKET socket, const fd_set *set)
{
    unsigned i;

    for (i = 0; i < set->fd_count; i++)
        if (set->fd_array[i] == socket)
            return 1;
    return 0;
}
