/* bareprt.c - formatted text, for Windows and DOS without a C library. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Where the text goes: to a file, or to memory when there is none. */
struct target {
    FILE *file;
    char *text;
    int length;
};

static void put(struct target *target, char c)
{
    if (target->file != NULL)
        putc(c, target->file);
    else
        target->text[target->length] = c;
    target->length++;
}

static void put_text(struct target *target, const char *text, size_t most)
{
    for (; *text != '\0' && most > 0; text++, most--)
        put(target, *text);
}

static void put_number(struct target *target, unsigned long value, unsigned base, int width, char fill)
{
    char digits[12];
    int count = 0;

    do {
        digits[count++] = "0123456789ABCDEF"[value % base];
        value /= base;
    } while (value != 0);
    for (; width > count; width--)
        put(target, fill);
    while (count > 0)
        put(target, digits[--count]);
}

static int read_number(const char **at)
{
    int value = 0;

    for (; **at >= '0' && **at <= '9'; (*at)++)
        value = value * 10 + (**at - '0');
    return value;
}

struct piece {
    char fill;
    int width;
    size_t most;
    int is_long;
};

static void read_piece(struct piece *piece, const char **at)
{
    piece->fill = **at == '0' ? '0' : ' ';
    piece->width = read_number(at);
    piece->most = (size_t)-1;
    if (**at == '.') {
        (*at)++;
        piece->most = (size_t)read_number(at);
    }
    piece->is_long = **at == 'l';
    if (piece->is_long)
        (*at)++;
}

static void put_signed(struct target *target, int value)
{
    if (value < 0)
        put(target, '-');
    put_number(target, value < 0 ? 0UL - (unsigned long)value : (unsigned long)value, 10, 0, ' ');
}

/* A macro would be needed to hand a va_list on by its address; so all kinds are here. Without a file it goes to text. */
static int format_all(FILE *file, char *text, const char *format, va_list values)
{
    struct target target;
    struct piece piece;
    unsigned long value;

    target.file = file;
    target.text = text;
    target.length = 0;
    for (; *format != '\0'; format++) {
        if (*format != '%') {
            put(&target, *format);
            continue;
        }
        format++;
        read_piece(&piece, &format);
        if (*format == 's') {
            put_text(&target, va_arg(values, const char *), piece.most);
        } else if (*format == 'c') {
            put(&target, (char)va_arg(values, int));
        } else if (*format == 'd') {
            put_signed(&target, va_arg(values, int));
        } else {
            value = piece.is_long ? va_arg(values, unsigned long) : va_arg(values, unsigned);
            put_number(&target, value, *format == 'X' ? 16 : 10, piece.width, piece.fill);
        }
    }
    return target.length;
}

int fprintf(FILE *file, const char *format, ...)
{
    va_list values;
    int length;

    va_start(values, format);
    length = format_all(file, NULL, format, values);
    va_end(values);
    return length;
}

int printf(const char *format, ...)
{
    va_list values;
    int length;

    va_start(values, format);
    length = format_all(stdout, NULL, format, values);
    va_end(values);
    return length;
}

int sprintf(char *text, const char *format, ...)
{
    va_list values;
    int length;

    va_start(values, format);
    length = format_all(NULL, text, format, values);
    va_end(values);
    text[length] = '\0';
    return length;
}
