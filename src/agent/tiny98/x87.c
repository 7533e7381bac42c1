/* x87.c - the precision of an x87, by its control word. Fewer bits also make its divisions faster. */
#include "fpu.h"

/* All exceptions masked, rounding to nearest; 00 in bits 8 and 9 is 24 bits, 10 is 53. */
static const unsigned short single_word = 0x007F;
static const unsigned short double_word = 0x027F;

void fpu_single(void)
{
    __asm__ volatile("fldcw %0" : : "m"(single_word) : "memory");
}

void fpu_double(void)
{
    __asm__ volatile("fldcw %0" : : "m"(double_word) : "memory");
}
