/* A tuple of any items, which Python code that runs meanwhile does not change. Included by
 * engine/gradients.h, machine/writing.h, trace/nodes.h. */
#ifndef SCALARGRAD_TUPLES_H
#define SCALARGRAD_TUPLES_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* Before Python 3.12 a new tuple may start a collection, and a finalizer may change the list:
 * PySequence_Tuple then reads where its items were. */
static inline PyObject *own_tuple(PyObject *items)
{
    if (!PyList_CheckExact(items))
        return PySequence_Tuple(items);
    PyObject *tuple = PyTuple_New(PyList_GET_SIZE(items));
    while (tuple && PyTuple_GET_SIZE(tuple) != PyList_GET_SIZE(items))
        Py_SETREF(tuple, PyTuple_New(PyList_GET_SIZE(items)));
    for (Py_ssize_t k = 0; tuple && k < PyTuple_GET_SIZE(tuple); k++)
        PyTuple_SET_ITEM(tuple, k, Py_NewRef(PyList_GET_ITEM(items, k)));
    return tuple;
}

#endif
