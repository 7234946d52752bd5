/* Sums over the lanes, moved to where they are cheapest: the twin of compiler/passes/lane_sums.py,
 * where the rules are explained. Included by module.c. */
#ifndef SCALARGRAD_LANE_SUMS_H
#define SCALARGRAD_LANE_SUMS_H

#include "passes.h"

/* The nodes that the pass makes sums of, and what tells how many lanes there are. */
typedef struct {
    Trace *t;
    int32_t *sum; /* of each node of the trace as it was; ASKED_FOR before there is one */
    int32_t size;
    Indices
        counts; /* the inputs that are the count of lanes, its inverse; the first is the count */
} LaneSums;

enum { NOT_ASKED = -1, ASKED_FOR = -2 };

static int is_sum_row(int32_t row)
{
    return row == OP_add || row == OP_sub || row == OP_sum;
}

static int is_same_row(int32_t row)
{
    return row == OP_identity || row == STOP_GRADIENT;
}

static int is_alike_row(int32_t row)
{
    return row == OP_neg || is_same_row(row);
}

static int has_input_with_lanes(const Trace *t, int32_t i)
{
    for (int32_t k = 0; k < t->node[i].count; k++) {
        const TraceNode *x = &t->node[operands_of(t, i)[k]];
        if (x->lane && x->row == INPUT)
            return 1;
    }
    return 0;
}

static int32_t operands_with_lanes(const Trace *t, int32_t i)
{
    int32_t found = 0;
    for (int32_t k = 0; k < t->node[i].count; k++)
        found += t->node[operands_of(t, i)[k]].lane;
    return found;
}

/* Which operands have sums over lanes that give that of a node. */
enum { NONE_OF_THEM, THOSE_WITH_LANES, ALL_OF_THEM };

static int is_input_times_one(const Trace *t, int32_t x, int32_t y)
{
    const TraceNode *input = &t->node[x];
    return input->lane && input->row == INPUT && is_constant(t, y) && t->node[y].number == 1.0;
}

/* Whether a sum of products over lanes is one of the sums of their factors. */
static int is_linear(const Trace *t, int32_t i)
{
    const int32_t *factors = operands_of(t, i);
    for (int32_t k = 0; k + 1 < t->node[i].count; k += 2) {
        const int32_t x = factors[k], y = factors[k + 1];
        if ((t->node[x].lane && t->node[y].lane) || is_input_times_one(t, x, y)
            || is_input_times_one(t, y, x))
            return 0;
    }
    return 1;
}

static int inner(const Trace *t, int32_t i)
{
    const int32_t row = t->node[i].row;
    if (!t->node[i].lane)
        return NONE_OF_THEM;
    if (row == ACCUMULATE)
        return is_linear(t, i) ? THOSE_WITH_LANES : NONE_OF_THEM;
    if (is_alike_row(row) || (is_sum_row(row) && !has_input_with_lanes(t, i)))
        return ALL_OF_THEM;
    const int is_quotient = row == OP_div && !t->node[operands_of(t, i)[1]].lane;
    if (row != OP_mul && row != OP_chain && row != OP_choose && !is_quotient)
        return NONE_OF_THEM;
    return operands_with_lanes(t, i) == 1 ? THOSE_WITH_LANES : NONE_OF_THEM;
}

static int is_moved(const Trace *t, int which, int32_t operand)
{
    return which == ALL_OF_THEM || (which == THOSE_WITH_LANES && t->node[operand].lane);
}

static int is_surely_finite(const LaneSums *s, int32_t i)
{
    const TraceNode *x = &s->t->node[i];
    if (x->row == CONSTANT)
        return x->number != 0.0 && isfinite(x->number);
    for (Py_ssize_t k = 0; k < s->counts.count; k++)
        if (s->counts.item[k] == i)
            return 1;
    return 0;
}

static int is_surely_linear(const LaneSums *s, int32_t i)
{
    const TraceNode *x = &s->t->node[i];
    int found = 1;
    for (int32_t k = 0; found && !is_sum_row(x->row) && !is_alike_row(x->row) && k < x->count;
         k++) {
        const int32_t j = operands_of(s->t, i)[k];
        found = s->t->node[j].lane || is_surely_finite(s, j);
    }
    return found;
}

/* Mark what the sums that are asked for are made of: a node comes after its operands. */
static void find_wanted(LaneSums *s)
{
    for (int32_t i = s->size - 1; i >= 0; i--) {
        const int which = s->sum[i] == ASKED_FOR ? inner(s->t, i) : NONE_OF_THEM;
        for (int32_t k = 0; which && k < s->t->node[i].count; k++) {
            const int32_t j = operands_of(s->t, i)[k];
            if (is_moved(s->t, which, j))
                s->sum[j] = ASKED_FOR;
        }
    }
}

