#include "run.h"

#include "clock.h"
#include "info.h"
#include "place.h"
#include "port.h"
#include "result.h"
#include "runlog.h"

#include <string.h>

#define DRAIN_S 2
#define GIVE_UP_S 60 /* the LOG could not be opened for so long after the end */
#define READS 16     /* per turn, so that a flood does not keep the agent from its other work */
#define RETRY_MS 20UL

/* RUNNING -> DRAINING (the program is over, its pipes may not be) -> SAVING (the LOG) -> ENDING (the END) -> IDLE */
enum state { IDLE, RUNNING, DRAINING, SAVING, ENDING };

static char block[RUNLOG_RECORD];

static struct {
    enum state state;
    struct result result;
    unsigned long limit_s;
    unsigned long quiet_s;
    struct port_time started;
    struct port_time heard; /* the last output */
    struct port_time ended; /* the end was seen */
    struct port_time drain; /* since when the pipes are drained */
    struct port_time saved; /* the LOG was finished */
    struct port_time full;  /* the last look at the ring */
    int is_full;            /* the ring was full then: the program may have to wait */
    int is_busy;            /* the LOG could not be opened last time */
} run;

int run_active(void)
{
    return run.state != IDLE;
}

const struct mark *run_mark(void)
{
    return &run.result.mark;
}

unsigned long run_child(void)
{
    return run.state == RUNNING || run.state == DRAINING ? port_child() : 0;
}

const char *run_reason(void)
{
    return run.result.reason;
}

static void note_job(const struct job *job)
{
    unsigned i;

    memset(&run, 0, sizeof run);
    run.result.mark = job->mark;
    run.result.reason = "exited";
    strcpy(run.result.dir, job->dir);
    run.limit_s = job->limit_s;
    run.quiet_s = job->quiet_s;
    for (i = 0; i < job->keeps; i++)
        strcpy(run.result.keep[i].name, job->keep[i]);
}

static unsigned long log_limit(unsigned long wanted)
{
    unsigned long free_kb;

    if (info_disk_free_kb(&free_kb) == PORT_OK && free_kb / 4 < wanted / 1024)
        return free_kb / 4 * 1024;
    return wanted;
}

/* Whether the program is over; the first time it is seen, the pipes begin to be drained. */
static int note_end(void)
{
    if (run.state != RUNNING)
        return 1;
    if (!port_ended(&run.result.how))
        return 0;
    port_now(&run.ended);
    clock_span(&run.started, &run.ended, &run.result.wall);
    run.drain = run.ended;
    run.state = DRAINING;
    return 1;
}

static void start_program(struct job *job)
{
    struct port_program program;

    job_program(job, &program);
    if (port_start(&program, run.result.error, sizeof run.result.error) != PORT_OK) {
        run.result.reason = "start-failed";
        return;
    }
    run.result.started = 1;
    run.result.pid = port_child();
    run.result.capture = port_capture();
    run.result.keeps = job->keeps;
    run.state = RUNNING;
    /* Where this has waited for the program, its time is over now. */
    note_end();
}

int run_begin(struct job *job, unsigned long step_us, unsigned long boot)
{
    int written;

    if (!place_is_whole(job->dir))
        return 0;
    note_job(job);
    runlog_begin(&run.result.mark, step_us, boot, log_limit(job->log_max));
    /* Before the start: whoever finds a RUN and no LOG knows that nothing ran. */
    written = runlog_write();
    run.is_busy = written == RUNLOG_BUSY;
    port_now(&run.started);
    run.heard = run.ended = run.full = run.started;
    run.state = SAVING;
    if (written == RUNLOG_FULL)
        run.result.reason = "disk-full";
    else
        start_program(job);
    return 1;
}

int run_kill(const char *reason)
{
    if (note_end())
        return 0;
    if (strcmp(run.result.reason, "exited") == 0)
        run.result.reason = reason;
    port_kill();
    return 1;
}

static void write_log(void)
{
    int result = runlog_write();

    run.is_busy = result == RUNLOG_BUSY;
    if (result == RUNLOG_FULL)
        run_kill("disk-full");
}

