#include "setting.h"

#include "disk.h"
#include "text.h"

#include <string.h>

#define FILE_SIZE 4096

static int in_range(const char *value, unsigned long low, unsigned long high, unsigned long *number)
{
    return text_number(&value, number) && *value == '\0' && *number >= low && *number <= high;
}

static int fits(char *to, size_t size, const char *value)
{
    text_set(to, size, value);
    return strcmp(to, value) == 0;
}

/* 0 when the value makes no sense. */
static int take_setting(struct settings *settings, const char *key, const char *value)
{
    if (strcmp(key, "ftp_user") == 0)
        return fits(settings->user, sizeof settings->user, value);
    if (strcmp(key, "ftp_password") == 0)
        return fits(settings->password, sizeof settings->password, value);
    if (strcmp(key, "ftp_root") == 0)
        return fits(settings->root, sizeof settings->root, value);
    if (strcmp(key, "ftp_port") == 0)
        return in_range(value, 0, 65535UL, &settings->port);
    if (strcmp(key, "ftp_idle_s") == 0)
        return in_range(value, 1, 86400UL, &settings->idle_s);
    if (strcmp(key, "ftp_peer") == 0)
        return settings->has_peer = text_address(value, settings->peer);
    if (strcmp(key, "ftp_address") == 0)
        return settings->has_address = text_address(value, settings->address);
    return 1;
}

static const char *const keys[] = {"ftp_user",   "ftp_password", "ftp_root",    "ftp_port",
                                   "ftp_idle_s", "ftp_peer",     "ftp_address"};

/* The lasting name of a key, because the one in the file is gone after the load. */
static const char *known(const char *key)
{
    size_t i;

    for (i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(keys[i], key) == 0)
            return keys[i];
    return NULL;
}

/* Ends the line with a zero byte and tells where the next one begins. */
static char *end_line(char *line)
{
    while (*line != '\0' && *line != '\n')
        line++;
    if (*line == '\0')
        return line;
    *line = '\0';
    return line + 1;
}

/* The key that is wrong, or null. */
static const char *take_line(struct settings *settings, char *line)
{
    char *equals = line = text_trim(line);
    const char *key;

    while (*equals != '\0' && *equals != '=')
        equals++;
    if (line[0] == '#' || line[0] == ';' || *equals == '\0')
        return NULL;
    *equals = '\0';
    key = known(text_trim(line));
    return key == NULL || take_setting(settings, key, text_trim(equals + 1)) ? NULL : key;
}

int setting_load(struct settings *settings, const char *folder, const char **key)
{
    static char bytes[FILE_SIZE];
    char path[PATH_SIZE];
    char *line = bytes;
    const char *wrong = NULL;

    memset(settings, 0, sizeof *settings);
    settings->port = 21;
    settings->idle_s = 300;
    text_set(path, sizeof path, folder);
    text_add(path, sizeof path, "\\AGENT.INI");
    if (disk_read_text(path, bytes, sizeof bytes) != DISK_OK)
        return SETTING_MISSING;
    while (*line != '\0' && wrong == NULL) {
        char *next = end_line(line);
        wrong = take_line(settings, line);
        line = next;
    }
    if (wrong == NULL && settings->user[0] == '\0')
        wrong = "ftp_user";
    if (wrong == NULL && settings->password[0] == '\0')
        wrong = "ftp_password";
    *key = wrong;
    return wrong == NULL ? SETTING_OK : SETTING_BAD;
}
