/* w32clock.c - Windows: time that never jumps. */
#include "clock.h"
#include "w32.h"

#define HALF 0x80000000UL

struct wide {
    unsigned long high;
    unsigned long low;
};

/* 0: not asked yet. */
static unsigned long ticks_per_s;
static int shift;
static int has_counter;

static void halve(struct wide *number, int times)
{
    for (; times > 0; times--) {
        number->low = number->low >> 1 | (number->high & 1) << 31;
        number->high >>= 1;
    }
}

static void find_counter(void)
{
    LARGE_INTEGER frequency;
    struct wide each;

    ticks_per_s = 1000;
    if (!QueryPerformanceFrequency(&frequency) || (frequency.u.LowPart == 0 && frequency.u.HighPart == 0))
        return;
    each.high = (unsigned long)frequency.u.HighPart;
    each.low = frequency.u.LowPart;
    /* MulDiv takes 31 bits. */
    while (each.high != 0 || each.low >= HALF) {
        halve(&each, 1);
        shift++;
    }
    ticks_per_s = each.low;
    has_counter = 1;
}

/* number / by, which must fit 32 bits; the rest stays in number->low. No 64-bit types: their division is in a library
   that is made for later processors. */
static unsigned long divide(struct wide *number, unsigned long by)
{
    unsigned long quotient = 0;
    unsigned long carry;
    int i;

    for (i = 0; i < 32; i++) {
        carry = number->high & HALF;
        number->high = (number->high << 1 | number->low >> 31) & MASK32;
        number->low = (number->low << 1) & MASK32;
        quotient = (quotient << 1) & MASK32;
        if (carry != 0 || number->high >= by) {
            number->high = (number->high - by) & MASK32;
            quotient |= 1;
        }
    }
    number->low = number->high;
    number->high = 0;
    return quotient;
}

static void read_counter(struct port_time *now)
{
    static struct wide last;
    LARGE_INTEGER counted;
    struct wide ticks;

    QueryPerformanceCounter(&counted);
    ticks.high = (unsigned long)counted.u.HighPart;
    ticks.low = counted.u.LowPart;
    halve(&ticks, shift);
    /* With two processors, and on some boards, a look may find it a little earlier than the one before. */
    if (ticks.high < last.high || (ticks.high == last.high && ticks.low < last.low))
        ticks = last;
    last = ticks;
    /* So that the seconds fit; where they begin has no meaning. */
    ticks.high %= ticks_per_s;
    now->s = divide(&ticks, ticks_per_s);
    now->us = (unsigned long)MulDiv((int)ticks.low, 1000000, (int)ticks_per_s);
    if (now->us > 999999UL)
        now->us = 999999UL;
}

/* Milliseconds in steps of 55. The count wraps after 49.7 days; a difference does not mind. */
static void read_ticks(struct port_time *now)
{
    static DWORD before;
    static struct port_time passed;
    DWORD ticks = GetTickCount();
    DWORD ms = ticks - before;
    struct port_time span;

    span.s = ms / 1000;
    span.us = ms % 1000 * 1000;
    clock_add(&passed, &span);
    before = ticks;
    *now = passed;
}

void port_now(struct port_time *now)
{
    if (ticks_per_s == 0)
        find_counter();
    if (has_counter)
        read_counter(now);
    else
        read_ticks(now);
}

const char *port_clock_name(void)
{
    struct port_time ignored;

    port_now(&ignored);
    return has_counter ? "qpc" : "tick";
}
