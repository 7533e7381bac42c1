/* nixproc.c - POSIX: the one program that runs. */
#define _POSIX_C_SOURCE 200809L
#define _XOPEN_SOURCE 700

#include "port.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#define PATH_SIZE 40

static struct {
    pid_t pid;   /* 0: none */
    int pipe[2]; /* -1: closed */
    int over;
    int killed;
    struct port_exit how;
} child = {0, {-1, -1}, 0, 0, {0, 0, 0}};

static void close_handle(int *handle)
{
    if (*handle >= 0)
        close(*handle);
    *handle = -1;
}

static int open_pipe(int ends[2])
{
    if (pipe(ends) != 0)
        return PORT_FAIL;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return PORT_OK;
}

static void describe(int number, char *error, unsigned size)
{
    const char *words = strerror(number);

    if (strlen(words) + 16 <= size)
        sprintf(error, "%d %s", number, words);
    else
        sprintf(error, "%d", number);
}

/* Both are short: B/<8 hex> and an 8.3 name. */
static void join_path(char path[PATH_SIZE], const char *dir, const char *name)
{
    sprintf(path, "%.15s/%.15s", dir, name);
}

static int open_input(const struct port_program *program)
{
    char path[PATH_SIZE];
    int handle;

    if (program->input == NULL) {
        handle = open("/dev/null", O_RDONLY);
    } else {
        join_path(path, program->dir, program->input);
        handle = open(path, O_RDONLY | O_NONBLOCK);
        /* O_NONBLOCK only so that a fifo of that name cannot stop the agent here. */
        if (handle >= 0)
            fcntl(handle, F_SETFL, 0);
    }
    if (handle >= 0)
        fcntl(handle, F_SETFD, FD_CLOEXEC);
    return handle;
}

static void make_executable(const struct port_program *program)
{
    char path[PATH_SIZE];
    struct stat info;

    join_path(path, program->dir, program->file);
    if (stat(path, &info) == 0 && S_ISREG(info.st_mode))
        chmod(path, (info.st_mode & 07777) | 0111);
}

/* Runs in the child: becomes the program, or returns with errno set. */
static void become(const struct port_program *program, pid_t agent, int input, int out, int err)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGXFSZ};
    char path[PATH_SIZE];
    unsigned i;

    setpgid(0, 0);
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* The agent may have died before this took effect. */
    if (getppid() != agent)
        _exit(127);
#else
    (void)agent;
#endif
    for (i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        signal(numbers[i], SIG_DFL);
    if (dup2(input, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0 || chdir(program->dir) != 0)
        return;
    if (program->by_path) {
        execvp(program->file, program->argv);
    } else {
        join_path(path, ".", program->file);
        execv(path, program->argv);
    }
}

static void adopt(pid_t pid, int out, int err)
{
    child.pid = pid;
    child.pipe[0] = out;
    child.pipe[1] = err;
    child.over = 0;
    child.killed = 0;
    fcntl(out, F_SETFL, O_NONBLOCK);
    fcntl(err, F_SETFL, O_NONBLOCK);
}

/* Forks; on success the read ends of the pipes are in `child`. Returns an errno, 0 when the program runs. */
static int launch(const struct port_program *program, int input, int out[2], int err[2], int status[2])
{
    pid_t agent = getpid();
    pid_t pid = fork();
    int number = 0;
    ssize_t count;

    if (pid < 0)
        return errno;
    if (pid == 0) {
        become(program, agent, input, out[1], err[1]);
        number = errno;
        if (write(status[1], &number, sizeof number) < 0)
            _exit(126);
        _exit(127);
    }
    /* Also here: the group must exist before anybody can want to kill it. */
    setpgid(pid, pid);
    close_handle(&status[1]);
    do
        count = read(status[0], &number, sizeof number);
    while (count < 0 && errno == EINTR);
    if (count == (ssize_t)sizeof number) {
        waitpid(pid, NULL, 0);
        return number == 0 ? EIO : number;
    }
    adopt(pid, out[0], err[0]);
    out[0] = -1;
    err[0] = -1;
    return 0;
}

int port_takes(const struct port_program *program)
{
    (void)program;
    return 1;
}

int port_start(const struct port_program *program, char *error, unsigned error_size)
{
    int ends[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}};
    int input = open_input(program);
    int number = 0;
    int i;

    if (input < 0)
        number = errno;
    for (i = 0; i < 3 && number == 0; i++)
        if (open_pipe(ends[i]) != PORT_OK)
            number = errno;
    if (number == 0) {
        if (!program->by_path)
            make_executable(program);
        number = launch(program, input, ends[0], ends[1], ends[2]);
    }
    for (i = 0; i < 3; i++) {
        close_handle(&ends[i][0]);
        close_handle(&ends[i][1]);
    }
    close_handle(&input);
    if (number == 0)
        return PORT_OK;
    describe(number, error, error_size);
    return PORT_FAIL;
}

