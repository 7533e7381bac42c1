/* install.h - starting with Windows. */
#ifndef FTPD_INSTALL_H
#define FTPD_INSTALL_H

#define INSTALL_SERVICE "/service"

/* Both print nothing; 0 when the registry refuses. Windows 9x starts it before anybody logs on, NT after that. */
int install_add(const char *folder);
int install_remove(void);
/* For a program that Windows 9x started so: it stays when somebody logs off. */
void install_stay(void);
int install_is_9x(void);

#endif
