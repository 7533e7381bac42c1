#include "path.h"

#include "text.h"

#include <string.h>

static char root_folder[PATH_SIZE];
static char only_name[PATH_SIZE];

void path_set_root(const char *root, const char *only)
{
    text_set(root_folder, sizeof root_folder, root);
    text_set(only_name, sizeof only_name, only);
}

static int is_slash(char c)
{
    return c == '/' || c == '\\';
}

static int is_in(const char *set, char c)
{
    while (*set != '\0' && *set != c)
        set++;
    return *set != '\0';
}

/* The digits of serial ports, and those of Latin-1 above the line, which Windows XP takes for the same. */
static int is_port_digit(char c)
{
    return (c >= '0' && c <= '9') || is_in("\271\262\263", c);
}

/* Windows opens a device whatever folder stands before its name and whatever follows the dot; Windows 98 even crashes
   over some (CON\CON). */
static int is_device(const char *name, size_t length)
{
    static const char *const words[] = {"CON",      "PRN",      "AUX",      "NUL",      "CLOCK$",  "CONIN$",
                                        "CONOUT$",  "XMSXXXX0", "EMMXXXX0", "IFS$HLP$", "CONFIG$", "SCSIMGR$",
                                        "DBLSYSH$", "DBLBUFF$", "MSCD000",  "MSCD001"};
    char base[16];
    size_t i;

    for (i = 0; i < length && i < sizeof base - 1 && name[i] != '.'; i++)
        base[i] = text_upper(name[i]);
    while (i > 0 && base[i - 1] == ' ')
        i--;
    base[i] = '\0';
    if (i == 4 && is_port_digit(base[3])) {
        base[3] = '\0';
        return strcmp(base, "COM") == 0 || strcmp(base, "LPT") == 0;
    }
    for (i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(base, words[i]) == 0)
            return 1;
    return 0;
}

static int name_is_allowed(const char *name, size_t length, int is_pattern)
{
    size_t i;

    for (i = 0; i < length; i++) {
        unsigned char c = (unsigned char)name[i];
        if (c < 0x20 || c == 0x7F || is_in("\"<>|:", name[i]) || (!is_pattern && is_in("*?", name[i])))
            return 0;
    }
    /* Windows drops blanks and dots at the end; to Windows 9x three dots are the folder above the one above. */
    if (!is_pattern && (name[length - 1] == '.' || name[length - 1] == ' '))
        return 0;
    return !is_device(name, length);
}

static int is_dots(const char *name, size_t length, size_t dots)
{
    return length == dots && name[0] == '.' && name[length - 1] == '.';
}

static void drop_last(char *path)
{
    size_t length = strlen(path);

    while (length > 0 && path[length - 1] != '/')
        length--;
    path[length > 0 ? length - 1 : 0] = '\0';
}

static int append(char *path, const char *name, size_t length)
{
    size_t at = strlen(path);

    if (at + 1 + length >= PATH_SIZE)
        return 0;
    path[at++] = '/';
    memcpy(path + at, name, length);
    path[at + length] = '\0';
    return 1;
}

int path_resolve(const char *folder, const char *said, int flags, char *result)
{
    text_set(result, PATH_SIZE, is_slash(said[0]) || strcmp(folder, "/") == 0 ? "" : folder);
    while (*said != '\0') {
        size_t length = 0;
        while (said[length] != '\0' && !is_slash(said[length]))
            length++;
        if (is_dots(said, length, 2)) {
            drop_last(result);
        } else if (length > 0 && !is_dots(said, length, 1)) {
            int is_pattern = (flags & PATH_PATTERN) != 0 && said[length] == '\0' && path_has_pattern(said);
            if (!name_is_allowed(said, length, is_pattern) || !append(result, said, length))
                return 0;
        }
        said += length;
        if (*said != '\0')
            said++;
    }
    if (result[0] == '\0')
        text_set(result, PATH_SIZE, "/");
    return 1;
}

/* Whether the path is the only name below the root, or with `below` one under it. */
static int is_only(const char *path, int below)
{
    size_t i = 0;

    while (only_name[i] != '\0' && text_upper(path[1 + i]) == text_upper(only_name[i]))
        i++;
    return only_name[i] == '\0' && (path[1 + i] == '\0' || (below && path[1 + i] == '/'));
}

int path_local(const char *path, char *local)
{
    size_t length = strlen(root_folder);
    size_t i;

    if (only_name[0] != '\0' && path[1] != '\0' && !is_only(path, 1))
        return 0;
    if (length + strlen(path) >= PATH_SIZE)
        return 0;
    text_set(local, PATH_SIZE, root_folder);
    /* C: alone would be its current folder; any other folder must have no backslash at the end. */
    if (path[1] != '\0' || root_folder[length - 1] == ':')
        text_add(local, PATH_SIZE, path);
    for (i = length; local[i] != '\0'; i++)
        if (local[i] == '/')
            local[i] = '\\';
    return 1;
}

int path_is_top(const char *path)
{
    return path[1] == '\0' || (only_name[0] != '\0' && is_only(path, 0));
}

int path_has_pattern(const char *path)
{
    while (*path != '\0' && *path != '*' && *path != '?')
        path++;
    return *path != '\0';
}

const char *path_filter(const char *folder)
{
    return only_name[0] != '\0' && folder[1] == '\0' ? only_name : NULL;
}
