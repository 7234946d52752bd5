/* The nodes of a trace, in the order in which they were computed, each different computation
 * once. Included by objects.h, rolled/log.h. */
#ifndef SCALARGRAD_NODES_H
#define SCALARGRAD_NODES_H

#include "../shared/growing.h"
#include "../shared/special.h"
#include "../shared/rules.h"
#include "../shared/tuples.h"
#include "hash_table.h"
#include "loops/recorder.h"

/* Codes of rows: those of the table, then STOP_GRADIENT to MOVED_SUM, which are the compiler's,
 * then the rows of each trace's own. */
enum { INPUT = -1, CONSTANT = -2 };
enum {
    STOP_GRADIENT = OP_COUNT,
    LANES_SUM,
    PRODUCTS,
    ACCUMULATE,
    HANDED_ON,
    MOVED_SUM,
    KNOWN_ROWS
};

/* When a trace asks `compute` of its class about a row: never, where an operand is a number,
 * always. WRITTEN_OUT says that the trace computes the elementary form of the row by itself. */
enum { NEVER, BESIDE_NUMBER, ALWAYS, WRITTEN_OUT };

/* How a trace is kept: as nodes; as nodes, with a log of what was computed, in which loops may be
 * found; or as what a recorder of loops has, until somebody asks for a node. */
enum { AS_NODES, AS_NODES_WITH_LOG, AS_LOOPS };

/* Why it is kept as nodes: the reasons of compiler/trace/rolled.py. */
enum { NOT_LOOKED, SHORT, OTHER, IRREGULAR, ASKED, BRANCHES };

typedef struct Tracer Tracer;

/* The state of a trace that is kept as loops; see rolled/events.h. */
typedef struct {
    Again log; /* the operator calls so far, while there is a log */
    size_t call_room, operand_room;
    int64_t look;      /* after how many calls to look for loops */
    int32_t *event_of; /* of each node: the last event that computed it; which input it is */
    size_t event_room;
    int32_t known, inputs; /* of how many nodes, and inputs among them */
    Recorder recorder;
    int32_t *node_of; /* of each event, once all are nodes again */
    int how, why;
    int is_expanding;
    int are_values; /* whether new inputs are Values, unless they are plain */
} Rolled;

typedef struct {
    double number;
    Tracer *tracer; /* borrowed: the Tracer of the node, as long as there is one */
    int32_t row, begin, count;
    uint8_t lane;
    uint8_t plain;  /* eager has a float here, and no Value */
    uint8_t linked; /* computed from a Value: told of traces that may be kept as loops */
} TraceNode;

/* A comparison of two nodes that decided what the function did next. */
typedef struct {
    int32_t compare, x, y, outcome;
} TraceGuard;

typedef struct {
    PyObject_HEAD
    TraceNode *node;
    int32_t *operand; /* of all nodes, one after the other */
    HashTable known;  /* the nodes that can be found */
    int32_t size, operands;
    size_t room, operand_room;
    PyObject *rows;     /* list: rows that are not known to all traces */
    PyObject *codes;    /* dict: their codes */
    PyObject *captured; /* dict: from a Value to the input that stands for it */
    PyObject *inputs;   /* list of the inputs' indices */
    uint8_t asks[KNOWN_ROWS];
    int16_t instead[KNOWN_ROWS]; /* 1 + the row that is computed in place of each; 0 for itself */
    uint8_t is_rewriting;        /* whether `compute` is asked of any row */
    int passes;                  /* passes under way: until they end no node is another one */
    uint8_t is_fused;            /* whether a node's operands may come after it */
    TraceGuard *guard;           /* the guards, while there is no dict of them */
    size_t guard_room;
    int32_t guards;
    PyObject *guard_dict; /* the guards once somebody has asked for a dict */
    PyObject *decided;    /* a mapping: outcomes of comparisons that are known beforehand */
    Rolled rolled;
} Trace;

