/* Chains of + and × in one instruction: the twin of passes/fusion.py, node for node. Included by
 * module.c. */
#ifndef SCALARGRAD_FUSION_H
#define SCALARGRAD_FUSION_H

#include "passes.h"

/* The kind of a sum that holds no product yet. */
enum { NO_SUM = 0 };

typedef struct {
    int32_t factor, next;
} Link;

typedef struct {
    Trace *trace;
    int32_t *uses;
    int32_t *first, *last; /* of a node that is such a sum: its factors, two for each product */
    int32_t *kind;         /* PRODUCTS or NO_SUM */
    Link *link;
    int32_t *factor; /* those of one sum */
    int32_t links, one, zero;
    size_t link_room, factor_room;
} Fusion;

static void fusion_free(Fusion *f)
{
    PyMem_Free(f->uses);
    PyMem_Free(f->first);
    PyMem_Free(f->last);
    PyMem_Free(f->kind);
    PyMem_Free(f->link);
    PyMem_Free(f->factor);
}

static int fusion_new(Fusion *f, Trace *t, const Indices *wanted)
{
    *f = (Fusion){.trace = t};
    f->one = constant(t, 1.0);
    /* the rows sum and dot begin with 0.0: no sum of theirs is −0.0 */
    f->zero = constant(t, 0.0);
    if (f->one < 0 || f->zero < 0 || !(f->uses = uses_of(t, wanted)))
        return -1;
    const size_t n = (size_t)t->size;
    f->first = PyMem_Malloc(n * sizeof *f->first);
    f->last = PyMem_Malloc(n * sizeof *f->last);
    f->kind = PyMem_Calloc(n, sizeof *f->kind);
    if (!f->first || !f->last || !f->kind) {
        PyErr_NoMemory();
        return -1;
    }
    memset(f->first, 0xFF, n * sizeof *f->first);
    return 0;
}

static int is_sum(const Fusion *f, int32_t i)
{
    return f->first[i] >= 0;
}

static int add_factor(Fusion *f, int32_t i, int32_t factor)
{
    if (RESERVE(f->link, f->link_room, (int64_t)f->links + 1) < 0)
        return -1;
    f->link[f->links] = (Link){factor, -1};
    if (is_sum(f, i))
        f->link[f->last[i]].next = f->links;
    else
        f->first[i] = f->links;
    f->last[i] = f->links++;
    return 0;
}

static int add_product(Fusion *f, int32_t i, int32_t x, int32_t y)
{
    return add_factor(f, i, x) < 0 || add_factor(f, i, y) < 0 ? -1 : 0;
}

/* A sum takes in a node only where the node is used nowhere else. */
static int is_inside(const Fusion *f, int32_t j, int32_t i)
{
    return f->uses[j] == 1 && f->trace->node[j].lane == f->trace->node[i].lane;
}

/* The kind of sum that takes operand j of node i in. */
static int32_t product_kind(const Fusion *f, int32_t j, int32_t i)
{
    const int32_t row = f->trace->node[j].row;
    if (!is_inside(f, j, i) || is_sum(f, j))
        return NO_SUM;
    return row == OP_mul || row == OP_square ? PRODUCTS : NO_SUM;
}

/* Add operand j of node i, a sum of such a kind: as a product if it is one, a square too. */
static int add_term(Fusion *f, int32_t i, int32_t j, int32_t kind)
{
    if (!kind || product_kind(f, j, i) != kind)
        return add_product(f, i, j, f->one);
    const int32_t *factor = operands_of(f->trace, j);
    return add_product(f, i, factor[0], factor[f->trace->node[j].count - 1]);
}

static int32_t first_kind(const Fusion *f, int32_t i)
{
    const TraceNode node = f->trace->node[i];
    int32_t kind = NO_SUM;
    for (int32_t k = 0; !kind && k < node.count; k++)
        kind = product_kind(f, operands_of(f->trace, i)[k], i);
    return kind;
}

static int fuse_sum(Fusion *f, int32_t i)
{
    const TraceNode node = f->trace->node[i];
    const int32_t *operands = operands_of(f->trace, i), first = operands[0];
    const int began = is_inside(f, first, i) && is_sum(f, first);
    int32_t kind = began ? f->kind[first] : NO_SUM, from = 0;
    if (!kind)
        kind = first_kind(f, i);
    if (began && (f->kind[first] == NO_SUM || f->kind[first] == kind)) {
        f->first[i] = f->first[first];
        f->last[i] = f->last[first];
        f->first[first] = -1;
        from = 1;
    }
    for (int32_t k = from; k < node.count; k++)
        if (add_term(f, i, operands[k], kind) < 0)
            return -1;
    f->kind[i] = kind;
    return node.row == OP_sum ? add_product(f, i, f->zero, f->one) : 0;
}

static int fuse_dot(Fusion *f, int32_t i)
{
    const int32_t count = f->trace->node[i].count, n = count / 2;
    const int32_t *operands = operands_of(f->trace, i);
    int failed = add_term(f, i, count % 2 ? operands[count - 1] : f->zero, PRODUCTS) < 0;
    for (int32_t k = 0; !failed && k < n; k++)
        failed = add_product(f, i, operands[k], operands[n + k]) < 0;
    f->kind[i] = PRODUCTS;
    return failed ? -1 : 0;
}

/* Have a sum be one node in place of its own. */
static int replace(Fusion *f, int32_t i)
{
    Trace *t = f->trace;
    int32_t count = 0;
    for (int32_t at = f->first[i]; at >= 0; at = f->link[at].next) {
        if (RESERVE(f->factor, f->factor_room, (int64_t)count + 1) < 0)
            return -1;
        f->factor[count++] = f->link[at].factor;
    }
    if (f->kind[i] == NO_SUM && count <= 4 && t->node[i].row != OP_sum)
        return 0;
    if (RESERVE(t->operand, t->operand_room, (int64_t)t->operands + count) < 0)
        return -1;
    memcpy(t->operand + t->operands, f->factor, (size_t)count * sizeof *f->factor);
    t->node[i].row = f->kind[i] ? f->kind[i] : PRODUCTS;
    t->node[i].begin = t->operands;
    t->node[i].count = count;
    t->operands += count;
    return 0;
}

static int fusion_run(Fusion *f)
{
    const int32_t size = f->trace->size;
    for (int32_t i = 0; i < size; i++) {
        const TraceNode node = f->trace->node[i];
        if (!f->uses[i] || !node.count)
            continue;
        if ((node.row == OP_add || node.row == OP_sum) && fuse_sum(f, i) < 0)
            return -1;
        if (node.row == OP_dot && fuse_dot(f, i) < 0)
            return -1;
    }
    for (int32_t i = 0; i < size; i++)
        if (is_sum(f, i) && replace(f, i) < 0)
            return -1;
    return 0;
}

/* fuse(wanted): turn sums of products into single nodes, in place. Once `wanted` is read, no code of
 * Python's runs. */
static PyObject *trace_fuse(PyObject *self, PyObject *wanted)
{
    Trace *t = (Trace *)self;
    Indices indices;
    Fusion f;
    if (as_nodes(t) < 0 || read_indices(t, wanted, &indices) < 0)
        return NULL;
    int failed = t->passes != 0;
    if (failed)
        PyErr_SetString(PyExc_RuntimeError, "a trace is fused while another pass is under way");
    else {
        t->is_fused = 1;
        failed = fusion_new(&f, t, &indices) < 0 || fusion_run(&f) < 0;
        fusion_free(&f);
    }
    indices_free(&indices);
    return failed ? NULL : Py_NewRef(Py_None);
}

#endif
