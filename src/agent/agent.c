#include "agent.h"

#include "clock.h"
#include "info.h"
#include "job.h"
#include "place.h"
#include "port.h"
#include "result.h"
#include "run.h"
#include "setting.h"
#include "spool.h"
#include "text.h"
#include "update.h"
#include "visit.h"

#include <string.h>

#define IDLE_HOUR_S 3600
#define IDLE_POLL_MS 5000UL
#define STEP_MS 100UL     /* longest wait inside a run: how late the end of a program can be seen */
#define STOP_S 20         /* how long the end of a run may take when the agent is to stop */
#define PUBLISH_TRIES 10
#define PUBLISH_WAIT_MS 100UL

static struct settings settings;
static struct job job;

static struct {
    struct port_time worked; /* the last job or the start */
    struct port_time told;   /* the last NFO */
    struct mark kill;        /* a kill that waits for the end of the run; its id is empty when there is none */
    int owes;                /* an END could not be published: its RUN is still there */
    int held;                /* what the last NFO said of it */
} agent;

static void show(const char *job, int contact)
{
    struct port_status status;

    status.name = info_name();
    status.job = job;
    status.safe = job == NULL;
    status.contact = contact;
    port_show(&status);
}

static void tell(void)
{
    port_now(&agent.told);
    agent.held = port_held();
    if (run_active())
        info_write(run_mark()->id, run_child());
    else
        info_write(NULL, 0UL);
    show(run_active() ? run_mark()->id : NULL, 0);
}

static void put_files(FILE *out)
{
    const struct job_file *file;
    unsigned i;

    for (i = 0; i < job.file_count; i++) {
        file = &job.files[i];
        if (file->measured)
            fprintf(out, "file=%s,%lu,%08lX\r\n", file->name, file->got_size & MASK32, file->got_crc);
    }
}

/* Publishes an END; the value of its own key may be null. If it cannot be done now, RUN stays and is settled later. */
static void publish(const struct mark *mark, const char *reason, const char *key, const char *value, int with_files)
{
    FILE *out;
    int tries;

    for (tries = 0; tries < PUBLISH_TRIES; tries++) {
        out = spool_end(mark, reason);
        if (out != NULL) {
            if (with_files)
                put_files(out);
            if (value != NULL)
                text_put(out, key, value);
            if (spool_publish(out, mark->id) == PORT_OK)
                return;
        }
        port_sleep(PUBLISH_WAIT_MS);
    }
    agent.owes = 1;
}

/* Whether a job that has ended is the one that a kill means. */
static int ended_before(const char *id, const char *token)
{
    char path[SPOOL_PATH];
    char *found;

    spool_path(path, SPOOL_END, id);
    if (text_load(path) != TEXT_OK)
        return 0;
    found = text_find("token");
    return found != NULL && strcmp(found, token) == 0;
}

static void do_kill(void)
{
    const char *reason = "not-known";

    if (run_active() && strcmp(run_mark()->id, job.target) == 0) {
        if (strcmp(run_mark()->token, job.target_token) == 0) {
            if (port_can(PORT_CAN_KILL)) {
                /* Its END comes when the program is gone. */
                run_kill("killed");
                agent.kill = job.mark;
                return;
            }
            reason = "cannot";
        }
    } else if (ended_before(job.target, job.target_token)) {
        reason = "already-ended";
    } else if (!port_can(PORT_CAN_KILL) && spool_has(SPOOL_JOB, job.target)) {
        /* It comes later in the same turn. */
        reason = "cannot";
    }
    publish(&job.mark, reason, NULL, NULL, 0);
}

static void do_files(void)
{
    const char *bad = NULL;
    const char *reason;

    if (job.kind == JOB_PLACE)
        reason = place_bundle(&job, &bad);
    else if (job.kind == JOB_VERIFY)
        reason = place_verify(&job, &bad);
    else
        reason = place_remove(&job, &bad);

    /* Null: the agent is to stop; RUN stays, and the next start does it again. */
    if (reason != NULL)
        publish(&job.mark, reason, "bad", bad, 1);
}

/* On success the new agent, which finds the job in RUN, says so. */
static void do_update(void)
{
    char error[120];
    const char *bad = NULL;
    const char *reason;

    error[0] = '\0';
    reason = update_agent(&job, &bad, error, sizeof error);
    if (reason != NULL && error[0] != '\0')
        publish(&job.mark, reason, "oserr", error, 1);
    else if (reason != NULL)
        publish(&job.mark, reason, "bad", bad, 1);
}

static void do_job(void)
{
    if (job.why != NULL) {
        publish(&job.mark, "bad-job", "why", job.why, 0);
        return;
    }
    switch (job.kind) {
    case JOB_RUN:
        if (run_begin(&job, info_step_us(), info_boot()))
            tell();
        else
            publish(&job.mark, "not-placed", NULL, NULL, 0);
        break;
    case JOB_PLACE:
    case JOB_VERIFY:
    case JOB_REMOVE:
        do_files();
        break;
    case JOB_UPDATE:
        do_update();
        break;
    case JOB_KILL:
        do_kill();
        break;
    default:
        tell();
        publish(&job.mark, "done", NULL, NULL, 0);
        break;
    }
}

/* How many files its END may tell of. */
static unsigned told_files(void)
{
    return job.kind == JOB_PLACE || job.kind == JOB_VERIFY ? job.file_count : 0;
}

