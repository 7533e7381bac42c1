#include "line.h"

#include "text.h"

#include <string.h>

enum { TELNET_IAC = 255, TELNET_WILL = 251 };

size_t line_room(const struct line_reader *reader)
{
    return sizeof reader->bytes - reader->length;
}

/* A client that gives up a transfer puts telnet's "interrupt" and "mark" before ABOR. */
static int is_telnet(struct line_reader *reader, unsigned char byte)
{
    if (reader->telnet > 0) {
        reader->telnet--;
        return 1;
    }
    if (reader->telnet < 0) {
        /* WILL, WONT, DO and DONT are followed by one more byte; IAC twice is that byte itself. */
        reader->telnet = byte >= TELNET_WILL && byte < TELNET_IAC ? 1 : 0;
        return byte != TELNET_IAC;
    }
    if (byte != TELNET_IAC)
        return 0;
    reader->telnet = -1;
    return 1;
}

void line_add(struct line_reader *reader, const char *bytes, size_t length)
{
    size_t i;

    for (i = 0; i < length && reader->length < sizeof reader->bytes; i++)
        if (!is_telnet(reader, (unsigned char)bytes[i]))
            reader->bytes[reader->length++] = bytes[i];
}

static int is_end(char c)
{
    return c == '\r' || c == '\n';
}

static void drop(struct line_reader *reader, size_t count)
{
    reader->length -= count;
    memmove(reader->bytes, reader->bytes + count, reader->length);
}

/* Ends of lines, and the zero byte that telnet sends after a CR. */
static void drop_ends(struct line_reader *reader)
{
    size_t count = 0;

    while (count < reader->length && (is_end(reader->bytes[count]) || reader->bytes[count] == '\0'))
        count++;
    if (count > 0)
        drop(reader, count);
}

static size_t length_of_line(const struct line_reader *reader)
{
    size_t length = 0;

    while (length < reader->length && !is_end(reader->bytes[length]))
        length++;
    return length;
}

/* Takes a line out; what is said of it. */
static int take(struct line_reader *reader, size_t length, char *line)
{
    int result = LINE_READY;
    size_t i;

    if (reader->skipping || length >= LINE_SIZE) {
        result = LINE_LONG;
        reader->skipping = 0;
    } else {
        for (i = 0; i < length; i++)
            if (reader->bytes[i] == '\0')
                result = LINE_BAD;
        memcpy(line, reader->bytes, length);
        line[length] = '\0';
    }
    drop(reader, length + 1);
    return result;
}

int line_next(struct line_reader *reader, char *line)
{
    size_t length;

    if (!reader->skipping)
        drop_ends(reader);
    length = length_of_line(reader);
    if (length < reader->length)
        return take(reader, length, line);
    if (length >= LINE_SIZE || reader->skipping) {
        reader->skipping = 1;
        reader->length = 0;
    }
    return LINE_NONE;
}

int line_begins(const struct line_reader *reader, const char *verb)
{
    size_t i = 0;
    size_t at = 0;

    while (at < reader->length && is_end(reader->bytes[at]))
        at++;
    while (verb[i] != '\0' && at + i < reader->length && text_upper(reader->bytes[at + i]) == verb[i])
        i++;
    return verb[i] == '\0' && at + i < reader->length && is_end(reader->bytes[at + i]);
}
