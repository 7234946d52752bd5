/* Items of a recorder of loops: events, and loops whose tables and trips still grow. The twin of
 * compiler/loops/growing.py. Included by periods.h.
 *
 * Strides and iterations are ordered from the innermost loop outwards. Functions that may run out
 * of memory return −1, with no exception: `record_call` raises it. */
#ifndef SCALARGRAD_LOOPS_ITEMS_H
#define SCALARGRAD_LOOPS_ITEMS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>
#include "../../shared/growing.h"

enum { DEEPEST = 4 }; /* how many loops there may be around an event */
enum { LOOP_CODE = INT32_MIN };

/* Each of so many levels; a compiler that follows the recursions is told that these end. */
#define EACH_LEVEL(l, depth) (int l = 0; l < (depth) && l < DEEPEST; l++)

typedef enum { NODE_OPERAND, INPUT_OPERAND, NUMBER_OPERAND } OperandKind;

/* `count` operands of an event, `step` apart; nearly always one. */
typedef struct {
    union {
        int64_t id;            /* of an event, or the number of an input */
        double number;         /* of a number alone */
        const double *numbers; /* of several; owned where the event is an item */
    } at;
    int32_t step;
    uint32_t count : 30, kind : 2;
} Operand;

typedef union {
    double number;
    int64_t id;
} Entry;

typedef struct {
    Entry *entry;
    size_t size, room;
} Table;

/* The same in the iterations of loops. */
typedef struct {
    int64_t base, strides[DEEPEST];
    double number;
    Table *table;   /* what is read instead, in the order in which the event ran */
    int64_t lawful; /* for how many turns the law gives what is in the table */
    int32_t step;
    uint32_t count : 30, kind : 2;
} Law;

struct Loop;

/* An item: an event whose operands stand in the recorder, an event of a body, or a loop. */
typedef struct {
    uint64_t shape;
    uint64_t trail; /* the shapes up to this item, in one number; of no use in a body */
    int64_t id;     /* of its first event; of no use in a body */
    size_t begin;   /* where its operands begin in the recorder; of no use in a body */
    union {
        Law *laws; /* of an event in a body */
        struct Loop *loop;
    } of;
    int32_t code;  /* of the operator; LOOP_CODE */
    int32_t count; /* of operands */
    int32_t outcome;
} Item;

typedef struct Loop {
    int64_t trips, period;
    int32_t size;
    Item body[];
} Loop;

static int is_loop(const Item *item)
{
    return item->code == LOOP_CODE;
}

static int64_t span_of(const Item *item)
{
    return is_loop(item) ? item->of.loop->trips * item->of.loop->period : 1;
}

/* Whether two numbers are the same bits. */
static int same_bits(double x, double y)
{
    return memcmp(&x, &y, sizeof x) == 0;
}

/* ------ tables */

/* Make room for further entries. */
static int reserve_entries(Table *t, size_t further)
{
    if (further > PY_SSIZE_T_MAX / sizeof(Entry) - t->size)
        return -1;
    const size_t wanted = t->size + further;
    return wanted <= t->room ? 0 : grow(&t->entry, &t->room, wanted, sizeof(Entry), PyMem_Realloc);
}

static int add_entries(Table *t, const Entry *entries, size_t count)
{
    if (reserve_entries(t, count) < 0)
        return -1;
    if (count)
        memcpy(t->entry + t->size, entries, count * sizeof *entries);
    t->size += count;
    return 0;
}

static void free_table(Table *t)
{
    if (t)
        PyMem_Free(t->entry);
    PyMem_Free(t);
}

static Table *new_table(void)
{
    return PyMem_Calloc(1, sizeof(Table));
}

/* How many entries of a table belong to one turn. */
static size_t width_of(const Law *x)
{
    return x->kind == NUMBER_OPERAND ? x->count : 1;
}

/* ------ ids */

/* The stride in the loop around so many others; see EACH_LEVEL. */
static int level(int depth)
{
    return depth < DEEPEST ? depth : DEEPEST - 1;
}

static int64_t id_by_law(const Law *x, const int64_t *iterations, int depth)
{
    int64_t id = x->base;
    for
        EACH_LEVEL(l, depth)
    id += x->strides[l] * iterations[l];
    return id;
}

/* How often a body runs within loops of these trips. */
static int64_t turns_of(const int64_t *trips, int depth)
{
    int64_t turns = 1;
    for
        EACH_LEVEL(l, depth)
    turns *= trips[l];
    return turns;
}

/* The entry of the law in one turn; a loop around those of these `trips` goes on counting. */
static Entry lawful_entry(const Law *x, int64_t turn, const int64_t *trips, int depth)
{
    if (x->kind == NUMBER_OPERAND)
        return (Entry){.number = x->number};
    int64_t id = x->base;
    for
        EACH_LEVEL(l, depth)
        {
            id += x->strides[l] * (turn % trips[l]);
            turn /= trips[l];
        }
    return (Entry){.id = id + x->strides[level(depth)] * turn};
}

/* Add what the law gives in so many turns. */
static int add_lawful(Table *t, const Law *x, int64_t turns, const int64_t *trips, int depth)
{
    if (reserve_entries(t, (size_t)turns) < 0)
        return -1;
    for (int64_t turn = 0; turn < turns; turn++)
        t->entry[t->size++] = lawful_entry(x, turn, trips, depth);
    return 0;
}

/* Add all that an operand is within inner loops of these trips. */
static int add_all(Table *t, const Law *x, const int64_t *trips, int depth)
{
    if (x->table)
        return add_entries(t, x->table->entry, x->table->size);
    return add_lawful(t, x, turns_of(trips, depth), trips, depth);
}

/* ------ freeing */

static void free_item(Item *item);

static void free_laws(Law *laws, int32_t count)
{
    for (int32_t k = 0; laws && k < count; k++)
        free_table(laws[k].table);
    PyMem_Free(laws);
}

static void free_loop(Loop *loop)
{
    for (int32_t k = 0; loop && k < loop->size; k++)
        free_item(&loop->body[k]);
    PyMem_Free(loop);
}

/* Free what an item has outside of the recorder's arrays. At most DEEPEST calls deep. */
static void free_item(Item *item)
{
    if (is_loop(item))
        free_loop(item->of.loop);
    else
        free_laws(item->of.laws, item->count);
}

static Loop *new_loop(int32_t size)
{
    Loop *loop = PyMem_Calloc(1, sizeof(Loop) + (size_t)size * sizeof(Item));
    if (loop)
        loop->size = size;
    return loop;
}

/* ------ trips */

/* The trips of the loops around the body of a loop, which are the outer ones and its own. */
static void go_in(int64_t *inner, int64_t own, const int64_t *outer, int depth)
{
    inner[0] = own;
    for (int l = 1; l <= depth && l < DEEPEST; l++)
        inner[l] = outer[l - 1];
}

#endif
