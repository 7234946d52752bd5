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

/* ------ sums of products
 * They are recorded as one product after the other, so that they may be loops: those of a long sum
 * each as soon as both its numbers are there, within the loop that computes these. */

enum { LONG_SUM = 16 };

typedef struct {
    int32_t sum, first; /* the node, and which of its operands is the first of the two */
} Product;

typedef struct {
    int32_t *begin; /* of each node: the first of the products that are recorded after it */
    Product *product;
} Products;

static int is_sum_of_products(const Trace *t, int32_t i)
{
    return t->node[i].row == ACCUMULATE || t->node[i].row == PRODUCTS;
}

/* The later one of the two nodes. */
static int32_t ready_at(const int32_t *operands, int32_t first)
{
    const int32_t x = operands[first], y = operands[first + 1];
    return x > y ? x : y;
}

/* Whether a long sum can be taken in its order while its numbers come. */
static int comes_in_order(const Trace *t, int32_t i)
{
    const int32_t *operands = operands_of(t, i), count = t->node[i].count;
    int in_order = count >= LONG_SUM;
    for (int32_t k = 2; in_order && k < count; k += 2)
        in_order = ready_at(operands, k - 2) <= ready_at(operands, k);
    return in_order;
}

/* Count the products of a sum after the node of each, or put them there. */
static void place_products(const Trace *t, int32_t i, Products *p, int is_put)
{
    const int in_order = comes_in_order(t, i);
    for (int32_t k = 0; k < t->node[i].count; k += 2) {
        const int32_t at = in_order ? ready_at(operands_of(t, i), k) : i;
        if (is_put)
            p->product[p->begin[at + 1]++] = (Product){i, k};
        else
            p->begin[at + 2]++;
    }
}

static void place_all(const Trace *t, Products *p, int are_put)
{
    for (int32_t i = 0; i < t->size; i++)
        if (is_sum_of_products(t, i))
            place_products(t, i, p, are_put);
}

static void free_products(Products *p)
{
    PyMem_Free(p->begin);
    PyMem_Free(p->product);
}

/* −1 with an exception. */
static int find_products(const Trace *t, Products *p)
{
    *p = (Products){.begin = PyMem_Calloc((size_t)t->size + 2, sizeof *p->begin)};
    if (p->begin) {
        place_all(t, p, 0);
        for (int32_t i = 0; i < t->size; i++)
            p->begin[i + 2] += p->begin[i + 1];
        p->product = PyMem_Malloc(((size_t)p->begin[t->size + 1] + 1) * sizeof *p->product);
    }
    if (!p->product) {
        PyErr_NoMemory();
        return -1;
    }
    place_all(t, p, 1);
    return 0;
}

/* ------ recording: −1 with an exception, or without where a node has no place in a loop */

static int64_t record_two(Recorder *r, int32_t row, Operand x, Operand y)
{
    Operand both[] = {x, y};
    return record_call(r, row, NO_OUTCOME, both, 2);
}

static Operand operand_of_event(int64_t event)
{
    return (Operand){.at.id = event, .count = 1, .kind = NODE_OPERAND};
}

/* Add a product to what there is of its sum. */
static int record_product(const Trace *t, Rolled *x, Product product)
{
    const int32_t *both = operands_of(t, product.sum) + product.first;
    const int32_t row = t->node[product.sum].row == ACCUMULATE ? OP_chain : OP_mul;
    int32_t *sum = &x->event_of[product.sum];
    Operand u, v;
    if (!operand_of_node(t, x, both[0], &u) || !operand_of_node(t, x, both[1], &v))
        return -1;
    int64_t id = record_two(&x->recorder, row, u, v);
    if (id >= 0 && *sum >= 0)
        id = record_two(&x->recorder, OP_add, operand_of_event(*sum), operand_of_event(id));
    *sum = (int32_t)id;
    return id < 0 ? -1 : 0;
}

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
    const int64_t id = known ? record_call(&x->recorder, node->row, NO_OUTCOME, operands,
                                           node->count)
                             : -1;
    free_more(operands, few);
    x->event_of[i] = (int32_t)id;
    return id < 0 ? -1 : 0;
}

/* Record a node, and the products that come after it. */
static int record_with_products(const Trace *t, Rolled *x, const Products *p, int32_t i)
{
    const int is_given = t->node[i].row == INPUT || t->node[i].row == CONSTANT;
    if (!is_given && !is_sum_of_products(t, i) && record_node(t, x, i) < 0)
        return -1;
    for (int32_t k = p->begin[i]; k < p->begin[i + 1]; k++)
        if (record_product(t, x, p->product[k]) < 0)
            return -1;
    return is_hopeless(&x->recorder) ? -1 : 0;
}

static int record_all(const Trace *t, Rolled *x, const Products *p)
{
    for (int32_t i = 0; i < t->size; i++)
        if (record_with_products(t, x, p, i) < 0)
            return -1;
    return finish_loops(&x->recorder);
}

static int record_nodes(const Trace *t, Rolled *x)
{
    if (know_events(t, x) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    Products products;
    const int failed = find_products(t, &products) < 0 || record_all(t, x, &products) < 0;
    free_products(&products);
    return failed ? -1 : 0;
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

/* rolled_nodes(results): what `rolled` gives, of a finished trace that is kept as nodes, with the
 * nodes of the results. Which of these are Values is left to Python. None if the trace has guards,
 * or most nodes lie in no loop. */
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
