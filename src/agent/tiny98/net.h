/* net.h - the transformer: from a token to what may follow it. */
#ifndef NET_H
#define NET_H

#include "model.h"

struct net {
    const struct model *model;
    long positions;   /* how many there is room for */
    float *x;         /* dim: what flows through the layers */
    float *normed;    /* dim */
    float *mixed;     /* dim */
    float *query;     /* dim */
    float *hidden;    /* hidden_dim */
    float *gate;      /* hidden_dim */
    float *shares;    /* positions: how much one head looks at each */
    float *keys;      /* layers * positions * kv_dim */
    float *values;    /* the same */
    float *logits;    /* vocab */
    float *frequency; /* head_size / 2: the turn of each pair from one position to the next */
    float *cosine;    /* head_size / 2: of the present position */
    float *sine;
    float root;       /* of head_size */
};

/* 0: there is not enough memory. */
int net_prepare(struct net *net, const struct model *model, long positions);
/* Fills net->logits. Positions come in order from 0. */
void net_forward(struct net *net, long token, long position);
/* Makes shares of 1 out of numbers of any size. */
void net_softmax(float *x, long count);

#endif
