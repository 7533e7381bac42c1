#include "data.h"

#include "disk.h"
#include "files.h"
#include "reply.h"
#include "text.h"

#include <string.h>

#define FIRST_FREE_PORT 1024

void data_passive(struct session *session, const char *said)
{
    struct endpoint at;
    char reply[80];
    int i;

    (void)said;
    if (!net_local(session->control, &at) || !transfer_listen(&session->transfer, &at)) {
        session_reply(session, "425 No socket is free.");
        return;
    }
    /* Small clients read the numbers from the first digit on, so there is none before them. */
    text_set(reply, sizeof reply, "227 Entering Passive Mode (");
    for (i = 0; i < 4; i++) {
        text_add_number(reply, sizeof reply, at.address[i], 1, ' ');
        text_add_char(reply, sizeof reply, ',');
    }
    text_add_number(reply, sizeof reply, at.port[0], 1, ' ');
    text_add_char(reply, sizeof reply, ',');
    text_add_number(reply, sizeof reply, at.port[1], 1, ' ');
    text_add(reply, sizeof reply, ").");
    session_reply(session, reply);
}

/* Six numbers with commas between them. */
static int read_port(const char *said, struct endpoint *target)
{
    unsigned long number;
    int i;

    for (i = 0; i < 6; i++) {
        if (i > 0 && *said++ != ',')
            return 0;
        if (!text_number(&said, &number) || number > 255)
            return 0;
        if (i < 4)
            target->address[i] = (unsigned char)number;
        else
            target->port[i - 4] = (unsigned char)number;
    }
    return *said == '\0';
}

void data_port(struct session *session, const char *said)
{
    struct endpoint target;

    if (!read_port(said, &target)) {
        session_reply(session, "501 PORT wants six numbers.");
    } else if (!net_same_host(target.address, session->peer.address) ||
               target.port[0] * 256 + target.port[1] < FIRST_FREE_PORT) {
        /* Or anyone could have this machine talk to a third one. */
        session_reply(session, "504 Only to your own address, and no port of a system's service.");
    } else {
        transfer_aim(&session->transfer, &target);
        session_reply(session, "200 Noted.");
    }
}

void data_restart(struct session *session, const char *said)
{
    unsigned long offset;

    if (!text_number(&said, &offset) || *said != '\0') {
        session_reply(session, "501 REST wants a number below 4 GB.");
        return;
    }
    session->restart = offset;
    session_reply(session, "350 The next transfer begins there.");
}

static int has_way(struct session *session)
{
    if (session->transfer.way != WAY_NONE)
        return 1;
    session_reply(session, "425 Say PASV or PORT first.");
    return 0;
}

static void refuse(struct session *session, const char *reply)
{
    transfer_close(&session->transfer);
    session_reply(session, reply);
}

static void begin(struct session *session, int work, const char *reply)
{
    if (transfer_begin(&session->transfer, work))
        session_reply(session, reply);
    else
        refuse(session, "425 No data connection: no socket is free.");
}

void data_retrieve(struct session *session, const char *said)
{
    char path[PATH_SIZE];
    char local[PATH_SIZE];
    int result;

    if (!has_way(session) || !files_find(session, said, 0, path, local))
        return;
    if (disk_is_folder(local)) {
        refuse(session, "550 Not a plain file.");
        return;
    }
    result = disk_open_read(local, session->restart, &session->transfer.file);
    if (result == DISK_OK)
        begin(session, WORK_SEND, "150 Here it comes.");
    else
        refuse(session, reply_for(result));
}

static void receive(struct session *session, const char *said, int how)
{
    char path[PATH_SIZE];
    char local[PATH_SIZE];
    int result;

    if (!has_way(session) || !files_find(session, said, 0, path, local))
        return;
    result = disk_open_write(local, how, session->restart, &session->transfer.file);
    if (result == DISK_OK)
        begin(session, WORK_RECEIVE, "150 Send it.");
    else
        refuse(session, reply_for(result));
}

void data_store(struct session *session, const char *said)
{
    receive(session, said, session->restart > 0 ? WRITE_AT : WRITE_NEW);
}

void data_append(struct session *session, const char *said)
{
    receive(session, said, WRITE_APPEND);
}

/* Clients hand on what a person typed for `ls`: options, of which none changes anything. */
static const char *without_options(const char *said)
{
    while (*said == '-') {
        while (*said != '\0' && *said != ' ')
            said++;
        while (*said == ' ')
            said++;
    }
    return said;
}

/* What was said before the last name. */
static void folder_part(const char *said, char *part)
{
    size_t length;

    text_set(part, PATH_SIZE, said);
    length = strlen(part);
    while (length > 0 && part[length - 1] != '/' && part[length - 1] != '\\')
        length--;
    part[length] = '\0';
}

static void list(struct session *session, const char *said, int kind)
{
    char path[PATH_SIZE];
    char local[PATH_SIZE];
    char before[PATH_SIZE];
    int is_pattern;
    int result;

    said = without_options(said);
    if (!has_way(session) || !files_find(session, said, PATH_PATTERN, path, local))
        return;
    is_pattern = path_has_pattern(path);
    before[0] = '\0';
    if (is_pattern)
        folder_part(said, before);
    if (kind == LISTING_NAMES && is_pattern)
        kind |= LISTING_FILES;
    result = listing_open(&session->transfer.listing, local, kind, before, path_filter(path));
    if (result == DISK_OK)
        begin(session, WORK_LIST, "150 Here it comes.");
    else
        refuse(session, reply_for(result));
}

void data_list(struct session *session, const char *said)
{
    list(session, said, LISTING_LONG);
}

void data_names(struct session *session, const char *said)
{
    list(session, said, LISTING_NAMES);
}

void data_abort(struct session *session, const char *said)
{
    (void)said;
    if (session->transfer.work != WORK_NONE)
        session_reply(session, "426 Given up.");
    transfer_close(&session->transfer);
    session_reply(session, "226 No transfer is under way.");
}
