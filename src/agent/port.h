/* port.h - everything that systems disagree about. One set of port*.c files per system; no #ifdef anywhere else.
   Paths are relative to the spool, with '/'. No function prints or exits. */
#ifndef PORT_H
#define PORT_H

#include <stdio.h>

#define MASK32 0xFFFFFFFFUL

enum {
    PORT_OK = 0,
    PORT_FAIL = -1,
    PORT_MISSING = -2, /* it is not there; of a pipe: it was closed */
    PORT_EXISTS = -3,  /* it is there already; of a lock: another holds it */
    PORT_FULL = -4     /* the disk has no room */
};

enum {
    PORT_CAN_KILL = 1, /* a program can be ended while it runs */
    PORT_CAN_SHELL = 2, /* batch files exist whose interpreter reads the arguments once more */
    PORT_CAN_UPDATE = 4, /* another program can take the agent's place */
    PORT_TAKES_TURNS = 8 /* one program at a time: the agent does the jobs that wait, and ends */
};

/* Before everything else: switches that only some systems have, as /install. 1: it was one, and it is done; code is the
   exit code. One that only says how to work is taken out of the arguments. */
int port_switch(int *argc, char **argv, int *code);
/* Called once, before all that follows: standard handles, signals. */
int port_init(void);
int port_can(int flags);
/* Not 0 once somebody wants the agent to end. */
int port_stopping(void);

/* Files. FILE streams are opened binary by the callers themselves. */
int port_enter(const char *folder);                      /* the spool becomes the current folder */
int port_where(char *path, unsigned size);               /* the current folder, as the system names it */
int port_make_folder(const char *path);                  /* one that exists is fine */
int port_exists(const char *path);                       /* 1 for a file, folder or anything else of that name */
int port_size(const char *path, unsigned long *size);    /* of a plain file; PORT_MISSING, PORT_FAIL */
int port_rename(const char *from, const char *to);       /* PORT_EXISTS: never replaces; durable on return */
int port_delete(const char *path);                       /* durable on return; PORT_MISSING, PORT_FAIL */
int port_delete_folder(const char *path);                /* only an empty one; PORT_MISSING, PORT_EXISTS, PORT_FAIL */
int port_truncate(const char *path, unsigned long size); /* makes a file shorter */
int port_flush(FILE *file);                              /* until the disk has it; PORT_FULL, PORT_FAIL */
int port_was_full(void);                                 /* whether the last C library call failed for lack of room */
/* Tells each name of a folder, in any order. */
int port_list(const char *folder, void (*each)(void *context, const char *name), void *context);
int port_lock(const char *path);                         /* held until the process ends; PORT_EXISTS, PORT_FAIL */
int port_disk_free_kb(unsigned long *kilobytes);
int port_disk_is_least(void);                            /* 1: the system counted no further, there may be more */
int port_used_kb(const char *folder, unsigned long *kilobytes); /* of all files below, in clusters of 4 KB */

/* Time that never jumps; where it begins has no meaning. */
struct port_time {
    unsigned long s;
    unsigned long us; /* below 1,000,000 */
};
void port_now(struct port_time *now);
const char *port_clock_name(void);
void port_sleep(unsigned long ms); /* shorter when port_stopping() becomes true */

/* What the system says of itself. Empty or 0: it does not say. */
struct port_facts {
    const char *platform;
    char os[96];
    char name[64];
    char cpu[96];
    char arch[32]; /* the kind of processor that programs are built for, as x86_64 */
    unsigned long mhz;
    unsigned long ram_kb;
    unsigned long ram_free_kb;
    unsigned long uptime_s;
    unsigned long agent_pid;
};
void port_facts(struct port_facts *facts);

/* The agent's own program; only where PORT_CAN_UPDATE. */
int port_is_program(const char *path); /* 1: this agent was started from the file of that name */
/* Puts a file in the program's place and starts it in this process's place. Returns only when that failed: then the
   spare, a copy of the old program, stands in its place again, and error says the system's number and words. */
int port_hand_over(const char *fresh, const char *program, const char *spare, char *error, unsigned error_size);

/* What a window says to somebody at the machine, where the system has one. */
struct port_status {
    const char *name;
    const char *job; /* null: none */
    int safe;        /* whether the machine may be switched off */
    int contact;     /* whether the daemon has just been heard of */
};
void port_show(const struct port_status *status);
int port_held(void); /* 1 while that somebody wants no new work */

/* Starts a line for the system's interpreter beside everything else, in the spool, and does not wait. PORT_EXISTS while the
   one before works. It never gets the agent's own input. */
int port_command(const char *line);

/* The one program that runs. Its output and error streams are 0 and 1 here. */
struct port_program {
    const char *dir;   /* its working directory */
    const char *file;  /* a file of dir, or with by_path a command as the system finds it */
    int by_path;
    char **argv;       /* argv[0] is file; ends with a null pointer */
    int shell;         /* a batch file */
    const char *input; /* a file of dir for its standard input; null: the null device */
};
struct port_exit {
    int code;
    int signal; /* 0: none */
    int forced; /* 1 when it ended by port_kill and not by itself */
};
/* 0: the system cannot hand these arguments on as they are. Of a program whose file and arguments are known. */
int port_takes(const struct port_program *program);
/* PORT_FAIL: error says the system's number and words. */
int port_start(const struct port_program *program, char *error, unsigned error_size);
unsigned long port_child(void); /* its process id, 0 where the system has none */
const char *port_capture(void); /* how its output is taken, when not through pipes; else null */
/* Until there is output, the pipes close, or ms have passed. */
void port_wait(unsigned long ms);
/* Bytes read, 0 when there are none now, PORT_MISSING once the stream is closed. */
int port_read(int stream, char *bytes, unsigned size);
int port_ended(struct port_exit *how); /* 1 when the program is over; its id stays taken until port_reap */
void port_kill(void);                  /* with all that it started */
void port_reap(void);                  /* ends what it left behind, closes the pipes, frees its id */

#endif
