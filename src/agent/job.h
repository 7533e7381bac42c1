/* job.h - one job file, understood and checked. Everything in it came from outside. */
#ifndef JOB_H
#define JOB_H

#include "names.h"
#include "port.h"
#include "spool.h"

#define JOB_ARGS 64
#define JOB_FILES 64
#define JOB_KEEPS 9

enum job_kind { JOB_NONE, JOB_RUN, JOB_PLACE, JOB_VERIFY, JOB_KILL, JOB_REMOVE, JOB_PROBE, JOB_UPDATE };

struct job_file {
    const char *source; /* place and update only */
    const char *name;
    unsigned long size; /* this and the CRC: not for a remove */
    unsigned long crc;
    int measured; /* whether the two below are known */
    unsigned long got_size;
    unsigned long got_crc;
};

/* The texts point into the loaded file (text.h) and last until the next one is loaded. */
struct job {
    struct mark mark;
    enum job_kind kind;
    const char *why; /* null, or the word of bad-job */
    char dir[BUNDLE_SIZE];
    char *program;
    int by_path;
    int shell;
    char *argv[JOB_ARGS + 2]; /* argv[0] is the program; ends with a null pointer */
    unsigned args;
    unsigned long limit_s;
    unsigned long quiet_s;
    unsigned long log_max;
    const char *input;
    const char *keep[JOB_KEEPS];
    unsigned keeps;
    struct job_file files[JOB_FILES];
    unsigned file_count;
    char target[ID_SIZE];
    char target_token[TOKEN_SIZE];
};

/* The kinds that this system can do, comma separated. */
const char *job_kinds(void);

/* The program of a run. */
void job_program(struct job *job, struct port_program *program);

/* Reads the file of job `id`. 1: it is there, job->why says whether it is understood; 0: not there (yet). */
int job_load(struct job *job, const char *path, const char *id);

#endif
