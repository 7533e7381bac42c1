/* w32ask.c - a program for Linux around w32ask.asm, whose names have Windows' underscore. It prints what an emulated
   processor answers. */
#include <stdio.h>

int w32_can_ask(void) __asm__("_w32_can_ask");
void w32_ask(unsigned long question, unsigned long answer[4]) __asm__("_w32_ask");
unsigned long w32_cycles(void) __asm__("_w32_cycles");

int main(void)
{
    unsigned long answer[4];
    unsigned long before = w32_cycles();

    w32_ask(0, answer);
    printf("%d %.4s%.4s%.4s ", w32_can_ask(), (char *)&answer[1], (char *)&answer[3], (char *)&answer[2]);
    w32_ask(1, answer);
    printf("family %lu cycles %s\n", answer[0] >> 8 & 15, w32_cycles() != before ? "count" : "stand");
    return 0;
}
