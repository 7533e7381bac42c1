/* random.h - the random numbers of llama2.c (xorshift, 64 bits, its output multiplied), without a type of 64 bits. */
#ifndef RANDOM_H
#define RANDOM_H

struct random {
    unsigned long high; /* 32 bits each */
    unsigned long low;
};

float random_coin(struct random *state); /* 0 to 1, 1 not included */

#endif