/* Claims and does the job that is now in `job`, by the order of the protocol. */
static void take_job(const char *id)
{
    int has_log;

    if (spool_has(SPOOL_RUN, id) || spool_has(SPOOL_END, id)) {
        spool_delete(SPOOL_JOB, id);
        return;
    }
    if (run_active() && job.kind != JOB_KILL && job.kind != JOB_PROBE)
        return;
    if (port_held() && (job.kind == JOB_RUN || job.kind == JOB_PLACE || job.kind == JOB_UPDATE))
        return;
    has_log = spool_has(SPOOL_LOG, id);
    if (spool_claim(id, told_files()) != PORT_OK)
        return;
    port_now(&agent.worked);
    if (has_log)
        job.why = "log-exists";
    show(run_active() ? run_mark()->id : id, 1);
    do_job();
    show(run_active() ? run_mark()->id : NULL, 0);
}

/* After each step of a run: what its end brings with it. */
static void settle_run(void)
{
    if (run_active())
        return;
    port_now(&agent.worked);
    tell();
    if (agent.kill.id[0] == '\0')
        return;
    publish(&agent.kill, strcmp(run_reason(), "killed") == 0 ? "killed" : "already-ended", NULL, NULL, 0);
    agent.kill.id[0] = '\0';
}

/* To its END, where nothing else can be done beside a run. */
static void finish_run(void)
{
    while (run_active()) {
        run_turn(STEP_MS);
        settle_run();
    }
}

static void look_into_in(void)
{
    char path[SPOOL_PATH];
    char id[ID_SIZE];

    id[0] = '\0';
    while (agent.kill.id[0] == '\0' && !port_stopping() && spool_next(SPOOL_JOB, id, id)) {
        spool_path(path, SPOOL_JOB, id);
        if (job_load(&job, path, id))
            take_job(id);
        if (port_can(PORT_TAKES_TURNS))
            finish_run();
    }
}

/* A claimed job. Where the power failed in the middle of the claim, a FAT disk's repair may have left it under its old
   name only: that says whose job it was, and no more, as it may also be a second delivery. */
static void load_claimed(const char *id)
{
    char path[SPOOL_PATH];

    spool_path(path, SPOOL_RUN, id);
    if (job_load(&job, path, id))
        return;
    spool_path(path, SPOOL_JOB, id);
    if (job_load(&job, path, id))
        return;
    /* It was whole when it was claimed. */
    memset(&job, 0, sizeof job);
    strcpy(job.mark.id, id);
    job.why = "text";
}

static void settle_claimed(const char *id, int runs)
{
    int is_run;

    load_claimed(id);
    is_run = job.why == NULL && job.kind == JOB_RUN;
    if (is_run != runs)
        return;
    /* A second delivery must not outlive the END, which may be collected at any time. */
    spool_delete(SPOOL_JOB, id);
    if (!is_run)
        do_job();
    else if (result_lost(&job.mark) != PORT_OK)
        agent.owes = 1;
}

/* What is in RUN while nothing runs. Runs are lost; the other kinds are done again, when these are settled. */
static void recover_jobs(int runs)
{
    char id[ID_SIZE];

    id[0] = '\0';
    while (!port_stopping() && spool_next(SPOOL_RUN, id, id)) {
        if (!spool_has(SPOOL_END, id)) {
            settle_claimed(id, runs);
            continue;
        }
        spool_delete(SPOOL_JOB, id);
        spool_delete(SPOOL_RUN, id);
        spool_delete(SPOOL_TMP, id);
    }
}

static void recover(void)
{
    agent.owes = 0;
    recover_jobs(1);
    recover_jobs(0);
}

static void remove_old_ends(void)
{
    char id[ID_SIZE];

    id[0] = '\0';
    while (spool_next(SPOOL_TMP, id, id))
        if (!spool_has(SPOOL_RUN, id))
            spool_delete(SPOOL_TMP, id);
}

int agent_start(void)
{
    static const char *const folders[] = {"IN", "RUN", "OUT", "STAGE", "B"};
    unsigned i;

    for (i = 0; i < sizeof folders / sizeof folders[0]; i++)
        if (port_make_folder(folders[i]) != PORT_OK)
            return AGENT_NO_FOLDER;
    setting_load(&settings, "AGENT.INI");
    info_start(&settings);
    recover();
    remove_old_ends();
    port_now(&agent.worked);
    visit_begin(settings.pull, settings.pull_s);
    tell();
    return AGENT_OK;
}

/* Until the next look into IN. */
static void wait_or_run(unsigned long ms)
{
    struct port_time from;
    struct port_time now;
    struct port_time span;
    unsigned long passed = 0;

    port_now(&from);
    while (passed < ms && !port_stopping()) {
        if (!run_active()) {
            port_sleep(ms - passed);
        } else {
            run_turn(ms - passed < STEP_MS ? ms - passed : STEP_MS);
            settle_run();
        }
        port_now(&now);
        clock_span(&from, &now, &span);
        passed = clock_ms(&span);
    }
}

static void end_run(void)
{
    struct port_time from;

    port_now(&from);
    if (!run_active())
        return;
    run_kill("killed");
    while (run_active() && clock_seconds(&from) < STOP_S)
        run_turn(STEP_MS);
    settle_run();
}

void agent_work(void)
{
    unsigned long ms;

    while (!port_stopping()) {
        if (agent.owes && !run_active())
            recover();
        look_into_in();
        if (port_can(PORT_TAKES_TURNS))
            return;
        if (port_held() != agent.held)
            tell();
        visit_turn();
        if (settings.beat_s > 0 && clock_seconds(&agent.told) >= settings.beat_s)
            tell();
        ms = settings.poll_ms;
        if (ms < IDLE_POLL_MS && !run_active() && clock_seconds(&agent.worked) >= IDLE_HOUR_S)
            ms = IDLE_POLL_MS;
        wait_or_run(ms);
    }
    end_run();
}