/* One read of one stream. Bytes, 0, or PORT_MISSING. */
static int read_stream(int stream)
{
    struct port_time span;
    int count = port_read(stream, block, runlog_room());

    if (count <= 0)
        return count;
    port_now(&run.heard);
    clock_span(&run.started, &run.heard, &span);
    result_count(&run.result.bytes[stream], (unsigned)count);
    runlog_add(stream, &span, block, (unsigned)count);
    return count;
}

/* Reads what is there. 1 when both streams are closed. */
static int pump(void)
{
    int closed = 0;
    int quiet = 0;
    int stream;
    int i;
    int count;

    for (i = 0; i < READS && !quiet; i++) {
        closed = 0;
        quiet = 1;
        for (stream = 0; stream < 2; stream++) {
            if (runlog_room() < RUNLOG_LEAST)
                return 0;
            count = read_stream(stream);
            if (count == PORT_MISSING)
                closed++;
            else if (count > 0)
                quiet = 0;
        }
    }
    return closed == 2;
}

/* Keeps account of the time in which the program has to wait for the LOG. */
static void note_fullness(void)
{
    struct port_time now;
    struct port_time span;

    port_now(&now);
    if (run.is_full) {
        clock_span(&run.full, &now, &span);
        clock_add(&run.result.blocked, &span);
        /* Waiting for us is no silence, and draining goes on when reading does. */
        run.heard = now;
        run.drain = now;
    }
    run.full = now;
    run.is_full = runlog_room() < RUNLOG_LEAST;
}

static void check_limits(void)
{
    if (run.limit_s > 0 && clock_seconds(&run.started) >= run.limit_s)
        run_kill("limit");
    else if (run.quiet_s > 0 && clock_seconds(&run.heard) >= run.quiet_s)
        run_kill("quiet");
}

static void give_up_if_late(void)
{
    if (run.is_busy && (clock_seconds(&run.ended) >= GIVE_UP_S || port_stopping())) {
        runlog_drop();
        run.is_busy = 0;
    }
}

static void turn_program(unsigned long ms)
{
    int was_over = note_end();
    int closed;

    if (run.is_full)
        port_sleep(ms < RETRY_MS ? ms : RETRY_MS);
    else
        port_wait(ms);
    closed = pump();
    write_log();
    note_fullness();
    if (!note_end())
        check_limits();
    /* Only a read after the end has seen everything. */
    if (!was_over)
        return;
    give_up_if_late();
    if (closed || (!run.is_full && !port_can(PORT_TAKES_TURNS) && clock_seconds(&run.drain) >= DRAIN_S)) {
        port_reap();
        run.state = SAVING;
    }
}

static void turn_saving(unsigned long ms)
{
    write_log();
    give_up_if_late();
    if (run.is_busy) {
        port_sleep(ms);
        return;
    }
    runlog_flush();
    result_keep(&run.result);
    port_now(&run.saved);
    run.state = ENDING;
}

/* Where others wait for their turn the END may have to be left to the next start. */
static int gives_up(void)
{
    return port_can(PORT_TAKES_TURNS) && clock_seconds(&run.saved) >= GIVE_UP_S;
}

static void turn_ending(unsigned long ms)
{
    /* The program may have ended by itself in the instant in which it was killed: then that is its end. */
    if (run.result.started && !run.result.how.forced)
        run.result.reason = "exited";
    else if (run.result.started && strcmp(run.result.reason, "exited") == 0)
        /* Somebody at the machine did it. */
        run.result.reason = "killed";
    if (result_publish(&run.result) == PORT_OK || port_stopping() || gives_up())
        run.state = IDLE;
    else
        port_sleep(ms);
}

void run_turn(unsigned long ms)
{
    if (run.state == RUNNING || run.state == DRAINING)
        turn_program(ms);
    if (run.state == SAVING)
        turn_saving(ms);
    if (run.state == ENDING)
        turn_ending(ms);
}
