/* w32ask.c - Windows: what the processor says of itself, in gcc's assembler. For other compilers there is w32ask.asm. */
#include "w32.h"

int w32_can_ask(void)
{
#ifdef __x86_64__
    return 1;
#else
    unsigned long changed;
    unsigned long before;

    __asm__ volatile("pushfl\n\t"
                     "popl %0\n\t"
                     "movl %0, %1\n\t"
                     "xorl $0x200000, %0\n\t"
                     "pushl %0\n\t"
                     "popfl\n\t"
                     "pushfl\n\t"
                     "popl %0\n\t"
                     "pushl %1\n\t"
                     "popfl"
                     : "=&r"(changed), "=&r"(before));
    return ((changed ^ before) & 0x200000UL) != 0;
#endif
}

void w32_ask(unsigned long question, unsigned long answer[4])
{
    __asm__ volatile("cpuid"
                     : "=a"(answer[0]), "=b"(answer[1]), "=c"(answer[2]), "=d"(answer[3])
                     : "a"(question), "c"(0UL));
}

unsigned long w32_cycles(void)
{
    unsigned long low;
    unsigned long high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return low;
}
