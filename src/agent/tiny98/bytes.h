/* bytes.h - numbers of little-endian files, on any machine. */
#ifndef BYTES_H
#define BYTES_H

unsigned long bytes_word(const unsigned char *bytes); /* 32 bits */
/* The same as a signed number; what a long of 32 bits cannot hold is its lowest. */
long bytes_number(const unsigned char *bytes);
/* Makes floats of this machine out of the file's, where they lie. */
void bytes_to_floats(float *floats, unsigned long count);
float bytes_float(const unsigned char *bytes);

#endif
