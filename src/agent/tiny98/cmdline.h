/* cmdline.h - Windows hands a program one line; its words are found by the rules of Microsoft's C runtime. */
#ifndef CMDLINE_H
#define CMDLINE_H

/* text: as long as the line; the words go there. words ends with a null pointer after at most max. Returns their
   number. */
int cmdline_split(const char *line, char *text, char **words, int max);

#endif
