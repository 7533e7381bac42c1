/* w32cpu.c - Windows: the processor. */
#include "clock.h"
#include "w32.h"

#include <string.h>

#define HAS_COUNTER 0x10UL
#define BRAND 0x80000002UL
#define MEASURE_US 50000UL

/* The name that later processors have for themselves; 0 when this one has none. */
static int ask_brand(char text[49])
{
    unsigned long answer[4];
    unsigned i;

    w32_ask(0x80000000UL, answer);
    if (answer[0] < BRAND + 2)
        return 0;
    for (i = 0; i < 3; i++) {
        w32_ask(BRAND + i, answer);
        memcpy(text + i * 16, answer, 16);
    }
    text[48] = '\0';
    return text[0] != '\0';
}

static void ask_model(char *text)
{
    unsigned long answer[4];
    char maker[13];

    w32_ask(0, answer);
    memcpy(maker, &answer[1], 4);
    memcpy(maker + 4, &answer[3], 4);
    memcpy(maker + 8, &answer[2], 4);
    maker[12] = '\0';
    w32_ask(1, answer);
    sprintf(text, "%s family %lu model %lu stepping %lu", maker, answer[0] >> 8 & 15, answer[0] >> 4 & 15, answer[0] & 15);
}

void w32_cpu(char *text)
{
    char brand[49];
    SYSTEM_INFO system;
    const char *from = brand;

    if (!w32_can_ask()) {
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
    unsigned long answer[4];
    struct port_time from;
    struct port_time now;
    struct port_time span;
    unsigned long cycles;

    if (measured != 0 || !w32_can_ask())
        return measured;
    w32_ask(1, answer);
    if ((answer[3] & HAS_COUNTER) == 0)
        return 0;
    port_now(&from);
    cycles = w32_cycles();
    do {
        port_now(&now);
        clock_span(&from, &now, &span);
    } while (span.s == 0 && span.us < MEASURE_US);
    cycles = w32_cycles() - cycles;
    /* A step of a coarse clock may have been longer than asked for: below 85 GHz the cycles fit. */
    measured = span.s == 0 ? cycles / span.us : 0;
    return measured;
}
