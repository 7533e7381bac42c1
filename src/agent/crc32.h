/* crc32.h - CRC-32 as in zip. */
#ifndef CRC32_H
#define CRC32_H

/* Fills the table; once, before the first crc32(). */
void crc32_init(void);
/* The CRC of what was before plus these bytes; begins with 0. */
unsigned long crc32(unsigned long crc, const char *bytes, unsigned length);

#endif
