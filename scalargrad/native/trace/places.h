/* Places of numbers, and columns that are packed together: what re-rolling keeps. */
#ifndef SCALARGRAD_PLACES_H
#define SCALARGRAD_PLACES_H

#include <stdlib.h>
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
    double *number; /* what stands at each before anything is computed */
    uint8_t *fixed; /* whether that stays */
    int32_t size, room, fixed_room;
} Places;

static int add_places(Places *at, int64_t count)
{
    if (reserve((void **)&at->number, &at->room, at->size + count, sizeof *at->number) < 0
        || reserve((void **)&at->fixed, &at->fixed_room, at->size + count, 1) < 0)
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
    int32_t *slot; /* open addressing; −1 where there is none */
    Words places;  /* of all columns, one after the other */
    int32_t packs, pack_room, slots, round;
} Packs;

static void packs_free(Packs *p)
{
    PyMem_Free(p->pack);
    PyMem_Free(p->slot);
    PyMem_Free(p->places.item);
}

static int grow_packs(Packs *p)
{
    if (2 * ((int64_t)p->packs + 1) <= p->slots)
        return 0;
    const int32_t slots = p->slots ? 4 * p->slots : 256;
    int32_t *slot = p->slots > INT32_MAX / 4 ? NULL : PyMem_Malloc((size_t)slots * sizeof *slot);
    if (!slot) {
        PyErr_NoMemory();
        return -1;
    }
    memset(slot, 0xFF, (size_t)slots * sizeof *slot);
    for (int32_t k = 0; k < p->packs; k++) {
        uint32_t at = p->pack[k].hash & (uint32_t)(slots - 1);
        while (slot[at] >= 0)
            at = (at + 1) & (uint32_t)(slots - 1);
        slot[at] = k;
    }
    PyMem_Free(p->slot);
    p->slot = slot;
    p->slots = slots;
    return 0;
}

static int is_pack(const Packs *p, int32_t k, uint32_t hash, const int32_t *column, int32_t length)
{
    const Pack *pack = &p->pack[k];
    return pack->hash == hash && pack->length == length
        && memcmp(p->places.item + pack->begin, column, (size_t)length * sizeof *column) == 0;
}

/* The pack of a column, a new one if it was not met before; NULL with an exception. Moves when the
 * next is made. */
static Pack *pack_of(Packs *p, const int32_t *column, int32_t length)
{
    if (grow_packs(p) < 0)
        return NULL;
    const uint32_t hash = hash_of(0, column, length), last = (uint32_t)p->slots - 1;
    uint32_t at = hash & last;
    while (p->slot[at] >= 0 && !is_pack(p, p->slot[at], hash, column, length))
        at = (at + 1) & last;
    if (p->slot[at] >= 0)
        return &p->pack[p->slot[at]];
    const int32_t begin = p->places.count;
    if (reserve((void **)&p->pack, &p->pack_room, (int64_t)p->packs + 1, sizeof *p->pack) < 0
        || add_words(&p->places, column, length) < 0)
        return NULL;
    p->pack[p->packs] = (Pack){begin, length, -1, 0, hash};
    p->slot[at] = p->packs;
    return &p->pack[p->packs++];
}

#endif
