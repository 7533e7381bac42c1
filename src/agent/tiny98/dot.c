/* dot.c - a matrix times a vector. The order of each sum is kept, as the text depends on it; four rows at a time, so
   that a processor can work on four sums at once and x is read a quarter as often. */
#include "dot.h"

/* Each product by itself, so that it is rounded before it is added. */
#define ADD(sum, row) (product = (row)[i] * x[i], (sum) += product)

static void four_rows(float *out, const float *w, const float *x, long columns)
{
    const float *w1 = w + columns;
    const float *w2 = w1 + columns;
    const float *w3 = w2 + columns;
    float sum0 = 0;
    float sum1 = 0;
    float sum2 = 0;
    float sum3 = 0;
    float product;
    long i;

    for (i = 0; i < columns; i++) {
        ADD(sum0, w);
        ADD(sum1, w1);
        ADD(sum2, w2);
        ADD(sum3, w3);
    }
    out[0] = sum0;
    out[1] = sum1;
    out[2] = sum2;
    out[3] = sum3;
}

static float one_row(const float *w, const float *x, long columns)
{
    float sum = 0;
    float product;
    long i;

    for (i = 0; i < columns; i++)
        ADD(sum, w);
    return sum;
}

void dot_rows(float *out, const float *w, const float *x, long rows, long columns)
{
    for (; rows >= 4; rows -= 4) {
        four_rows(out, w, x, columns);
        out += 4;
        w += 4 * columns;
    }
    for (; rows > 0; rows--) {
        *out++ = one_row(w, x, columns);
        w += columns;
    }
}
