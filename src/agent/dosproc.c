/* dosproc.c - DOS: the one program that runs. The agent waits in its place, so that its output goes to files, which are
   read when it is over. */
#include "dosport.h"

#include <string.h>

#define BY_BREAK 1     /* how DOS says that a program ended: Ctrl-C */
#define BY_DISK 2      /* somebody answered Abort */
#define KILLED 137     /* the exit code of a program that somebody ends */
#define ABORTED 134

static const char *const captures[2] = {"OUT/CAPTURE.O", "OUT/CAPTURE.E"};

static struct {
    int streams[2]; /* handles; -1: closed */
    int active;
    struct port_exit how;
} child = {{-1, -1}, 0, {0, 0, 0}};

/* The first three handles of the program and where they lead otherwise. */
struct handles {
    int given[3];
    int kept[3];
};

const char *port_capture(void)
{
    return "file";
}

unsigned long port_child(void)
{
    return 0;
}

static int copy_handle(int handle)
{
    struct dos_regs regs;

    regs.ax = 0x4500;
    regs.bx = (unsigned)handle;
    return dos_call(&regs) ? -1 : (int)regs.ax;
}

/* From now on `as` leads where `handle` does. */
static void lead(int as, int handle)
{
    struct dos_regs regs;

    regs.ax = 0x4600;
    regs.bx = (unsigned)handle;
    regs.cx = (unsigned)as;
    dos_call(&regs);
}

static int open_input(const struct port_program *program)
{
    char path[DOS_PATH];

    if (program->input == NULL)
        return dos_open("NUL", 0);
    return dos_whole(path, program->dir, program->input) ? dos_open(path, 0) : -1;
}

static void close_all(int handles[3])
{
    int i;

    for (i = 0; i < 3; i++) {
        dos_close(handles[i]);
        handles[i] = -1;
    }
}

/* 0, or an error number; then nothing has changed. */
static int redirect(const struct port_program *program, struct handles *handles)
{
    int i;

    handles->given[0] = open_input(program);
    handles->given[1] = handles->given[0] < 0 ? -1 : dos_create(captures[0]);
    handles->given[2] = handles->given[1] < 0 ? -1 : dos_create(captures[1]);
    for (i = 0; i < 3; i++)
        handles->kept[i] = handles->given[2] < 0 ? -1 : copy_handle(i);
    if (handles->given[2] < 0 || handles->kept[0] < 0 || handles->kept[1] < 0 || handles->kept[2] < 0) {
        close_all(handles->given);
        close_all(handles->kept);
        return dos_error != 0 ? dos_error : DOS_MANY_FILES;
    }
    for (i = 0; i < 3; i++)
        lead(i, handles->given[i]);
    close_all(handles->given);
    return 0;
}

static void lead_back(struct handles *handles)
{
    int i;

    for (i = 0; i < 3; i++)
        lead(i, handles->kept[i]);
    close_all(handles->kept);
}

/* 0, or an error number. */
static int execute(const char *path, char tail[DOS_TAIL])
{
    static char no_name[37]; /* what programs of the oldest kind look at: no file */
    unsigned block[7];

    memset(no_name + 1, ' ', 11);
    block[0] = 0; /* the same environment */
    block[1] = (unsigned)tail;
    block[3] = (unsigned)no_name;
    block[5] = (unsigned)no_name;
    block[2] = block[4] = block[6] = dos_segment();
    return dos_exec(path, block);
}

static void note_end(void)
{
    struct dos_regs regs;
    unsigned how;

    regs.ax = 0x4D00;
    dos_call(&regs);
    how = regs.ax >> 8;
    child.how.signal = 0;
    child.how.forced = how == BY_BREAK;
    child.how.code = how == BY_BREAK ? KILLED : how == BY_DISK ? ABORTED : (int)(regs.ax & 0xFF);
}

/* 0, or an error number. */
static int run(const struct port_program *program)
{
    static char home[DOS_PATH];
    static char path[DOS_PATH];
    static char tail[DOS_TAIL];
    struct handles handles;
    int error = dos_find(program, path);

    if (error == 0 && port_where(home, sizeof home) != PORT_OK)
        error = DOS_NO_PATH;
    if (error == 0 && !dos_tail(tail, program))
        error = DOS_BAD_FORMAT;
    if (error == 0)
        error = redirect(program, &handles);
    if (error != 0)
        return error;
    if (dos_go(program->dir) == PORT_OK)
        error = execute(path, tail);
    else
        error = dos_error;
    if (error == 0)
        note_end();
    lead_back(&handles);
    /* It may have gone elsewhere, and folder and drive are the same for all. */
    dos_go(home);
    return error;
}

static const char *words(int error)
{
    switch (error) {
    case DOS_NO_FILE:
        return "file not found";
    case DOS_NO_PATH:
        return "path not found";
    case DOS_MANY_FILES:
        return "too many open files";
    case DOS_DENIED:
        return "access denied";
    case DOS_NO_MEMORY:
        return "not enough memory";
    case DOS_BAD_FORMAT:
        return "no program of DOS";
    case DOS_FULL:
        return "disk full";
    default:
        return "unknown";
    }
}

void dos_describe(int error, char *text)
{
    sprintf(text, "%d %s", error, words(error));
}

int port_start(const struct port_program *program, char *error, unsigned error_size)
{
    int number;
    int i;

    fflush(stdout);
    dos_error = 0;
    number = run(program);
    if (number == 0) {
        child.active = 1;
        for (i = 0; i < 2; i++)
            child.streams[i] = dos_open(captures[i], 0);
        return PORT_OK;
    }
    port_delete(captures[0]);
    port_delete(captures[1]);
    (void)error_size;
    dos_describe(number, error);
    return PORT_FAIL;
}

void port_wait(unsigned long ms)
{
    (void)ms;
}

int port_read(int stream, char *bytes, unsigned size)
{
    struct dos_regs regs;

    if (child.streams[stream] < 0)
        return PORT_MISSING;
    regs.ax = 0x3F00;
    regs.bx = (unsigned)child.streams[stream];
    regs.cx = size;
    regs.dx = (unsigned)bytes;
    if (!dos_call(&regs) && regs.ax > 0)
        return (int)regs.ax;
    dos_close(child.streams[stream]);
    child.streams[stream] = -1;
    return PORT_MISSING;
}

int port_ended(struct port_exit *how)
{
    *how = child.how;
    return child.active;
}

void port_kill(void)
{
}

void port_reap(void)
{
    int i;

    for (i = 0; i < 2; i++) {
        dos_close(child.streams[i]);
        child.streams[i] = -1;
        port_delete(captures[i]);
    }
    child.active = 0;
}
