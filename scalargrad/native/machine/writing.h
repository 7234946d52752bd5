/* A program's results in the containers of the function's result. Included by module.c. */
#ifndef SCALARGRAD_WRITING_H
#define SCALARGRAD_WRITING_H

#include "../shared/buffers.h"
#include "../shared/tuples.h"
#include "frame.h"

/* Kinds of writers. A writer is None for one number; else a tuple that begins with one of these. */
enum {
    WRITE_FLOATS,  /* count: a list of so many numbers */
    WRITE_LIST,    /* writers */
    WRITE_TUPLE,   /* writers */
    WRITE_DICT,    /* keys, writers */
    WRITE_BY_CALL, /* function, writers: of a list of what these build */
    WRITE_NUMBERS, /* function, count: of a view of so many numbers */
};

/* The numbers that are left. */
typedef struct {
    const double *at, *end;
    const double *begin;
    PyObject *buffer;
} Numbers;

static PyObject *written(PyObject *writer, Numbers *from);

static PyObject *next_number(Numbers *from)
{
    if (from->at < from->end)
        return PyFloat_FromDouble(*from->at++);
    return PyErr_Format(PyExc_ValueError, "there are too few numbers");
}

/* How many numbers a writer takes; −1 with an exception where there are not as many. */
static Py_ssize_t count_of(PyObject *count, const Numbers *from)
{
    const Py_ssize_t n = PyLong_AsSsize_t(count);
    if (n >= 0 && n <= from->end - from->at)
        return n;
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "there are too few numbers");
    return -1;
}

static PyObject *list_of_numbers(PyObject *count, Numbers *from)
{
    const Py_ssize_t n = count_of(count, from);
    PyObject *list = n < 0 ? NULL : PyList_New(n);
    for (Py_ssize_t k = 0; list && k < n; k++) {
        PyObject *number = PyFloat_FromDouble(*from->at++);
        if (!number)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, k, number);
    }
    return list;
}

static PyObject *list_of(PyObject *writers, Numbers *from)
{
    if (!PyTuple_CheckExact(writers))
        return PyErr_Format(PyExc_TypeError, "expected a tuple of writers");
    /* the list grows: a function that is called for a part may find it, and change it */
    PyObject *list = PyList_New(0);
    for (Py_ssize_t k = 0; list && k < PyTuple_GET_SIZE(writers); k++) {
        PyObject *part = written(PyTuple_GET_ITEM(writers, k), from);
        if (!part || PyList_Append(list, part) < 0)
            Py_CLEAR(list);
        Py_XDECREF(part);
    }
    return list;
}

static PyObject *tuple_of(PyObject *writers, Numbers *from)
{
    PyObject *list = list_of(writers, from), *tuple = list ? own_tuple(list) : NULL;
    Py_XDECREF(list);
    return tuple;
}

static PyObject *dict_of(PyObject *keys, PyObject *writers, Numbers *from)
{
    if (!PyTuple_CheckExact(keys) || !PyTuple_CheckExact(writers)
        || PyTuple_GET_SIZE(keys) != PyTuple_GET_SIZE(writers))
        return PyErr_Format(PyExc_TypeError, "expected as many keys as writers");
    PyObject *dict = PyDict_New();
    for (Py_ssize_t k = 0; dict && k < PyTuple_GET_SIZE(keys); k++) {
        PyObject *part = written(PyTuple_GET_ITEM(writers, k), from);
        if (!part || PyDict_SetItem(dict, PyTuple_GET_ITEM(keys, k), part) < 0)
            Py_CLEAR(dict);
        Py_XDECREF(part);
    }
    return dict;
}

static PyObject *called_with(PyObject *function, PyObject *argument)
{
    PyObject *made = argument ? PyObject_CallOneArg(function, argument) : NULL;
    Py_XDECREF(argument);
    return made;
}

static PyObject *view_of(PyObject *count, Numbers *from)
{
    const Py_ssize_t n = count_of(count, from);
    if (n < 0)
        return NULL;
    const Py_ssize_t begin = from->at - from->begin;
    from->at += n;
    return PySequence_GetSlice(from->buffer, begin, begin + n);
}

static PyObject *written_in(PyObject *writer, Numbers *from)
{
    const Py_ssize_t n = PyTuple_GET_SIZE(writer);
    PyObject *first = n > 1 ? PyTuple_GET_ITEM(writer, 1) : Py_None;
    PyObject *second = n > 2 ? PyTuple_GET_ITEM(writer, 2) : Py_None;
    const long kind = PyLong_AsLong(PyTuple_GET_ITEM(writer, 0));
    if (kind == -1 && PyErr_Occurred())
        return NULL;
    switch (kind) {
    case WRITE_FLOATS: return list_of_numbers(first, from);
    case WRITE_LIST: return list_of(first, from);
    case WRITE_TUPLE: return tuple_of(first, from);
    case WRITE_DICT: return dict_of(first, second, from);
    case WRITE_BY_CALL: return called_with(first, list_of(second, from));
    case WRITE_NUMBERS: return called_with(first, view_of(second, from));
    }
    return PyErr_Format(PyExc_ValueError, "no such writer");
}

static PyObject *written(PyObject *writer, Numbers *from)
{
    if (writer == Py_None)
        return next_number(from);
    if (!PyTuple_CheckExact(writer) || !PyTuple_GET_SIZE(writer)
        || !PyLong_CheckExact(PyTuple_GET_ITEM(writer, 0)))
        return PyErr_Format(PyExc_TypeError, "a writer is None or a tuple");
    if (Py_EnterRecursiveCall(" while a result is built"))
        return NULL;
    PyObject *made = written_in(writer, from);
    Py_LeaveRecursiveCall();
    return made;
}

/* (writer, numbers): what the writer builds of an array of float64. */
static PyObject *write_result(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    Py_buffer numbers;
    if (n != 2)
        return PyErr_Format(PyExc_TypeError, "expected a writer and an array");
    if (PyObject_GetBuffer(args[1], &numbers, PyBUF_SIMPLE) < 0)
        return NULL;
    const double *begin = numbers.buf;
    PyObject *made = NULL;
    if (!is_aligned(&numbers, sizeof(double)))
        PyErr_SetString(PyExc_ValueError, "the numbers are not aligned");
    else {
        const double *end = begin + numbers.len / (Py_ssize_t)sizeof(double);
        made = written(args[0], &(Numbers){begin, end, begin, args[1]});
    }
    PyBuffer_Release(&numbers);
    return made;
}

#endif
