/* A compiled function's use of Values: their numbers all at once, and a node of its own. Included
 * by module.c. */
#ifndef SCALARGRAD_COMPILED_NODES_H
#define SCALARGRAD_COMPILED_NODES_H

#include "doubts.h"
#include "../shared/buffers.h"
#include "../shared/in_c.h"

static int check_value(PyObject *x)
{
    if (LIKELY(is_value(x)))
        return 1;
    PyErr_Format(PyExc_TypeError, "expected Values, got %s", Py_TYPE(x)->tp_name);
    return 0;
}

/* Write the Values' data from `numbers` on; -1 with an exception unless they are a tuple of Values.
 * The machine calls it through a capsule. */
static int read_values(PyObject *values, double *numbers)
{
    const Py_ssize_t n = PyTuple_GET_SIZE(values);
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *value = PyTuple_GET_ITEM(values, i);
        if (!check_value(value))
            return -1;
        numbers[i] = ((Node *)value)->data;
    }
    return 0;
}

static EngineInC engine_functions_in_c = {read_values};

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

/* (row, operands, numbers, distinct): a node above the operands, which are distinct if it says so;
 * numbers are its data, then its partials. */
static PyObject *engine_compiled_node(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    (void)module;
    Py_buffer numbers;
    PyObject *node = NULL;
    if (count != 4 || !PyTuple_CheckExact(args[1]))
        return PyErr_Format(PyExc_TypeError, "expected a row, a tuple, a buffer and a bool");
    if (PyObject_GetBuffer(args[2], &numbers, PyBUF_SIMPLE) < 0)
        return NULL;
    const Py_ssize_t n = PyTuple_GET_SIZE(args[1]);
    const double *number = numbers.buf;
    if (n == 0 || numbers.len != (n + 1) * (Py_ssize_t)sizeof(double)
        || !is_aligned(&numbers, sizeof(double))) {
        PyErr_SetString(PyExc_ValueError,
                        "expected an aligned number, and one more for each operand");
    } else {
        Edges *edges = gate_edges(args[0], args[1], number + 1, args[3] == Py_True);
        node = edges ? many_node(OP_CUSTOM, number[0], edges) : NULL;
    }
    PyBuffer_Release(&numbers);
    return node;
}

#endif
