/* A tape: nodes in the order in which they were computed, each different computation once. */
#ifndef SCALARGRAD_NODES_H
#define SCALARGRAD_NODES_H

#include "../shared/special.h"
#include "../shared/rules.h"

/* Codes of rows: those of the table, then these, then the rows of each trace's own. */
enum { INPUT = -1, CONSTANT = -2 };
enum { STOP_GRADIENT = OP_COUNT, LANES_SUM, PRODUCTS, ACCUMULATE, HANDED_ON, KNOWN_ROWS };

/* When a trace asks `compute` of its class what to do with a row. */
enum { NEVER, BESIDE_NUMBER, ALWAYS };

typedef struct Tracer Tracer;

typedef struct {
    double number;
    Tracer *tracer; /* borrowed: the one that stands for the node, as long as there is one */
    int32_t row, begin, count;
    uint8_t lane;
    uint8_t plain;  /* eager has a float here, and no Value */
} Node;

typedef struct {
    PyObject_HEAD
    Node *node;
    int32_t *operand;   /* of all nodes, one after the other */
    int32_t *slot;      /* open addressing: the nodes that can be found, −1 where there is none */
    int32_t size, room, operands, operand_room, found, slots;
    PyObject *rows;     /* list: rows that are not known to all traces */
    PyObject *codes;    /* dict: their codes */
    PyObject *captured; /* dict: from a Value to the input that stands for it */
    PyObject *inputs;   /* list of the inputs' indices */
    uint8_t asks[KNOWN_ROWS];
    int16_t instead[KNOWN_ROWS]; /* 1 + the row that is computed in place of each; 0 for itself */
    uint8_t is_rewriting; /* whether it asks at all */
} Trace;

struct Tracer {
    PyObject_HEAD
    Trace *trace;
    int32_t index;
};

/* A number, or a node that is not a constant. */
typedef struct {
    int32_t node; /* −1 for a number */
    double number;
} Term;

static const int32_t *operands_of(const Trace *t, int32_t i)
{
    return t->operand + t->node[i].begin;
}

/* ------ room */

/* Make room for `wanted` items. Changes nothing if it fails. */
static int reserve(void **items, int32_t *room, int64_t wanted, size_t size)
{
    if (wanted <= *room)
        return 0;
    int64_t larger = wanted < 32 ? 64 : 2 * wanted;
    if (larger > INT32_MAX / 2) {
        PyErr_SetString(PyExc_MemoryError, "the function computes more than a trace can hold");
        return -1;
    }
    void *moved = PyMem_Realloc(*items, (size_t)larger * size);
    if (!moved) {
        PyErr_NoMemory();
        return -1;
    }
    *items = moved;
    *room = (int32_t)larger;
    return 0;
}

/* ------ finding what is known */

static uint64_t mixed(uint64_t hash, uint64_t x)
{
    hash = (hash ^ x) * 0x9E3779B97F4A7C15u;
    return hash ^ (hash >> 32);
}

static uint32_t hash_of(int32_t row, const int32_t *operands, int32_t count)
{
    uint64_t hash = mixed(0, (uint32_t)row);
    for (int32_t k = 0; k < count; k++)
        hash = mixed(hash, (uint32_t)operands[k]);
    return (uint32_t)hash;
}

/* −0.0 is not 0.0, and NaN is itself: these go by their bits. */
static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return isnan(x) ? 0x7FF8000000000000u : bits;
}

static uint32_t hash_of_node(const Trace *t, int32_t i)
{
    const Node *node = &t->node[i];
    if (node->row == CONSTANT)
        return (uint32_t)mixed(1, bits_of(node->number));
    return hash_of(node->row, operands_of(t, i), node->count);
}

static int is_constant(const Trace *t, int32_t i)
{
    return t->node[i].row == CONSTANT;
}

static int same_operands(const Trace *t, int32_t i, const int32_t *operands, int32_t count)
{
    return t->node[i].count == count
        && memcmp(operands_of(t, i), operands, (size_t)count * sizeof *operands) == 0;
}

/* Of two searches the place where the other ends: that of the node, or the empty one for it. */
static uint32_t place_of_constant(const Trace *t, double x)
{
    const uint32_t last = (uint32_t)t->slots - 1;
    const uint64_t bits = bits_of(x);
    uint32_t at = (uint32_t)mixed(1, bits) & last;
    while (t->slot[at] >= 0
           && !(is_constant(t, t->slot[at]) && bits_of(t->node[t->slot[at]].number) == bits))
        at = (at + 1) & last;
    return at;
}

