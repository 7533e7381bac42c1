/* dosself.c - DOS: the agent's own program. While it runs nothing holds its file, so another can take the name at once;
   it is started by whoever started the old one. */
#include "dosport.h"

/* Capitals and small letters are the same to DOS. */
static int is_same(const char *one, const char *other)
{
    for (; (*one & ~0x20) == (*other & ~0x20); one++, other++)
        if (*one == '\0')
            return 1;
    return 0;
}

/* Behind the last variable stand a count, which is 1, and the program's whole path. */
static int name_own(char path[DOS_PATH])
{
    unsigned segment = dos_environment();
    unsigned at = 0;
    unsigned i;

    while (dos_peek(segment, at) != 0 || dos_peek(segment, at + 1) != 0)
        at++;
    if (dos_peek(segment, at + 2) == 0)
        return 0;
    for (i = 0; i < DOS_PATH; i++) {
        path[i] = (char)dos_peek(segment, at + 4 + i);
        if (path[i] == '\0')
            return 1;
    }
    return 0;
}

int port_is_program(const char *path)
{
    char own[DOS_PATH];
    char whole[DOS_PATH];

    return name_own(own) && dos_whole(whole, NULL, path) && is_same(own, whole);
}

int port_hand_over(const char *fresh, const char *program, const char *spare, char *error, unsigned error_size)
{
    if (port_delete(program) == PORT_OK && port_rename(fresh, program) == PORT_OK)
        dos_end(DOS_REPLACED);
    (void)error_size;
    dos_describe(dos_error, error);
    if (!port_exists(program))
        port_rename(spare, program);
    return PORT_FAIL;
}
