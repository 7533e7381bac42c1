/* nolib.c - the functions of <string.h> that tiny98 and its compilers need, where there is no C library. */
#include <stddef.h>
#include <string.h>

void *memcpy(void *to, const void *from, size_t count)
{
    unsigned char *bytes = (unsigned char *)to;
    const unsigned char *source = (const unsigned char *)from;

    while (count-- > 0)
        *bytes++ = *source++;
    return to;
}

void *memset(void *to, int value, size_t count)
{
    unsigned char *bytes = (unsigned char *)to;

    while (count-- > 0)
        *bytes++ = (unsigned char)value;
    return to;
}

int memcmp(const void *a, const void *b, size_t count)
{
    const unsigned char *left = (const unsigned char *)a;
    const unsigned char *right = (const unsigned char *)b;

    for (; count > 0; count--, left++, right++)
        if (*left != *right)
            return *left < *right ? -1 : 1;
    return 0;
}

void *memchr(const void *bytes, int value, size_t count)
{
    const unsigned char *at = (const unsigned char *)bytes;

    for (; count > 0; count--, at++)
        if (*at == (unsigned char)value)
            return (void *)at;
    return NULL;
}

size_t strlen(const char *text)
{
    const char *end = text;

    while (*end != '\0')
        end++;
    return (size_t)(end - text);
}

int strcmp(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

char *strchr(const char *text, int value)
{
    for (; *text != (char)value; text++)
        if (*text == '\0')
            return NULL;
    return (char *)text;
}
