/* dot.h - where nearly all the time goes. */
#ifndef DOT_H
#define DOT_H

/* out[row] = sum of w[row][column] * x[column], each row from its first column on. */
void dot_rows(float *out, const float *w, const float *x, long rows, long columns);

#endif