struct Tracer {
    PyObject_HEAD
    Trace *trace;
    int32_t index; /* −1 while its trace is kept as loops; then the others say what it is */
    uint8_t lane, plain, linked;
    int64_t event;
    double number;
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

static int reserve(void *items, size_t *room, size_t wanted, size_t size)
{
    if (*room && wanted <= *room)
        return 0;
    if (wanted > INT32_MAX / 4) {
        PyErr_SetString(PyExc_MemoryError, "the function computes more than a trace can hold");
        return -1;
    }
    if (grow(items, room, wanted, size, PyMem_Realloc) == 0)
        return 0;
    PyErr_NoMemory();
    return -1;
}

/* Make room for `wanted` items. Changes nothing if this fails. */
#define RESERVE(items, room, wanted) reserve(&(items), &(room), (size_t)(wanted), sizeof *(items))

/* ------ finding what is known */

static uint32_t hash_of(int32_t row, const int32_t *operands, int32_t count)
{
    uint64_t hash = mixed(0, (uint32_t)row);
    for (int32_t k = 0; k < count; k++)
        hash = mixed(hash, (uint32_t)operands[k]);
    return (uint32_t)hash;
}

/* A number by its bits, for −0.0 is not 0.0; all NaNs are one number. */
static uint64_t number_key(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return isnan(x) ? 0x7FF8000000000000u : bits;
}

/* Operands of successive nodes are mostly successive nodes. So the cell of a node is near that of
 * the one before, with some cells between them for others. */
static Hash hash_of_computation(int32_t row, const int32_t *operands, int32_t count)
{
    uint32_t near = (uint32_t)row;
    for (int32_t k = 0; k < count; k++)
        near += 3 * (uint32_t)operands[k];
    return (Hash){near, hash_of(row, operands, count)};
}

static Hash hash_of_constant(double x)
{
    return same_hash((uint32_t)mixed(1, number_key(x)));
}

static Hash hash_of_node(const Trace *t, int32_t i)
{
    const TraceNode *node = &t->node[i];
    return node->row == CONSTANT ? hash_of_constant(node->number)
                                 : hash_of_computation(node->row, operands_of(t, i), node->count);
}

static int is_constant(const Trace *t, int32_t i)
{
    return t->node[i].row == CONSTANT;
}

static int same_operands(const Trace *t, int32_t i, const int32_t *operands, int32_t count)
{
    const int32_t *own = operands_of(t, i);
    int32_t k = t->node[i].count == count ? 0 : -1;
    /* most nodes have one operand or two */
    while (k >= 0 && k < count && own[k] == operands[k])
        k++;
    return k == count;
}

static int is_same_constant(const void *trace, int32_t i, const void *number)
{
    const Trace *t = trace;
    const double x = t->node[i].number, y = *(const double *)number;
    return is_constant(t, i) && number_key(x) == number_key(y);
}

typedef struct {
    int32_t row, count;
    const int32_t *operands;
} Computation;

static int is_same_computation(const void *trace, int32_t i, const void *wanted)
{
    const Trace *t = trace;
    const Computation *c = wanted;
    return t->node[i].row == c->row && same_operands(t, i, c->operands, c->count);
}

/* The cell of a constant, or the empty one for it. */
static uint32_t cell_of_constant(const Trace *t, double x)
{
    return find_cell(&t->known, hash_of_constant(x), is_same_constant, t, &x);
}

/* The cell of a node, or the empty one for it. */
static uint32_t cell_of_node(const Trace *t, int32_t row, const int32_t *operands, int32_t count)
{
    const Computation wanted = {row, count, operands};
    const Hash hash = hash_of_computation(row, operands, count);
    return find_cell(&t->known, hash, is_same_computation, t, &wanted);
}

static int hash_in_trace(const void *trace, int32_t i, Hash *hash)
{
    const Trace *t = trace;
    /* every identity is a variable of its own, to take a derivative in */
    if (t->node[i].row == INPUT || t->node[i].row == OP_identity)
        return 0;
    *hash = hash_of_node(t, i);
    return 1;
}

static int reserve_cell(Trace *t)
{
    return cells_reserve(&t->known, t->size, hash_in_trace, t);
}

/* ------ a Value is an input, what is computed from one, and what is made one */

static int is_plain(const Trace *t, int32_t row, const int32_t *operands, int32_t count)
{
    int plain = row != OP_identity;
    for (int32_t k = 0; plain && row != STOP_GRADIENT && k < count; k++)
        plain = t->node[operands[k]].plain;
    return plain;
}

static int is_linked(const Trace *t, const int32_t *operands, int32_t count)
{
    int linked = 0;
    for (int32_t k = 0; k < count; k++)
        linked |= t->node[operands[k]].linked;
    return linked;
}

/* ------ new nodes; each returns its index, −1 with an exception */

static int32_t append_node(Trace *t, int32_t row, const int32_t *operands, int32_t count,
                           double number, int lane)
{
    if (RESERVE(t->node, t->room, (int64_t)t->size + 1) < 0
        || RESERVE(t->operand, t->operand_room, (int64_t)t->operands + count) < 0)
        return -1;
    if (count)
        memcpy(t->operand + t->operands, operands, (size_t)count * sizeof *operands);
    t->node[t->size] = (TraceNode){
        .number = number,
        .row = row,
        .begin = t->operands,
        .count = count,
        .lane = (uint8_t)lane,
        .plain = (uint8_t)is_plain(t, row, operands, count),
        .linked = (uint8_t)is_linked(t, operands, count),
    };
    t->operands += count;
    return t->size++;
}

static int32_t append_known(Trace *t, uint32_t at, int32_t row, const int32_t *operands,
                            int32_t count, double number, int lane)
{
    const int32_t index = append_node(t, row, operands, count, number, lane);
    if (index >= 0) {
        fill_cell(&t->known, at, index);
    }
    return index;
}

static int32_t constant(Trace *t, double number)
{
    if (reserve_cell(t) < 0)
        return -1;
    const uint32_t at = cell_of_constant(t, number);
    const int32_t known = t->known.item[at];
    return known >= 0 ? known : append_known(t, at, CONSTANT, NULL, 0, number, 0);
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
    const int32_t found = append_node(t, INPUT, NULL, 0, number, lane);
    if (found < 0)
        PySequence_DelItem(t->inputs, PyList_GET_SIZE(t->inputs) - 1);
    else {
        t->node[found].plain = (uint8_t)plain;
        t->node[found].linked = t->rolled.are_values && !plain;
    }
    return found;
}

#endif
