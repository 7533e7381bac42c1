/* say.c - what is printed beside the text. */
#include "say.h"
#include "sys.h"

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

/* In one write, so that nothing gets between its parts. */
#define SENTENCE_SIZE 1024

static unsigned add(char *sentence, unsigned length, const char *piece)
{
    while (*piece != '\0' && length < SENTENCE_SIZE - 1)
        sentence[length++] = *piece++;
    return length;
}

void say_error(const char *first, ...)
{
    static char sentence[SENTENCE_SIZE];
    unsigned length = 0;
    const char *piece;
    va_list pieces;

    va_start(pieces, first);
    for (piece = first; piece != NULL; piece = va_arg(pieces, const char *))
        length = add(sentence, length, piece);
    va_end(pieces);
    sentence[length++] = '\n';
    sys_print(SYS_ERRORS, sentence, length);
}

char *say_number(char *digits, unsigned long number)
{
    char reversed[SAY_DIGITS];
    int count = 0;
    int at = 0;

    do
        reversed[count++] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    while (count > 0)
        digits[at++] = reversed[--count];
    digits[at] = '\0';
    return digits;
}

/* The line of llama2.c: engines of its family are read by it. */
void say_rate(double tokens, double ms)
{
    char whole[SAY_DIGITS];
    char parts[SAY_DIGITS];
    double rate;
    unsigned long before;
    unsigned long after;

    if (!(ms > 0)) {
        say_error("achieved tok/s: inf", (char *)NULL);
        return;
    }
    rate = tokens / ms * 1000;
    before = (unsigned long)rate;
    /* With a million in front, the digits behind the point keep their zeros. */
    after = 1000000UL + (unsigned long)((rate - (double)before) * 1000000 + 0.5);
    if (after >= 2000000UL) {
        after -= 1000000UL;
        before++;
    }
    say_number(parts, after);
    say_error("achieved tok/s: ", say_number(whole, before), ".", parts + 1, (char *)NULL);
}