/* Have each product of a node that is the same in all lanes be one of them all. */
static int count_products(const LaneSums *s, int32_t i, int32_t *operands)
{
    const int32_t count = s->t->node[i].count, *factors = operands_of(s->t, i);
    for (int32_t k = 0; k + 1 < count; k += 2) {
        if (s->t->node[factors[k]].lane || s->t->node[factors[k + 1]].lane)
            continue;
        operands[k] = computed(s->t, OP_mul, (int32_t[]){s->counts.item[0], operands[k]}, 2);
        if (operands[k] < 0)
            return -1;
        factors = operands_of(s->t, i); /* the trace may have moved */
    }
    return 0;
}

/* The row of a node, on the sums of those operands that are moved. */
static int32_t row_on_sums(const LaneSums *s, int32_t i, int which)
{
    const TraceNode node = s->t->node[i];
    int32_t few[FEW] = {0}, *operands = few_or_more(few, node.count, sizeof *operands);
    if (!operands)
        return -1;
    int failed = 0;
    for (int32_t k = 0; k < node.count; k++) {
        const int32_t j = operands_of(s->t, i)[k];
        operands[k] = is_moved(s->t, which, j) ? s->sum[j] : j;
        failed |= operands[k] < 0;
    }
    if (failed)
        PyErr_SetString(PyExc_ValueError, "expected operands that come before their node");
    failed = failed || (node.row == ACCUMULATE && count_products(s, i, operands) < 0);
    const int32_t found = failed ? -1 : computed(s->t, node.row, operands, node.count);
    free_more(operands, few);
    return found;
}

/* The sum of a node over the lanes, where those of its operands are known; −1 with an exception. */
static int32_t summed(const LaneSums *s, int32_t i)
{
    Trace *t = s->t;
    if (!t->node[i].lane)
        return computed(t, OP_mul, (int32_t[]){s->counts.item[0], i}, 2);
    const int which = inner(t, i);
    const int32_t moved = which ? row_on_sums(s, i, which) : 0;
    if (which && (moved < 0 || is_surely_linear(s, i)))
        return moved;
    const int32_t kept = computed(t, LANES_SUM, &i, 1);
    return kept < 0 || !which ? kept : computed(t, MOVED_SUM, (int32_t[]){kept, moved}, 2);
}

static int is_plus_zero(const Trace *t, int32_t i)
{
    const int32_t y = t->node[i].row == OP_add ? operands_of(t, i)[1] : -1;
    return y >= 0 && is_constant(t, y) && t->node[y].number == 0.0 && !signbit(t->node[y].number);
}

/* Take the nodes x in place of those that are x + 0.0, or the same number as that. */
static void leave_zeros_out(const Trace *t, Indices *nodes)
{
    for (Py_ssize_t k = 0; k < nodes->count; k++) {
        int32_t i = nodes->item[k];
        while (is_same_row(t->node[i].row) || is_plus_zero(t, i))
            i = operands_of(t, i)[0];
        nodes->item[k] = i;
    }
}

static PyObject *sums_of(LaneSums *s, const Indices *nodes)
{
    for (int32_t i = 0; i < s->size; i++)
        s->sum[i] = NOT_ASKED;
    for (Py_ssize_t k = 0; k < nodes->count; k++)
        s->sum[nodes->item[k]] = ASKED_FOR;
    find_wanted(s);
    int failed = 0;
    s->t->passes++;
    for (int32_t i = 0; !failed && i < s->size; i++)
        if (s->sum[i] == ASKED_FOR)
            failed = (s->sum[i] = summed(s, i)) < 0;
    s->t->passes--;
    PyObject *found = failed ? NULL : PyList_New(0);
    for (Py_ssize_t k = 0; found && k < nodes->count; k++)
        if (append_index(found, s->sum[nodes->item[k]]) < 0)
            Py_CLEAR(found);
    return found;
}

/* lane_sums(nodes, counts, is_told): new nodes, which are sums of these over all lanes. It `is_told`
 * afterwards that −0.0 is 0.0: those that are x + 0.0 count as x. */
static PyObject *trace_lane_sums(PyObject *self, PyObject *args)
{
    PyObject *given, *counts;
    Indices nodes, inputs;
    int is_told = 0;
    if (!PyArg_ParseTuple(args, "OO|p:lane_sums", &given, &counts, &is_told)
        || as_nodes((Trace *)self) < 0 || read_indices((Trace *)self, given, &nodes) < 0)
        return NULL;
    if (read_indices((Trace *)self, counts, &inputs) < 0) {
        indices_free(&nodes);
        return NULL;
    }
    if (is_told)
        leave_zeros_out((Trace *)self, &nodes);
    LaneSums s = {.t = (Trace *)self, .size = ((Trace *)self)->size, .counts = inputs};
    s.sum = inputs.count ? PyMem_Calloc((size_t)s.size + 1, sizeof *s.sum) : NULL;
    PyObject *found = s.sum ? sums_of(&s, &nodes) : NULL;
    if (!s.sum && inputs.count)
        PyErr_NoMemory();
    else if (!s.sum)
        PyErr_SetString(PyExc_ValueError,
                        "expected the inputs that tell how many lanes there are");
    PyMem_Free(s.sum);
    indices_free(&nodes);
    indices_free(&inputs);
    return found;
}

#endif
