#include "text.h"

#include <string.h>

void text_set(char *to, size_t size, const char *from)
{
    to[0] = '\0';
    text_add(to, size, from);
}

void text_add(char *to, size_t size, const char *more)
{
    size_t length = strlen(to);

    while (*more != '\0' && length + 1 < size)
        to[length++] = *more++;
    to[length] = '\0';
}

void text_add_char(char *to, size_t size, char more)
{
    char text[2];

    text[0] = more;
    text[1] = '\0';
    text_add(to, size, text);
}

void text_add_number(char *to, size_t size, unsigned long value, unsigned width, char fill)
{
    char digits[24];
    unsigned at = sizeof digits - 1;
    unsigned least = width < at ? at - width : 0;

    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (at > least)
        digits[--at] = fill;
    text_add(to, size, digits + at);
}

char text_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

int text_same(const char *a, const char *b)
{
    while (*a != '\0' && text_upper(*a) == text_upper(*b))
        a++, b++;
    return text_upper(*a) == text_upper(*b);
}

int text_number(const char **text, unsigned long *value)
{
    const char *at = *text;
    unsigned long number = 0;

    while (*at >= '0' && *at <= '9') {
        unsigned long digit = (unsigned long)(*at++ - '0');
        if (number > 429496729UL || (number == 429496729UL && digit > 5))
            return 0;
        number = number * 10 + digit;
    }
    if (at == *text)
        return 0;
    *text = at;
    *value = number;
    return 1;
}

int text_address(const char *text, unsigned char *address)
{
    unsigned long part;
    int i;

    for (i = 0; i < 4; i++) {
        if (i > 0 && *text++ != '.')
            return 0;
        if (!text_number(&text, &part) || part > 255)
            return 0;
        address[i] = (unsigned char)part;
    }
    return *text == '\0';
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

char *text_trim(char *text)
{
    size_t length;

    while (is_blank(*text))
        text++;
    length = strlen(text);
    while (length > 0 && is_blank(text[length - 1]))
        length--;
    text[length] = '\0';
    return text;
}
