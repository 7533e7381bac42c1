#include "visit.h"

#include "clock.h"
#include "port.h"

static struct {
    const char *command;
    unsigned long every_s;
    struct port_time begun;
} visit;

void visit_begin(const char *command, unsigned long every_s)
{
    visit.command = command;
    visit.every_s = every_s;
    /* Not at once: an agent that takes the place of another comes out of the middle of a visit. */
    port_now(&visit.begun);
}

void visit_turn(void)
{
    if (visit.command[0] == '\0' || clock_seconds(&visit.begun) < visit.every_s)
        return;
    if (port_command(visit.command) != PORT_EXISTS)
        port_now(&visit.begun);
}
