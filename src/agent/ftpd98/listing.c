#include "listing.h"

#include "disk.h"
#include "text.h"

#include <string.h>

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

int listing_open(struct listing *listing, const char *local, int kind, const char *before, const char *filter)
{
    char pattern[PATH_SIZE + 4];
    int is_folder = !path_has_pattern(local) && disk_is_folder(local);
    DWORD error;

    text_set(pattern, sizeof pattern, local);
    if (is_folder)
        text_add(pattern, sizeof pattern, local[strlen(local) - 1] == '\\' ? "*.*" : "\\*.*");
    GetLocalTime(&listing->now);
    listing->kind = kind;
    listing->filter = filter;
    text_set(listing->before, sizeof listing->before, before);
    listing->search = FindFirstFileA(pattern, &listing->found);
    listing->has_more = listing->search != INVALID_HANDLE_VALUE;
    if (listing->has_more || is_folder)
        return DISK_OK;
    error = GetLastError();
    return error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ? DISK_MISSING : DISK_FAIL;
}

void listing_close(struct listing *listing)
{
    if (listing->search != INVALID_HANDLE_VALUE)
        FindClose(listing->search);
    listing->search = INVALID_HANDLE_VALUE;
    listing->has_more = 0;
}

static int is_folder(const WIN32_FIND_DATAA *found)
{
    return (found->dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

static int is_told(const struct listing *listing)
{
    const char *name = listing->found.cFileName;

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return 0;
    if (listing->filter != NULL && !text_same(name, listing->filter))
        return 0;
    return (listing->kind & LISTING_FILES) == 0 || !is_folder(&listing->found);
}

/* The time of day stands there for half a year, then the year: clients guess the other from it. */
static void add_time(char *line, const SYSTEMTIME *time, const SYSTEMTIME *now)
{
    int age = (now->wYear - time->wYear) * 12 + now->wMonth - time->wMonth;
    unsigned month = time->wMonth >= 1 && time->wMonth <= 12 ? time->wMonth - 1u : 0;
    char name[4];

    memcpy(name, months + month * 3, 3);
    name[3] = '\0';
    text_add(line, LISTING_LINE, name);
    text_add_char(line, LISTING_LINE, ' ');
    text_add_number(line, LISTING_LINE, time->wDay, 2, ' ');
    text_add_char(line, LISTING_LINE, ' ');
    if (age >= 0 && age < 6) {
        text_add_number(line, LISTING_LINE, time->wHour, 2, '0');
        text_add_char(line, LISTING_LINE, ':');
        text_add_number(line, LISTING_LINE, time->wMinute, 2, '0');
    } else {
        text_add_number(line, LISTING_LINE, time->wYear, 5, ' ');
    }
    text_add_char(line, LISTING_LINE, ' ');
}

static void add_facts(char *line, const WIN32_FIND_DATAA *found, const SYSTEMTIME *now)
{
    int is_fixed = (found->dwFileAttributes & FILE_ATTRIBUTE_READONLY) != 0;
    FILETIME local_time;
    SYSTEMTIME time;

    memset(&time, 0, sizeof time);
    if (FileTimeToLocalFileTime(&found->ftLastWriteTime, &local_time))
        FileTimeToSystemTime(&local_time, &time);
    text_add_char(line, LISTING_LINE, is_folder(found) ? 'd' : '-');
    text_add(line, LISTING_LINE, is_fixed ? "r-xr-xr-x" : "rwxrwxrwx");
    text_add(line, LISTING_LINE, "   1 ftp      ftp  ");
    /* No file system of these machines but NTFS holds files of 4 GB; such a one is told as the most that can be said. */
    text_add_number(line, LISTING_LINE, found->nFileSizeHigh == 0 ? found->nFileSizeLow : 0xFFFFFFFFUL, 13, ' ');
    text_add_char(line, LISTING_LINE, ' ');
    add_time(line, &time, now);
}

static void add_name(char *line, const char *name)
{
    for (; *name != '\0'; name++)
        text_add_char(line, LISTING_LINE, (unsigned char)*name < 0x20 ? '?' : *name);
    text_add(line, LISTING_LINE, "\r\n");
}

static void step(struct listing *listing)
{
    if (!FindNextFileA(listing->search, &listing->found))
        listing->has_more = 0;
}

int listing_next(struct listing *listing, char *line)
{
    while (listing->has_more && !is_told(listing))
        step(listing);
    if (!listing->has_more)
        return 0;
    line[0] = '\0';
    if ((listing->kind & LISTING_NAMES) == 0)
        add_facts(line, &listing->found, &listing->now);
    else
        text_add(line, LISTING_LINE, listing->before);
    add_name(line, listing->found.cFileName);
    step(listing);
    return 1;
}
