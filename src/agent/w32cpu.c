/* w32cpu.c - Windows: the processor. The assembler is that of gcc; this file is the only one with any. */
#include "clock.h"
#include "w32.h"

#include <string.h>

#define HAS_COUNTER 0x10UL
#define BRAND 0x80000002UL
#define MEASURE_US 50000UL

struct answer {
    unsigned long a;
    unsigned long b;
    unsigned long c;
    unsigned long d;
};

/* A processor that lets us change bit 21 of its flags can be asked. */
static int can_ask(void)
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

static void ask(unsigned long question, struct answer *answer)
{
    __asm__ volatile("cpuid"
                     : "=a"(answer->a), "=b"(answer->b), "=c"(answer->c), "=d"(answer->d)
                     : "a"(question), "c"(0UL));
}

static unsigned long count_cycles(void)
{
    unsigned long low;
    unsigned long high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return low;
}

/* The name that later processors have for themselves; 0 when this one has none. */
static int ask_brand(char text[49])
{
    struct answer answer;
    unsigned i;

    ask(0x80000000UL, &answer);
    if (answer.a < BRAND + 2)
        return 0;
    for (i = 0; i < 3; i++) {
        ask(BRAND + i, &answer);
        memcpy(text + i * 16, &answer, 16);
    }
    text[48] = '\0';
    return text[0] != '\0';
}

static void ask_model(char *text)
{
    struct answer answer;
    char maker[13];

    ask(0, &answer);
    memcpy(maker, &answer.b, 4);
    memcpy(maker + 4, &answer.d, 4);
    memcpy(maker + 8, &answer.c, 4);
    maker[12] = '\0';
    ask(1, &answer);
    sprintf(text, "%s family %lu model %lu stepping %lu", maker, answer.a >> 8 & 15, answer.a >> 4 & 15, answer.a & 15);
}

void w32_cpu(char *text)
{
    char brand[49];
    SYSTEM_INFO system;
    const char *from = brand;

    if (!can_ask()) {
        GetSystemInfo(&system);
        sprintf(text, "%lu", system.dwProcessorType);
    } else if (ask_brand(brand)) {
        from += strspn(from, " ");
        strcpy(text, from);
    } else {
        ask_model(text);
    }
}

unsigned long w32_mhz(void)
{
    static unsigned long measured;
    struct answer answer;
    struct port_time from;
    struct port_time now;
    struct port_time span;
    unsigned long cycles;

    if (measured != 0 || !can_ask())
        return measured;
    ask(1, &answer);
    if ((answer.d & HAS_COUNTER) == 0)
        return 0;
    port_now(&from);
    cycles = count_cycles();
    do {
        port_now(&now);
        clock_span(&from, &now, &span);
    } while (span.s == 0 && span.us < MEASURE_US);
    cycles = count_cycles() - cycles;
    /* A step of a coarse clock may have been longer than asked for: below 85 GHz the cycles fit. */
    measured = span.s == 0 ? cycles / span.us : 0;
    return measured;
}
