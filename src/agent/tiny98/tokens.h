/* tokens.h - the tokenizer: text to token numbers and back. */
#ifndef TOKENS_H
#define TOKENS_H

enum { TOKEN_BOS = 1 };

struct tokens {
    const unsigned char *file; /* as it was read */
    long count;
    unsigned long *place; /* count: where in the file each piece's score is; its length and bytes follow */
    long *table;          /* token numbers by the hash of their pieces, -1 where there is none */
    unsigned long mask;   /* its size less one */
};

/* 0 after it has said what is wrong. */
int tokens_load(struct tokens *tokens, const char *path, long count);
/* BOS, then the tokens of a text. Null: there is not enough memory. */
long *tokens_encode(const struct tokens *tokens, const char *text, long *count);
/* What is printed for a token after another; not ended by a zero. *length is 0 for what no terminal should get. */
const char *tokens_decode(const struct tokens *tokens, long before, long token, unsigned long *length);

#endif
