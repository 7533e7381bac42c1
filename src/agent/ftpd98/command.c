#include "command.h"

#include "data.h"
#include "files.h"
#include "login.h"
#include "text.h"

#include <string.h>

enum {
    ANYONE = 1,       /* also before the password */
    WANTS_WORDS = 2,
    KEEPS_RESTART = 4 /* may stand between REST and the transfer */
};

struct command {
    const char *verb;
    int flags;
    void (*run)(struct session *session, const char *said);
    const char *reply; /* of a command that does nothing */
};

static void say_features(struct session *session, const char *said)
{
    (void)said;
    session_reply(session, "211-Beyond the first standard:");
    session_reply(session, " REST STREAM");
    session_reply(session, " SIZE");
    session_reply(session, "211 That is all.");
}

static void quit(struct session *session, const char *said)
{
    (void)said;
    session_leave(session, "221 Goodbye.");
}

static void set_one(struct session *session, const char *said, const char *allowed, const char *reply)
{
    char letter = text_upper(said[0]);

    while (*allowed != '\0' && *allowed != letter)
        allowed++;
    session_reply(session, *allowed != '\0' ? reply : "504 Not that one.");
}

/* Bytes are never altered, whatever the type: a program that went as text would be ruined. */
static void set_type(struct session *session, const char *said)
{
    set_one(session, said, "AIL", "200 Bytes stay as they are.");
}

static void set_mode(struct session *session, const char *said)
{
    set_one(session, said, "S", "200 Stream.");
}

static void set_structure(struct session *session, const char *said)
{
    set_one(session, said, "F", "200 File.");
}

static void help(struct session *session, const char *said);

static const struct command commands[] = {
    {"USER", ANYONE | WANTS_WORDS, NULL, NULL},
    {"PASS", ANYONE, NULL, NULL},
    {"ACCT", ANYONE, NULL, "202 No account is needed."},
    {"QUIT", ANYONE, quit, NULL},
    {"NOOP", ANYONE | KEEPS_RESTART, NULL, "200 Yes."},
    {"SYST", ANYONE, NULL, "215 UNIX Type: L8"},
    {"FEAT", ANYONE, say_features, NULL},
    {"HELP", ANYONE, help, NULL},
    {"TYPE", WANTS_WORDS | KEEPS_RESTART, set_type, NULL},
    {"MODE", WANTS_WORDS | KEEPS_RESTART, set_mode, NULL},
    {"STRU", WANTS_WORDS | KEEPS_RESTART, set_structure, NULL},
    {"ALLO", KEEPS_RESTART, NULL, "202 Not needed."},
    {"PWD", 0, files_where, NULL},
    {"XPWD", 0, files_where, NULL},
    {"CWD", WANTS_WORDS, files_enter, NULL},
    {"XCWD", WANTS_WORDS, files_enter, NULL},
    {"CDUP", 0, files_up, NULL},
    {"XCUP", 0, files_up, NULL},
    {"MKD", WANTS_WORDS, files_make_folder, NULL},
    {"XMKD", WANTS_WORDS, files_make_folder, NULL},
    {"RMD", WANTS_WORDS, files_delete_folder, NULL},
    {"XRMD", WANTS_WORDS, files_delete_folder, NULL},
    {"DELE", WANTS_WORDS, files_delete, NULL},
    {"SIZE", WANTS_WORDS, files_size, NULL},
    {"RNFR", WANTS_WORDS, files_rename_from, NULL},
    {"RNTO", WANTS_WORDS, files_rename_to, NULL},
    {"PASV", KEEPS_RESTART, data_passive, NULL},
    {"PORT", WANTS_WORDS | KEEPS_RESTART, data_port, NULL},
    {"REST", WANTS_WORDS | KEEPS_RESTART, data_restart, NULL},
    {"RETR", WANTS_WORDS, data_retrieve, NULL},
    {"STOR", WANTS_WORDS, data_store, NULL},
    {"APPE", WANTS_WORDS, data_append, NULL},
    {"LIST", 0, data_list, NULL},
    {"NLST", 0, data_names, NULL},
    {"ABOR", 0, data_abort, NULL},
};

#define COMMANDS (sizeof commands / sizeof commands[0])

static void help(struct session *session, const char *said)
{
    char reply[256];
    size_t i;

    (void)said;
    text_set(reply, sizeof reply, "214");
    for (i = 0; i < COMMANDS; i++) {
        text_add_char(reply, sizeof reply, ' ');
        text_add(reply, sizeof reply, commands[i].verb);
    }
    session_reply(session, reply);
}

/* Cuts the verb off the line; a blank belongs to neither. */
static const char *split(const char *line, char *verb)
{
    size_t length = 0;

    while (line[length] != '\0' && line[length] != ' ' && length < 4) {
        verb[length] = text_upper(line[length]);
        length++;
    }
    verb[length] = '\0';
    if (line[length] != '\0' && line[length] != ' ')
        verb[0] = '\0';
    return line[length] == ' ' ? line + length + 1 : line + length;
}

static const struct command *find(const char *verb)
{
    size_t i;

    for (i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].verb, verb) == 0)
            return &commands[i];
    return NULL;
}

static void run(struct session *session, const struct command *command, const char *said,
                const struct settings *settings)
{
    if (command->reply != NULL)
        session_reply(session, command->reply);
    else if (command->run != NULL)
        command->run(session, said);
    else if (strcmp(command->verb, "USER") == 0)
        login_user(session, said, settings);
    else
        login_password(session, said, settings);
}

void command_run(struct session *session, const char *line, const struct settings *settings)
{
    char verb[5];
    const char *said = split(line, verb);
    const struct command *command = find(verb);

    if (command == NULL) {
        session_reply(session, "502 No such command here.");
        return;
    }
    if (!session->is_in && (command->flags & ANYONE) == 0)
        session_reply(session, "530 Log in first.");
    else if (said[0] == '\0' && (command->flags & WANTS_WORDS) != 0)
        session_reply(session, "501 Something must follow.");
    else
        run(session, command, said, settings);
    /* What REST and RNFR said is for one command only; a later one would go wrong by it. */
    if ((command->flags & KEEPS_RESTART) == 0)
        session->restart = 0;
    if (command->run != files_rename_from)
        session->from[0] = '\0';
}
