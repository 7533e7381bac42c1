/* stddef.h - for DOS without a C library: what the agent uses of it. */
#ifndef STDDEF_H
#define STDDEF_H

typedef unsigned size_t;
typedef int ptrdiff_t;

#define NULL ((void *)0)

#endif
