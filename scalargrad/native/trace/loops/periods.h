/* After how many items the last ones may repeat, guessed by the shapes of items. The twin of
 * compiler/loops/periods.py. Included by folding.h.
 *
 * The shape of an item is a hash of all of it but for places and numbers. Two shapes that are one
 * hash cost a look that finds no law. */
#ifndef SCALARGRAD_LOOPS_PERIODS_H
#define SCALARGRAD_LOOPS_PERIODS_H

#include "items.h"
#include "../slots.h"

enum { MOST_PERIODS = 8, SHORTEST_LOOP = 12 };
enum { PATIENCE = 4096, CYCLE = 4096, AWAKE = 512 };
enum { MOST_SEEN = 8192, SEEN_SLOTS = 2 * MOST_SEEN };

/* `run` items in a row have the shape of the item `size` before. */
typedef struct {
    int64_t size, run, wait;
} Period;

/* Where a shape, or three in a row, was seen last. */
typedef struct {
    uint64_t key; /* 0 where there is none */
    int64_t at;
} Seen;

typedef struct {
    Period following[MOST_PERIODS];
    int count;
    int64_t idle;
    Seen *seen; /* SEEN_SLOTS of them, NULL before the first */
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
    size_t at = key % SEEN_SLOTS;
    while (p->seen[at].key && p->seen[at].key != key)
        at = (at + 1) % SEEN_SLOTS;
    return &p->seen[at];
}

/* Forget all that was seen where it is too much. −1 without memory. */
static int reserve_seen(Periods *p)
{
    if (!p->seen)
        p->seen = PyMem_Calloc(SEEN_SLOTS, sizeof *p->seen);
    else if (p->filled == MOST_SEEN) {
        memset(p->seen, 0, SEEN_SLOTS * sizeof *p->seen);
        p->filled = 0;
    }
    return p->seen ? 0 : -1;
}

/* Remember where a key was seen: where it was seen before, −1 if it never was, −2 without memory.
 */
static int64_t see(Periods *p, uint64_t key, int64_t at)
{
    if (reserve_seen(p) < 0)
        return -2;
    Seen *seen = find_seen(p, key);
    const int64_t before = seen->key ? seen->at : -1;
    p->filled += !seen->key;
    *seen = (Seen){key, at};
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

static int propose_from(Periods *p, const Item *item, int64_t last, uint64_t key)
{
    const int64_t before = see(p, key ? key : 1, last);
    if (before >= 0 && before < last)
        propose(p, item, last, last - before);
    return before == -2 ? -1 : 0;
}

/* Take note of a new last item. */
static int notice(Periods *p, const Item *item, int64_t last)
{
    p->idle++;
    if (p->idle > PATIENCE && p->idle % CYCLE >= AWAKE) {
        p->count = 0;
        return 0;
    }
    go_on(p, item, last);
    const uint64_t shape = item[last].shape;
    if (propose_from(p, item, last, mixed(1, shape)) < 0)
        return -1;
    if (last < 2)
        return 0;
    const uint64_t three = mixed(mixed(mixed(2, shape), item[last - 1].shape),
                                 item[last - 2].shape);
    return propose_from(p, item, last, three);
}

/* Begin anew: the last items have become a loop. */
static void forget(Periods *p)
{
    p->count = 0;
    p->idle = 0;
}

#endif
