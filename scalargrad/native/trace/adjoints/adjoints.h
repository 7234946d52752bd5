/* The chain rule on a trace: the twin of backward.py's symbolic_adjoints, node for node. Included
 * by module.c. */
#ifndef SCALARGRAD_ADJOINTS_ADJOINTS_H
#define SCALARGRAD_ADJOINTS_ADJOINTS_H

#include "partials.h"

static int reverse_run(Reverse *r)
{
    for (int32_t at = 0; at < r->ordered; at++) {
        const int32_t i = r->order[at];
        Term upstream;
        if (r->first[i - r->low] < 0)
            continue;
        if (sum_of_products(r, i, &upstream) < 0)
            return -1;
        r->adjoint[i - r->low] = upstream;
        r->target[i - r->low] = r->target[i - r->low] ? REACHED : 0;
        if (!is_no_contribution(upstream) && has_leading_operand(r, i)
            && pass_to_operands(r, i, upstream) < 0)
            return -1;
    }
    return 0;
}

/* The node of a leaf, if it is one of this trace and no younger than the root; else −1. */
static int32_t target_of(const Trace *t, PyObject *x, int32_t root)
{
    const int is_own = is_tracer(x) && ((Tracer *)x)->trace == t;
    const int32_t i = is_own ? index_of_tracer((Tracer *)x) : -1;
    return i <= root ? i : -1;
}

/* The oldest node among these leaves, a tuple, and the root. */
static int32_t oldest_of(const Trace *t, PyObject *leaves, int32_t root)
{
    int32_t low = root;
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(leaves); k++) {
        const int32_t i = target_of(t, PyTuple_GET_ITEM(leaves, k), root);
        if (i >= 0 && i < low)
            low = i;
    }
    return low;
}

/* Mark the nodes among `leaves` that are this trace's. */
static void mark_targets(Reverse *r, PyObject *leaves, int32_t root)
{
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(leaves); k++) {
        const int32_t i = target_of(r->trace, PyTuple_GET_ITEM(leaves, k), root);
        if (i >= 0)
            r->leading[i - r->low] = r->target[i - r->low] = WANTED;
    }
}

/* Code of Python's may run only from `reverse_run` on, which takes only nodes that are there
 * before: these stay as they are while the pass is under way. */
static int reverse(Reverse *r, int32_t root, PyObject *leaves, Term start)
{
    mark_targets(r, leaves, root);
    find_order(r, root);
    find_leading(r, root);
    if (contribute(r, root, start, number_term(1.0), 0) < 0)
        return -1;
    r->trace->passes++;
    const int status = reverse_run(r);
    r->trace->passes--;
    return status;
}

static PyObject *adjoint_of(const Reverse *r, PyObject *leaf, int32_t root)
{
    const int32_t i = target_of(r->trace, leaf, root);
    const int is_reached = i >= 0 && r->target[i - r->low] == REACHED;
    return object_of(r->trace, is_reached ? r->adjoint[i - r->low] : number_term(-0.0));
}

static PyObject *list_of_adjoints(const Reverse *r, PyObject *leaves, int32_t root)
{
    PyObject *adjoints = PyList_New(PyTuple_GET_SIZE(leaves));
    for (Py_ssize_t k = 0; adjoints && k < PyTuple_GET_SIZE(leaves); k++) {
        PyObject *x = adjoint_of(r, PyTuple_GET_ITEM(leaves, k), root);
        if (!x)
            Py_CLEAR(adjoints);
        else
            PyList_SET_ITEM(adjoints, k, x);
    }
    return adjoints;
}

/* The passes of this file take nodes for made after their operands. */
static int is_in_order(const Trace *t)
{
    if (t->is_fused)
        PyErr_SetString(PyExc_RuntimeError, "a fused trace has no derivatives");
    return !t->is_fused;
}

/* adjoints(root, leaves, seed): the adjoint of each leaf, −0.0 where nothing flows. */
static PyObject *trace_adjoints(PyObject *self, PyObject *args)
{
    Trace *t = (Trace *)self;
    PyObject *root, *leaves, *seed, *adjoints = NULL;
    Term start;
    if (!PyArg_ParseTuple(args, "OO!O:adjoints", &root, &PyTuple_Type, &leaves, &seed))
        return NULL;
    const int32_t index = index_of(t, root);
    /* what may run code of Python's, and make a trace grow, comes first */
    if (index < 0 || term_of(t, seed, &start) < 0 || as_nodes(t) < 0 || !is_in_order(t))
        return NULL;
    Reverse r;
    if (reverse_new(&r, t, oldest_of(t, leaves, index), index) == 0
        && reverse(&r, index, leaves, start) == 0)
        adjoints = list_of_adjoints(&r, leaves, index);
    reverse_free(&r);
    return adjoints;
}

/* order(root, low): the nodes from `low` on that the root is computed from, in backward order. */
static PyObject *trace_order(PyObject *self, PyObject *args)
{
    Trace *t = (Trace *)self;
    int root, low;
    if (!PyArg_ParseTuple(args, "ii:order", &root, &low) || as_nodes(t) < 0 || !is_in_order(t))
        return NULL;
    if (root < 0 || root >= t->size || low < 0 || low > root)
        return PyErr_Format(PyExc_IndexError, "there are no nodes from %d to %d", low, root);
    Reverse r;
    PyObject *found = NULL;
    if (reverse_new(&r, t, low, root) == 0) {
        find_order(&r, root);
        found = PyList_New(0);
    }
    for (int32_t k = 0; found && k < r.ordered; k++) {
        PyObject *index = PyLong_FromLong(r.order[k]);
        if (!index || PyList_Append(found, index) < 0)
            Py_CLEAR(found);
        Py_XDECREF(index);
    }
    reverse_free(&r);
    return found;
}

#endif
