#include "text.h"

#include "port.h"

#include <string.h>

#define LONGEST_LINE 1024 /* bytes, with the line end */

static char loaded[TEXT_MAX + 1];
static char *at;  /* the next line */
static char *end; /* behind the last line that counts */

/* Behind the line end of the line at `from`, or null when it has none. */
static char *behind_line(char *from, char *limit)
{
    char *feed = memchr(from, '\n', (size_t)(limit - from));

    return feed == NULL ? NULL : feed + 1;
}

/* Where the text of a line stops: before its CR LF or LF. */
static char *stop_of(char *from, char *behind)
{
    char *stop = behind - 1;

    return stop > from && stop[-1] == '\r' ? stop - 1 : stop;
}

static int find_eof(size_t length)
{
    char *limit = loaded + length;
    char *from = loaded;
    char *behind;

    at = loaded;
    while ((behind = behind_line(from, limit)) != NULL) {
        end = from;
        if (stop_of(from, behind) - from == 5 && memcmp(from, "eof=1", 5) == 0)
            return TEXT_OK;
        from = behind;
    }
    end = from;
    return TEXT_OPEN;
}

int text_load(const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t length;
    int failed;

    at = end = loaded;
    if (file == NULL)
        return TEXT_NONE;
    length = fread(loaded, 1, sizeof loaded, file);
    failed = ferror(file);
    fclose(file);
    if (failed)
        return TEXT_NONE;
    if (length <= TEXT_MAX)
        return find_eof(length);
    find_eof(TEXT_MAX);
    return TEXT_LONG;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789ABCDEFabcdef";
    const char *found = c == '\0' ? NULL : strchr(digits, c);

    if (found == NULL)
        return -1;
    return found - digits < 16 ? (int)(found - digits) : (int)(found - digits) - 6;
}

/* Decodes from..stop to `to`, which is never behind `from`. Returns behind the last byte, or null. */
static char *decode(const char *from, const char *stop, char *to)
{
    int high;
    int low;

    while (from < stop) {
        if (*from < 0x21 || *from > 0x7E)
            return NULL;
        if (*from != '%') {
            *to++ = *from++;
            continue;
        }
        if (stop - from < 3)
            return NULL;
        high = hex_digit(from[1]);
        low = hex_digit(from[2]);
        if (high < 0 || low < 0 || (high == 0 && low == 0))
            return NULL;
        *to++ = (char)(unsigned char)(high * 16 + low);
        from += 3;
    }
    return to;
}

static size_t key_length(const char *from, const char *stop)
{
    size_t length = 0;

    while (from + length < stop && from[length] != '\0' &&
           strchr("abcdefghijklmnopqrstuvwxyz0123456789_", from[length]) != NULL)
        length++;
    return length;
}

/* Whether the next line goes on with this key. */
static int goes_on(const char *key, size_t length)
{
    return (size_t)(end - at) > length + 2 && memcmp(at, key, length) == 0 && at[length] == '+' &&
           at[length + 1] == '=';
}

int text_next(char **key, char **value)
{
    char *from = at;
    char *behind;
    char *stop;
    char *to;
    size_t length;
    int result = TEXT_OK;

    if (at >= end)
        return TEXT_END;
    behind = behind_line(from, end);
    at = behind;
    if (behind - from > LONGEST_LINE)
        return TEXT_LONG;
    stop = stop_of(from, behind);
    length = key_length(from, stop);
    if (length == 0 || from + length >= stop || from[length] != '=')
        return TEXT_BAD;
    *key = from;
    *value = from + length + 1;
    to = decode(*value, stop, *value);
    while (goes_on(*key, length)) {
        from = at;
        behind = behind_line(from, end);
        at = behind;
        if (behind - from > LONGEST_LINE)
            result = TEXT_LONG;
        else if (to != NULL)
            to = decode(from + length + 2, stop_of(from, behind), to);
    }
    if (result != TEXT_OK || to == NULL)
        return result != TEXT_OK ? result : TEXT_BAD;
    *to = '\0';
    (*key)[length] = '\0';
    return TEXT_OK;
}

char *text_find(const char *key)
{
    char *name;
    char *value;
    int result;

    while ((result = text_next(&name, &value)) != TEXT_END)
        if (result == TEXT_OK && strcmp(name, key) == 0)
            return value;
    return NULL;
}

void text_put(FILE *file, const char *key, const char *value)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned column = (unsigned)fprintf(file, "%s=", key);
    unsigned char c;

    for (; *value != '\0'; value++) {
        if (column > LONGEST_LINE - 5) {
            fprintf(file, "\r\n");
            column = (unsigned)fprintf(file, "%s+=", key);
        }
        c = (unsigned char)*value;
        if (c >= 0x21 && c <= 0x7E && c != '%') {
            putc(c, file);
            column++;
        } else {
            putc('%', file);
            putc(digits[c >> 4], file);
            putc(digits[c & 15], file);
            column += 3;
        }
    }
    fprintf(file, "\r\n");
}

void text_put_number(FILE *file, const char *key, unsigned long value)
{
    fprintf(file, "%s=%lu\r\n", key, value);
}

int text_number(const char *text, unsigned long *value)
{
    unsigned long result = 0;
    unsigned long digit;
    size_t length = strspn(text, "0123456789");

    if (length == 0 || text[length] != '\0')
        return 0;
    for (; *text != '\0'; text++) {
        digit = (unsigned long)(*text - '0');
        if (result > (MASK32 - digit) / 10)
            return 0;
        result = result * 10 + digit;
    }
    *value = result;
    return 1;
}
