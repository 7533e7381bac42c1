#include "login.h"

#include <string.h>

#define TRIES 3
#define LONGEST_DOUBLINGS 4

/* Wrong ones in a row, whoever sent them: a guesser gains nothing by calling again. */
static int wrong_in_a_row;

/* Takes the same time wherever the first difference is. */
static int is_same(const char *said, const char *wanted)
{
    size_t length = strlen(wanted);
    size_t said_length = strlen(said);
    int difference = length != said_length;
    size_t i;

    for (i = 0; i < said_length; i++)
        difference |= said[i] ^ wanted[length == 0 ? 0 : i % length];
    return difference == 0;
}

void login_user(struct session *session, const char *name, const struct settings *settings)
{
    session->is_in = 0;
    session->has_user = 1;
    session->is_user = is_same(name, settings->user);
    session_reply(session, "331 And the password?");
}

void login_password(struct session *session, const char *password, const struct settings *settings)
{
    int is_right = is_same(password, settings->password);

    if (!session->has_user || session->is_in) {
        session_reply(session, "503 Say USER first.");
        return;
    }
    session->has_user = 0;
    if (is_right && session->is_user) {
        wrong_in_a_row = 0;
        session->is_in = 1;
        session_reply(session, "230 Welcome.");
        return;
    }
    session->is_held = 1;
    session->held_until = GetTickCount() + (1000UL << wrong_in_a_row);
    if (wrong_in_a_row < LONGEST_DOUBLINGS)
        wrong_in_a_row++;
}

void login_tick(struct session *session)
{
    if (!session->is_held || (LONG)(GetTickCount() - session->held_until) < 0)
        return;
    session->is_held = 0;
    session->tries++;
    if (session->tries < TRIES)
        session_reply(session, "530 Wrong user or password.");
    else
        session_leave(session, "530 Wrong user or password; that was the last try.");
}
