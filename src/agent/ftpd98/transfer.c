#include "transfer.h"

#include "disk.h"
#include "reply.h"

#include <string.h>

#define CONNECT_MS 30000UL

void transfer_reset(struct transfer *transfer)
{
    transfer->way = WAY_NONE;
    transfer->work = WORK_NONE;
    transfer->socket = INVALID_SOCKET;
    transfer->file = INVALID_HANDLE_VALUE;
    transfer->listing.search = INVALID_HANDLE_VALUE;
    transfer->listing.has_more = 0;
    transfer->length = 0;
    transfer->sent = 0;
    transfer->is_last = 0;
    transfer->is_cut = 0;
}

void transfer_close(struct transfer *transfer)
{
    if (transfer->file != INVALID_HANDLE_VALUE)
        disk_close(transfer->file);
    listing_close(&transfer->listing);
    net_close(&transfer->socket);
    transfer_reset(transfer);
}

int transfer_listen(struct transfer *transfer, struct endpoint *at)
{
    transfer_close(transfer);
    memset(at->port, 0, sizeof at->port);
    transfer->socket = net_listen(at);
    if (transfer->socket == INVALID_SOCKET || !net_local(transfer->socket, at))
        return 0;
    transfer->way = WAY_LISTENING;
    return 1;
}

void transfer_aim(struct transfer *transfer, const struct endpoint *target)
{
    transfer_close(transfer);
    transfer->target = *target;
    transfer->way = WAY_PORT;
}

int transfer_begin(struct transfer *transfer, int work)
{
    if (transfer->way == WAY_PORT) {
        transfer->socket = net_connect(&transfer->target);
        transfer->way = transfer->socket == INVALID_SOCKET ? WAY_NONE : WAY_CONNECTING;
    }
    if (transfer->way == WAY_NONE)
        return 0;
    transfer->work = work;
    transfer->moved = GetTickCount();
    return 1;
}

void transfer_wants(const struct transfer *transfer, fd_set *reads, fd_set *writes, fd_set *fails)
{
    SOCKET socket = transfer->socket;

    if (transfer->way == WAY_LISTENING || (transfer->way == WAY_OPEN && transfer->work == WORK_RECEIVE)) {
        FD_SET(socket, reads);
    } else if (transfer->way == WAY_CONNECTING) {
        FD_SET(socket, writes);
        FD_SET(socket, fails);
    } else if (transfer->way == WAY_OPEN && transfer->work != WORK_NONE) {
        FD_SET(socket, writes);
    }
}

/* Takes the client's connection. A stranger's is closed, and the client's still waited for. */
static void take_connection(struct transfer *transfer, const struct endpoint *peer)
{
    struct endpoint from;
    SOCKET accepted = net_accept(transfer->socket, &from);

    if (accepted == INVALID_SOCKET)
        return;
    if (!net_same_host(from.address, peer->address)) {
        net_close(&accepted);
        return;
    }
    net_close(&transfer->socket);
    transfer->socket = accepted;
    transfer->way = WAY_OPEN;
    transfer->moved = GetTickCount();
}

static int store(struct transfer *transfer, unsigned count)
{
    int result = transfer->is_cut ? DISK_OK : disk_cut(transfer->file);

    transfer->is_cut = 1;
    if (result != DISK_OK)
        return result;
    /* An answer that says "done" means that the bytes are on the disk. */
    return count == 0 ? disk_flush(transfer->file) : disk_write(transfer->file, transfer->bytes, count);
}

static outcome receive(struct transfer *transfer)
{
    int count = net_receive(transfer->socket, transfer->bytes, TRANSFER_BYTES);
    int result;

    if (count == NET_LATER)
        return NULL;
    if (count == NET_LOST)
        return "426 The data connection broke; what came is kept.";
    transfer->moved = GetTickCount();
    result = store(transfer, (unsigned)count);
    if (result != DISK_OK)
        return reply_for(result);
    return count == 0 ? "226 The file is stored." : NULL;
}

/* Puts the next bytes of the source into the empty buffer. */
static outcome fill(struct transfer *transfer)
{
    transfer->sent = 0;
    transfer->length = 0;
    if (transfer->work == WORK_SEND) {
        if (disk_read(transfer->file, transfer->bytes, TRANSFER_BYTES, &transfer->length) != DISK_OK)
            return "551 The file cannot be read.";
    } else {
        while (transfer->length + LISTING_LINE <= TRANSFER_BYTES &&
               listing_next(&transfer->listing, transfer->bytes + transfer->length))
            transfer->length += (unsigned)strlen(transfer->bytes + transfer->length);
    }
    transfer->is_last = transfer->length == 0;
    return NULL;
}

static outcome send_some(struct transfer *transfer)
{
    outcome failure = transfer->sent == transfer->length ? fill(transfer) : NULL;
    int count;

    if (failure != NULL)
        return failure;
    if (transfer->is_last) {
        net_end(transfer->socket);
        return "226 That is all.";
    }
    count = net_send(transfer->socket, transfer->bytes + transfer->sent, (int)(transfer->length - transfer->sent));
    if (count == NET_LATER)
        return NULL;
    if (count == NET_LOST)
        return "426 The data connection broke.";
    transfer->sent += (unsigned)count;
    transfer->moved = GetTickCount();
    return NULL;
}

outcome transfer_step(struct transfer *transfer, const struct endpoint *peer, const fd_set *reads,
                      const fd_set *writes, const fd_set *fails)
{
    SOCKET socket = transfer->socket;

    if (transfer->way == WAY_LISTENING && net_is_set(socket, reads)) {
        take_connection(transfer, peer);
    } else if (transfer->way == WAY_CONNECTING) {
        if (net_is_set(socket, fails))
            return "425 No data connection: nobody listens there.";
        if (net_is_set(socket, writes))
            transfer->way = WAY_OPEN;
    } else if (transfer->way == WAY_OPEN) {
        if (transfer->work == WORK_RECEIVE && net_is_set(socket, reads))
            return receive(transfer);
        if (transfer->work != WORK_NONE && net_is_set(socket, writes))
            return send_some(transfer);
    }
    return NULL;
}

outcome transfer_tick(const struct transfer *transfer, unsigned long idle_ms)
{
    DWORD quiet = GetTickCount() - transfer->moved;

    if (transfer->work == WORK_NONE)
        return NULL;
    if (transfer->way != WAY_OPEN)
        return quiet > CONNECT_MS ? "425 No data connection came." : NULL;
    return quiet > idle_ms ? "426 No byte moved for too long." : NULL;
}
