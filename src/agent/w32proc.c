/* w32proc.c - Windows: the one program that runs. */
#include "w32.h"

#include <string.h>

#define PIPE_SIZE 16384
#define STEP_MS 5UL         /* how late output may be seen: a pipe without a name cannot be waited for */
#define LAZY_STEP_MS 20UL   /* after LAZY_MS of silence */
#define LAZY_MS 2000UL
#define LOOK_MS 1000UL      /* between two looks at what the program has started */

static const char *const capture_names[2] = {"OUT\\CAPTURE.O", "OUT\\CAPTURE.E"};

static struct {
    HANDLE process;      /* null: none */
    DWORD id;
    HANDLE streams[2];   /* null: closed */
    int by_file;
    int over;
    int killed;
    DWORD heard;         /* GetTickCount of the last output */
    DWORD looked;
    struct port_exit how;
} child;

static void close_handle(HANDLE *handle)
{
    if (*handle != NULL)
        CloseHandle(*handle);
    *handle = NULL;
}

const char *port_capture(void)
{
    return child.by_file ? "file" : NULL;
}

void w32_describe(DWORD number, char *error)
{
    char words[100];
    DWORD length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, number, 0, words,
                                  sizeof words, NULL);

    while (length > 0 && strchr(" .\r\n", words[length - 1]) != NULL)
        length--;
    words[length] = '\0';
    sprintf(error, "%lu %.90s", number, length > 0 ? words : "unknown");
}

/* The end that the program gets, from now on its own. */
static HANDLE give(HANDLE handle)
{
    HANDLE given = NULL;
    HANDLE self = GetCurrentProcess();

    if (handle == INVALID_HANDLE_VALUE || handle == NULL)
        return NULL;
    if (!DuplicateHandle(self, handle, self, &given, 0, TRUE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE))
        return NULL;
    return given;
}

static HANDLE open_shared(const char *name, DWORD access, DWORD how)
{
    return CreateFileA(name, access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, how, FILE_ATTRIBUTE_NORMAL, NULL);
}

static HANDLE open_input(const struct port_program *program)
{
    char path[40];
    char name[MAX_PATH];

    if (program->input == NULL)
        return give(open_shared("NUL", GENERIC_READ, OPEN_EXISTING));
    sprintf(path, "%.15s/%.15s", program->dir, program->input);
    w32_path(name, path);
    return give(open_shared(name, GENERIC_READ, OPEN_EXISTING));
}

/* Both ends of one stream. Programs of 16 bits lose a pipe on Windows 9x: they write to a file, which is read as it grows. */
static HANDLE open_stream(int stream, HANDLE *read_end)
{
    HANDLE write_end;
    const char *name = capture_names[stream];

    *read_end = NULL;
    if (!child.by_file)
        return CreatePipe(read_end, &write_end, NULL, PIPE_SIZE) ? give(write_end) : NULL;
    write_end = give(open_shared(name, GENERIC_WRITE, CREATE_ALWAYS));
    *read_end = open_shared(name, GENERIC_READ, OPEN_EXISTING);
    if (*read_end == INVALID_HANDLE_VALUE)
        *read_end = NULL;
    return write_end;
}

static DWORD launch(const struct port_program *program, char *command, HANDLE handles[3])
{
    STARTUPINFOA start;
    PROCESS_INFORMATION made;
    char dir[MAX_PATH];
    DWORD length = GetCurrentDirectoryA(MAX_PATH, dir);

    if (length == 0 || length + strlen(program->dir) + 2 > MAX_PATH)
        return ERROR_FILENAME_EXCED_RANGE;
    if (dir[length - 1] != '\\')
        dir[length++] = '\\';
    w32_path(dir + length, program->dir);
    memset(&start, 0, sizeof start);
    start.cb = sizeof start;
    /* A program with a window of its own takes nobody's keyboard away. */
    start.dwFlags = STARTF_USESTDHANDLES | STARTF_USESHOWWINDOW;
    start.wShowWindow = SW_SHOWMINNOACTIVE;
    start.hStdInput = handles[2];
    start.hStdOutput = handles[0];
    start.hStdError = handles[1];
    if (!CreateProcessA(NULL, command, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, dir, &start, &made))
        return GetLastError();
    child.process = made.hProcess;
    child.id = made.dwProcessId;
    w32_tree_begin(made.hProcess, made.dwProcessId);
    ResumeThread(made.hThread);
    CloseHandle(made.hThread);
    return 0;
}

