/* Finding numbered items by their content: open addressing. Included by loops/periods.h,
 * nodes.h, parts/kinds.h. */
#ifndef SCALARGRAD_HASH_TABLE_H
#define SCALARGRAD_HASH_TABLE_H

#include <stdint.h>
#include "../shared/compilers.h"

typedef struct {
    int32_t *item; /* the number of the item in each cell, −1 where there is none */
    uint32_t cells, filled;
} HashTable;

/* Where an item may be: in some cells from `near` on, then all over the table, from `far` on. Items
 * that follow each other should be near each other, for memory comes in lines: of a trace of two
 * million nodes each took 0.04 µs to be put in, and 0.11 where all were far. */
typedef struct {
    uint32_t near, far;
} Hash;
enum { NEARBY = 4 };

typedef int IsItem(const void *owner, int32_t item, const void *wanted);
/* Whether an item is to be found at all, and its hash. */
typedef int HashOfItem(const void *owner, int32_t item, Hash *hash);

static uint64_t mixed(uint64_t hash, uint64_t x)
{
    hash = (hash ^ x) * 0x9E3779B97F4A7C15u;
    return hash ^ (hash >> 32);
}

static Hash same_hash(uint32_t hash)
{
    return (Hash){hash, hash};
}

/* The cell to try after `tries` others, of which this was the last. Those far away are at odd
 * distances, by which all are reached in the end. */
INLINE uint32_t next_cell(uint32_t at, uint32_t tries, Hash hash, uint32_t cells)
{
    const uint32_t next = tries < NEARBY ? at + 1 : at + (hash.far >> 16 | 1);
    return (tries == NEARBY ? hash.far : next) & (cells - 1);
}

/* The cell of the item that is wanted, or the empty one for it. The table is not empty. */
INLINE uint32_t find_cell(const HashTable *s, Hash hash, IsItem *is_item, const void *owner,
                          const void *wanted)
{
    uint32_t at = hash.near & (s->cells - 1);
    for (uint32_t tries = 1; s->item[at] >= 0 && !is_item(owner, s->item[at], wanted); tries++)
        at = next_cell(at, tries, hash, s->cells);
    return at;
}

static void fill_cell(HashTable *s, uint32_t at, int32_t item)
{
    s->item[at] = item;
    s->filled++;
}

/* Filled in the order of the items: in that of the cells, adjoints of 5,000 nodes took a tenth
 * longer. */
INLINE void fill_cells(int32_t *item, uint32_t cells, int32_t items, HashOfItem *hash_of_item,
                       const void *owner)
{
    Hash hash;
    memset(item, 0xFF, cells * sizeof *item);
    for (int32_t k = 0; k < items; k++) {
        if (!hash_of_item(owner, k, &hash))
            continue;
        uint32_t at = hash.near & (cells - 1);
        for (uint32_t tries = 1; item[at] >= 0; tries++)
            at = next_cell(at, tries, hash, cells);
        item[at] = k;
    }
}

/* Keep at least half of the cells empty, one more filled. `items` is how many the owner has. −1
 * with an exception, nothing changed. */
INLINE int cells_reserve(HashTable *s, int32_t items, HashOfItem *hash_of_item, const void *owner)
{
    if (2 * ((uint64_t)s->filled + 1) <= s->cells)
        return 0;
    const uint32_t cells = s->cells ? 4 * s->cells : 256;
    int32_t *item = s->cells > INT32_MAX / 4 ? NULL : PyMem_Malloc(cells * sizeof *item);
    if (!item) {
        PyErr_NoMemory();
        return -1;
    }
    fill_cells(item, cells, items, hash_of_item, owner);
    PyMem_Free(s->item);
    s->item = item;
    s->cells = cells;
    return 0;
}

#endif
