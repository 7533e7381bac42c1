/* dosinfo.c - DOS: what the machine says of itself. */
#include "dosport.h"

#include <string.h>

#define BIOS 0x40           /* the segment of its data */
#define CONVENTIONAL 0x13   /* KB below 1 MB */
#define FREEDOS 0xFD        /* what it says of its maker */
#define HAS_COUNTER 0x10UL  /* of cycles */
#define MEASURE_US 200000UL

static void find_system(struct port_facts *facts)
{
    struct dos_regs regs;

    facts->platform = "msdos";
    regs.ax = 0x3000;
    dos_call(&regs);
    sprintf(facts->os, "%s %u.%02u", regs.bx >> 8 == FREEDOS ? "FreeDOS, as DOS" : "DOS", regs.ax & 0xFF, regs.ax >> 8);
}

static void find_name(struct port_facts *facts)
{
    struct dos_regs regs;
    char name[17];

    memset(name, 0, sizeof name);
    regs.ax = 0x5E00;
    regs.cx = 0;
    regs.dx = (unsigned)name;
    /* Only network software knows one. */
    if (dos_call(&regs) || regs.cx >> 8 == 0)
        return;
    name[15] = '\0';
    name[strcspn(name, " ")] = '\0';
    strcpy(facts->name, name);
}

static void ask_cpu(struct port_facts *facts)
{
    unsigned long answer[4];
    char maker[13];

    dos_cpuid(0, answer);
    memcpy(maker, &answer[1], 4);
    memcpy(maker + 4, &answer[3], 4);
    memcpy(maker + 8, &answer[2], 4);
    maker[12] = '\0';
    dos_cpuid(1, answer);
    sprintf(facts->cpu, "%s family %lu model %lu stepping %lu", maker, answer[0] >> 8 & 15, answer[0] >> 4 & 15,
            answer[0] & 15);
}

static unsigned long measure_mhz(void)
{
    static unsigned long measured;
    unsigned long answer[4];
    unsigned long from;
    unsigned long cycles;
    unsigned long tick;
    unsigned long ticks;

    dos_cpuid(1, answer);
    if (measured != 0 || (answer[3] & HAS_COUNTER) == 0)
        return measured;
    dos_ticks(&from);
    do
        dos_ticks(&tick);
    while (tick == from);
    dos_cycles(&from);
    do
        dos_ticks(&ticks);
    while ((ticks - tick) * 54925UL < MEASURE_US);
    dos_cycles(&cycles);
    measured = (cycles - from) / ((ticks - tick) * 54925UL);
    return measured;
}

static void find_cpu(struct port_facts *facts)
{
    int cpu = dos_cpu();

    strcpy(facts->arch, cpu < 2 ? "i8086" : cpu == 2 ? "i286" : "i386");
    if (cpu < 5) {
        sprintf(facts->cpu, cpu == 0 ? "8086" : "80%d86", cpu);
        return;
    }
    ask_cpu(facts);
    facts->mhz = measure_mhz();
}

/* KB above 1 MB, by whoever says most: what manages them hides them from some. */
static unsigned long find_extended(void)
{
    struct dos_regs regs;
    unsigned long most;
    unsigned long told;

    if (dos_cpu() < 2)
        return 0;
    most = (unsigned)(dos_cmos(0x30) | dos_cmos(0x31) << 8);
    regs.ax = 0x8800;
    if (!dos_bios(&regs) && regs.ax > most)
        most = regs.ax;
    regs.ax = 0xE801;
    regs.cx = regs.dx = 0;
    /* KB up to 16 MB, and blocks of 64 KB above. */
    if (!dos_bios(&regs) && regs.cx <= 0x3C00) {
        told = (unsigned long)regs.dx * 64 + regs.cx;
        if (told > most)
            most = told;
    }
    return most;
}

static unsigned long find_free(void)
{
    struct dos_regs regs;

    regs.ax = 0x4800;
    regs.bx = 0xFFFFU;
    /* So much is never there; it tells how much is. */
    dos_call(&regs);
    return regs.bx / 64;
}

void port_facts(struct port_facts *facts)
{
    unsigned long conventional = (unsigned)(dos_peek(BIOS, CONVENTIONAL) | dos_peek(BIOS, CONVENTIONAL + 1) << 8);

    memset(facts, 0, sizeof *facts);
    find_system(facts);
    find_name(facts);
    find_cpu(facts);
    facts->ram_kb = conventional + find_extended();
    facts->ram_free_kb = find_free();
}