unsigned long port_child(void)
{
    return (unsigned long)child.pid;
}

const char *port_capture(void)
{
    return NULL;
}

void port_wait(unsigned long ms)
{
    fd_set readable;
    struct timeval wait;
    int top = -1;
    int i;

    FD_ZERO(&readable);
    for (i = 0; i < 2; i++) {
        if (child.pipe[i] < 0)
            continue;
        FD_SET(child.pipe[i], &readable);
        if (child.pipe[i] > top)
            top = child.pipe[i];
    }
    if (top < 0) {
        port_sleep(ms);
        return;
    }
    wait.tv_sec = (time_t)(ms / 1000);
    wait.tv_usec = (suseconds_t)(ms % 1000 * 1000);
    select(top + 1, &readable, NULL, NULL, &wait);
}

int port_read(int stream, char *bytes, unsigned size)
{
    ssize_t count;

    if (child.pipe[stream] < 0)
        return PORT_MISSING;
    count = read(child.pipe[stream], bytes, size);
    if (count > 0)
        return (int)count;
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    close_handle(&child.pipe[stream]);
    return PORT_MISSING;
}

static void note_status(int exited, int number)
{
    child.over = 1;
    child.how.signal = exited ? 0 : number;
    child.how.code = exited ? number : 128 + number;
    child.how.forced = child.killed && !exited && number == SIGKILL;
}

/* An old system cannot look at the end without freeing the id. It gives that to another process only after all others
   had their turn, so until port_reap a kill still finds nobody else. */
static void take_end(void)
{
    int status;
    pid_t pid = waitpid(child.pid, &status, WNOHANG);

    if (pid == child.pid)
        note_status(WIFEXITED(status), WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    else if (pid < 0 && errno == ECHILD)
        note_status(1, 0);
}

/* 0: this system cannot look. */
static int look_at_end(void)
{
#ifdef WNOWAIT
    siginfo_t info;

    /* WNOWAIT: while the id is not free, nobody else can get it and be hit by our kill. */
    memset(&info, 0, sizeof info);
    if (waitid(P_PID, (id_t)child.pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0) {
        if (info.si_pid == child.pid)
            note_status(info.si_code == CLD_EXITED, info.si_status);
        return 1;
    }
#endif
    return 0;
}

int port_ended(struct port_exit *how)
{
    if (!child.over && !look_at_end())
        take_end();
    if (child.over)
        *how = child.how;
    return child.over;
}

void port_kill(void)
{
    if (child.pid <= 0)
        return;
    child.killed = 1;
    kill(-child.pid, SIGKILL);
}

void port_reap(void)
{
    if (child.pid <= 0)
        return;
    kill(-child.pid, SIGKILL);
    while (waitpid(child.pid, NULL, 0) < 0 && errno == EINTR)
        ;
    close_handle(&child.pipe[0]);
    close_handle(&child.pipe[1]);
    child.pid = 0;
}
