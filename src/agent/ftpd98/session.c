#include "session.h"

#include "command.h"
#include "login.h"
#include "text.h"

#include <string.h>

#define LOGIN_MS 60000UL
#define LEAVE_MS 5000UL

void session_start(struct session *session, SOCKET control, const struct endpoint *peer)
{
    memset(session, 0, sizeof *session);
    session->control = control;
    session->peer = *peer;
    session->heard = GetTickCount();
    text_set(session->folder, sizeof session->folder, "/");
    transfer_reset(&session->transfer);
    net_tune(control);
    session_reply(session, "220 FTPD98, for one user and few files.");
}

int session_is_open(const struct session *session)
{
    return session->control != INVALID_SOCKET;
}

void session_drop(struct session *session)
{
    transfer_close(&session->transfer);
    net_close(&session->control);
}

int session_is_silent(const struct session *session, unsigned long ms)
{
    return session->transfer.work == WORK_NONE && GetTickCount() - session->heard >= ms;
}

void session_reply(struct session *session, const char *text)
{
    size_t length = strlen(text);

    if (session->is_leaving || session->control == INVALID_SOCKET)
        return;
    if (session->out_length + length + 2 > OUT_SIZE) {
        session_drop(session);
        return;
    }
    memcpy(session->out + session->out_length, text, length);
    memcpy(session->out + session->out_length + length, "\r\n", 2);
    session->out_length += (unsigned)length + 2;
}

void session_leave(struct session *session, const char *text)
{
    transfer_close(&session->transfer);
    session_reply(session, text);
    session->is_leaving = 1;
    session->heard = GetTickCount();
}

void session_wants(const struct session *session, fd_set *reads, fd_set *writes, fd_set *fails)
{
    if (session->is_leaving || line_room(&session->in) > 0)
        FD_SET(session->control, reads);
    if (session->out_length > 0)
        FD_SET(session->control, writes);
    transfer_wants(&session->transfer, reads, writes, fails);
}

static void send_replies(struct session *session)
{
    int count;

    if (session->out_length == 0)
        return;
    count = net_send(session->control, session->out, (int)session->out_length);
    if (count == NET_LOST) {
        session_drop(session);
    } else if (count > 0) {
        session->out_length -= (unsigned)count;
        memmove(session->out, session->out + count, session->out_length);
    }
}

static void hear(struct session *session)
{
    char bytes[LINE_SIZE];
    size_t room = session->is_leaving ? sizeof bytes : line_room(&session->in);
    int count = net_receive(session->control, bytes, (int)(room < sizeof bytes ? room : sizeof bytes));

    if (count == NET_LATER)
        return;
    if (count == NET_LOST || count == 0)
        session_drop(session);
    else if (!session->is_leaving)
        line_add(&session->in, bytes, (size_t)count);
}

static int is_busy(const struct session *session)
{
    return session->is_leaving || session->is_held || session->control == INVALID_SOCKET;
}

static void obey_line(struct session *session, int kind, const char *line, const struct settings *settings)
{
    if (kind == LINE_READY)
        command_run(session, line, settings);
    else
        session_reply(session, kind == LINE_LONG ? "500 That line is too long." : "501 A line has no zero bytes.");
    session->heard = GetTickCount();
}

/* One after the other: while a file moves only ABOR is listened to. */
static void obey(struct session *session, const struct settings *settings)
{
    char line[LINE_SIZE];
    int kind = LINE_READY;

    while (kind != LINE_NONE && !is_busy(session)) {
        if (session->transfer.work != WORK_NONE && !line_begins(&session->in, "ABOR"))
            return;
        /* A client that never reads its answers must not pile them up here. */
        if (session->out_length > OUT_SIZE / 2)
            return;
        kind = line_next(&session->in, line);
        if (kind != LINE_NONE)
            obey_line(session, kind, line, settings);
    }
}

static void finish_transfer(struct session *session, outcome outcome)
{
    if (outcome == NULL)
        return;
    transfer_close(&session->transfer);
    session_reply(session, outcome);
    session->heard = GetTickCount();
}

/* Says the end of sending first: a close with unread bytes would take the last reply with it. */
static void end(struct session *session)
{
    if (session->out_length == 0 && !session->is_ended) {
        net_end(session->control);
        session->is_ended = 1;
    }
    if (session_is_silent(session, LEAVE_MS))
        session_drop(session);
}

static void tick(struct session *session, unsigned long idle_ms)
{
    unsigned long limit = session->is_in || idle_ms < LOGIN_MS ? idle_ms : LOGIN_MS;

    login_tick(session);
    finish_transfer(session, transfer_tick(&session->transfer, idle_ms));
    if (session->is_leaving)
        end(session);
    else if (session_is_silent(session, limit))
        session_leave(session, "421 Nothing was said for too long.");
}

void session_work(struct session *session, const fd_set *reads, const fd_set *writes, const fd_set *fails,
                  const struct settings *settings)
{
    finish_transfer(session, transfer_step(&session->transfer, &session->peer, reads, writes, fails));
    if (session_is_open(session) && net_is_set(session->control, reads))
        hear(session);
    if (session_is_open(session))
        obey(session, settings);
    if (session_is_open(session))
        send_replies(session);
    if (session_is_open(session))
        tick(session, settings->idle_s * 1000UL);
}
