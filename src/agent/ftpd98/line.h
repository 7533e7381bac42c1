/* line.h - the bytes of a control connection, cut into lines. */
#ifndef FTPD_LINE_H
#define FTPD_LINE_H

#include <stddef.h>

#define LINE_SIZE 512

struct line_reader {
    char bytes[LINE_SIZE * 2]; /* as they came, but for what telnet puts in between */
    size_t length;
    int telnet;   /* how many bytes of a telnet command are still to come; -1: which one is not known yet */
    int skipping; /* the rest of a line that was too long */
};

enum {
    LINE_NONE = 0,
    LINE_READY = 1,
    LINE_LONG = 2, /* one was longer than LINE_SIZE and is gone */
    LINE_BAD = 3   /* one had a zero byte in it and is gone */
};

/* Bytes that line_add would take now. */
size_t line_room(const struct line_reader *reader);
void line_add(struct line_reader *reader, const char *bytes, size_t length);
/* The next line without its end; `line` has LINE_SIZE bytes. Empty lines are left out. */
int line_next(struct line_reader *reader, char *line);
/* 1 when the next line is that verb, which stays where it is. */
int line_begins(const struct line_reader *reader, const char *verb);

#endif
