/* stdarg.h - for bcc, which pushes all arguments in whole words, the last one first. */
#ifndef STDARG_H
#define STDARG_H

typedef char *va_list;

#define va_start(list, last) ((list) = (char *)(&(last) + 1))
#define va_arg(list, type) (((type *)((list) += sizeof(type)))[-1])
#define va_end(list) ((void)(list))

#endif
