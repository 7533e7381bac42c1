/* bytes.c - numbers of little-endian files. */
#include "bytes.h"

#include <string.h>

/* Fails to compile where a float is not 32 bits, or no int has as many. */
typedef char bytes_sizes_fit[sizeof(float) == 4 && sizeof(unsigned int) == 4 ? 1 : -1];

unsigned long bytes_word(const unsigned char *bytes)
{
    return (unsigned long)bytes[0] | (unsigned long)bytes[1] << 8 | (unsigned long)bytes[2] << 16 |
           (unsigned long)bytes[3] << 24;
}

long bytes_number(const unsigned char *bytes)
{
    unsigned long word = bytes_word(bytes);

    if (word <= 0x7FFFFFFFUL)
        return (long)word;
    return -1L - (long)(0xFFFFFFFFUL - word);
}

float bytes_float(const unsigned char *bytes)
{
    unsigned int word = (unsigned int)bytes_word(bytes);
    float number;

    memcpy(&number, &word, sizeof number);
    return number;
}

void bytes_to_floats(float *floats, unsigned long count)
{
    unsigned char bytes[4];
    unsigned int word;

    for (; count > 0; count--, floats++) {
        memcpy(bytes, floats, sizeof bytes);
        word = (unsigned int)bytes_word(bytes);
        memcpy(floats, &word, sizeof word);
    }
}
