/* w32sys.c - Windows 95 and later, without a C runtime: only KERNEL32.DLL. */
#include "cmdline.h"
#include "sys.h"

#include <windows.h>

#define MAX_ARGUMENTS 64

/* The linker is told that the program starts here. */
void entry(void);

static HANDLE file = INVALID_HANDLE_VALUE;

/* Not from the heap: that of Windows 9x gives no large blocks. */
void *sys_memory(unsigned long bytes)
{
    return VirtualAlloc(NULL, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

int sys_open(const char *path, unsigned long *size)
{
    file = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return 0;
    *size = GetFileSize(file, NULL);
    if (*size <= 0x7FFFFFFFUL)
        return 1;
    sys_close();
    return 0;
}

unsigned long sys_read(void *bytes, unsigned long count)
{
    DWORD got = 0;

    return ReadFile(file, bytes, count, &got, NULL) ? got : 0;
}

void sys_close(void)
{
    CloseHandle(file);
}

int sys_print(int stream, const char *bytes, unsigned long count)
{
    HANDLE to = GetStdHandle(stream == SYS_OUTPUT ? STD_OUTPUT_HANDLE : STD_ERROR_HANDLE);
    DWORD done;

    while (count > 0) {
        if (!WriteFile(to, bytes, count, &done, NULL))
            return 0;
        bytes += done;
        count -= done;
    }
    return 1;
}

static double as_double(LARGE_INTEGER number)
{
    return (double)number.u.HighPart * 4294967296.0 + (double)number.u.LowPart;
}

double sys_now_ms(void)
{
    LARGE_INTEGER frequency;
    LARGE_INTEGER count;

    if (QueryPerformanceFrequency(&frequency) && QueryPerformanceCounter(&count) && as_double(frequency) > 0)
        return as_double(count) / as_double(frequency) * 1000;
    return (double)GetTickCount();
}

unsigned long sys_time_s(void)
{
    FILETIME now;
    SYSTEMTIME parts;

    GetSystemTime(&parts);
    if (!SystemTimeToFileTime(&parts, &now))
        return GetTickCount();
    /* Steps of 100 ns; to count seconds of them exactly is not needed for a seed. */
    return now.dwHighDateTime * 429UL + now.dwLowDateTime / 10000000UL;
}

void entry(void)
{
    static char *arguments[MAX_ARGUMENTS + 1];
    const char *line = GetCommandLineA();
    unsigned long length = (unsigned long)lstrlenA(line) + 1;
    char *text = (char *)sys_memory(length);

    if (text == NULL)
        ExitProcess(1);
    ExitProcess((UINT)tiny98(cmdline_split(line, text, arguments, MAX_ARGUMENTS), arguments));
}
