/* reply.h - what a client is told of the disk's answers. */
#ifndef FTPD_REPLY_H
#define FTPD_REPLY_H

/* For a DISK_ value other than DISK_OK. Never a path: names of the host are nobody's business. */
const char *reply_for(int disk_result);

#endif
