/* Rebuilding a node from its parts, for copies and pickles: the twin of copying.py. Included by
 * module.c. */
#ifndef SCALARGRAD_COPYING_H
#define SCALARGRAD_COPYING_H

#include "attributes.h"
#include "doubts.h"

/* Fill the edges from checked tuples; a reference to each node. Returns how many were filled. */
static Py_ssize_t edges_fill(Edge *edge, PyObject *operands, PyObject *partials)
{
    Py_ssize_t n = PyTuple_GET_SIZE(operands), free_ones = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *operand = PyTuple_GET_ITEM(operands, i), *number = operand;
        if (is_value(operand)) {
            if (free_ones >= PyTuple_GET_SIZE(partials))
                return i;
            number = PyTuple_GET_ITEM(partials, free_ones++);
        }
        if (!PyFloat_CheckExact(number))
            return i;
        edge[i].parent = is_value(operand) ? (Node *)Py_NewRef(operand) : NULL;
        edge[i].partial = PyFloat_AS_DOUBLE(number);
    }
    return n;
}

static Node *node_of_edges(int code, double data, Edges *edges)
{
    int inside = edges->length <= 2 && code != OP_CUSTOM;
    Node *node = node_new((uint8_t)code, inside ? (uint8_t)edges->length : MANY, data);
    if (!node || !inside) {
        if (node)
            node->edges = edges;
        else
            edges_abandon(edges, edges->length);
        return node;
    }
    for (Py_ssize_t i = 0; i < 2; i++) {
        node->parent[i] = i < edges->length ? edges->edge[i].parent : NULL;
        node->partial[i] = i < edges->length ? edges->edge[i].partial : 0.0;
    }
    edges_abandon(edges, 0);
    return node;
}

static Node *node_of_parts(PyObject *row, double data, PyObject *operands, PyObject *partials)
{
    if (row == Py_None)
        return leaf_new(data);
    int code = code_of(row);
    Edges *edges = code < 0 ? NULL : edges_new(row, PyTuple_GET_SIZE(operands));
    if (!edges)
        return NULL;
    Py_ssize_t filled = edges_fill(edges->edge, operands, partials);
    if (filled < edges->length || edges->length == 0) {
        edges_abandon(edges, filled);
        PyErr_SetString(PyExc_TypeError, "operands must be Values or floats, partials floats");
        return NULL;
    }
    if (code == OP_CUSTOM)
        edges_doubt(edges, PyObject_HasAttrString(row, "decided"));
    return node_of_edges(code, data, edges);
}

static PyObject *value_rebuild(PyObject *unused, PyObject *args)
{
    (void)unused;
    PyObject *row, *data, *grad, *label, *operands, *partials;
    double number, slope;
    if (!PyArg_ParseTuple(args, "OOOUO!O!:_rebuild", &row, &data, &grad, &label, &PyTuple_Type,
                          &operands, &PyTuple_Type, &partials))
        return NULL;
    if (read_real(data, &number) < 0 || read_real(grad, &slope) < 0)
        return NULL;
    PyObject *checked = PyObject_CallFunctionObjArgs(hooks.check_record, &ValueType, row, operands,
                                                     partials, NULL);
    if (!checked)
        return NULL;
    Py_DECREF(checked);
    Node *node = node_of_parts(row, number, operands, partials);
    if (!node)
        return NULL;
    node->grad = slope;
    if (PyUnicode_GET_LENGTH(label) && note_set(labels, node, label) < 0)
        Py_CLEAR(node);
    return (PyObject *)node;
}

static PyObject *value_copy(PyObject *self, PyObject *unused)
{
    (void)unused;
    Node *node = (Node *)self;
    PyObject *linked = ask(hooks.linked, self);
    if (linked || PyErr_Occurred() || node_settle(node) < 0)
        return linked;
    PyObject *operands = edge_tuple(node, operand_view);
    PyObject *partials = operands ? edge_tuple(node, partial_view) : NULL;
    Node *copy = partials ? node_of_parts(operator_of(node), node->data, operands, partials)
                          : NULL;
    Py_XDECREF(operands);
    Py_XDECREF(partials);
    if (!copy)
        return NULL;
    copy->grad = node->grad;
    PyObject *label = note_get(labels, node);
    if ((!label && PyErr_Occurred()) || (label && note_set(labels, copy, label) < 0))
        Py_CLEAR(copy);
    return (PyObject *)copy;
}

static PyObject *value_deepcopy(PyObject *self, PyObject *memo)
{
    return PyObject_CallFunctionObjArgs(hooks.deepcopy, self, memo, NULL);
}

static PyObject *value_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    return PyObject_CallOneArg(hooks.reduce, self);
}

static PyObject *value_operator(PyObject *unused, PyObject *args)
{
    (void)unused;
    return PyObject_CallObject(hooks.build, args);
}

#endif
