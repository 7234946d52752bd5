/* What the short way of a call asks: is all as it was? */
#ifndef SCALARGRAD_UNCHANGED_H
#define SCALARGRAD_UNCHANGED_H

#include "frame.h"

/* ------ whether what a function was traced with is still what it was */

static int same_list(PyObject *list, PyObject *expected)
{
    const size_t n = (size_t)PyTuple_GET_SIZE(expected);
    return (size_t)PyList_GET_SIZE(list) == n
           && (n == 0 || memcmp(PySequence_Fast_ITEMS(list), PySequence_Fast_ITEMS(expected),
                                n * sizeof(PyObject *)) == 0);
}

/* `expected` are keys and values in turn. */
static int same_dict(PyObject *dict, PyObject *expected)
{
    PyObject *key, *value;
    Py_ssize_t at = 0, n = 0;
    if (PyDict_GET_SIZE(dict) * 2 != PyTuple_GET_SIZE(expected))
        return 0;
    for (; PyDict_Next(dict, &at, &key, &value); n += 2)
        if (PyTuple_GET_ITEM(expected, n) != key || PyTuple_GET_ITEM(expected, n + 1) != value)
            return 0;
    return 1;
}

/* `expected` are some keys, each with its value; NotImplemented where it has none. */
static int same_globals(PyObject *dict, PyObject *expected)
{
    for (Py_ssize_t n = 0; n + 1 < PyTuple_GET_SIZE(expected); n += 2) {
        PyObject *found = PyDict_GetItem(dict, PyTuple_GET_ITEM(expected, n));
        if ((found ? found : Py_NotImplemented) != PyTuple_GET_ITEM(expected, n + 1))
            return 0;
    }
    return 1;
}

/* `expected` are its code and its defaults, of both kinds. */
static int same_function(PyObject *f, PyObject *expected)
{
    PyObject *found[] = {PyFunction_GET_CODE(f), PyFunction_GET_DEFAULTS(f),
                         PyFunction_GET_KW_DEFAULTS(f)};
    for (Py_ssize_t n = 0; n < 3; n++)
        if (PyTuple_GET_SIZE(expected) != 3
            || (found[n] ? found[n] : Py_None) != PyTuple_GET_ITEM(expected, n))
            return 0;
    return 1;
}

static int same(PyObject *kind, PyObject *holder, PyObject *expected)
{
    if (!PyTuple_Check(expected))
        return 0;
    if (PyList_Check(holder))
        return same_list(holder, expected);
    if (PyFunction_Check(holder))
        return same_function(holder, expected);
    if (PyType_Check(holder))
        holder = ((PyTypeObject *)holder)->tp_dict;
    if (holder && PyDict_Check(holder))
        return kind == Py_True ? same_dict(holder, expected) : same_globals(holder, expected);
    if (holder && PyCell_Check(holder))
        return PyTuple_GET_SIZE(expected) == 1
               && PyCell_GET(holder) == PyTuple_GET_ITEM(expected, 0);
    return 0;
}

/* A list of (whole, holder, expected): each holder is to hold the very objects expected. */
static PyObject *unchanged(PyObject *module, PyObject *records)
{
    (void)module;
    if (!PyList_Check(records))
        return PyErr_Format(PyExc_TypeError, "expected a list of records");
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(records); i++) {
        PyObject *record = PyList_GET_ITEM(records, i);
        if (!PyTuple_Check(record) || PyTuple_GET_SIZE(record) != 3)
            return PyErr_Format(PyExc_TypeError, "a record has three parts");
        if (!same(PyTuple_GET_ITEM(record, 0), PyTuple_GET_ITEM(record, 1),
                  PyTuple_GET_ITEM(record, 2)))
            Py_RETURN_FALSE;
    }
    Py_RETURN_TRUE;
}

#endif
