/* tokens.c - the tokenizer. Its file: the length of the longest piece; then score, length and bytes of each piece. */
#include "tokens.h"
#include "bytes.h"
#include "say.h"
#include "sys.h"

#include <stddef.h>
#include <string.h>

#define FIRST_BYTE 3 /* the token of byte 0 */
#define MAX_PIECE 4096
#define MAX_FILE 0x0FFFFFFFUL

struct piece {
    const unsigned char *bytes;
    unsigned long length;
};

static int refuse(const char *path, const char *what)
{
    say_error("Tokenizer ", path, what, (char *)NULL);
    return 0;
}

static struct piece piece_of(const struct tokens *tokens, long token)
{
    const unsigned char *entry = tokens->file + tokens->place[token];
    struct piece piece;

    piece.length = bytes_word(entry + 4);
    piece.bytes = entry + 8;
    return piece;
}

static float score_of(const struct tokens *tokens, long token)
{
    return bytes_float(tokens->file + tokens->place[token]);
}

static unsigned long hash_on(unsigned long hash, struct piece piece)
{
    unsigned long i;

    for (i = 0; i < piece.length; i++)
        hash = (hash * 33 ^ piece.bytes[i]) & 0xFFFFFFFFUL;
    return hash;
}

/* Whether a token's piece is one piece followed by another. */
static int is_joined(struct piece whole, struct piece first, struct piece second)
{
    return whole.length == first.length + second.length && memcmp(whole.bytes, first.bytes, first.length) == 0 &&
           memcmp(whole.bytes + first.length, second.bytes, second.length) == 0;
}

/* Place in the table of the token of two pieces joined, or of -1. */
static unsigned long find_place(const struct tokens *tokens, struct piece first, struct piece second)
{
    unsigned long at = hash_on(hash_on(5381, first), second);

    at ^= at >> 15;
    for (at &= tokens->mask; tokens->table[at] >= 0; at = (at + 1) & tokens->mask)
        if (is_joined(piece_of(tokens, tokens->table[at]), first, second))
            break;
    return at;
}

static long find_joined(const struct tokens *tokens, struct piece first, struct piece second)
{
    return tokens->table[find_place(tokens, first, second)];
}

static long find(const struct tokens *tokens, const unsigned char *bytes, unsigned long length)
{
    struct piece piece;
    struct piece nothing;

    piece.bytes = bytes;
    piece.length = length;
    nothing.bytes = bytes;
    nothing.length = 0;
    return find_joined(tokens, piece, nothing);
}

/* Of equal pieces the first counts. */
static int fill_table(struct tokens *tokens)
{
    struct piece nothing;
    unsigned long size = 4;
    unsigned long at;
    long token;

    while (size < 2 * (unsigned long)tokens->count)
        size *= 2;
    tokens->mask = size - 1;
    tokens->table = (long *)sys_memory(size * sizeof(long));
    if (tokens->table == NULL)
        return 0;
    for (at = 0; at < size; at++)
        tokens->table[at] = -1;
    nothing.bytes = tokens->file;
    nothing.length = 0;
    for (token = 0; token < tokens->count; token++) {
        at = find_place(tokens, piece_of(tokens, token), nothing);
        if (tokens->table[at] < 0)
            tokens->table[at] = token;
    }
    return 1;
}

static int find_pieces(struct tokens *tokens, const char *path, unsigned long size)
{
    unsigned long at = 4;
    unsigned long length;
    long token;

    for (token = 0; token < tokens->count; token++) {
        if (at > size || size - at < 8)
            return refuse(path, " has fewer pieces than the model: it is cut short, or belongs to another model");
        tokens->place[token] = at;
        length = bytes_word(tokens->file + at + 4);
        if (length > MAX_PIECE)
            return refuse(path, " is no tokenizer of llama2.c, or was damaged on its way");
        at += 8 + length;
    }
    if (at > size)
        return refuse(path, " is cut short in its last piece");
    return at == size || refuse(path, " has more pieces than the model: it belongs to another model");
}

static int read_tokens(struct tokens *tokens, const char *path, unsigned long size)
{
    unsigned char *file;

    if (size < 4 || size > MAX_FILE)
        return refuse(path, " is no tokenizer of llama2.c: its size cannot be right");
    /* Each piece takes 8 bytes and more; what is too many for the file must not be asked for. */
    if ((unsigned long)tokens->count > size / 8)
        return refuse(path, " has fewer pieces than the model: it is cut short, or belongs to another model");
    file = (unsigned char *)sys_memory(size);
    tokens->place = (unsigned long *)sys_memory((unsigned long)tokens->count * sizeof(unsigned long));
    if (file == NULL || tokens->place == NULL)
        return refuse(path, " does not fit into the memory of this machine");
    if (sys_read(file, size) != size)
        return refuse(path, " cannot be read to its end");
    tokens->file = file;
    if (!find_pieces(tokens, path, size))
        return 0;
    return fill_table(tokens) || refuse(path, " does not fit into the memory of this machine");
}

