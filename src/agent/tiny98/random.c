/* random.c - random numbers. */
#include "random.h"

#define WORD 0xFFFFFFFFUL
#define MULTIPLIER_HIGH 0x2545F491UL
#define MULTIPLIER_LOW 0x4F6CDD1DUL

/* 0 < bits < 32 for both. */
static void xor_shifted_right(struct random *state, int bits)
{
    unsigned long low = (state->low >> bits | state->high << (32 - bits)) & WORD;

    state->high ^= state->high >> bits;
    state->low ^= low;
}

static void xor_shifted_left(struct random *state, int bits)
{
    unsigned long high = (state->high << bits | state->low >> (32 - bits)) & WORD;

    state->low = (state->low ^ state->low << bits) & WORD;
    state->high ^= high;
}

/* The upper 32 of the 64 bits of a product. */
static unsigned long upper_product(unsigned long a, unsigned long b)
{
    unsigned long a_high = a >> 16;
    unsigned long a_low = a & 0xFFFF;
    unsigned long b_high = b >> 16;
    unsigned long b_low = b & 0xFFFF;
    unsigned long middle = a_high * b_low + (a_low * b_low >> 16);
    unsigned long other = a_low * b_high + (middle & 0xFFFF);

    return (a_high * b_high + (middle >> 16) + (other >> 16)) & WORD;
}

float random_coin(struct random *state)
{
    unsigned long word;

    xor_shifted_right(state, 12);
    xor_shifted_left(state, 25);
    xor_shifted_right(state, 27);
    /* Bits 32 to 63 of the product of both numbers. */
    word = upper_product(state->low, MULTIPLIER_LOW) + state->low * MULTIPLIER_HIGH + state->high * MULTIPLIER_LOW;
    return (float)((word & WORD) >> 8) / 16777216.0F;
}
