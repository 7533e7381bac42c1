/* dosport.h - what the files for DOS share. For 16 bits: pointers are offsets in the one data segment. */
#ifndef DOSPORT_H
#define DOSPORT_H

#include "port.h"

#define DOS_PATH 80 /* the longest path that DOS takes, with its end */

/* The system's error numbers. */
enum {
    DOS_NO_FILE = 2,
    DOS_NO_PATH = 3,
    DOS_MANY_FILES = 4,
    DOS_DENIED = 5,
    DOS_NO_MEMORY = 8,
    DOS_BAD_FORMAT = 11,
    DOS_NO_MORE = 18,
    DOS_FULL = 39,     /* since DOS 4 */
    DOS_THERE = 80
};

struct dos_regs {
    unsigned ax;
    unsigned bx;
    unsigned cx;
    unsigned dx;
    unsigned si;
    unsigned di;
};

/* dosint.asm. The first two: INT 21h and INT 15h; not 0 when they failed, ax then has the error number. */
int dos_call(struct dos_regs *regs);
int dos_bios(struct dos_regs *regs);
int dos_exec(const char *path, unsigned *block); /* 0 or an error number; returns after the program's end */
extern unsigned dos_psp; /* dosstart.s, doswat.asm: the segment of what DOS keeps of this program */
unsigned dos_segment(void);                      /* of the data */
void dos_exit(int code);
unsigned dos_peek(unsigned segment, unsigned offset);
unsigned dos_cmos(int index);
void dos_ticks(unsigned long *count);            /* of the timer, since dos_hook */
int dos_stops(void);                             /* 1 once somebody has pressed Ctrl-C */
void dos_hook(void);
void dos_unhook(void);
/* doscpu.asm */
int dos_cpu(void); /* as the digit in 80x86; 5: one that can be asked */
void dos_cpuid(unsigned leaf, unsigned long *regs);
void dos_cycles(unsigned long *low);

/* dosfile.c */
extern int dos_error; /* of the last call that failed */
/* Calls with function and up to one path; the result is in regs->ax. 0, or the error number. */
int dos_path_call(struct dos_regs *regs, unsigned function, const char *path);
/* Handles; -1 when it failed. access: 0 reads, 2 both. */
int dos_open(const char *path, int access);
int dos_create(const char *path);
void dos_close(int handle);
int dos_handle(FILE *file);
/* Until the disk has what was written by this handle. 0, or the error number. */
int dos_commit(int handle);

/* dosmain.c: with the system as it was before. Exit codes that only DOS has: */
enum { DOS_STOPPED = 4, DOS_REPLACED = 5 };
void dos_end(int code);

/* dosproc.c: an error number, and words for it. */
void dos_describe(int error, char *text);

/* portdos.c */
int dos_code(int error); /* a PORT_ code */
unsigned dos_version(void); /* major * 256 + minor */
/* Goes to a drive and folder; a PORT_ code. */
int dos_go(const char *folder);
/* The whole path of something in a folder of the spool (null: in itself), with the system's separators. 0: too long. */
int dos_whole(char path[DOS_PATH], const char *folder, const char *name);
unsigned dos_environment(void); /* its segment */
/* A variable of it; 0 when it is not there or longer. */
int dos_variable(const char *name, char *value, unsigned size);

/* dosargs.c: the command line of a program, as DOS hands it on: its length, the text, CR. 0: it does not fit. */
#define DOS_TAIL 128
int dos_tail(char tail[DOS_TAIL], const struct port_program *program);

/* dosfind.c: where the program is, and whether DOS can start it: 0, or an error number. */
int dos_find(const struct port_program *program, char path[DOS_PATH]);

#endif
