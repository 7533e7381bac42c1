/* stdio.h - the part of the C library's files that the agent uses, on DOS without a C library (dosfile.c). */
#ifndef STDIO_H
#define STDIO_H

#include <stddef.h>

typedef struct dos_file FILE;
extern FILE dos_output;
extern FILE dos_errors;

#define stdout (&dos_output)
#define stderr (&dos_errors)
#define EOF (-1)
#define SEEK_SET 0

FILE *fopen(const char *path, const char *mode);
int fclose(FILE *file);
int fflush(FILE *file);
int ferror(FILE *file);
int fseek(FILE *file, long offset, int from);
size_t fread(void *bytes, size_t size, size_t count, FILE *file);
size_t fwrite(const void *bytes, size_t size, size_t count, FILE *file);
char *fgets(char *line, int size, FILE *file);
int putc(int c, FILE *file);

/* Of the formats only %c, %s, %d, %u, %lu, %lX with width, leading zeros and, for %s, a precision. */
int printf(const char *format, ...);
int fprintf(FILE *file, const char *format, ...);
int sprintf(char *text, const char *format, ...);

#endif
