/* sample.c - chooses the next token. */
#include "sample.h"
#include "net.h"

static long likeliest(const float *logits, long count)
{
    long best = 0;
    long i;

    for (i = 1; i < count; i++)
        if (logits[i] > logits[best])
            best = i;
    return best;
}

static long pick_from_all(const float *shares, long count, float coin)
{
    float sum = 0;
    long i;

    for (i = 0; i < count; i++) {
        sum += shares[i];
        if (coin < sum)
            return i;
    }
    return count - 1;
}

/* Likelier first; of equal ones the lower number. */
static int comes_before(const float *shares, long a, long b)
{
    return shares[a] > shares[b] || (shares[a] == shares[b] && a < b);
}

/* The candidates are a heap: each comes before the two below it. Puts the one at a place where it belongs. */
static void sink(const float *shares, long *heap, long count, long at)
{
    long moved = heap[at];
    long child;

    while ((child = 2 * at + 1) < count) {
        if (child + 1 < count && comes_before(shares, heap[child + 1], heap[child]))
            child++;
        if (!comes_before(shares, heap[child], moved))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moved;
}

static long list_candidates(const struct sampler *sampler, const float *shares, long count)
{
    float cutoff = (1 - sampler->topp) / (float)(count - 1);
    long listed = 0;
    long i;

    for (i = 0; i < count; i++)
        if (shares[i] >= cutoff)
            sampler->candidates[listed++] = i;
    for (i = listed / 2 - 1; i >= 0; i--)
        sink(shares, sampler->candidates, listed, i);
    return listed;
}

/* Takes the likeliest ones off the heap until they together have more than topp; they stand behind it then, the
   first at the end. Returns how many are left in the heap. */
static long take_top(const struct sampler *sampler, const float *shares, long listed, float *total)
{
    long *heap = sampler->candidates;
    long left = listed;
    long top;

    *total = 0;
    while (left > 0 && !(*total > sampler->topp)) {
        top = heap[0];
        left--;
        heap[0] = heap[left];
        sink(shares, heap, left, 0);
        heap[left] = top;
        *total += shares[top];
    }
    return left;
}

static long pick_from_top(const struct sampler *sampler, const float *shares, long count, float coin)
{
    long listed = list_candidates(sampler, shares, count);
    float total;
    long left = take_top(sampler, shares, listed, &total);
    float limit = coin * total;
    float sum = 0;
    long i;

    for (i = listed - 1; i >= left; i--) {
        sum += shares[sampler->candidates[i]];
        if (limit < sum)
            return sampler->candidates[i];
    }
    return listed > 0 ? sampler->candidates[left] : likeliest(shares, count);
}

long sample(struct sampler *sampler, float *logits, long count)
{
    float coin;
    long i;

    if (sampler->temperature == 0)
        return likeliest(logits, count);
    for (i = 0; i < count; i++)
        logits[i] /= sampler->temperature;
    net_softmax(logits, count);
    coin = random_coin(&sampler->random);
    if (sampler->topp <= 0 || sampler->topp >= 1)
        return pick_from_all(logits, count, coin);
    return pick_from_top(sampler, logits, count, coin);
}
