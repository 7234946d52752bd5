/* What a compiled function needs of Values: their numbers all at once, and a node of its own. */
#ifndef SCALARGRAD_GATES_H
#define SCALARGRAD_GATES_H

#include "build.h"
#include "in_c.h"

static int are_values(PyObject *values)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(values); i++)
        if (!is_value(PyTuple_GET_ITEM(values, i))) {
            PyErr_Format(PyExc_TypeError, "expected Values, got %s",
                         Py_TYPE(PyTuple_GET_ITEM(values, i))->tp_name);
            return 0;
        }
    return 1;
}

/* Write the Values' data from `numbers` on; -1 with an exception unless they are a tuple of Values.
 * The machine calls it through a capsule. */
static int read_values(PyObject *values, double *numbers)
{
    if (!are_values(values))
        return -1;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(values); i++)
        numbers[i] = ((Node *)PyTuple_GET_ITEM(values, i))->data;
    return 0;
}

static EngineInC engine_functions_in_c = {read_values};

static Edges *gate_edges(PyObject *row, PyObject *operands, const double *partials)
{
    const Py_ssize_t n = PyTuple_GET_SIZE(operands);
    Edges *edges = edges_new(row, n);
    for (Py_ssize_t i = 0; edges && i < n; i++)
        edges->edge[i] = (Edge){(Node *)Py_NewRef(PyTuple_GET_ITEM(operands, i)), partials[i]};
    return edges;
}

/* (row, operands, numbers): a node above the operands; numbers are its data, then its partials. */
static PyObject *engine_gate(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *row, *operands, *node = NULL;
    Py_buffer numbers;
    if (!PyArg_ParseTuple(args, "OO!y*:gate", &row, &PyTuple_Type, &operands, &numbers))
        return NULL;
    const Py_ssize_t n = PyTuple_GET_SIZE(operands);
    const double *number = numbers.buf;
    if (n == 0 || numbers.len != (n + 1) * (Py_ssize_t)sizeof(double)) {
        PyErr_SetString(PyExc_ValueError, "expected a number, and one more for each operand");
    } else if (are_values(operands)) {
        Edges *edges = gate_edges(row, operands, number + 1);
        node = edges ? many_node(OP_CUSTOM, number[0], edges) : NULL;
    }
    PyBuffer_Release(&numbers);
    return node;
}

#endif
