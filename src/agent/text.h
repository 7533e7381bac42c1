/* text.h - the key=value files of the spool. One file at a time is in memory: what text_load read before is gone. */
#ifndef TEXT_H
#define TEXT_H

#include <stdio.h>

#define TEXT_MAX 16384

enum {
    TEXT_OK = 0,
    TEXT_END = 1,    /* no more lines */
    TEXT_NONE = -1,  /* the file cannot be read */
    TEXT_OPEN = -2,  /* no eof=1: not there yet */
    TEXT_LONG = -3,  /* the file or a line is too long */
    TEXT_BAD = -4    /* a line makes no sense */
};

/* Reads a file. TEXT_OK, TEXT_NONE, TEXT_OPEN, TEXT_LONG; with the last two the lines that are there can be read. */
int text_load(const char *path);
/* The next line with its continuations, decoded; both point into the loaded file. TEXT_OK, TEXT_END, and for a line
   that is skipped TEXT_LONG or TEXT_BAD. */
int text_next(char **key, char **value);
/* The value of the first line with that key in a file just loaded, or null. Uses the file up. */
char *text_find(const char *key);

/* Write one line, encoded and split as needed; errors stay in the stream. */
void text_put(FILE *file, const char *key, const char *value);
void text_put_number(FILE *file, const char *key, unsigned long value);
/* A decimal number up to 4,294,967,295; 0 when the text is none. */
int text_number(const char *text, unsigned long *value);

#endif
