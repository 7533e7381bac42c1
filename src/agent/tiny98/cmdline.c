/* cmdline.c - a command line's words. */
#include "cmdline.h"

#include <stddef.h>

static int is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* The program's own name: up to the next quote when it begins with one; backslashes mean nothing. */
static const char *take_name(const char *line, char **text)
{
    int quoted = *line == '"';

    for (line += quoted; *line != '\0' && (quoted ? *line != '"' : !is_blank(*line)); line++)
        *(*text)++ = *line;
    if (quoted && *line == '"')
        line++;
    *(*text)++ = '\0';
    return line;
}

/* Backslashes count only before a quote: two of them are one there, and one that is left over makes the quote a
   part of the word. */
static const char *take_backslashes(const char *line, char **text)
{
    int count = 0;
    int i;

    for (; *line == '\\'; line++)
        count++;
    for (i = 0; i < (*line == '"' ? count / 2 : count); i++)
        *(*text)++ = '\\';
    if (*line == '"' && count % 2 != 0)
        *(*text)++ = *line++;
    return line;
}

static const char *take_word(const char *line, char **text)
{
    int quoted = 0;

    while (*line != '\0' && (quoted || !is_blank(*line))) {
        if (*line == '\\') {
            line = take_backslashes(line, text);
        } else if (*line == '"') {
            line++;
            /* Two quotes within quotes are one. */
            if (quoted && *line == '"')
                *(*text)++ = *line++;
            else
                quoted = !quoted;
        } else {
            *(*text)++ = *line++;
        }
    }
    *(*text)++ = '\0';
    return line;
}

int cmdline_split(const char *line, char *text, char **words, int max)
{
    int count = 0;

    words[count++] = text;
    line = take_name(line, &text);
    for (;;) {
        while (is_blank(*line))
            line++;
        if (*line == '\0' || count == max)
            break;
        words[count++] = text;
        line = take_word(line, &text);
    }
    words[count] = NULL;
    return count;
}
