#include "names.h"

#include <string.h>

static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char digit[] = "0123456789";

static int is_in(const char *set, char c)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static int is_name_char(char c)
{
    return is_in(upper, c) || is_in(digit, c) || c == '_' || c == '-';
}

int name_is_hex(const char *text, unsigned digits)
{
    return strspn(text, "0123456789ABCDEF") == digits && text[digits] == '\0';
}

static unsigned count_name_chars(const char *text)
{
    unsigned count = 0;

    while (is_name_char(text[count]))
        count++;
    return count;
}

/* To DOS a device's name is the device, whatever follows its dot. */
static int is_device(const char *text, unsigned length)
{
    static const char *const words[] = {"CON", "PRN", "AUX", "NUL"};
    unsigned i;

    if (length == 3)
        for (i = 0; i < sizeof words / sizeof words[0]; i++)
            if (strncmp(text, words[i], 3) == 0)
                return 1;
    return length == 4 && (strncmp(text, "COM", 3) == 0 || strncmp(text, "LPT", 3) == 0) &&
           is_in("123456789", text[3]);
}

int name_is_allowed(const char *text)
{
    unsigned base = count_name_chars(text);
    unsigned extension;

    if (base < 1 || base > 8 || is_device(text, base))
        return 0;
    if (text[base] == '\0')
        return 1;
    if (text[base] != '.')
        return 0;
    extension = count_name_chars(text + base + 1);
    return extension >= 1 && extension <= 3 && text[base + 1 + extension] == '\0';
}

int name_is_bundle(const char *text)
{
    return text[0] == 'B' && text[1] == '/' && name_is_hex(text + 2, 8);
}

int name_is_reserved(const char *text)
{
    return strcmp(text, "BUNDLE.OK") == 0 || strcmp(text, "BUNDLE.TMP") == 0 || strcmp(text, "PLACE.TMP") == 0;
}

int name_is_command(const char *text)
{
    unsigned i;

    if (text[0] == '.' || text[0] == '-')
        return 0;
    for (i = 0; text[i] != '\0'; i++)
        if (!is_in(upper, text[i]) && !is_in("abcdefghijklmnopqrstuvwxyz", text[i]) && !is_in(digit, text[i]) &&
            !is_in("._+-", text[i]))
            return 0;
    return i >= 1 && i <= 64;
}
