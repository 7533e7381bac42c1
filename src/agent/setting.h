/* setting.h - AGENT.INI. */
#ifndef SETTINGS_H
#define SETTINGS_H

/* Empty or 0: not said there. */
struct settings {
    char name[64];
    char cpu[96];
    char os[96];
    char platform[16];
    unsigned long poll_ms; /* always 10 to 60,000 */
    unsigned long beat_s;
    char pull[128];         /* a command that brings this machine to the daemon */
    unsigned long pull_s;   /* at least 1 */
    unsigned long ram_kb;
    unsigned long disk_kb; /* size of a simulated disk: the folder around the spool */
    unsigned long mhz;
    int simulated;
};

/* A missing file and senseless values give the defaults. */
void setting_load(struct settings *settings, const char *path);

#endif
