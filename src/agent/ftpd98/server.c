#include "server.h"

#include "../version.h"
#include "console.h"
#include "session.h"
#include "text.h"

#include <string.h>

#define SESSIONS 2
#define LOOK_US 500000L
#define SILENT_SHARE 5

static struct session sessions[SESSIONS];
static SOCKET listener;
static char shown[160]; /* the status line without the number of sessions */
static int shown_open = -1;

static void add_endpoint(const struct endpoint *at)
{
    int i;

    for (i = 0; i < 4; i++) {
        text_add_char(shown, sizeof shown, i == 0 ? ' ' : '.');
        text_add_number(shown, sizeof shown, at->address[i], 1, ' ');
    }
    text_add(shown, sizeof shown, " port ");
    text_add_number(shown, sizeof shown, at->port[0] * 256UL + at->port[1], 1, ' ');
}

static int count_open(void)
{
    int count = 0;
    int i;

    for (i = 0; i < SESSIONS; i++)
        count += session_is_open(&sessions[i]);
    return count;
}

static void show(void)
{
    char line[200];
    int open = count_open();

    if (open == shown_open)
        return;
    shown_open = open;
    text_set(line, sizeof line, shown);
    text_add(line, sizeof line, ", sessions: ");
    text_add_number(line, sizeof line, (unsigned long)open, 1, ' ');
    text_add(line, sizeof line, " of ");
    text_add_number(line, sizeof line, SESSIONS, 1, ' ');
    console_status(line);
}

int server_start(const struct settings *settings, const char *name)
{
    struct endpoint at;
    int i;

    if (!net_start())
        return SERVER_FAIL;
    for (i = 0; i < SESSIONS; i++)
        sessions[i].control = INVALID_SOCKET;
    memset(&at, 0, sizeof at);
    if (settings->has_address)
        memcpy(at.address, settings->address, 4);
    at.port[0] = (unsigned char)(settings->port >> 8);
    at.port[1] = (unsigned char)(settings->port & 255);
    listener = net_listen(&at);
    if (listener == INVALID_SOCKET)
        return net_error() == WSAEADDRINUSE ? SERVER_TAKEN : SERVER_FAIL;
    net_local(listener, &at);
    if (!settings->has_address)
        net_own(at.address);
    text_set(shown, sizeof shown, "FTPD98 " AGENT_VERSION ": ");
    text_add(shown, sizeof shown, name);
    add_endpoint(&at);
    show();
    return SERVER_OK;
}

/* A place for a newcomer. One who has been silent for long gives up his: a daemon whose power failed never says
   goodbye, and one that lives comes again. */
static struct session *find_place(const struct settings *settings)
{
    struct session *place = NULL;
    int i;

    for (i = 0; i < SESSIONS; i++)
        if (!session_is_open(&sessions[i]))
            return &sessions[i];
    for (i = 0; i < SESSIONS; i++)
        if (session_is_silent(&sessions[i], settings->idle_s * 1000UL / SILENT_SHARE) &&
            (place == NULL || (LONG)(sessions[i].heard - place->heard) < 0))
            place = &sessions[i];
    if (place != NULL)
        session_drop(place);
    return place;
}

static void send_away(SOCKET newcomer, const char *why)
{
    net_send(newcomer, why, (int)strlen(why));
    net_end(newcomer);
    net_close(&newcomer);
}

static void welcome(const struct settings *settings)
{
    struct endpoint peer;
    struct session *place;
    SOCKET newcomer = net_accept(listener, &peer);

    if (newcomer == INVALID_SOCKET)
        return;
    if (settings->has_peer && !net_same_host(peer.address, settings->peer)) {
        send_away(newcomer, "421 This server works for another address (ftp_peer in AGENT.INI).\r\n");
        return;
    }
    place = find_place(settings);
    if (place == NULL)
        send_away(newcomer, "421 Too many sessions, try again later.\r\n");
    else
        session_start(place, newcomer, &peer);
}

static void serve_once(const struct settings *settings)
{
    fd_set reads, writes, fails;
    struct timeval patience;
    int i;

    FD_ZERO(&reads);
    FD_ZERO(&writes);
    FD_ZERO(&fails);
    FD_SET(listener, &reads);
    for (i = 0; i < SESSIONS; i++)
        if (session_is_open(&sessions[i]))
            session_wants(&sessions[i], &reads, &writes, &fails);
    patience.tv_sec = 0;
    patience.tv_usec = LOOK_US;
    if (select(0, &reads, &writes, &fails, &patience) == SOCKET_ERROR) {
        /* Nothing is known now; a network that is being set up must not make this loop spin. */
        FD_ZERO(&reads);
        FD_ZERO(&writes);
        FD_ZERO(&fails);
        Sleep(LOOK_US / 1000);
    }
    for (i = 0; i < SESSIONS; i++)
        if (session_is_open(&sessions[i]))
            session_work(&sessions[i], &reads, &writes, &fails, settings);
    if (net_is_set(listener, &reads))
        welcome(settings);
    show();
}

void server_work(const struct settings *settings, const volatile int *stopping)
{
    int i;

    while (!*stopping)
        serve_once(settings);
    for (i = 0; i < SESSIONS; i++)
        if (session_is_open(&sessions[i]))
            session_drop(&sessions[i]);
}
