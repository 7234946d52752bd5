/* Arguments with lanes: arrays of samples, and lists of them. Included by reading.h. */
#ifndef SCALARGRAD_SAMPLES_H
#define SCALARGRAD_SAMPLES_H

#include <math.h>

#include "../shared/buffers.h"
#include "frame.h"

/* Names of attributes of arrays and of objects. */
static PyObject *dtype_name, *shape_name, *astype_name, *dict_name;

static int name_attributes(void)
{
    dtype_name = PyUnicode_InternFromString("dtype");
    shape_name = PyUnicode_InternFromString("shape");
    astype_name = PyUnicode_InternFromString("astype");
    dict_name = PyUnicode_InternFromString("__dict__");
    return dtype_name && shape_name && astype_name && dict_name;
}

/* Where all that is read goes: lists. */
typedef struct {
    PyObject *numbers; /* floats, tuples of Values, buffers of float64; first how many lanes */
    PyObject *arrays;
    PyObject *values;  /* those among the arguments */
    PyObject *statics; /* what may be another constant in another call */
} Read;

static PyObject *part_of(PyObject *reader, Py_ssize_t k)
{
    return PyTuple_GET_ITEM(reader, k);
}

static int added(PyObject *list, PyObject *x)
{
    return PyList_Append(list, x) < 0 ? -1 : 1;
}

static int read_by_call(PyObject *function, PyObject *x, Read *into)
{
    PyObject *found = PyObject_CallFunctionObjArgs(function, x, into->numbers, into->arrays,
                                                   into->statics, NULL);
    const int is_true = found ? PyObject_IsTrue(found) : -1;
    Py_XDECREF(found);
    return is_true;
}

/* ------ arrays */

/* How many samples an array of this shape has: (how many, *the shape of one); 0 if the shape is
 * another. */
static Py_ssize_t samples_of(PyObject *shape, PyObject *one)
{
    const Py_ssize_t n = PyTuple_GET_SIZE(one);
    if (PyTuple_GET_SIZE(shape) != 1 + n)
        return 0;
    for (Py_ssize_t k = 0; k < n; k++)
        if (PyLong_AsSsize_t(PyTuple_GET_ITEM(shape, 1 + k))
            != PyLong_AsSsize_t(PyTuple_GET_ITEM(one, k)))
            return 0;
    return PyLong_AsSsize_t(PyTuple_GET_ITEM(shape, 0));
}

/* The first number of a call is how many samples it has; all its arrays have as many. */
static int put_count(Py_ssize_t count, Read *into)
{
    PyObject *known = PyList_GetItem(into->numbers, 0);
    if (!known)
        return -1;
    if (PyList_GET_SIZE(into->arrays))
        return PyFloat_CheckExact(known) && PyFloat_AS_DOUBLE(known) == (double)count;
    PyObject *number = PyFloat_FromDouble((double)count);
    return number && PyList_SetItem(into->numbers, 0, number) == 0 ? 1 : -1;
}

/* 1 if `x` is an array of this dtype, of samples of this shape; then their count is put. */
static int are_samples(PyObject *reader, PyObject *x, Read *into)
{
    PyObject *dtype = PyObject_GetAttr(x, dtype_name);
    PyObject *shape = dtype ? PyObject_GetAttr(x, shape_name) : NULL;
    PyObject *one = part_of(reader, 3);
    int found = dtype && shape ? 0 : -1;
    if (!found && dtype == part_of(reader, 2) && PyTuple_Check(shape) && PyTuple_Check(one)) {
        const Py_ssize_t count = samples_of(shape, one);
        found = PyErr_Occurred() ? -1 : count > 0 ? put_count(count, into) : 0;
    }
    Py_XDECREF(dtype);
    Py_XDECREF(shape);
    return found;
}

static int read_samples(PyObject *reader, PyObject *x, Read *into)
{
    const int found = are_samples(reader, x, into);
    return found > 0 ? added(into->arrays, x) : found;
}

/* Whole numbers share floats from here on. */
#define MOST_WHOLE 9007199254740992.0

static int are_exact(PyObject *array)
{
    Py_buffer view;
    if (PyObject_GetBuffer(array, &view, PyBUF_STRIDES) < 0)
        return -1;
    const Py_ssize_t count = view.len / (Py_ssize_t)sizeof(double);
    const int is_plain = PyBuffer_IsContiguous(&view, 'A') && is_aligned(&view, sizeof(double));
    const double *number = view.buf;
    int64_t beyond = 0;
    /* to the end, whatever comes: so it is done for several at a time */
    for (Py_ssize_t k = 0; is_plain && k < count; k++)
        beyond |= fabs(number[k]) >= MOST_WHOLE;
    PyBuffer_Release(&view);
    return is_plain && !beyond;
}

