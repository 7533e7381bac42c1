/* options.c - the options of llama2.c: a letter and a value each. */
#include "options.h"
#include "../version.h"
#include "say.h"

#include <stddef.h>
#include <string.h>

#define WORD 0xFFFFFFFFUL

/* The first line stands in the program as one text, so that it can be found in a file that cannot be started. */
static const char usage[] = "tiny98 " AGENT_VERSION " build " AGENT_BUILD "\n"
                            "Usage:   tiny98 <checkpoint> [options]\n"
                            "Example: tiny98 MODEL.BIN -z TOK.BIN -n 256 -i \"Once upon a time\"\n"
                            "Options:\n"
                            "  -t <float>  temperature, 0 = the likeliest, default 1.0\n"
                            "  -p <float>  share of probability to sample from (top-p), 0 to 1, default 0.9\n"
                            "  -s <int>    random seed, default the time\n"
                            "  -n <int>    number of steps, 0 = all there is room for, default 256\n"
                            "  -i <string> prompt\n"
                            "  -z <string> path of the tokenizer, default tokenizer.bin\n"
                            "  -m <string> mode: generate";

static int is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Digits with at most one point, perhaps after a sign. 0: something else. */
static int read_decimal(const char *text, double *number)
{
    int negative = *text == '-';
    double scale = 1;
    int digits = 0;
    int behind = 0;

    *number = 0;
    for (text += negative || *text == '+'; is_digit(*text) || (*text == '.' && !behind); text++) {
        if (*text == '.') {
            behind = 1;
            continue;
        }
        *number = *number * 10 + (*text - '0');
        if (behind)
            scale *= 10;
        /* As many as a double holds exactly. */
        if (++digits > 15)
            return 0;
    }
    *number = (negative ? -*number : *number) / scale;
    return digits > 0 && *text == '\0';
}

/* 64 bits; what is more is lost. A negative number is none: 0, as for llama2.c. */
static int read_whole(const char *text, struct random *number)
{
    int negative = *text == '-';
    unsigned long low;

    number->high = 0;
    number->low = 0;
    text += negative || *text == '+';
    if (*text == '\0')
        return 0;
    for (; is_digit(*text); text++) {
        /* Times ten and a digit, in halves of 16 bits. */
        low = (number->low & 0xFFFF) * 10 + (unsigned long)(*text - '0');
        number->high = (number->high * 10 + (((number->low >> 16) * 10 + (low >> 16)) >> 16)) & WORD;
        number->low = ((((number->low >> 16) * 10 + (low >> 16)) & 0xFFFF) << 16) | (low & 0xFFFF);
    }
    if (negative)
        number->high = number->low = 0;
    return *text == '\0';
}

static int refuse(const char *option, const char *value)
{
    say_error("The value of ", option, " cannot be ", value, "\n", usage, (char *)NULL);
    return 0;
}

static int take_number(struct options *options, const char *option, const char *value)
{
    struct random whole;
    double decimal;

    if (option[1] == 's')
        return read_whole(value, &options->seed) || refuse(option, value);
    if (option[1] == 'n') {
        if (!read_whole(value, &whole))
            return refuse(option, value);
        options->steps = whole.high != 0 ? WORD : whole.low;
        return 1;
    }
    if (!read_decimal(value, &decimal))
        return refuse(option, value);
    if (option[1] == 't')
        options->temperature = decimal < 0 ? 0 : (float)decimal;
    else
        options->topp = decimal < 0 || decimal > 1 ? 0.9F : (float)decimal;
    return 1;
}

static int take(struct options *options, const char *option, const char *value)
{
    if (option[0] != '-' || strlen(option) != 2 || strchr("tpsnizm", option[1]) == NULL) {
        say_error("There is no option ", option, "\n", usage, (char *)NULL);
        return 0;
    }
    if (value == NULL) {
        say_error("The option ", option, " has no value\n", usage, (char *)NULL);
        return 0;
    }
    if (option[1] == 'i')
        options->prompt = value;
    else if (option[1] == 'z')
        options->tokenizer = value;
    else if (option[1] == 'm')
        return strcmp(value, "generate") == 0 || refuse(option, value);
    else
        return take_number(options, option, value);
    return 1;
}

int options_read(struct options *options, int argc, char **argv)
{
    int i;

    if (argc < 2) {
        say_error(usage, (char *)NULL);
        return 0;
    }
    memset(options, 0, sizeof *options);
    options->checkpoint = argv[1];
    options->tokenizer = "tokenizer.bin";
    options->prompt = "";
    options->temperature = 1;
    options->topp = 0.9F;
    options->steps = 256;
    for (i = 2; i < argc; i += 2)
        if (!take(options, argv[i], i + 1 < argc ? argv[i + 1] : NULL))
            return 0;
    return 1;
}
