/* console.h - the window: one line that is always true, and what a person must know. */
#ifndef FTPD_CONSOLE_H
#define FTPD_CONSOLE_H

void console_start(void);
void console_say(const char *text);
/* Replaces the line that was shown before. */
void console_status(const char *text);

#endif
