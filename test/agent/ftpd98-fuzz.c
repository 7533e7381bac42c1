/* Feeds the parts of FTPD98 that read what a client says with what no client should say; for a build that watches memory.
   ftpd98-fuzz SEED ROUNDS: prints how many paths were allowed, or ends by abort(). */
#include "../../src/agent/ftpd98/line.h"
#include "../../src/agent/ftpd98/path.h"
#include "../../src/agent/ftpd98/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long state;

static unsigned below(unsigned limit)
{
    state = (state * 1664525UL + 1013904223UL) & 0xFFFFFFFFUL;
    return (unsigned)((state >> 8) % limit);
}

/* What matters to a path, more often than chance would have it. */
static char any_char(void)
{
    static const char telling[] = "../\\.: *?~CONAUXNULcom1lpt\r\n\377\364\361\"";

    return below(4) > 0 ? telling[below(sizeof telling)] : (char)below(256);
}

static void check(int is_right, const char *what, const char *path)
{
    if (is_right)
        return;
    fprintf(stderr, "%s: %s\n", what, path);
    abort();
}

static int has_dots(const char *path)
{
    const char *at = path;

    while ((at = strstr(at, "/..")) != NULL) {
        at += 3;
        if (*at == '/' || *at == '\0' || strspn(at, ".") == strcspn(at, "/"))
            return 1;
    }
    return 0;
}

static int try_path(const char *folder, const char *said, int flags)
{
    char path[PATH_SIZE];
    char local[PATH_SIZE];

    if (!path_resolve(folder, said, flags, path))
        return 0;
    check(path[0] == '/' && strlen(path) < PATH_SIZE, "no path", path);
    check(strpbrk(path, "\\:<>|\"") == NULL && (flags != 0 || strpbrk(path, "*?") == NULL), "a sign", path);
    check(flags != 0 || !has_dots(path), "dots", path);
    if (!path_local(path, local))
        return 0;
    check(strlen(local) < PATH_SIZE && strncmp(local, "C:\\DISK", 7) == 0, "outside", local);
    check(local[7] == '\0' || text_same(local, "C:\\DISK\\FLEET98") || strncmp(local + 15, "\\", 1) == 0, "outside", local);
    return 1;
}

static unsigned long try_lines(void)
{
    static struct line_reader reader;
    static const char *const folders[] = {"/", "/FLEET98", "/FLEET98/IN"};
    char bytes[700];
    char *line = malloc(LINE_SIZE); /* so that one byte too many is seen */
    unsigned long allowed = 0;
    unsigned size = below(40) == 0 ? below(sizeof bytes) : below(60);
    unsigned i;
    int kind;

    check(line != NULL, "memory", "");
    for (i = 0; i < size; i++)
        bytes[i] = any_char();
    if (size > line_room(&reader))
        size = (unsigned)line_room(&reader);
    line_add(&reader, bytes, size);
    (void)line_begins(&reader, "ABOR");
    while ((kind = line_next(&reader, line)) != LINE_NONE)
        if (kind == LINE_READY)
            allowed += (unsigned)try_path(folders[below(3)], line, below(2) ? PATH_PATTERN : 0);
    free(line);
    return allowed;
}

int main(int argc, char **argv)
{
    unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    unsigned long allowed = 0;

    state = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
    path_set_root("C:\\DISK", "FLEET98");
    while (rounds-- > 0)
        allowed += try_lines();
    printf("%lu\n", allowed);
    return 0;
}
