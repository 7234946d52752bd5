/* A compiled function's use of Values: their numbers all at once, and a node of its own. Included
 * by module.c. */
#ifndef SCALARGRAD_COMPILED_NODES_H
#define SCALARGRAD_COMPILED_NODES_H

#include "doubts.h"
#include "../shared/buffers.h"
#include "../shared/in_c.h"

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

/* (call, place, number): a node whose edges the call gives later. */
static PyObject *value_later(PyObject *unused, PyObject *const *args, Py_ssize_t count)
{
    (void)unused;
    if (count != 3 || !PyLong_Check(args[1]) || !PyFloat_Check(args[2]))
        return PyErr_Format(PyExc_TypeError, "expected a call, an int and a float");
    const Py_ssize_t place = PyLong_AsSsize_t(args[1]);
    if (place == -1 && PyErr_Occurred())
        return NULL;
    Node *node = node_new(OP_CUSTOM, LATER, PyFloat_AS_DOUBLE(args[2]));
    if (!node)
        return NULL;
    node->no_parents[0] = node->no_parents[1] = NULL;
    node->call = Py_NewRef(args[0]);
    node->place = place;
    later_count++;
    return (PyObject *)node;
}

#endif
