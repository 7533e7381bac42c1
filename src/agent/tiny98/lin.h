/* lin.h - the calls of a Linux kernel, by processor: linx64.c, lin386.c, linarm.c. Each also holds the program's very
   first instructions, which hand the stack over to lin_begin(). */
#ifndef LIN_H
#define LIN_H

struct lin_numbers {
    long exit;
    long read;
    long write;
    long open;
    long close;
    long seek;
    long brk;
    long time; /* gettimeofday */
};
extern const struct lin_numbers lin_numbers;

/* -4095 to -1: the number of an error, negative. */
long lin_call(long number, long a, long b, long c);
/* stack: the number of arguments, then the arguments. */
void lin_begin(long *stack);

#endif
