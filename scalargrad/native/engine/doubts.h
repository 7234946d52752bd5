/* Zeros that may stand for NOTHING, as doubts.py tells. Included by compiled_nodes.h, copying.h,
 * gradients.h.
 *
 * Zeros are decided only once a NaN came, by running Python: before that all gradients are put
 * back to what they were. */
#ifndef SCALARGRAD_DOUBTS_H
#define SCALARGRAD_DOUBTS_H

#include "later.h"

static int has_zero(const Edges *edges)
{
    for (Py_ssize_t i = 0; i < edges->length; i++)
        if (edges->edge[i].parent && edges->edge[i].partial == 0.0)
            return 1;
    return 0;
}

static int is_doubtful(const Node *node)
{
    return node->shape == MANY && node->edges->doubtful && has_zero(node->edges);
}

static int append_doubtful(void *list, Node *node)
{
    return !is_doubtful(node) || PyList_Append(list, (PyObject *)node) == 0;
}

/* Add the doubtful nodes of a graph to a list, in backward order; −1 with an exception. The graph's
 * interior gradients are set to nothing. No code of Python's runs. */
static int list_doubtful(Node *root, PyObject *nodes)
{
    Node *leaves = count_consumers(root);
    const int complete = visit_in_order(root, append_doubtful, nodes);
    accumulate_in_leaves(leaves, NOTHING);
    return complete ? 0 : -1;
}

/* Decide the zeros of the nodes in a list; −1 with an exception. */
static int decide_all(PyObject *nodes)
{
    PyObject *done = PyObject_CallOneArg(hooks.decide, nodes);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

/* Give leaves their old gradients back. */
static void abandon_leaves(Node *leaves)
{
    for (Node *leaf = leaves; leaf; leaf = leaf->next_leaf)
        leaf->grad = NOTHING;
    accumulate_in_leaves(leaves, NOTHING);
}

/* Undo a back-propagation that came to a NaN, and do it again with all zeros decided; −1 with an
 * exception, all gradients being as they were. Only if memory ran out for the old gradients of
 * interior nodes, interior nodes have none. `nodes` is an empty list. */
COLD int backward_decided(Node *root, double seed, Node *leaves, const Snapshot *old,
                          PyObject *nodes)
{
    abandon_leaves(leaves);
    const int listed = list_doubtful(root, nodes);
    snapshot_restore(old);
    if (old->failed)
        PyErr_NoMemory();
    if (listed < 0 || old->failed || decide_all(nodes) < 0)
        return -1;
    run_backward(root, seed, 0.0);
    return 0;
}

static int backward_in_doubt(Node *root, double given)
{
    Snapshot old = {0};
    int status = 0;
    /* made before gradients change: to make a list may run code of Python's, which may read them */
    PyObject *nodes = PyList_New(0);
    if (!nodes)
        return -1;
    Node *leaves = count_keeping(root, &old, 0);
    root->grad = forward_start(given);
    /* a zero in place of nothing makes a NaN of a product first */
    if (UNLIKELY(sweep(root, 0.0, 1)))
        status = backward_decided(root, given, leaves, &old, nodes);
    else
        accumulate_in_leaves(leaves, 0.0);
    free(old.item);
    Py_DECREF(nodes);
    return status;
}

/* run_backward, after all edges came, with all zeros decided if a NaN came. Above leaves alone only an infinite seed makes
 * a NaN of a zero. */
static int backward_without_doubt(Node *root, double seed)
{
    if (graph_settle(root) < 0)
        return -1;
    const int flat = root->shape == MANY && root->edges->flat;
    if (LIKELY(!doubtful_count) || (flat && isfinite(seed))) {
        run_backward(root, seed, 0.0);
        return 0;
    }
    return backward_in_doubt(root, seed);
}

/* Write partials, a float for each Value among the operands. */
static void edges_decide(Edges *edges, PyObject *partials)
{
    Py_ssize_t next = 0;
    for (Py_ssize_t i = 0; i < edges->length; i++)
        if (edges->edge[i].parent)
            edges->edge[i].partial = PyFloat_AS_DOUBLE(PyTuple_GET_ITEM(partials, next++));
    doubtful_count -= (size_t)edges->doubtful;
    edges->doubtful = 0;
}

static int are_partials(const Edges *edges, PyObject *partials)
{
    Py_ssize_t wanted = 0;
    for (Py_ssize_t i = 0; i < edges->length; i++)
        wanted += edges->edge[i].parent != NULL;
    if (!PyTuple_CheckExact(partials) || PyTuple_GET_SIZE(partials) != wanted)
        return 0;
    for (Py_ssize_t i = 0; i < wanted; i++)
        if (!PyFloat_CheckExact(PyTuple_GET_ITEM(partials, i)))
            return 0;
    return 1;
}

static PyObject *value_decide(PyObject *self, PyObject *partials)
{
    Node *node = (Node *)self;
    if (node_settle(node) < 0)
        return NULL;
    if (node->shape != MANY || !are_partials(node->edges, partials))
        return PyErr_Format(PyExc_TypeError, "expected a tuple of floats, one for each parent");
    edges_decide(node->edges, partials);
    Py_RETURN_NONE;
}

#endif
