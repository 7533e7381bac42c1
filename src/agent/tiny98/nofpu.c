/* nofpu.c - a processor that rounds each result as its type says. */
#include "fpu.h"

void fpu_single(void)
{
}

void fpu_double(void)
{
}
