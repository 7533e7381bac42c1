/* tiny.c - tiny98, the starter engine: tells what a small llama2.c model says, on any machine of the last thirty
   years. The only file that decides the exit code. */
#include "fpu.h"
#include "model.h"
#include "net.h"
#include "options.h"
#include "sample.h"
#include "say.h"
#include "sys.h"
#include "tokens.h"

#include <stddef.h>

enum { EXIT_OK = 0, EXIT_FAILED = 1 };

struct engine {
    struct options options;
    struct model model;
    struct tokens tokens;
    struct net net;
    struct sampler sampler;
    long *prompt;
    long prompt_length;
    long steps;
};

static double now_ms(void)
{
    double now;

    fpu_double();
    now = sys_now_ms();
    fpu_single();
    return now;
}

static int prepare_sampler(struct engine *engine)
{
    struct sampler *sampler = &engine->sampler;

    sampler->temperature = engine->options.temperature;
    sampler->topp = engine->options.topp;
    sampler->random = engine->options.seed;
    if (sampler->random.high == 0 && sampler->random.low == 0)
        sampler->random.low = sys_time_s() & 0xFFFFFFFFUL;
    if (sampler->temperature == 0 || sampler->topp <= 0 || sampler->topp >= 1)
        return 1;
    sampler->candidates = (long *)sys_memory((unsigned long)engine->model.vocab * sizeof(long));
    return sampler->candidates != NULL;
}

/* 0 after it has said why not. */
static int prepare(struct engine *engine)
{
    unsigned long wanted = engine->options.steps;

    if (!model_load(&engine->model, engine->options.checkpoint))
        return 0;
    if (!tokens_load(&engine->tokens, engine->options.tokenizer, engine->model.vocab))
        return 0;
    engine->steps = engine->model.positions;
    if (wanted > 0 && wanted < (unsigned long)engine->steps)
        engine->steps = (long)wanted;
    engine->prompt = tokens_encode(&engine->tokens, engine->options.prompt, &engine->prompt_length);
    if (engine->prompt != NULL && net_prepare(&engine->net, &engine->model, engine->steps) && prepare_sampler(engine))
        return 1;
    say_error("The memory of this machine is too small for so many steps: try a smaller -n", (char *)NULL);
    return 0;
}

/* What comes after a token: of the prompt, or as the model says. */
static long next_token(struct engine *engine, long token, long position)
{
    net_forward(&engine->net, token, position);
    if (position + 1 < engine->prompt_length)
        return engine->prompt[position + 1];
    return sample(&engine->sampler, engine->net.logits, engine->model.vocab);
}

/* Returns how many positions were computed, 0 when nobody reads the text any more. */
static long generate(struct engine *engine, double *start_ms)
{
    long token = engine->prompt[0];
    long position = 0;
    const char *piece;
    unsigned long length;
    long next;

    while (position < engine->steps) {
        next = next_token(engine, token, position);
        position++;
        if (next == TOKEN_BOS)
            break;
        piece = tokens_decode(&engine->tokens, token, next, &length);
        if (length > 0 && !sys_print(SYS_OUTPUT, piece, length))
            return 0;
        token = next;
        if (position == 1)
            *start_ms = now_ms();
    }
    return position;
}

int tiny98(int argc, char **argv)
{
    static struct engine engine;
    double start_ms = 0;
    double end_ms;
    long positions;

    fpu_double();
    if (!options_read(&engine.options, argc, argv))
        return EXIT_FAILED;
    fpu_single();
    if (!prepare(&engine))
        return EXIT_FAILED;
    positions = generate(&engine, &start_ms);
    end_ms = now_ms();
    if (positions == 0 || !sys_print(SYS_OUTPUT, "\n", 1))
        return EXIT_FAILED;
    fpu_double();
    if (positions > 1)
        say_rate((double)(positions - 1), end_ms - start_ms);
    return EXIT_OK;
}
