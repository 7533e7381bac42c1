/* w32.h - what the files for Windows share. Only what Windows 95 exports is called by name; all else is looked up. */
#ifndef W32_H
#define W32_H

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "port.h"

/* The error of the last C library call that failed. */
extern DWORD w32_error;
HANDLE w32_handle(FILE *file);

/* A path with the separators of Windows; too long ones are cut and then not found. */
void w32_path(char to[MAX_PATH], const char *path);
int w32_code(DWORD number);
/* The function of that name is put where `pointer` points. 0: there is none. */
int w32_find(const char *library, const char *name, void *pointer);
/* Windows 95, 98 or Me. */
int w32_is_9x(void);

/* Whether somebody wants the agent to end; waits for it so long. */
int w32_wait_stop(DWORD ms);
void w32_stop_now(void);
/* It was started before anybody logged on to Windows 9x, and stays when they log off. */
void w32_stop_outlives_users(void);
/* Another agent, /stop of it, can tell this one to end. */
void w32_stop_open(void);
int w32_stop_other(const char *folder);

/* The system's number and words for an error, in less than 120 bytes. */
void w32_describe(DWORD number, char *error);
/* The agent was started to stay when somebody logs off; the one after it is started alike. */
void w32_self_serves(void);
/* What the spare does that port_hand_over starts: an exit code. */
int w32_self_replace(int argc, char **argv);

/* Looks at the keyboard. */
void w32_keys(void);

/* The interpreter of batch files. */
void w32_shell(char path[MAX_PATH]);
/* The command line of a program, from the heap; null when the system cannot take it as it is. */
char *w32_command(const struct port_program *program);
/* How a file can be started. */
enum { W32_NONE, W32_PE, W32_SIXTEEN };
int w32_kind(const struct port_program *program);

/* The exit code of what the agent ends. */
#define W32_KILLED 137U

/* All that the program has started: begun while it cannot run yet, looked at from time to time, and ended. */
void w32_tree_begin(HANDLE process, DWORD id);
void w32_tree_look(void);
int w32_tree_alive(void); /* whether something may still run; does not count the program itself */
void w32_tree_kill(void);
void w32_tree_end(void);

/* The processor: a text of less than 96 bytes, and its speed, 0 when it cannot be measured. */
void w32_cpu(char *text);
unsigned long w32_mhz(void);
/* w32ask.c or w32ask.asm. Not 0: this processor knows the two instructions below. */
int w32_can_ask(void);
void w32_ask(unsigned long question, unsigned long answer[4]); /* CPUID: eax, ebx, ecx, edx */
unsigned long w32_cycles(void);                                /* RDTSC, its lower half */

#endif
