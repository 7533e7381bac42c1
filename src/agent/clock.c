#include "clock.h"

#include <stdio.h>

void clock_span(const struct port_time *from, const struct port_time *to, struct port_time *span)
{
    span->s = 0;
    span->us = 0;
    if (to->s < from->s || (to->s == from->s && to->us < from->us))
        return;
    span->s = to->s - from->s;
    if (to->us < from->us) {
        span->s--;
        span->us = to->us + 1000000UL - from->us;
    } else {
        span->us = to->us - from->us;
    }
}

unsigned long clock_ms(const struct port_time *span)
{
    if (span->s >= MASK32 / 1000)
        return MASK32;
    return span->s * 1000 + span->us / 1000;
}

unsigned long clock_seconds(const struct port_time *since)
{
    struct port_time now;
    struct port_time span;

    port_now(&now);
    clock_span(since, &now, &span);
    return span.s;
}

void clock_add(struct port_time *sum, const struct port_time *span)
{
    sum->s += span->s;
    sum->us += span->us;
    if (sum->us >= 1000000UL) {
        sum->us -= 1000000UL;
        sum->s++;
    }
}

void clock_text(const struct port_time *span, int decimals, char *text)
{
    unsigned long ms = span->us / 1000;
    int length;

    /* Seconds and milliseconds side by side: their product would not fit 32 bits. */
    if (span->s > 0)
        length = sprintf(text, "%lu%03lu", span->s & MASK32, ms);
    else
        length = sprintf(text, "%lu", ms);
    if (decimals > 0)
        sprintf(text + length, ".%03lu", span->us % 1000);
}

unsigned long clock_step_us(void)
{
    struct port_time from;
    struct port_time to;
    struct port_time span;
    unsigned long step = MASK32;
    unsigned long seen;
    int i;

    for (i = 0; i < 8; i++) {
        port_now(&from);
        do {
            port_now(&to);
            clock_span(&from, &to, &span);
        } while (span.s == 0 && span.us == 0);
        seen = span.s > 0 ? 1000000UL : span.us;
        if (seen < step)
            step = seen;
    }
    return step;
}
