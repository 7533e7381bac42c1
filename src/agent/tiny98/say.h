/* say.h - what is printed beside the text. */
#ifndef SAY_H
#define SAY_H

/* One sentence on the error stream, out of pieces: a null pointer ends them. */
void say_error(const char *first, ...);
#define SAY_DIGITS 24
/* Decimal digits into a buffer of SAY_DIGITS. Returns it. */
char *say_number(char *digits, unsigned long number);
void say_rate(double tokens, double ms);

#endif
