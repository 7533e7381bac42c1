#include "setting.h"

#include "text.h"

#include <string.h>

#define LINES 200

static char *trim(char *text)
{
    size_t length;

    text += strspn(text, " \t");
    length = strlen(text);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL)
        length--;
    text[length] = '\0';
    return text;
}

static void set_text(char *to, size_t size, const char *value)
{
    size_t length = strlen(value);

    if (length >= size)
        length = size - 1;
    memcpy(to, value, length);
    to[length] = '\0';
}

static void set_number(unsigned long *to, const char *value)
{
    unsigned long number;

    if (text_number(value, &number))
        *to = number;
}

static void take_setting(struct settings *settings, const char *key, const char *value)
{
    if (strcmp(key, "name") == 0)
        set_text(settings->name, sizeof settings->name, value);
    else if (strcmp(key, "cpu") == 0)
        set_text(settings->cpu, sizeof settings->cpu, value);
    else if (strcmp(key, "os") == 0)
        set_text(settings->os, sizeof settings->os, value);
    else if (strcmp(key, "platform") == 0)
        set_text(settings->platform, sizeof settings->platform, value);
    else if (strcmp(key, "poll_ms") == 0)
        set_number(&settings->poll_ms, value);
    else if (strcmp(key, "beat_s") == 0)
        set_number(&settings->beat_s, value);
    else if (strcmp(key, "pull") == 0)
        set_text(settings->pull, sizeof settings->pull, value);
    else if (strcmp(key, "pull_s") == 0)
        set_number(&settings->pull_s, value);
    else if (strcmp(key, "ram_kb") == 0)
        set_number(&settings->ram_kb, value);
    else if (strcmp(key, "disk_kb") == 0)
        set_number(&settings->disk_kb, value);
    else if (strcmp(key, "mhz") == 0)
        set_number(&settings->mhz, value);
    else if (strcmp(key, "simulated") == 0)
        settings->simulated = strcmp(value, "1") == 0;
}

static void take_line(struct settings *settings, char *line)
{
    char *key = trim(line);
    char *equals = strchr(key, '=');

    if (key[0] == '#' || key[0] == ';' || equals == NULL)
        return;
    *equals = '\0';
    take_setting(settings, trim(key), trim(equals + 1));
}

void setting_load(struct settings *settings, const char *path)
{
    char line[256];
    FILE *file = fopen(path, "rb");
    int lines = 0;

    memset(settings, 0, sizeof *settings);
    settings->poll_ms = 1000;
    settings->pull_s = 60;
    if (file != NULL) {
        while (lines++ < LINES && fgets(line, (int)sizeof line, file) != NULL)
            take_line(settings, line);
        fclose(file);
    }
    if (settings->poll_ms < 10)
        settings->poll_ms = 10;
    if (settings->poll_ms > 60000UL)
        settings->poll_ms = 60000UL;
    if (settings->pull_s < 1)
        settings->pull_s = 1;
}
