/* nixinfo.c - POSIX: what the system says of itself; Linux says more, in /proc. */
#define _POSIX_C_SOURCE 200809L

#include "port.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static void copy_text(char *to, size_t size, const char *from)
{
    size_t length = strlen(from);

    if (length >= size)
        length = size - 1;
    memcpy(to, from, length);
    to[length] = '\0';
}

/* The text after the colon of the first line that begins with a word; 0 when there is none. */
static int find_line(const char *path, const char *word, char *text, size_t size)
{
    char line[256];
    FILE *file = fopen(path, "r");
    int found = 0;
    char *from;

    if (file == NULL)
        return 0;
    while (!found && fgets(line, (int)sizeof line, file) != NULL) {
        if (strncmp(line, word, strlen(word)) != 0)
            continue;
        from = strchr(line, ':');
        if (from == NULL)
            continue;
        from++;
        from += strspn(from, " \t");
        from[strcspn(from, "\r\n")] = '\0';
        copy_text(text, size, from);
        found = 1;
    }
    fclose(file);
    return found;
}

static unsigned long find_number(const char *path, const char *word)
{
    char text[64];

    return find_line(path, word, text, sizeof text) ? strtoul(text, NULL, 10) & MASK32 : 0;
}

static unsigned long read_uptime_s(void)
{
    char line[64];
    FILE *file = fopen("/proc/uptime", "r");
    unsigned long seconds = 0;

    if (file == NULL)
        return 0;
    if (fgets(line, (int)sizeof line, file) != NULL)
        seconds = strtoul(line, NULL, 10) & MASK32;
    fclose(file);
    return seconds;
}

static void find_ram(struct port_facts *facts)
{
    facts->ram_kb = find_number("/proc/meminfo", "MemTotal");
    facts->ram_free_kb = find_number("/proc/meminfo", "MemAvailable");
    if (facts->ram_free_kb == 0)
        facts->ram_free_kb = find_number("/proc/meminfo", "MemFree");
#if defined(_SC_PHYS_PAGES) && defined(_SC_PAGESIZE)
    if (facts->ram_kb == 0) {
        long pages = sysconf(_SC_PHYS_PAGES);
        long bytes = sysconf(_SC_PAGESIZE);

        if (pages > 0 && bytes >= 1024)
            facts->ram_kb = (unsigned long)pages * (unsigned long)(bytes / 1024) & MASK32;
    }
#endif
}

void port_facts(struct port_facts *facts)
{
    struct utsname system;

    memset(facts, 0, sizeof *facts);
    facts->platform = "unix";
    if (uname(&system) >= 0) {
        if (strcmp(system.sysname, "Linux") == 0)
            facts->platform = "linux";
        copy_text(facts->os, sizeof facts->os - 32, system.sysname);
        strcat(facts->os, " ");
        copy_text(facts->os + strlen(facts->os), 31, system.release);
        copy_text(facts->name, sizeof facts->name, system.nodename);
        copy_text(facts->cpu, sizeof facts->cpu, system.machine);
        copy_text(facts->arch, sizeof facts->arch, system.machine);
    }
    find_line("/proc/cpuinfo", "model name", facts->cpu, sizeof facts->cpu);
    facts->mhz = find_number("/proc/cpuinfo", "cpu MHz");
    find_ram(facts);
    facts->uptime_s = read_uptime_s();
    facts->agent_pid = (unsigned long)getpid();
}
