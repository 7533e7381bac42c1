/* clock.h - spans of time, without numbers that wrap after 49 days. */
#ifndef CLOCK_H
#define CLOCK_H

#include "port.h"

/* to - from; 0 when to is earlier. */
void clock_span(const struct port_time *from, const struct port_time *to, struct port_time *span);
/* Whole milliseconds of a span, at most 4,294,967,295. */
unsigned long clock_ms(const struct port_time *span);
/* Milliseconds in decimal, with `decimals` 3 or 0 places; text has room for 20 bytes. */
void clock_text(const struct port_time *span, int decimals, char *text);
/* Whole seconds since then. */
unsigned long clock_seconds(const struct port_time *since);
void clock_add(struct port_time *sum, const struct port_time *span);
/* The smallest step of the clock that could be seen, in microseconds, at least 1. */
unsigned long clock_step_us(void);

#endif
