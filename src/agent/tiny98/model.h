/* model.h - a checkpoint of llama2.c, version 0: seven numbers, then floats, all little-endian. */
#ifndef MODEL_H
#define MODEL_H

struct model {
    long dim;
    long hidden_dim;
    long layers;
    long heads;
    long kv_heads;
    long vocab;
    long positions; /* the longest text it was made for */
    long head_size; /* dim / heads */
    long kv_dim;    /* head_size * kv_heads */
    float *embedding;
    float *attention_norm;
    float *wq;
    float *wk;
    float *wv;
    float *wo;
    float *feed_norm;
    float *w1;
    float *w2;
    float *w3;
    float *final_norm;
    float *classifier; /* may be the embedding */
};

/* 0 after it has said what is wrong. */
int model_load(struct model *model, const char *path);

#endif