int tokens_load(struct tokens *tokens, const char *path, long count)
{
    unsigned long size;
    int loaded;

    if (!sys_open(path, &size)) {
        say_error("couldn't load ", path, (char *)NULL);
        return 0;
    }
    tokens->count = count;
    loaded = read_tokens(tokens, path, size);
    sys_close();
    return loaded;
}

/* Bytes of the UTF-8 character at a text's start; stray bytes alone, or in groups of at most four. */
static unsigned long character_length(const unsigned char *text)
{
    unsigned long length = 1;

    while (length < 4 && (text[length] & 0xC0) == 0x80)
        length++;
    return length;
}

/* A vocabulary too small for all bytes has only its unknown token. */
static long byte_token(const struct tokens *tokens, unsigned char byte)
{
    return byte + FIRST_BYTE < tokens->count ? byte + FIRST_BYTE : 0;
}

/* Each character as its token, or as those of its bytes. */
static long spell(const struct tokens *tokens, const unsigned char *text, long *list)
{
    long count = 0;
    unsigned long length;
    unsigned long i;
    long token;

    for (; *text != '\0'; text += length) {
        length = character_length(text);
        token = find(tokens, text, length);
        if (token >= 0)
            list[count++] = token;
        else
            for (i = 0; i < length; i++)
                list[count++] = byte_token(tokens, text[i]);
    }
    return count;
}

/* Joins the neighbours whose joined piece has the best score. 0: none can be joined. */
static int join_best(const struct tokens *tokens, long *list, long *count)
{
    float best_score = -1e10F;
    long best = -1;
    long best_at = 0;
    long token;
    long at;

    for (at = 0; at + 1 < *count; at++) {
        token = find_joined(tokens, piece_of(tokens, list[at]), piece_of(tokens, list[at + 1]));
        if (token >= 0 && score_of(tokens, token) > best_score) {
            best_score = score_of(tokens, token);
            best = token;
            best_at = at;
        }
    }
    if (best < 0)
        return 0;
    list[best_at] = best;
    for (at = best_at + 1; at + 1 < *count; at++)
        list[at] = list[at + 1];
    --*count;
    return 1;
}

long *tokens_encode(const struct tokens *tokens, const char *text, long *count)
{
    long *list = (long *)sys_memory(((unsigned long)strlen(text) + 2) * sizeof(long));
    long space = find(tokens, (const unsigned char *)" ", 1);

    if (list == NULL)
        return NULL;
    list[0] = TOKEN_BOS;
    *count = 1;
    if (*text == '\0')
        return list;
    if (space >= 0)
        list[(*count)++] = space;
    *count += spell(tokens, (const unsigned char *)text, list + *count);
    while (join_best(tokens, list, count))
        ;
    return list;
}

static int hex_digit(unsigned char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'A' && byte <= 'F')
        return byte - 'A' + 10;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* The byte of a piece such as <0x0A>; -1: it is another piece. */
static int raw_byte(struct piece piece)
{
    if (piece.length < 6 || memcmp(piece.bytes, "<0x", 3) != 0 || piece.bytes[5] != '>')
        return -1;
    if (hex_digit(piece.bytes[3]) < 0 || hex_digit(piece.bytes[4]) < 0)
        return -1;
    return hex_digit(piece.bytes[3]) * 16 + hex_digit(piece.bytes[4]);
}

static int is_printable(unsigned char byte)
{
    return (byte >= '\t' && byte <= '\r') || (byte >= ' ' && byte <= '~');
}

const char *tokens_decode(const struct tokens *tokens, long before, long token, unsigned long *length)
{
    static unsigned char byte;
    struct piece piece = piece_of(tokens, token);
    const unsigned char *end;
    int raw;

    if (before == TOKEN_BOS && piece.length > 0 && piece.bytes[0] == ' ') {
        piece.bytes++;
        piece.length--;
    }
    raw = raw_byte(piece);
    if (raw >= 0) {
        byte = (unsigned char)raw;
        piece.bytes = &byte;
        piece.length = 1;
    }
    end = (const unsigned char *)memchr(piece.bytes, '\0', piece.length);
    if (end != NULL)
        piece.length = (unsigned long)(end - piece.bytes);
    if (piece.length == 1 && !is_printable(piece.bytes[0]))
        piece.length = 0;
    *length = piece.length;
    return (const char *)piece.bytes;
}
