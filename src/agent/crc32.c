#include "crc32.h"

#include "port.h"

static unsigned long table[256];

void crc32_init(void)
{
    unsigned long value;
    unsigned i;
    int bit;

    for (i = 0; i < 256; i++) {
        value = i;
        for (bit = 0; bit < 8; bit++)
            value = (value & 1) != 0 ? (value >> 1) ^ 0xEDB88320UL : value >> 1;
        table[i] = value;
    }
}

unsigned long crc32(unsigned long crc, const char *bytes, unsigned length)
{
    unsigned i;

    crc = ~crc & MASK32;
    for (i = 0; i < length; i++)
        crc = table[(crc ^ (unsigned char)bytes[i]) & 0xFF] ^ (crc >> 8);
    return ~crc & MASK32;
}
