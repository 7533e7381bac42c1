/* nocrt.c - what the compiler takes for granted, because Windows 95 brings no C library that it could link to. */
#include <string.h>

void *memcpy(void *to, const void *from, size_t size)
{
    char *target = to;
    const char *source = from;

    while (size-- > 0)
        *target++ = *source++;
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    char *target = to;
    const char *source = from;

    if (target < source)
        return memcpy(to, from, size);
    while (size-- > 0)
        target[size] = source[size];
    return to;
}

void *memset(void *to, int value, size_t size)
{
    char *target = to;

    while (size-- > 0)
        *target++ = (char)value;
    return to;
}

size_t strlen(const char *text)
{
    size_t length = 0;

    while (text[length] != '\0')
        length++;
    return length;
}

int strcmp(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b)
        a++, b++;
    return (unsigned char)*a - (unsigned char)*b;
}
