/* dosclock.c - DOS: the time by the BIOS's timer, and waiting. */
#include "dosport.h"

/* A tick is 65,536 / 1,193,182 s: 549.254 s are 10,000 of them. */
#define MANY 10000UL
#define MANY_S 549
#define MANY_MS 254

void port_now(struct port_time *now)
{
    unsigned long ticks;
    unsigned long many;

    dos_ticks(&ticks);
    many = ticks / MANY;
    ticks %= MANY;
    now->s = many * MANY_S + many / 1000 * MANY_MS;
    now->us = many % 1000 * (MANY_MS * 1000UL) + ticks * 54925UL + ticks * 4 / 10;
    now->s += now->us / 1000000UL;
    now->us %= 1000000UL;
}

const char *port_clock_name(void)
{
    return "bios-tick";
}

int port_stopping(void)
{
    return dos_stops();
}

void port_sleep(unsigned long ms)
{
    struct dos_regs regs;
    unsigned long from;
    unsigned long now;

    dos_ticks(&from);
    do {
        /* Also a chance to see Ctrl-C. */
        regs.ax = 0x0B00;
        dos_call(&regs);
        dos_ticks(&now);
    } while ((now - from) * 55 < ms && !port_stopping());
}
