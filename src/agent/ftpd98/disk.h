/* disk.h - files and folders of Windows, by its own names for them. */
#ifndef FTPD_DISK_H
#define FTPD_DISK_H

#include <windows.h>

enum {
    DISK_OK = 0,
    DISK_MISSING,
    DISK_EXISTS,
    DISK_BUSY,      /* another program has it open */
    DISK_DENIED,
    DISK_FULL,
    DISK_NOT_EMPTY,
    DISK_SHORT,     /* the file ends before that offset */
    DISK_HUGE,      /* 4 GB and more */
    DISK_FAIL
};

enum {
    WRITE_NEW,    /* from the start, made when it is missing */
    WRITE_AT,     /* from an offset on */
    WRITE_APPEND  /* from the end on, made when it is missing */
};

int disk_open_read(const char *path, unsigned long offset, HANDLE *file);
/* Changes nothing yet in a file that is there. */
int disk_open_write(const char *path, int how, unsigned long offset, HANDLE *file);
/* The file ends where the next byte goes. */
int disk_cut(HANDLE file);
int disk_read(HANDLE file, char *bytes, unsigned size, unsigned *got);
int disk_write(HANDLE file, const char *bytes, unsigned size);
/* Until the disk has everything. */
int disk_flush(HANDLE file);
void disk_close(HANDLE file);

int disk_size(const char *path, unsigned long *size);
int disk_delete(const char *path);
int disk_rename(const char *from, const char *to); /* never replaces */
int disk_make_folder(const char *path);
int disk_delete_folder(const char *path);          /* only an empty one */
int disk_is_folder(const char *path);
int disk_exists(const char *path);
/* A whole small file with a zero byte after it; what does not fit is cut. */
int disk_read_text(const char *path, char *text, unsigned size);

#endif
