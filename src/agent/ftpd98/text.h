/* text.h - building and reading short texts without a C library. */
#ifndef FTPD_TEXT_H
#define FTPD_TEXT_H

#include <stddef.h>

/* These cut what does not fit; the result always ends in a zero byte. */
void text_set(char *to, size_t size, const char *from);
void text_add(char *to, size_t size, const char *more);
void text_add_char(char *to, size_t size, char more);
/* Right-aligned in at least `width` places, filled with `fill`. */
void text_add_number(char *to, size_t size, unsigned long value, unsigned width, char fill);

char text_upper(char c);
/* 1 when both are the same but for the case of A to Z. */
int text_same(const char *a, const char *b);
/* A decimal number up to 4,294,967,295 that begins at *text, which is moved past it; 0 when there is none. */
int text_number(const char **text, unsigned long *value);
/* Four numbers with dots between them and nothing after; 0 when the text is none. */
int text_address(const char *text, unsigned char *address);
/* Without the blanks and line ends around it; changes the text. */
char *text_trim(char *text);

#endif
