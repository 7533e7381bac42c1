/* net.c - the transformer. Each product and each sum is a statement of its own where its rounding counts. */
#include "net.h"
#include "dot.h"
#include "maths.h"
#include "sys.h"

#include <stddef.h>
#include <string.h>

/* More than this cannot be had in one piece on a machine with 32 bits. */
#define MAX_FLOATS 0x1FFFFFFFUL

static float *floats(long count, long times, long each)
{
    unsigned long total = (unsigned long)count;

    if (total > MAX_FLOATS / (unsigned long)times)
        return NULL;
    total *= (unsigned long)times;
    if (total > MAX_FLOATS / (unsigned long)each)
        return NULL;
    return (float *)sys_memory(total * (unsigned long)each * sizeof(float));
}

static void prepare_turns(struct net *net, long head_size)
{
    long i;
    float power;

    for (i = 0; i < head_size; i += 2) {
        power = maths_power_of_10000((float)i / (float)head_size);
        net->frequency[i / 2] = 1 / power;
    }
    net->root = maths_sqrt((float)head_size);
}

int net_prepare(struct net *net, const struct model *model, long positions)
{
    net->model = model;
    net->positions = positions;
    net->x = floats(model->dim, 1, 1);
    net->normed = floats(model->dim, 1, 1);
    net->mixed = floats(model->dim, 1, 1);
    net->query = floats(model->dim, 1, 1);
    net->hidden = floats(model->hidden_dim, 1, 1);
    net->gate = floats(model->hidden_dim, 1, 1);
    net->shares = floats(positions, 1, 1);
    net->keys = floats(model->layers, positions, model->kv_dim);
    net->values = floats(model->layers, positions, model->kv_dim);
    net->logits = floats(model->vocab, 1, 1);
    net->frequency = floats(model->head_size, 1, 1);
    net->cosine = floats(model->head_size, 1, 1);
    net->sine = floats(model->head_size, 1, 1);
    if (!net->x || !net->normed || !net->mixed || !net->query || !net->hidden || !net->gate || !net->shares ||
        !net->keys || !net->values || !net->logits || !net->frequency || !net->cosine || !net->sine)
        return 0;
    prepare_turns(net, model->head_size);
    return 1;
}

static void normalize(float *out, const float *x, const float *weight, long size)
{
    float squares = 0;
    float step;
    float scale;
    long i;

    for (i = 0; i < size; i++) {
        step = x[i] * x[i];
        squares += step;
    }
    step = squares / (float)size;
    step += 1e-5F;
    scale = 1 / maths_sqrt(step);
    for (i = 0; i < size; i++) {
        step = scale * x[i];
        out[i] = weight[i] * step;
    }
}

void net_softmax(float *x, long count)
{
    float max = x[0];
    float sum = 0;
    float step;
    long i;

    for (i = 1; i < count; i++)
        if (x[i] > max)
            max = x[i];
    for (i = 0; i < count; i++) {
        step = x[i] - max;
        x[i] = maths_exp(step);
        sum += x[i];
    }
    for (i = 0; i < count; i++)
        x[i] /= sum;
}

/* The turns of this position are the same for all layers and heads. */
static void turn_to(struct net *net, long position)
{
    long i;
    float angle;

    for (i = 0; i < net->model->head_size / 2; i++) {
        angle = (float)position * net->frequency[i];
        net->cosine[i] = maths_cos(angle);
        net->sine[i] = maths_sin(angle);
    }
}

static void rotate(const struct net *net, float *vector, long count)
{
    long i;
    long pair;
    float a;
    float b;
    float left;
    float right;

    for (i = 0; i < count; i += 2) {
        pair = i % net->model->head_size / 2;
        a = vector[i];
        b = vector[i + 1];
        left = a * net->cosine[pair];
        right = b * net->sine[pair];
        vector[i] = left - right;
        left = a * net->sine[pair];
        right = b * net->cosine[pair];
        vector[i + 1] = left + right;
    }
}

/* keys and values begin where this head's part of position 0 is. */
static void attend(struct net *net, const float *query, const float *keys, const float *values, float *mixed,
                   long position)
{
    long size = net->model->head_size;
    long step = net->model->kv_dim;
    float share;
    float product;
    long t;
    long i;

    for (t = 0; t <= position; t++) {
        dot_rows(&share, query, keys + t * step, 1, size);
        net->shares[t] = share / net->root;
    }
    net_softmax(net->shares, position + 1);
    for (i = 0; i < size; i++)
        mixed[i] = 0;
    for (t = 0; t <= position; t++) {
        share = net->shares[t];
        for (i = 0; i < size; i++) {
            product = share * values[t * step + i];
            mixed[i] += product;
        }
    }
}

static void add_to(float *x, const float *y, long count)
{
    long i;

    for (i = 0; i < count; i++)
        x[i] += y[i];
}

static void attention(struct net *net, long layer, long position)
{
    const struct model *m = net->model;
    long square = m->dim * m->dim;
    long oblong = m->dim * m->kv_dim;
    long group = m->heads / m->kv_heads;
    float *keys = net->keys + layer * net->positions * m->kv_dim;
    float *values = net->values + layer * net->positions * m->kv_dim;
    float *key = keys + position * m->kv_dim;
    long head;
    long from;

    normalize(net->normed, net->x, m->attention_norm + layer * m->dim, m->dim);
    dot_rows(net->query, m->wq + layer * square, net->normed, m->dim, m->dim);
    dot_rows(key, m->wk + layer * oblong, net->normed, m->kv_dim, m->dim);
    dot_rows(values + position * m->kv_dim, m->wv + layer * oblong, net->normed, m->kv_dim, m->dim);
    rotate(net, net->query, m->dim);
    rotate(net, key, m->kv_dim);
    for (head = 0; head < m->heads; head++) {
        from = head / group * m->head_size;
        attend(net, net->query + head * m->head_size, keys + from, values + from,
               net->mixed + head * m->head_size, position);
    }
    dot_rows(net->normed, m->wo + layer * square, net->mixed, m->dim, m->dim);
    add_to(net->x, net->normed, m->dim);
}

static void feed_forward(struct net *net, long layer)
{
    const struct model *m = net->model;
    long start = layer * m->dim * m->hidden_dim;
    float step;
    long i;

    normalize(net->normed, net->x, m->feed_norm + layer * m->dim, m->dim);
    dot_rows(net->hidden, m->w1 + start, net->normed, m->hidden_dim, m->dim);
    dot_rows(net->gate, m->w3 + start, net->normed, m->hidden_dim, m->dim);
    for (i = 0; i < m->hidden_dim; i++) {
        step = 1 + maths_exp(-net->hidden[i]);
        step = 1 / step;
        step = net->hidden[i] * step;
        net->hidden[i] = step * net->gate[i];
    }
    dot_rows(net->normed, m->w2 + start, net->hidden, m->dim, m->hidden_dim);
    add_to(net->x, net->normed, m->dim);
}

void net_forward(struct net *net, long token, long position)
{
    const struct model *m = net->model;
    long layer;

    memcpy(net->x, m->embedding + token * m->dim, (size_t)m->dim * sizeof(float));
    turn_to(net, position);
    for (layer = 0; layer < m->layers; layer++) {
        attention(net, layer, position);
        feed_forward(net, layer);
    }
    normalize(net->normed, net->x, m->final_norm, m->dim);
    dot_rows(net->logits, m->classifier, net->normed, m->vocab, m->dim);
}
