/* info.h - AGENT.NFO and the start counter. */
#ifndef INFO_H
#define INFO_H

#include "setting.h"

/* Raises and saves the start counter; what lies there may be missing or damaged. Measures the clock. */
void info_start(const struct settings *settings);
unsigned long info_boot(void);
unsigned long info_step_us(void);
/* The machine's name, once the first AGENT.NFO is written. */
const char *info_name(void);
/* Of the disk that the spool is on, or of the simulated one. PORT_FAIL: not known. */
int info_disk_free_kb(unsigned long *kilobytes);
/* Writes AGENT.NFO. job: id of the active run or null; child: its program's process id or 0. A file that cannot be
   written now is written at the next change. */
void info_write(const char *job, unsigned long child);

#endif
