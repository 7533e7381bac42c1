/* model.c - reads a checkpoint. Nothing in it is believed before the size of the whole file has been compared. */
#include "model.h"
#include "bytes.h"
#include "say.h"
#include "sys.h"

#include <stddef.h>

#define HEADER_SIZE 28
#define TENSORS 13
/* Bytes; keeps every product of two sizes within a long of 32 bits. */
#define MAX_SIZE 0x7FFFFFFFUL
#define MAGIC_OF_LATER_VERSIONS 0x616B3432UL

struct tensor {
    float **floats; /* null: only passed over */
    unsigned long count;
};

static int refuse(const char *path, const char *what)
{
    say_error("Checkpoint ", path, what, (char *)NULL);
    return 0;
}

/* 0: more than MAX_SIZE. */
static unsigned long product(unsigned long a, unsigned long b, unsigned long c)
{
    if (a > MAX_SIZE / b || a * b > MAX_SIZE / c)
        return 0;
    return a * b * c;
}

/* A number below 65,536 has its two zero bytes in front then. */
static int is_other_order(const unsigned char *number)
{
    return number[0] == 0 && number[1] == 0 && (number[2] != 0 || number[3] != 0);
}

static int read_header(struct model *model, const char *path, long *vocab)
{
    unsigned char header[HEADER_SIZE];

    if (sys_read(header, HEADER_SIZE) != HEADER_SIZE)
        return refuse(path, " is cut short: it has no whole header");
    if (bytes_word(header) == MAGIC_OF_LATER_VERSIONS)
        return refuse(path, " is of a later version of the format; this engine reads version 0");
    if (is_other_order(header) && is_other_order(header + 8))
        return refuse(path, " has its bytes in the other order; this engine reads little-endian files everywhere");
    model->dim = bytes_number(header);
    model->hidden_dim = bytes_number(header + 4);
    model->layers = bytes_number(header + 8);
    model->heads = bytes_number(header + 12);
    model->kv_heads = bytes_number(header + 16);
    *vocab = bytes_number(header + 20);
    model->vocab = *vocab < -0x7FFFFFFFL ? 0 : *vocab < 0 ? -*vocab : *vocab;
    model->positions = bytes_number(header + 24);
    if (model->dim <= 0 || model->hidden_dim <= 0 || model->layers <= 0 || model->heads <= 0 || model->kv_heads <= 0 ||
        model->vocab <= 0 || model->positions <= 0 || model->dim % model->heads != 0 ||
        model->heads % model->kv_heads != 0 || model->dim / model->heads % 2 != 0)
        return refuse(path, " does not begin with the header of a llama2.c model, version 0");
    model->head_size = model->dim / model->heads;
    model->kv_dim = model->head_size * model->kv_heads;
    return 1;
}

static void describe(struct tensor *tensor, float **floats, unsigned long count)
{
    tensor->floats = floats;
    tensor->count = count;
}

/* In the order of the file. */
static void list_tensors(struct model *m, struct tensor *tensors)
{
    unsigned long dim = (unsigned long)m->dim;
    unsigned long hidden = (unsigned long)m->hidden_dim;
    unsigned long layers = (unsigned long)m->layers;
    unsigned long kv = (unsigned long)m->kv_dim;

    describe(tensors++, &m->embedding, product((unsigned long)m->vocab, dim, 1));
    describe(tensors++, &m->attention_norm, product(layers, dim, 1));
    describe(tensors++, &m->wq, product(layers, dim, dim));
    describe(tensors++, &m->wk, product(layers, dim, kv));
    describe(tensors++, &m->wv, product(layers, dim, kv));
    describe(tensors++, &m->wo, product(layers, dim, dim));
    describe(tensors++, &m->feed_norm, product(layers, dim, 1));
    describe(tensors++, &m->w1, product(layers, dim, hidden));
    describe(tensors++, &m->w2, product(layers, dim, hidden));
    describe(tensors++, &m->w3, product(layers, dim, hidden));
    describe(tensors++, &m->final_norm, dim);
    /* Tables of rotations, which are computed here. */
    describe(tensors++, NULL, product((unsigned long)m->positions, (unsigned long)m->head_size, 1));
    describe(tensors, &m->classifier, product((unsigned long)m->vocab, dim, 1));
}

/* What the whole file must have; 0: more than MAX_SIZE. */
static unsigned long size_of(const struct tensor *tensors, int count)
{
    unsigned long size = HEADER_SIZE;
    int i;

    for (i = 0; i < count; i++) {
        if (tensors[i].count == 0 || tensors[i].count > (MAX_SIZE - size) / 4)
            return 0;
        size += tensors[i].count * 4;
    }
    return size;
}

static int check_size(const char *path, unsigned long needed, unsigned long size)
{
    char wanted[SAY_DIGITS];
    char there[SAY_DIGITS];

    if (needed == 0)
        return refuse(path, " is of a model of more than 2 GB, which is too big for this engine");
    if (needed == size)
        return 1;
    say_error("Checkpoint ", path, size < needed ? " is cut short: it needs " : " is too long: it needs ",
              say_number(wanted, needed), " bytes and has ", say_number(there, size), (char *)NULL);
    return 0;
}

static int pass_over(unsigned long bytes)
{
    char waste[512];
    unsigned long part;

    for (; bytes > 0; bytes -= part) {
        part = bytes < sizeof waste ? bytes : sizeof waste;
        if (sys_read(waste, part) != part)
            return 0;
    }
    return 1;
}

static int read_tensor(const struct tensor *tensor, const char *path)
{
    unsigned long bytes = tensor->count * 4;
    float *floats;

    if (tensor->floats == NULL)
        return pass_over(bytes) || refuse(path, " cannot be read to its end");
    floats = (float *)sys_memory(bytes);
    if (floats == NULL)
        return refuse(path, " does not fit into the memory of this machine");
    if (sys_read(floats, bytes) != bytes)
        return refuse(path, " cannot be read to its end");
    bytes_to_floats(floats, tensor->count);
    *tensor->floats = floats;
    return 1;
}

static int read_model(struct model *model, const char *path, unsigned long size)
{
    struct tensor tensors[TENSORS];
    long vocab;
    int count;
    int i;

    if (!read_header(model, path, &vocab))
        return 0;
    list_tensors(model, tensors);
    /* A negative vocabulary says that there is a classifier of its own. */
    count = vocab < 0 ? TENSORS : TENSORS - 1;
    if (!check_size(path, size_of(tensors, count), size))
        return 0;
    for (i = 0; i < count; i++)
        if (!read_tensor(&tensors[i], path))
            return 0;
    if (vocab > 0)
        model->classifier = model->embedding;
    return 1;
}

int model_load(struct model *model, const char *path)
{
    unsigned long size;
    int loaded;

    if (!sys_open(path, &size)) {
        say_error("Couldn't open file ", path, (char *)NULL);
        return 0;
    }
    loaded = read_model(model, path, size);
    sys_close();
    return loaded;
}
