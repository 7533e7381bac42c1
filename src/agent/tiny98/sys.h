/* sys.h - all that tiny98 needs of a system. nixsys.c: POSIX with a C library; linsys.c: Linux without one;
   w32sys.c: Windows without one. */
#ifndef SYS_H
#define SYS_H

enum { SYS_OUTPUT = 1, SYS_ERRORS = 2 };

/* Zeroed, fit for any type, never given back. Null: the machine has not so much. */
void *sys_memory(unsigned long bytes);
/* One file is open at a time. 0: it cannot be opened, or is larger than a long can tell. */
int sys_open(const char *path, unsigned long *size);
unsigned long sys_read(void *bytes, unsigned long count); /* fewer than asked for at the end, or when it fails */
void sys_close(void);
/* Without buffering: each token is seen as it comes. 0: nobody reads any more. */
int sys_print(int stream, const char *bytes, unsigned long count);
double sys_now_ms(void);         /* since some moment */
unsigned long sys_time_s(void);  /* of the day's clock */

/* The program, in tiny.c; returns its exit code. */
int tiny98(int argc, char **argv);

#endif
