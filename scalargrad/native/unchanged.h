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

/* A number that is another after every change of a dict; 0 where Python has none. */
static uint64_t version_of(PyObject *dict)
{
#if PY_VERSION_HEX < 0x030C0000
    return ((PyDictObject *)dict)->ma_version_tag;
#else
    (void)dict;
    return 0;
#endif
}

/* `seen` is the version in which the dict was last found to be what it was. */
static int same_in_dict(PyObject *kind, PyObject *dict, PyObject *expected, uint64_t *seen)
{
    const uint64_t version = version_of(dict);
    if (version && version == *seen)
        return 1;
    const int is_same = kind == Py_True ? same_dict(dict, expected) : same_globals(dict, expected);
    *seen = is_same ? version : 0;
    return is_same;
}

static int same(PyObject *kind, PyObject *holder, PyObject *expected, uint64_t *seen)
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
        return same_in_dict(kind, holder, expected, seen);
    if (holder && PyCell_Check(holder))
        return PyTuple_GET_SIZE(expected) == 1
               && PyCell_GET(holder) == PyTuple_GET_ITEM(expected, 0);
    return 0;
}

/* Return whether each of the records, (whole, holder, expected), holds the very objects expected;
 * −1 with an exception. */
static int are_unchanged(PyObject *records, uint64_t *seen)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(records); i++) {
        PyObject *record = PyList_GET_ITEM(records, i);
        if (!PyTuple_Check(record) || PyTuple_GET_SIZE(record) != 3)
            return PyErr_SetString(PyExc_TypeError, "a record has three parts"), -1;
        if (!same(PyTuple_GET_ITEM(record, 0), PyTuple_GET_ITEM(record, 1),
                  PyTuple_GET_ITEM(record, 2), &seen[i]))
            return 0;
    }
    return 1;
}

/* (records, seen): a list, and for each record room for the version of its dict. */
static PyObject *unchanged(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    Py_buffer seen;
    if (n != 2 || !PyList_Check(args[0]))
        return PyErr_Format(PyExc_TypeError, "expected a list of records and a buffer");
    if (PyObject_GetBuffer(args[1], &seen, PyBUF_WRITABLE) < 0)
        return NULL;
    int found = -1;
    if (seen.len != PyList_GET_SIZE(args[0]) * (Py_ssize_t)sizeof(uint64_t))
        PyErr_SetString(PyExc_ValueError, "expected a number of 64 bits for each record");
    else
        found = are_unchanged(args[0], seen.buf);
    PyBuffer_Release(&seen);
    return found < 0 ? NULL : PyBool_FromLong(found);
}

#endif
