/* linx64.c - the calls of Linux on x86-64. */
#include "lin.h"

const struct lin_numbers lin_numbers = {60, 0, 1, 2, 3, 8, 12, 96};

__asm__(".text\n"
        ".globl _start\n"
        "_start:\n"
        "    xorl %ebp, %ebp\n"
        "    movq %rsp, %rdi\n"
        "    andq $-16, %rsp\n"
        "    call lin_begin\n");

long lin_call(long number, long a, long b, long c)
{
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}
