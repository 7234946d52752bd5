/* Finding numbered items by their content: open addressing. Included by nodes.h. */
#ifndef SCALARGRAD_SLOTS_H
#define SCALARGRAD_SLOTS_H

#include <stdint.h>
#include "../shared/compilers.h"

typedef struct {
    int32_t *item; /* the number of the item in each slot, −1 where there is none */
    uint32_t slots, filled;
} Slots;

typedef int IsItem(const void *owner, int32_t item, const void *wanted);
typedef uint32_t HashOfItem(const void *owner, int32_t item);

static uint64_t mixed(uint64_t hash, uint64_t x)
{
    hash = (hash ^ x) * 0x9E3779B97F4A7C15u;
    return hash ^ (hash >> 32);
}

/* The slot of the item that is wanted, or the empty one for it. There are slots. */
INLINE uint32_t find_slot(const Slots *s, uint32_t hash, IsItem *is_item, const void *owner,
                          const void *wanted)
{
    const uint32_t last = s->slots - 1;
    uint32_t at = hash & last;
    while (s->item[at] >= 0 && !is_item(owner, s->item[at], wanted))
        at = (at + 1) & last;
    return at;
}

static void fill_slot(Slots *s, uint32_t at, int32_t item)
{
    s->item[at] = item;
    s->filled++;
}

static void put_again(int32_t *item, uint32_t slots, uint32_t hash, int32_t found)
{
    uint32_t at = hash & (slots - 1);
    while (item[at] >= 0)
        at = (at + 1) & (slots - 1);
    item[at] = found;
}

/* Keep at least half of the slots empty, one more filled. −1 with an exception, nothing changed. */
INLINE int slots_reserve(Slots *s, HashOfItem *hash_of_item, const void *owner)
{
    if (2 * ((uint64_t)s->filled + 1) <= s->slots)
        return 0;
    const uint32_t slots = s->slots ? 4 * s->slots : 256;
    int32_t *item = s->slots > INT32_MAX / 4 ? NULL : PyMem_Malloc(slots * sizeof *item);
    if (!item) {
        PyErr_NoMemory();
        return -1;
    }
    memset(item, 0xFF, slots * sizeof *item);
    for (uint32_t at = 0; at < s->slots; at++)
        if (s->item[at] >= 0)
            put_again(item, slots, hash_of_item(owner, s->item[at]), s->item[at]);
    PyMem_Free(s->item);
    s->item = item;
    s->slots = slots;
    return 0;
}

#endif
