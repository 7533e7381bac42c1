#include "reply.h"

#include "disk.h"

const char *reply_for(int disk_result)
{
    switch (disk_result) {
    case DISK_MISSING:
        return "550 No such file or folder.";
    case DISK_EXISTS:
        return "553 That name exists already.";
    case DISK_BUSY:
        return "450 The file is in use by another program.";
    case DISK_DENIED:
        return "550 Permission denied.";
    case DISK_FULL:
        return "452 The disk is full.";
    case DISK_NOT_EMPTY:
        return "550 The folder is not empty.";
    case DISK_SHORT:
        return "554 The file ends before that offset.";
    case DISK_HUGE:
        return "551 The file has more than 4 GB.";
    default:
        return "550 The system refused it.";
    }
}
