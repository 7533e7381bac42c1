#include "files.h"

#include "disk.h"
#include "reply.h"
#include "text.h"

int files_find(struct session *session, const char *said, int flags, char *path, char *local)
{
    if (!path_resolve(session->folder, said, flags, path)) {
        session_reply(session, "553 That name is not allowed.");
        return 0;
    }
    if (!path_local(path, local)) {
        session_reply(session, "550 No such file or folder.");
        return 0;
    }
    return 1;
}

/* As above, for what may be changed. */
static int find_changeable(struct session *session, const char *said, char *path, char *local)
{
    if (!files_find(session, said, 0, path, local))
        return 0;
    if (!path_is_top(path))
        return 1;
    session_reply(session, reply_for(DISK_DENIED));
    return 0;
}

static void tell(struct session *session, int result, const char *success)
{
    session_reply(session, result == DISK_OK ? success : reply_for(result));
}

static void tell_path(struct session *session, const char *code, const char *path, const char *words)
{
    char reply[PATH_SIZE + 40];

    text_set(reply, sizeof reply, code);
    text_add(reply, sizeof reply, path);
    text_add(reply, sizeof reply, words);
    session_reply(session, reply);
}

void files_where(struct session *session, const char *said)
{
    (void)said;
    tell_path(session, "257 \"", session->folder, "\" is the folder.");
}

void files_enter(struct session *session, const char *said)
{
    char path[PATH_SIZE];
    char local[PATH_SIZE];

    if (!files_find(session, said, 0, path, local))
        return;
    if (!disk_is_folder(local)) {
        session_reply(session, "550 No such folder.");
        return;
    }
    text_set(session->folder, sizeof session->folder, path);
    session_reply(session, "250 There.");
}

void files_up(struct session *session, const char *said)
{
    (void)said;
    files_enter(session, "..");
}

void files_make_folder(struct session *session, const char *said)
{
    char path[PATH_SIZE];
    char local[PATH_SIZE];
    int result;

    if (!files_find(session, said, 0, path, local))
        return;
    result = disk_make_folder(local);
    if (result == DISK_OK)
        tell_path(session, "257 \"", path, "\" is made.");
    else
        session_reply(session, reply_for(result));
}

void files_delete_folder(struct session *session, const char *said)
{
    char path[PATH_SIZE];
    char local[PATH_SIZE];

    if (find_changeable(session, said, path, local))
        tell(session, disk_delete_folder(local), "250 Removed.");
}

void files_delete(struct session *session, const char *said)
{
    char path[PATH_SIZE];
    char local[PATH_SIZE];

    if (find_changeable(session, said, path, local))
        tell(session, disk_delete(local), "250 Deleted.");
}

void files_size(struct session *session, const char *said)
{
    char path[PATH_SIZE];
    char local[PATH_SIZE];
    char reply[40];
    unsigned long size;
    int result;

    if (!files_find(session, said, 0, path, local))
        return;
    result = disk_size(local, &size);
    if (result != DISK_OK) {
        session_reply(session, result == DISK_DENIED ? "550 Not a plain file." : reply_for(result));
        return;
    }
    text_set(reply, sizeof reply, "213 ");
    text_add_number(reply, sizeof reply, size, 1, ' ');
    session_reply(session, reply);
}

void files_rename_from(struct session *session, const char *said)
{
    char path[PATH_SIZE];
    char local[PATH_SIZE];

    if (!find_changeable(session, said, path, local))
        return;
    if (!disk_exists(local)) {
        session_reply(session, reply_for(DISK_MISSING));
        return;
    }
    text_set(session->from, sizeof session->from, local);
    session_reply(session, "350 And the new name?");
}

void files_rename_to(struct session *session, const char *said)
{
    char path[PATH_SIZE];
    char local[PATH_SIZE];

    if (session->from[0] == '\0')
        session_reply(session, "503 Say RNFR first.");
    else if (find_changeable(session, said, path, local))
        tell(session, disk_rename(session->from, local), "250 Renamed.");
}
