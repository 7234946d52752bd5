/* After how many items the last ones may repeat, guessed by the shapes of items. The twin of
 * compiler/loops/periods.py. Included by folding.h.
 *
 * The shape of an item is a hash of all of it but for ids and numbers. Two shapes that are one
 * hash cost a look that finds no law. */
#ifndef SCALARGRAD_LOOPS_PERIODS_H
#define SCALARGRAD_LOOPS_PERIODS_H

#include "items.h"
#include "../hash_table.h"

enum { MOST_PERIODS = 8, SHORTEST_LOOP = 12 };
enum { PATIENCE = 4096, CYCLE = 4096, AWAKE = 512 };
enum { MOST_SEEN = 8192, SEEN_CELLS = 2 * MOST_SEEN };
enum { LONGEST_NGRAM = 81 };

/* `run` items in a row have the shape of the item `size` before. */
typedef struct {
    int64_t size, run, wait;
} Period;

/* Where an n-gram of shapes was seen last. */
typedef struct {
    uint64_t key; /* 0 where there is none */
    int64_t at;
} Seen;

typedef struct {
    Period following[MOST_PERIODS];
    int count;
    int64_t idle;
    Seen *seen; /* SEEN_CELLS of them, NULL before the first */
    int32_t filled;
} Periods;

/* ------ shapes */

static uint64_t shape_of_operand(uint64_t hash, uint32_t kind, int32_t step, uint32_t count)
{
    hash = mixed(hash, kind | (uint64_t)count << 2);
    return step ? mixed(hash, (uint32_t)step) : hash;
}

static uint64_t shape_of_call(int32_t code, int32_t outcome, const Operand *operands,
                              int32_t count)
{
    uint64_t hash = mixed(mixed(7, (uint32_t)code), (uint32_t)(4 * count + outcome));
    for (int32_t k = 0; k < count; k++)
        hash = shape_of_operand(hash, operands[k].kind, operands[k].step, operands[k].count);
    return hash;
}

static uint64_t shape_of_loop(const Loop *loop)
{
    uint64_t hash = mixed(11, (uint64_t)loop->trips);
    for (int32_t k = 0; k < loop->size; k++)
        hash = mixed(hash, loop->body[k].shape);
    return hash;
}

/* ------ where shapes were seen */

static Seen *find_seen(Periods *p, uint64_t key)
{
    size_t at = key % SEEN_CELLS;
    while (p->seen[at].key && p->seen[at].key != key)
        at = (at + 1) % SEEN_CELLS;
    return &p->seen[at];
}

/* Forget all that was seen where it is too much. −1 without memory. */
static int reserve_seen(Periods *p)
{
    if (!p->seen)
        p->seen = PyMem_Calloc(SEEN_CELLS, sizeof *p->seen);
    else if (p->filled == MOST_SEEN) {
        memset(p->seen, 0, SEEN_CELLS * sizeof *p->seen);
        p->filled = 0;
    }
    return p->seen ? 0 : -1;
}

/* Where a key was seen before, −1 if it never was. From now on it is known as seen here, if it is
 * `kept`. */
static int64_t see(Periods *p, uint64_t key, int64_t at, int kept)
{
    Seen *seen = find_seen(p, key);
    const int64_t before = seen->key ? seen->at : -1;
    if (kept) {
        p->filled += !seen->key;
        *seen = (Seen){key, at};
    }
    return before;
}

/* ------ following */

static int64_t run_back(const Item *item, int64_t last, int64_t size)
{
    int64_t run = 0;
    for (int64_t at = last; run < 2 * size + SHORTEST_LOOP && at >= size; at--, run++)
        if (item[at].shape != item[at - size].shape)
            break;
    return run;
}

static int is_followed(const Periods *p, int64_t size)
{
    for (int k = 0; k < p->count; k++)
        if (p->following[k].size == size)
            return 1;
    return 0;
}

/* Follow another period, if the last item has the shape of that before a period. */
static void propose(Periods *p, const Item *item, int64_t last, int64_t size)
{
    if (p->count == MOST_PERIODS || is_followed(p, size))
        return;
    const int64_t run = run_back(item, last, size);
    if (!run)
        return;
    int at = p->count++;
    for (; at && p->following[at - 1].size > size; at--)
        p->following[at] = p->following[at - 1];
    p->following[at] = (Period){size, run, 0};
}

static void go_on(Periods *p, const Item *item, int64_t last)
{
    int kept = 0;
    for (int k = 0; k < p->count; k++) {
        Period period = p->following[k];
        if (period.size > last || item[last].shape != item[last - period.size].shape)
            continue;
        period.run++;
        period.wait -= period.wait > 0;
        p->following[kept++] = period;
    }
    p->count = kept;
}

static uint64_t trail_at(const Item *item, int64_t at)
{
    return at < 0 ? 0 : item[at].trail;
}

static const uint64_t RADIX = 0x9E3779B97F4A7C15u;

/* Propose the distance to where the shapes of the last items were seen before: those of one, of
 * three, of nine and so on. The longer n-grams are looked for at each item, and kept at every third
 * part of their length. −1 without memory. */
static int propose_by_ngrams(Periods *p, const Item *item, int64_t last)
{
    uint64_t power = RADIX;
    for (int64_t length = 1; length <= LONGEST_NGRAM && length <= last + 1; length *= 3) {
        if (reserve_seen(p) < 0)
            return -1;
        const uint64_t ngram = trail_at(item, last) - trail_at(item, last - length) * power;
        const uint64_t key = mixed(mixed((uint64_t)length, ngram), 1);
        const int64_t before = see(p, key ? key : 1, last, last % ((length + 2) / 3) == 0);
        if (before >= 0 && before < last)
            propose(p, item, last, last - before);
        power *= power * power;
    }
    return 0;
}

/* Take note of a new last item. */
static int notice(Periods *p, Item *item, int64_t last)
{
    item[last].trail = trail_at(item, last - 1) * RADIX + item[last].shape;
    p->idle++;
    if (p->idle > PATIENCE && p->idle % CYCLE >= AWAKE) {
        p->count = 0;
        return 0;
    }
    go_on(p, item, last);
    return propose_by_ngrams(p, item, last);
}

/* Begin anew: the last items have become a loop. */
static void forget(Periods *p)
{
    p->count = 0;
    p->idle = 0;
}

#endif
