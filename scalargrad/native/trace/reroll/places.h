/* Places of numbers, and columns that are packed together: the memory of re-rolling. Included by
 * layout.h. */
#ifndef SCALARGRAD_PLACES_H
#define SCALARGRAD_PLACES_H

#include "groups.h"

enum { SCATTERED = -1, NUMBER, STRETCH };

/* Whether a column of places is one NUMBER or a STRETCH; SCATTERED if it is neither. */
static int kind_of(const int32_t *column, int32_t length)
{
    const int32_t step = column[length - 1] == column[0] ? 0 : 1;
    for (int32_t k = 1; k < length; k++)
        if (column[k] != column[0] + step * k)
            return SCATTERED;
    return step ? STRETCH : NUMBER;
}

/* ------ places */

typedef struct {
    double *number; /* the number at each place before anything is computed */
    uint8_t *fixed; /* whether that stays */
    int32_t size;
    size_t room, fixed_room;
} Places;

static int add_places(Places *at, int64_t count)
{
    if (RESERVE(at->number, at->room, at->size + count) < 0
        || RESERVE(at->fixed, at->fixed_room, at->size + count) < 0)
        return -1;
    memset(at->number + at->size, 0, (size_t)count * sizeof *at->number);
    memset(at->fixed + at->size, 0, (size_t)count);
    at->size += (int32_t)count;
    return 0;
}

static int all_fixed(const Places *at, const int32_t *column, int32_t length)
{
    for (int32_t k = 0; k < length; k++)
        if (!at->fixed[column[k]])
            return 0;
    return 1;
}

static void copy_fixed(Places *at, int32_t begin, const int32_t *column, int32_t length)
{
    for (int32_t k = 0; k < length; k++) {
        at->number[begin + k] = at->number[column[k]];
        at->fixed[begin + k] = 1;
    }
}

/* ------ packs */

/* A column that is neither one number nor a stretch, and where it is packed; −1: nowhere yet. */
typedef struct {
    int32_t begin, length, place, round;
    uint32_t hash;
} Pack;

typedef struct {
    Pack *pack;
    HashTable known;
    Words places; /* of all columns, one after the other */
    int32_t packs, round;
    size_t pack_room;
} Packs;

static void packs_free(Packs *p)
{
    PyMem_Free(p->pack);
    PyMem_Free(p->known.item);
    PyMem_Free(p->places.item);
}

typedef struct {
    uint32_t hash;
    int32_t length;
    const int32_t *places;
} PackedColumn;

static int hash_of_pack(const void *packs, int32_t k, Hash *hash)
{
    *hash = same_hash(((const Packs *)packs)->pack[k].hash);
    return 1;
}

static int is_pack(const void *packs, int32_t k, const void *wanted)
{
    const Packs *p = packs;
    const PackedColumn *column = wanted;
    const Pack *pack = &p->pack[k];
    if (pack->hash != column->hash || pack->length != column->length)
        return 0;
    const size_t bytes = (size_t)column->length * sizeof *column->places;
    return memcmp(p->places.item + pack->begin, column->places, bytes) == 0;
}

/* The pack of a column, a new one if it was not met before; NULL with an exception. Moves when the
 * next is made. */
static Pack *pack_of(Packs *p, const int32_t *column, int32_t length)
{
    if (cells_reserve(&p->known, p->packs, hash_of_pack, p) < 0)
        return NULL;
    const PackedColumn wanted = {hash_of(0, column, length), length, column};
    const uint32_t at = find_cell(&p->known, same_hash(wanted.hash), is_pack, p, &wanted);
    if (p->known.item[at] >= 0)
        return &p->pack[p->known.item[at]];
    const int32_t begin = p->places.count;
    if (RESERVE(p->pack, p->pack_room, (int64_t)p->packs + 1) < 0
        || add_words(&p->places, column, length) < 0)
        return NULL;
    p->pack[p->packs] = (Pack){begin, length, -1, 0, wanted.hash};
    fill_cell(&p->known, at, p->packs);
    return &p->pack[p->packs++];
}

/* ------ what re-rolling keeps */

typedef struct {
    PyObject_HEAD
    Trace *trace;
    int32_t *place; /* of each node, −1 as long as it has none */
    Places at;
    Packs packs;
    int32_t nodes, few;
} Rerolled;

#endif
