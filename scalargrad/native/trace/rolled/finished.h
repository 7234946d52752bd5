/* The loops of a finished trace that is kept as nodes, as one of a function that differentiates: its
 * nodes are recorded in order. Included by module.c. */
#ifndef SCALARGRAD_ROLLED_FINISHED_H
#define SCALARGRAD_ROLLED_FINISHED_H

#include "rolled.h"

/* A row of a trace's own may do anything; a sum over lanes is for the passes that come later. */
static int may_be_repeated(int32_t row)
{
    return may_be_rolled(row)
           || (row >= STOP_GRADIENT && row < KNOWN_ROWS && row != LANES_SUM && row != MOVED_SUM);
}

static Operand operand_of_event(int64_t event)
{
    return (Operand){.at.id = event, .count = 1, .kind = NODE_OPERAND};
}

static int is_sum_of_products(int32_t row)
{
    return row == ACCUMULATE || row == PRODUCTS;
}

static int64_t record_two(Recorder *r, int32_t row, Operand x, Operand y)
{
    Operand both[] = {x, y};
    return record_call(r, row, NO_OUTCOME, both, 2);
}

/* A sum of products, as one product after the other: so it may be a loop. */
static int64_t record_products(Recorder *r, int32_t row, const Operand *xs, int32_t count)
{
    const int32_t product = row == ACCUMULATE ? OP_chain : OP_mul;
    int64_t sum = record_two(r, product, xs[0], xs[1]);
    for (int32_t k = 2; sum >= 0 && k < count; k += 2) {
        const int64_t next = record_two(r, product, xs[k], xs[k + 1]);
        sum = next < 0 ? -1 : record_two(r, OP_add, operand_of_event(sum), operand_of_event(next));
    }
    return sum;
}

static int64_t record_as_one(Recorder *r, int32_t row, Operand *xs, int32_t count)
{
    return is_sum_of_products(row) ? record_products(r, row, xs, count)
                                   : record_call(r, row, NO_OUTCOME, xs, count);
}

/* Record one node; −1 with an exception, or without where it has no place in a loop. */
static int record_node(const Trace *t, Rolled *x, int32_t i)
{
    const TraceNode *node = &t->node[i];
    if (!may_be_repeated(node->row))
        return -1;
    Operand few[FEW], *operands = few_or_more(few, node->count, sizeof *operands);
    if (!operands)
        return -1;
    int known = 1;
    for (int32_t k = 0; known && k < node->count; k++)
        known = operand_of_node(t, x, operands_of(t, i)[k], &operands[k]);
    const int64_t id = known ? record_as_one(&x->recorder, node->row, operands, node->count) : -1;
    free_more(operands, few);
    if (id < 0)
        return -1;
    x->event_of[i] = (int32_t)id;
    return 0;
}

static int record_nodes(const Trace *t, Rolled *x)
{
    if (know_events(t, x) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    for (int32_t i = 0; i < t->size; i++) {
        const int is_computed = t->node[i].row != INPUT && t->node[i].row != CONSTANT;
        if (is_computed && (record_node(t, x, i) < 0 || is_hopeless(&x->recorder)))
            return -1;
    }
    return finish_loops(&x->recorder);
}

static int read_traits(const Trace *t, const Rolled *x, const Indices *results, Traits *traits)
{
    int known = 1;
    for (Py_ssize_t k = 0; known && k < results->count; k++) {
        const TraceNode *node = &t->node[results->item[k]];
        traits[k] = (Traits){.number = node->number};
        known = operand_of_node(t, x, results->item[k], &traits[k].operand);
    }
    return known;
}

/* The items, the number of events and the results; None where most nodes lie in no loop. */
static PyObject *items_of_nodes(Trace *t, Rolled *x, const Indices *results)
{
    Recorder *r = &x->recorder;
    if (record_nodes(t, x) < 0)
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    if (!is_worth_rolling(r) || r->size > MOST_ITEMS)
        Py_RETURN_NONE;
    Traits *traits = PyMem_Calloc((size_t)results->count + 1, sizeof *traits);
    if (!traits)
        return PyErr_NoMemory();
    const int known = read_traits(t, x, results, traits);
    PyObject *operands = known ? results_as_operands(traits, results->count) : NULL;
    PyMem_Free(traits);
    if (!operands)
        return known ? NULL : Py_NewRef(Py_None);
    PyObject *items = all_items(&(Items){r, t, row_of_trace});
    if (items)
        return Py_BuildValue("(NLN)", items, (long long)r->events, operands);
    Py_DECREF(operands);
    return NULL;
}

static int has_guards(const Trace *t)
{
    return t->guards || (t->guard_dict && PyDict_GET_SIZE(t->guard_dict));
}

/* rolled_nodes(results): what `rolled` gives, of a finished trace that is kept as nodes, without
 * Values, with the nodes of the results; None if it has guards, or most nodes lie in no loop. */
static PyObject *trace_rolled_nodes(PyObject *self, PyObject *results)
{
    Trace *t = (Trace *)self;
    Indices indices;
    if (as_nodes(t) < 0 || read_indices(t, results, &indices) < 0)
        return NULL;
    PyObject *found = Py_None;
    if (has_guards(t) || t->is_fused)
        Py_INCREF(found);
    else {
        Rolled x = {0};
        found = items_of_nodes(t, &x, &indices);
        free_rolled(&x);
    }
    indices_free(&indices);
    return found;
}

#endif
