/* listing.h - what is in a folder, as lines for a client. */
#ifndef FTPD_LISTING_H
#define FTPD_LISTING_H

#include "path.h"

#include <windows.h>

#define LISTING_LINE 640

enum {
    LISTING_LONG = 0,     /* LIST: as `ls -l` writes it, which every client can read */
    LISTING_NAMES = 1,    /* NLST */
    LISTING_FILES = 2     /* only files, as mget wants them */
};

struct listing {
    HANDLE search;
    WIN32_FIND_DATAA found;
    int kind;
    int has_more;         /* `found` is not told yet */
    char before[PATH_SIZE]; /* what stands before each name */
    const char *filter;   /* the only name that is told, or null */
    SYSTEMTIME now;
};

/* `local` is a file, a folder or a pattern. DISK_OK also for an empty folder. */
int listing_open(struct listing *listing, const char *local, int kind, const char *before, const char *filter);
/* The next line with its end, or 0 when there is none. `line` has LISTING_LINE bytes. */
int listing_next(struct listing *listing, char *line);
void listing_close(struct listing *listing);

#endif
