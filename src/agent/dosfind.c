/* dosfind.c - DOS: which file is started. */
#include "dosport.h"

#include <string.h>

unsigned dos_environment(void)
{
    return dos_peek(dos_psp, 0x2C) | dos_peek(dos_psp, 0x2D) << 8;
}

int dos_variable(const char *name, char *value, unsigned size)
{
    unsigned segment = dos_environment();
    unsigned length = strlen(name);
    unsigned at = 0;
    unsigned i;

    while (dos_peek(segment, at) != 0) {
        for (i = 0; i < length && dos_peek(segment, at + i) == (unsigned char)name[i]; i++)
            ;
        if (i == length && dos_peek(segment, at + i) == '=') {
            at += length + 1;
            for (i = 0; i < size && (value[i] = (char)dos_peek(segment, at + i)) != '\0'; i++)
                ;
            return i < size;
        }
        while (dos_peek(segment, at) != 0)
            at++;
        at++;
    }
    return 0;
}

static int ends_with(const char *text, const char *ending)
{
    unsigned length = strlen(text);
    unsigned i;

    if (length <= 4)
        return 0;
    for (i = 0; i < 4; i++)
        if ((text[length - 4 + i] & ~0x20) != (ending[i] & ~0x20))
            return 0;
    return 1;
}

/* Whether there is such a program; one without an ending has one of two. */
static int is_there(char path[DOS_PATH])
{
    static const char *const endings[] = {".COM", ".EXE"};
    char *name = strrchr(path, '\\');
    unsigned length = strlen(path);
    unsigned i;

    if (strchr(name != NULL ? name : path, '.') != NULL)
        return port_exists(path);
    for (i = 0; i < 2 && length + 5 <= DOS_PATH; i++) {
        strcpy(path + length, endings[i]);
        if (port_exists(path))
            return 1;
    }
    return 0;
}

/* A folder of PATH, from `from` to `stop`, and the name. 0: too long. */
static int join(char path[DOS_PATH], const char *from, const char *stop, const char *name)
{
    unsigned length = (unsigned)(stop - from);

    if (length == 0 || length + strlen(name) + 2 > DOS_PATH)
        return 0;
    memcpy(path, from, length);
    if (path[length - 1] != '\\')
        path[length++] = '\\';
    strcpy(path + length, name);
    return 1;
}

static int find_by_path(const struct port_program *program, char path[DOS_PATH])
{
    static char folders[256];
    const char *from = folders;
    const char *stop;

    /* As the system does: first where the program will work. */
    if (dos_whole(path, program->dir, program->file) && is_there(path))
        return 1;
    if (!dos_variable("PATH", folders, sizeof folders))
        return 0;
    while (*from != '\0') {
        stop = from + strcspn(from, ";");
        if (join(path, from, stop, program->file) && is_there(path))
            return 1;
        from = *stop == ';' ? stop + 1 : stop;
    }
    return 0;
}

/* DOS would start any bytes. */
static int is_program(const char *path)
{
    char mark[2];
    FILE *file = fopen(path, "rb");
    unsigned count;

    if (file == NULL)
        return 0;
    count = fread(mark, 1, 2, file);
    fclose(file);
    return count == 2 && ((mark[0] == 'M' && mark[1] == 'Z') || ends_with(path, ".COM"));
}

int dos_find(const struct port_program *program, char path[DOS_PATH])
{
    if (program->shell) {
        if (!dos_whole(path, program->dir, program->file))
            return DOS_NO_PATH;
        return port_exists(path) && dos_variable("COMSPEC", path, DOS_PATH) ? 0 : DOS_NO_FILE;
    }
    if (program->by_path) {
        if (!find_by_path(program, path))
            return DOS_NO_FILE;
    } else if (!dos_whole(path, program->dir, program->file)) {
        return DOS_NO_PATH;
    } else if (!port_exists(path)) {
        return DOS_NO_FILE;
    }
    /* A batch file's interpreter would read the arguments once more. */
    return !ends_with(path, ".BAT") && is_program(path) ? 0 : DOS_BAD_FORMAT;
}