static DWORD start_with(const struct port_program *program, HANDLE handles[3])
{
    char *command;
    DWORD number;
    int i;

    handles[2] = open_input(program);
    if (handles[2] == NULL)
        return GetLastError();
    for (i = 0; i < 2; i++) {
        handles[i] = open_stream(i, &child.streams[i]);
        if (handles[i] == NULL || child.streams[i] == NULL)
            return GetLastError();
    }
    command = w32_command(program);
    if (command == NULL)
        return ERROR_BAD_ARGUMENTS;
    number = launch(program, command, handles);
    HeapFree(GetProcessHeap(), 0, command);
    return number;
}

static void close_streams(void)
{
    int i;

    for (i = 0; i < 2; i++) {
        close_handle(&child.streams[i]);
        if (child.by_file)
            DeleteFileA(capture_names[i]);
    }
}

int port_start(const struct port_program *program, char *error, unsigned error_size)
{
    HANDLE handles[3] = {NULL, NULL, NULL};
    int kind = w32_kind(program);
    DWORD number = ERROR_BAD_EXE_FORMAT;
    int i;

    memset(&child, 0, sizeof child);
    child.by_file = kind == W32_SIXTEEN && w32_is_9x();
    child.heard = child.looked = GetTickCount();
    if (kind != W32_NONE)
        number = start_with(program, handles);
    for (i = 0; i < 3; i++)
        close_handle(&handles[i]);
    if (number == 0)
        return PORT_OK;
    close_streams();
    (void)error_size;
    w32_describe(number, error);
    return PORT_FAIL;
}

unsigned long port_child(void)
{
    return child.process != NULL ? child.id : 0;
}

/* Bytes that can be read now, 0 when there are none, PORT_MISSING when there never will be any. */
static long waiting(int stream)
{
    DWORD count = 0;
    DWORD size;

    if (child.streams[stream] == NULL)
        return PORT_MISSING;
    if (!child.by_file)
        return PeekNamedPipe(child.streams[stream], NULL, 0, NULL, &count, NULL) ? (long)count : PORT_MISSING;
    size = GetFileSize(child.streams[stream], NULL);
    count = SetFilePointer(child.streams[stream], 0, NULL, FILE_CURRENT);
    return size == 0xFFFFFFFFUL || count >= size ? 0 : (long)(size - count);
}

static int has_news(void)
{
    return waiting(0) > 0 || waiting(1) > 0;
}

static void look_around(void)
{
    if (GetTickCount() - child.looked < LOOK_MS)
        return;
    child.looked = GetTickCount();
    w32_tree_look();
    w32_keys();
}

void port_wait(unsigned long ms)
{
    DWORD from = GetTickCount();
    DWORD step;

    look_around();
    while (!has_news() && GetTickCount() - from < ms && !port_stopping()) {
        step = GetTickCount() - child.heard < LAZY_MS ? STEP_MS : LAZY_STEP_MS;
        if (child.over)
            w32_wait_stop(step);
        else if (WaitForSingleObject(child.process, step) == WAIT_OBJECT_0)
            return;
    }
}

/* A stream ends when nobody holds its other end. Where only files, or the old systems' pipes, are, it ends with the last
   process that could write. */
static int is_over_for_all(void)
{
    return child.over && !w32_tree_alive();
}

int port_read(int stream, char *bytes, unsigned size)
{
    int could_end = is_over_for_all();
    long there = waiting(stream);
    DWORD count = 0;

    if (there > 0) {
        if ((unsigned long)there < size)
            size = (unsigned)there;
        if (ReadFile(child.streams[stream], bytes, size, &count, NULL) && count > 0) {
            child.heard = GetTickCount();
            return (int)count;
        }
    }
    if (there == 0 && !could_end)
        return 0;
    close_handle(&child.streams[stream]);
    return PORT_MISSING;
}

int port_ended(struct port_exit *how)
{
    DWORD code = 0;

    if (!child.over && WaitForSingleObject(child.process, 0) == WAIT_OBJECT_0) {
        GetExitCodeProcess(child.process, &code);
        child.over = 1;
        child.how.code = (int)code;
        child.how.signal = 0;
        child.how.forced = child.killed && code == W32_KILLED;
    }
    if (child.over)
        *how = child.how;
    return child.over;
}

void port_kill(void)
{
    if (child.process == NULL)
        return;
    /* It fails when the program is over already. */
    if (TerminateProcess(child.process, W32_KILLED))
        child.killed = 1;
    w32_tree_kill();
}

void port_reap(void)
{
    if (child.process == NULL)
        return;
    w32_tree_end();
    close_streams();
    close_handle(&child.process);
}

void port_sleep(unsigned long ms)
{
    DWORD from = GetTickCount();
    DWORD passed = 0;

    while (passed < ms && !port_stopping()) {
        w32_keys();
        w32_wait_stop(ms - passed < 250 ? ms - passed : 250);
        passed = GetTickCount() - from;
    }
}