static uint32_t place_of(const Trace *t, int32_t row, const int32_t *operands, int32_t count)
{
    const uint32_t last = (uint32_t)t->slots - 1;
    uint32_t at = hash_of(row, operands, count) & last;
    while (t->slot[at] >= 0
           && !(t->node[t->slot[at]].row == row
                && same_operands(t, t->slot[at], operands, count)))
        at = (at + 1) & last;
    return at;
}

static int is_found(const Node *node)
{
    /* every identity is a variable of its own, to take a derivative in */
    return node->row != INPUT && node->row != OP_identity;
}

static void put_all(const Trace *t, int32_t *slot, uint32_t slots)
{
    memset(slot, 0xFF, slots * sizeof *slot);
    for (int32_t i = 0; i < t->size; i++) {
        if (!is_found(&t->node[i]))
            continue;
        uint32_t at = hash_of_node(t, i) & (slots - 1);
        while (slot[at] >= 0)
            at = (at + 1) & (slots - 1);
        slot[at] = i;
    }
}

/* Keep at least half of the slots empty. */
static int reserve_slot(Trace *t)
{
    if (2 * ((int64_t)t->found + 1) <= t->slots)
        return 0;
    if (t->slots > INT32_MAX / 4) {
        PyErr_SetString(PyExc_MemoryError, "the function computes more than a trace can hold");
        return -1;
    }
    const uint32_t slots = t->slots ? 4 * (uint32_t)t->slots : 256;
    int32_t *slot = PyMem_Malloc(slots * sizeof *slot);
    if (!slot) {
        PyErr_NoMemory();
        return -1;
    }
    put_all(t, slot, slots);
    PyMem_Free(t->slot);
    t->slot = slot;
    t->slots = (int32_t)slots;
    return 0;
}

/* ------ a Value is an input, what is computed from one, and what is made one */
static int is_plain(const Trace *t, int32_t row, const int32_t *operands, int32_t count)
{
    int plain = row != OP_identity;
    for (int32_t k = 0; plain && row != STOP_GRADIENT && k < count; k++)
        plain = t->node[operands[k]].plain;
    return plain;
}

/* ------ new nodes; each returns its index, −1 with an exception */

static int32_t append(Trace *t, int32_t row, const int32_t *operands, int32_t count, double number,
                      int lane)
{
    if (reserve((void **)&t->node, &t->room, (int64_t)t->size + 1, sizeof *t->node) < 0
        || reserve((void **)&t->operand, &t->operand_room, (int64_t)t->operands + count,
                   sizeof *t->operand) < 0)
        return -1;
    if (count)
        memcpy(t->operand + t->operands, operands, (size_t)count * sizeof *operands);
    t->node[t->size] = (Node){number, NULL, row, t->operands, count, (uint8_t)lane,
                              (uint8_t)is_plain(t, row, operands, count)};
    t->operands += count;
    return t->size++;
}

static int32_t append_found(Trace *t, uint32_t at, int32_t row, const int32_t *operands,
                            int32_t count, double number, int lane)
{
    const int32_t index = append(t, row, operands, count, number, lane);
    if (index >= 0) {
        t->slot[at] = index;
        t->found++;
    }
    return index;
}

static int32_t constant(Trace *t, double number)
{
    if (reserve_slot(t) < 0)
        return -1;
    const uint32_t at = place_of_constant(t, number);
    return t->slot[at] >= 0 ? t->slot[at] : append_found(t, at, CONSTANT, NULL, 0, number, 0);
}

static int32_t new_input(Trace *t, double number, int lane, int plain)
{
    PyObject *index = PyLong_FromLong(t->size);
    if (!index)
        return -1;
    const int failed = PyList_Append(t->inputs, index) < 0;
    Py_DECREF(index);
    if (failed)
        return -1;
    const int32_t found = append(t, INPUT, NULL, 0, number, lane);
    if (found < 0)
        PySequence_DelItem(t->inputs, PyList_GET_SIZE(t->inputs) - 1);
    else
        t->node[found].plain = (uint8_t)plain;
    return found;
}

#endif