static int read_converted(PyObject *reader, PyObject *x, Read *into)
{
    int found = are_samples(reader, x, into);
    if (found <= 0)
        return found;
    PyObject *made = PyObject_CallMethodOneArg(x, astype_name, part_of(reader, 4));
    found = !made ? -1 : part_of(reader, 5) == Py_True ? are_exact(made) : 1;
    if (found > 0)
        found = added(into->arrays, made);
    Py_XDECREF(made);
    return found;
}

/* ------ lists and tuples of samples */

/* Write a number that is read without a call of Python's: a float, one of `extra`, which is a type
 * of floats, a bool, an int that long long holds. */
static int put_plain(PyObject *x, PyObject *extra, double *to)
{
    if (PyFloat_CheckExact(x) || ((PyObject *)Py_TYPE(x) == extra && PyFloat_Check(x)))
        return *to = PyFloat_AS_DOUBLE(x), 1;
    if (x == Py_True || x == Py_False)
        return *to = x == Py_True, 1;
    if (!PyLong_CheckExact(x))
        return 0;
    int overflow;
    *to = (double)PyLong_AsLongLongAndOverflow(x, &overflow);
    return !overflow && fabs(*to) < MOST_WHOLE;
}

static int put_row(PyObject *x, PyObject *extra, double *to, Py_ssize_t width)
{
    if ((!PyList_CheckExact(x) && !PyTuple_CheckExact(x)) || PySequence_Fast_GET_SIZE(x) != width)
        return 0;
    for (Py_ssize_t k = 0; k < width; k++)
        if (!put_plain(PySequence_Fast_GET_ITEM(x, k), extra, to + k))
            return 0;
    return 1;
}

/* A sample is a number if its shape is (), a row if it is (width,). */
static int put_rows(PyObject *x, PyObject *extra, double *to, Py_ssize_t count, Py_ssize_t width)
{
    for (Py_ssize_t k = 0; k < count; k++) {
        PyObject *sample = PySequence_Fast_GET_ITEM(x, k);
        if (!(width < 0 ? put_plain(sample, extra, to + k)
                        : put_row(sample, extra, to + k * width, width)))
            return 0;
    }
    return 1;
}

/* A new array for so many samples; its `width` is −1 where a sample is a number. */
static PyObject *room_for(PyObject *maker, Py_ssize_t count, Py_ssize_t width)
{
    PyObject *shape = width < 0 ? Py_BuildValue("(n)", count)
                                : Py_BuildValue("(nn)", count, width);
    PyObject *made = shape ? PyObject_CallOneArg(maker, shape) : NULL;
    Py_XDECREF(shape);
    return made;
}

static int has_room(const Py_buffer *view, Py_ssize_t count, Py_ssize_t each)
{
    const Py_ssize_t numbers = view->len / (Py_ssize_t)sizeof(double);
    if (!is_aligned(view, sizeof(double)))
        return 0;
    return each ? numbers / each == count && numbers % each == 0 : numbers == 0;
}

/* The maker may have run anything: the list is counted again before it is read. */
static int fill_rows(PyObject *array, PyObject *x, PyObject *extra, Py_ssize_t count,
                     Py_ssize_t width)
{
    Py_buffer view;
    if (PyObject_GetBuffer(array, &view, PyBUF_WRITABLE) < 0)
        return -1;
    const int fits = PySequence_Fast_GET_SIZE(x) == count
                     && has_room(&view, count, width < 0 ? 1 : width)
                     && put_rows(x, extra, view.buf, count, width);
    PyBuffer_Release(&view);
    return fits;
}

static int read_rows(PyObject *reader, PyObject *x, Read *into)
{
    PyObject *shape = part_of(reader, 2);
    const Py_ssize_t count = PySequence_Fast_GET_SIZE(x);
    const Py_ssize_t width = PyTuple_GET_SIZE(shape) ? PyLong_AsSsize_t(part_of(shape, 0)) : -1;
    if (!count || PyErr_Occurred())
        return PyErr_Occurred() ? -1 : 0;
    PyObject *array = room_for(part_of(reader, 3), count, width);
    int found = array ? fill_rows(array, x, part_of(reader, 4), count, width) : -1;
    if (found > 0)
        found = put_count(count, into) > 0 ? added(into->arrays, array)
                : PyErr_Occurred()         ? -1
                                           : 0;
    else if (!found)
        found = read_by_call(part_of(reader, 5), x, into);
    Py_XDECREF(array);
    return found;
}

#endif
