/* w32disk.c - Windows: the free room of a disk. */
#include "w32.h"

static int is_least;

int port_disk_is_least(void)
{
    return is_least;
}

/* Bytes to kilobytes, at most what 32 bits hold. */
static unsigned long to_kb(const ULARGE_INTEGER *bytes)
{
    if (bytes->u.HighPart >= 1024)
        return MASK32;
    return bytes->u.HighPart << 22 | bytes->u.LowPart >> 10;
}

/* 2 GB in clusters of 32 KB and less: where the old function stops counting. */
#define CLAMP_KB 2097000UL

static unsigned long clusters_to_kb(DWORD count, DWORD sectors, DWORD size)
{
    /* Powers of two both, and their product is at most 64 KB, or more on a disk that is then counted in KB at once. */
    unsigned long each = sectors * size;

    if (each < 1024)
        return each == 0 ? 0 : count / (1024 / each);
    return count > MASK32 / (each / 1024) ? MASK32 : count * (each / 1024);
}

int port_disk_free_kb(unsigned long *kilobytes)
{
    BOOL(WINAPI * more)(const char *, ULARGE_INTEGER *, ULARGE_INTEGER *, ULARGE_INTEGER *);
    ULARGE_INTEGER ours;
    ULARGE_INTEGER total;
    ULARGE_INTEGER all;
    DWORD sectors;
    DWORD size;
    DWORD left;
    DWORD clusters;

    is_least = 0;
    /* Windows 95 before its second edition has it not. */
    if (w32_find("KERNEL32.DLL", "GetDiskFreeSpaceExA", &more) && more(NULL, &ours, &total, &all)) {
        *kilobytes = to_kb(&ours);
        return PORT_OK;
    }
    if (!GetDiskFreeSpaceA(NULL, &sectors, &size, &left, &clusters))
        return PORT_FAIL;
    *kilobytes = clusters_to_kb(left, sectors, size);
    is_least = *kilobytes >= CLAMP_KB;
    return PORT_OK;
}
