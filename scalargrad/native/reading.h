/* A call's arguments, read by what they were the first time: their numbers, and their arrays. */
#ifndef SCALARGRAD_READING_H
#define SCALARGRAD_READING_H

#include "frame.h"

/* What is asked of an array. */
static PyObject *dtype_name, *shape_name;

static int name_attributes(void)
{
    dtype_name = PyUnicode_InternFromString("dtype");
    shape_name = PyUnicode_InternFromString("shape");
    return dtype_name && shape_name;
}

/* How many samples an array has whose shape is that of one after their number; 0 if it is not. */
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
static int put_count(Py_ssize_t count, PyObject *numbers, PyObject *arrays)
{
    PyObject *known = PyList_GET_ITEM(numbers, 0);
    if (PyList_GET_SIZE(arrays))
        return PyFloat_CheckExact(known) && PyFloat_AS_DOUBLE(known) == (double)count;
    PyObject *number = PyFloat_FromDouble((double)count);
    return number && PyList_SetItem(numbers, 0, number) == 0 ? 1 : -1;
}

/* Each of these returns 1, 0 if the argument is not of the kind expected, −1 with an exception. */

/* `reader` is the type of arrays, the dtype, the shape of one sample. */
static int read_samples(PyObject *reader, PyObject *x, PyObject *numbers, PyObject *arrays)
{
    if ((PyObject *)Py_TYPE(x) != PyTuple_GET_ITEM(reader, 0))
        return 0;
    PyObject *dtype = PyObject_GetAttr(x, dtype_name), *shape = PyObject_GetAttr(x, shape_name);
    PyObject *one = PyTuple_GET_ITEM(reader, 2);
    int found = dtype && shape ? 0 : -1;
    if (!found && dtype == PyTuple_GET_ITEM(reader, 1) && PyTuple_Check(shape)
        && PyTuple_Check(one)) {
        const Py_ssize_t count = samples_of(shape, one);
        found = PyErr_Occurred() ? -1 : count > 0 ? put_count(count, numbers, arrays) : 0;
    }
    Py_XDECREF(dtype);
    Py_XDECREF(shape);
    return found > 0 && PyList_Append(arrays, x) < 0 ? -1 : found;
}

/* `reader` is an object, and the numbers it stands for. */
static int read_same(PyObject *reader, PyObject *x, PyObject *numbers)
{
    if (x != PyTuple_GET_ITEM(reader, 0))
        return 0;
    return PyList_Append(numbers, PyTuple_GET_ITEM(reader, 1)) < 0 ? -1 : 1;
}

static int read_number(PyObject *x, PyObject *numbers)
{
    if (!PyFloat_CheckExact(x))
        return 0;
    return PyList_Append(numbers, x) < 0 ? -1 : 1;
}

static int read_by_call(PyObject *reader, PyObject *x, PyObject *numbers, PyObject *arrays)
{
    PyObject *found = PyObject_CallFunctionObjArgs(reader, x, numbers, arrays, NULL);
    const int is_true = found ? PyObject_IsTrue(found) : -1;
    Py_XDECREF(found);
    return is_true;
}

static int read_argument(PyObject *reader, PyObject *x, PyObject *numbers, PyObject *arrays)
{
    if (reader == Py_None)
        return read_number(x, numbers);
    if (PyTuple_CheckExact(reader) && PyTuple_GET_SIZE(reader) == 2)
        return read_same(reader, x, numbers);
    if (PyTuple_CheckExact(reader) && PyTuple_GET_SIZE(reader) == 3)
        return read_samples(reader, x, numbers, arrays);
    return read_by_call(reader, x, numbers, arrays);
}

/* (readers, args, numbers, arrays): a reader is None for a float; an object and the numbers it
 * stands for; type, dtype and shape of a sample for an array of such; or what is called with the
 * argument, the numbers and the arrays. */
static PyObject *read_arguments(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    if (n != 4 || !PyTuple_CheckExact(args[0]) || !PyTuple_CheckExact(args[1])
        || !PyList_CheckExact(args[2]) || !PyList_GET_SIZE(args[2]) || !PyList_CheckExact(args[3]))
        return PyErr_Format(PyExc_TypeError, "expected two tuples, a list with a number, a list");
    const Py_ssize_t count = PyTuple_GET_SIZE(args[0]);
    int good = PyTuple_GET_SIZE(args[1]) == count;
    for (Py_ssize_t k = 0; k < count && good > 0; k++)
        good = read_argument(PyTuple_GET_ITEM(args[0], k), PyTuple_GET_ITEM(args[1], k), args[2],
                             args[3]);
    return good < 0 ? NULL : PyBool_FromLong(good);
}

#endif
