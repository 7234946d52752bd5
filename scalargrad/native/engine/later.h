/* Nodes whose edges come later: a call keeps what they are computed from, and is asked for them when
 * a walk is to go on below. Included by attributes.h, doubts.h.
 *
 * The call runs Python, so each walk asks before it begins: no walk meets a node that is LATER. */
#ifndef SCALARGRAD_LATER_H
#define SCALARGRAD_LATER_H

#include "backward.h"
#include "build.h"
#include "../shared/buffers.h"

static int check_value(PyObject *x)
{
    if (LIKELY(is_value(x)))
        return 1;
    PyErr_Format(PyExc_TypeError, "expected Values, got %s", Py_TYPE(x)->tp_name);
    return 0;
}

/* Say of new edges whether they are doubtful, which they are not yet. */
static void edges_doubt(Edges *edges, int doubtful)
{
    edges->doubtful = doubtful;
    doubtful_count += (size_t)doubtful;
}

/* Whether all operands are leaves, none of them twice. Nothing else is marked meanwhile. */
static int are_distinct_leaves(const Edges *edges)
{
    int distinct = 1;
    for (Py_ssize_t i = 0; i < edges->length; i++) {
        Node *parent = edges->edge[i].parent;
        distinct &= parent->shape == LEAF && !(parent->flags & MARKED);
        parent->flags |= MARKED;
    }
    for (Py_ssize_t i = 0; i < edges->length; i++)
        edges->edge[i].parent->flags &= ~MARKED;
    return distinct;
}

static Edges *gate_edges(PyObject *row, PyObject *operands, const double *partials, int distinct)
{
    const Py_ssize_t n = PyTuple_GET_SIZE(operands);
    Edges *edges = edges_new(row, n);
    if (!edges)
        return NULL;
    int flat = 1;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *operand = PyTuple_GET_ITEM(operands, i);
        if (!check_value(operand))
            return edges_abandon(edges, i), NULL;
        edges->edge[i] = (Edge){(Node *)Py_NewRef(operand), partials[i]};
        flat &= edges->edge[i].parent->shape == LEAF;
    }
    edges->flat = distinct ? flat : are_distinct_leaves(edges);
    edges_doubt(edges, 1);
    return edges;
}

/* The edges of a node, as the call tells of its place: a row, a tuple of operands, a buffer of as
 * many partials. */
static Edges *edges_of_call(PyObject *call, Py_ssize_t place)
{
    PyObject *row, *operands, *partials;
    Py_buffer view;
    Edges *edges = NULL;
    PyObject *told = PyObject_CallMethod(call, "settled", "n", place);
    if (!told)
        return NULL;
    if (!PyArg_ParseTuple(told, "OO!O", &row, &PyTuple_Type, &operands, &partials)
        || PyObject_GetBuffer(partials, &view, PyBUF_SIMPLE) < 0)
        return Py_DECREF(told), NULL;
    if (view.len == PyTuple_GET_SIZE(operands) * (Py_ssize_t)sizeof(double)
        && is_aligned(&view, sizeof(double)))
        edges = gate_edges(row, operands, view.buf, 0);
    else
        PyErr_SetString(PyExc_ValueError, "expected an aligned number for each operand");
    PyBuffer_Release(&view);
    Py_DECREF(told);
    return edges;
}

/* Give a node its edges; −1 with an exception. */
static int node_settle(Node *node)
{
    if (LIKELY(node->shape != LATER))
        return 0;
    Py_INCREF(node);
    PyObject *call = Py_NewRef(node->call);
    Edges *edges = edges_of_call(call, node->place);
    /* what runs meanwhile may have settled it */
    if (edges && node->shape == LATER) {
        node->shape = MANY;
        node->edges = edges;
        later_count--;
        Py_DECREF(call);
    } else if (edges)
        edges_abandon(edges, edges->length);
    Py_DECREF(call);
    Py_DECREF(node);
    return edges ? 0 : -1;
}

/* Those nodes that are LATER, as a list. */
static PyObject *later_among(const Snapshot *all)
{
    PyObject *found = PyList_New(0);
    for (size_t i = 0; found && i < all->length; i++)
        if (all->item[i].node->shape == LATER
            && PyList_Append(found, (PyObject *)all->item[i].node) < 0)
            Py_CLEAR(found);
    return found;
}

/* The nodes that are LATER in the graphs of the nodes in a list, which is given up. */
static PyObject *later_below(PyObject *roots)
{
    Snapshot all = {0};
    int failed = 0;
    for (Py_ssize_t i = 0; !failed && i < PyList_GET_SIZE(roots); i++)
        failed = snapshot_visit(&all, (Node *)PyList_GET_ITEM(roots, i)) < 0;
    PyObject *found = snapshot_fill(&all, failed) < 0 ? PyErr_NoMemory() : later_among(&all);
    free(all.item);
    Py_DECREF(roots);
    return found;
}

static int all_settle(PyObject *nodes)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(nodes); i++)
        if (node_settle((Node *)PyList_GET_ITEM(nodes, i)) < 0)
            return -1;
    return 0;
}

/* Settle all nodes of a graph, then those below them; −1 with an exception. */
COLD int some_settle(Node *root)
{
    PyObject *nodes = PyList_New(0);
    int failed = !nodes || PyList_Append(nodes, (PyObject *)root) < 0;
    Py_ssize_t more = !failed;
    while (more && !failed) {
        nodes = later_below(nodes);
        failed = !nodes || all_settle(nodes) < 0;
        more = nodes ? PyList_GET_SIZE(nodes) : 0;
    }
    Py_XDECREF(nodes);
    return failed ? -1 : 0;
}

static int graph_settle(Node *root)
{
    return LIKELY(!later_count) ? 0 : some_settle(root);
}

#endif
