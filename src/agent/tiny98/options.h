/* options.h - what the command line says. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "random.h"

struct options {
    const char *checkpoint;
    const char *tokenizer;
    const char *prompt;
    float temperature;
    float topp;
    struct random seed; /* 0: none was given */
    unsigned long steps; /* 0: as many as the model has room for */
};

/* 0 after it has said what is wrong. */
int options_read(struct options *options, int argc, char **argv);

#endif
