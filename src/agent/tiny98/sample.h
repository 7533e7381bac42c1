/* sample.h - chooses the next token. */
#ifndef SAMPLE_H
#define SAMPLE_H

#include "random.h"

struct sampler {
    float temperature;   /* 0: always the likeliest */
    float topp;
    struct random random;
    long *candidates; /* as many as there are tokens; only needed when topp is between 0 and 1 */
};

/* The numbers in logits are not kept. */
long sample(struct sampler *sampler, float *logits, long count);

#endif
