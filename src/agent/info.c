#include "info.h"

#include "clock.h"
#include "job.h"
#include "port.h"
#include "spool.h"
#include "text.h"
#include "version.h"

#include <string.h>

static struct {
    const struct settings *settings;
    unsigned long boot;
    unsigned long sequence;
    unsigned long step_us;
} info;

static struct port_facts facts;

static unsigned long read_count(void)
{
    char line[24];
    unsigned long count = 0;
    FILE *file = fopen("AGENT.CNT", "rb");

    if (file == NULL)
        return 0;
    if (fgets(line, (int)sizeof line, file) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        if (!text_number(line, &count))
            count = 0;
    }
    fclose(file);
    return count;
}

/* After a power cut either file may be damaged; the other one remembers. */
static unsigned long read_info(void)
{
    unsigned long count = 0;
    char *value;

    if (text_load("AGENT.NFO") != TEXT_OK)
        return 0;
    value = text_find("boot");
    return value != NULL && text_number(value, &count) ? count : 0;
}

void info_start(const struct settings *settings)
{
    unsigned long counted = read_count();
    unsigned long told = read_info();
    FILE *file;

    memset(&info, 0, sizeof info);
    info.settings = settings;
    info.boot = counted > told ? counted : told;
    info.boot = info.boot < MASK32 ? info.boot + 1 : 1;
    info.step_us = clock_step_us();
    /* Written over the old one, which has its place on the disk also when that is full. */
    file = fopen("AGENT.CNT", "r+b");
    if (file == NULL)
        file = fopen("AGENT.CNT", "wb");
    if (file == NULL)
        return;
    fprintf(file, "%lu\r\n", info.boot);
    spool_close(file);
}

unsigned long info_boot(void)
{
    return info.boot;
}

unsigned long info_step_us(void)
{
    return info.step_us;
}

const char *info_name(void)
{
    return info.settings->name[0] != '\0' ? info.settings->name : facts.name;
}

int info_disk_free_kb(unsigned long *kilobytes)
{
    unsigned long used;

    if (info.settings->disk_kb == 0)
        return port_disk_free_kb(kilobytes);
    if (port_used_kb("..", &used) != PORT_OK)
        return PORT_FAIL;
    *kilobytes = used < info.settings->disk_kb ? info.settings->disk_kb - used : 0;
    return PORT_OK;
}

static void put_some(FILE *out, const char *key, const char *said, const char *found)
{
    if (said[0] != '\0')
        text_put(out, key, said);
    else if (found[0] != '\0')
        text_put(out, key, found);
}

static void put_known(FILE *out, const char *key, unsigned long said, unsigned long found)
{
    if (said != 0 || found != 0)
        text_put_number(out, key, said != 0 ? said : found);
}

static void put_machine(FILE *out)
{
    const struct settings *said = info.settings;
    char path[512];
    unsigned long free_kb;

    put_some(out, "platform", said->platform, facts.platform);
    put_some(out, "os", said->os, facts.os);
    put_some(out, "name", said->name, facts.name);
    if (port_where(path, sizeof path) == PORT_OK)
        text_put(out, "path", path);
    put_some(out, "cpu", said->cpu, facts.cpu);
    if (facts.arch[0] != '\0')
        text_put(out, "arch", facts.arch);
    put_known(out, "mhz", said->mhz, facts.mhz);
    put_known(out, "ram_kb", said->ram_kb, facts.ram_kb);
    put_known(out, "ram_free_kb", 0UL, facts.ram_free_kb);
    if (info_disk_free_kb(&free_kb) == PORT_OK)
        text_put_number(out, "disk_free_kb", free_kb);
    if (port_disk_is_least())
        text_put(out, "disk_free_least", "1");
    text_put(out, "clock", port_clock_name());
    text_put_number(out, "step_us", info.step_us);
    put_known(out, "uptime_s", 0UL, facts.uptime_s);
}

void info_write(const char *job, unsigned long child)
{
    FILE *out = fopen("AGENT.NFO", "wb");

    if (out == NULL)
        return;
    info.sequence++;
    port_facts(&facts);
    text_put(out, "v", "1");
    text_put(out, "agent", AGENT_NAME);
    text_put(out, "version", AGENT_VERSION);
    text_put(out, "build", AGENT_BUILD);
    put_machine(out);
    text_put_number(out, "boot", info.boot);
    text_put_number(out, "seq", info.sequence);
    text_put(out, "job", job != NULL ? job : "-");
    put_known(out, "child_pid", 0UL, child);
    put_known(out, "agent_pid", 0UL, facts.agent_pid);
    text_put(out, "kinds", job_kinds());
    text_put(out, "hold", port_held() ? "1" : "0");
    if (info.settings->simulated)
        text_put(out, "simulated", "1");
    text_put(out, "eof", "1");
    fclose(out);
}
