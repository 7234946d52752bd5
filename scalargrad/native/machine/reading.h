/* The arguments of a call, read as those of the first call were: their numbers, their arrays,
 * and the Values that a result stands above. Included by reader_type.h. */
#ifndef SCALARGRAD_READING_H
#define SCALARGRAD_READING_H

#include "samples.h"

/* Kinds of readers. A reader is None for a float; else a tuple that begins with one of these. */
enum {
    READ_SAME,      /* object, numbers: this very object; it stands for these numbers */
    READ_SAMPLES,   /* type, dtype, shape: an array of samples of this shape */
    READ_CONVERTED, /* type, dtype, shape, float64, whether the numbers are long and whole: of other
                   * numbers, to be made those of float64, if each has a float of its own */
    READ_ROWS,   /* type, shape, maker, type, function: a list or tuple of samples, put in an array
                * of the maker; the function is called where a number is not int, float, type */
    READ_NUMBER, /* type: a number of this type, made a float; of None: a float, an int or a bool */
    READ_STATIC,   /* type: a constant */
    READ_VALUE,    /* type: a Value */
    READ_FLOATS,   /* type, count: a list or tuple of so many floats */
    READ_NUMBERS,  /* type, count, type of numbers, maker: of so many that READ_NUMBER reads; the
                   * maker makes a buffer of float64 of their bytes */
    READ_VALUES,   /* type, count, type of Values: of so many Values */
    READ_TABLE,    /* type, count, READ_VALUES: of so many rows, each as that reader reads it */
    READ_SEQUENCE, /* type, readers: of what these read */
    READ_DICT,     /* type, keys, readers: a dict with these keys, in this order */
    READ_OBJECT,   /* type, names, readers: an object with these attributes, in this order */
    READ_BY_CALL,  /* function: called with the argument, numbers, arrays, and constants */
};

/* Each of these returns 1, 0 if the argument is not of the kind expected, −1 with an exception. */
static int read_one(PyObject *reader, PyObject *x, Read *into);

/* ------ Values */

/* Take Values in a tuple of their own, to be read all at once. */
static int take_values(PyObject *values, Read *into)
{
    const Py_ssize_t end = PyList_GET_SIZE(into->values);
    if (PyList_SetSlice(into->values, end, end, values) < 0)
        return -1;
    return added(into->numbers, values);
}

static int read_value(PyObject *x, Read *into)
{
    PyObject *values = PyTuple_Pack(1, x);
    const int found = values ? take_values(values, into) : -1;
    Py_XDECREF(values);
    return found;
}

static int read_same(PyObject *reader, Read *into)
{
    return PyTuple_CheckExact(part_of(reader, 2)) ? take_values(part_of(reader, 2), into) : 0;
}

/* ------ containers */
static int has_size(PyObject *sequence, PyObject *count)
{
    return PySequence_Fast_GET_SIZE(sequence) == PyLong_AsSsize_t(count);
}

/* Add all items of a list or tuple as they stand there: iterating over one of a class of its own
 * may run code of Python's. */
static int add_items(PyObject *list, PyObject *x)
{
    const Py_ssize_t end = PyList_GET_SIZE(list);
    if (PyList_CheckExact(x) || PyTuple_CheckExact(x))
        return PyList_SetSlice(list, end, end, x) < 0 ? -1 : 1;
    for (Py_ssize_t k = 0; k < PySequence_Fast_GET_SIZE(x); k++)
        if (PyList_Append(list, PySequence_Fast_GET_ITEM(x, k)) < 0)
            return -1;
    return 1;
}

static int are_all(PyObject *sequence, PyTypeObject *type)
{
    for (Py_ssize_t k = 0; k < PySequence_Fast_GET_SIZE(sequence); k++)
        if (!Py_IS_TYPE(PySequence_Fast_GET_ITEM(sequence, k), type))
            return 0;
    return 1;
}

static int read_floats(PyObject *reader, PyObject *x, Read *into)
{
    if (!has_size(x, part_of(reader, 2)) || !are_all(x, &PyFloat_Type))
        return 0;
    return add_items(into->numbers, x);
}

/* Put a row of Values, as its reader expects them, into the tuple `values` from `at` on. */
static int put_values(PyObject *reader, PyObject *row, PyObject *values, Py_ssize_t at)
{
    if (!has_size(row, part_of(reader, 2)) || !are_all(row, (PyTypeObject *)part_of(reader, 3)))
        return 0;
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(row); i++)
        PyTuple_SET_ITEM(values, at + i, Py_NewRef(PySequence_Fast_GET_ITEM(row, i)));
    return 1;
}

/* Put the rows of a table into the tuple `values`, which has a place for each Value. */
static int put_table(PyObject *row_reader, PyObject *x, PyObject *values)
{
    const Py_ssize_t n = PySequence_Fast_GET_SIZE(x);
    const Py_ssize_t width = n ? PyTuple_GET_SIZE(values) / n : 0;
    for (Py_ssize_t k = 0; k < n; k++) {
        PyObject *row = PySequence_Fast_GET_ITEM(x, k);
        if ((PyObject *)Py_TYPE(row) != part_of(row_reader, 1)
            || !put_values(row_reader, row, values, k * width))
            return 0;
    }
    return 1;
}

static int is_table(PyObject *reader)
{
    return PyLong_AsLong(part_of(reader, 0)) == READ_TABLE;
}

/* Sizes are looked at only once there is a tuple: to make one may run code of Python's. */
static int read_into(PyObject *reader, PyObject *x, Py_ssize_t n, Read *into)
{
    PyObject *values = PyTuple_New(n);
    int found = -1;
    if (values && is_table(reader))
        found = has_size(x, part_of(reader, 2)) && put_table(part_of(reader, 3), x, values);
    else if (values)
        found = put_values(reader, x, values, 0);
    found = found > 0 ? take_values(values, into) : found;
    Py_XDECREF(values);
    return found;
}

static int read_values(PyObject *reader, PyObject *x, Read *into)
{
    return read_into(reader, x, PyLong_AsSsize_t(part_of(reader, 2)), into);
}

static int read_table(PyObject *reader, PyObject *x, Read *into)
{
    const Py_ssize_t n = PyLong_AsSsize_t(part_of(reader, 2));
    const Py_ssize_t width = PyLong_AsSsize_t(part_of(part_of(reader, 3), 2));
    if (width && n > PY_SSIZE_T_MAX / width)
        return 0;
    return read_into(reader, x, n * width, into);
}

static int read_sequence(PyObject *readers, PyObject *x, Read *into)
{
    const Py_ssize_t n = PyTuple_GET_SIZE(readers);
    int good = PySequence_Fast_GET_SIZE(x) == n;
    for (Py_ssize_t k = 0; k < n && good > 0; k++) {
        /* the function may have changed the list */
        if (k >= PySequence_Fast_GET_SIZE(x))
            return 0;
        PyObject *part = Py_NewRef(PySequence_Fast_GET_ITEM(x, k));
        good = read_one(PyTuple_GET_ITEM(readers, k), part, into);
        Py_DECREF(part);
    }
    return good;
}

/* Whether two keys are equal: the same object, or texts of one kind, for which nothing of Python's
 * is called. */
static int same_key(PyObject *x, PyObject *y)
{
    return x == y
           || (PyUnicode_CheckExact(x) && PyUnicode_CheckExact(y) && PyUnicode_Compare(x, y) == 0);
}

static int read_dict(PyObject *keys, PyObject *readers, PyObject *x, Read *into)
{
    PyObject *key, *value;
    Py_ssize_t at = 0, k = 0;
    const Py_ssize_t n = PyTuple_GET_SIZE(keys);
    int good = PyTuple_GET_SIZE(readers) == n && PyDict_GET_SIZE(x) == n;
    while (good > 0 && k < n && PyDict_Next(x, &at, &key, &value)) {
        if (!same_key(key, PyTuple_GET_ITEM(keys, k)))
            return 0;
        PyObject *part = Py_NewRef(value);
        good = read_one(PyTuple_GET_ITEM(readers, k++), part, into);
        Py_DECREF(part);
    }
    return good > 0 ? k == n : good;
}

static int read_object(PyObject *reader, PyObject *x, Read *into)
{
    PyObject *dict = PyObject_GetAttr(x, dict_name);
    if (!dict)
        return -1;
    const int found = PyDict_CheckExact(dict)
                          ? read_dict(part_of(reader, 2), part_of(reader, 3), dict, into)
                          : 0;
    Py_DECREF(dict);
    return found;
}

/* ------ numbers of several types */
/* Write x as a float if it is of this type: of None a float, an int or a bool. */
static int put_number(PyObject *x, PyObject *type, double *to)
{
    if (type == Py_None ? !PyFloat_CheckExact(x) && !PyLong_CheckExact(x) && !PyBool_Check(x)
                        : (PyObject *)Py_TYPE(x) != type)
        return 0;
    *to = PyFloat_AsDouble(x);
    return *to == -1.0 && PyErr_Occurred() ? -1 : 1;
}

static int read_number(PyObject *reader, PyObject *x, Read *into)
{
    double number;
    const int good = put_number(x, part_of(reader, 1), &number);
    PyObject *made = good > 0 ? PyFloat_FromDouble(number) : NULL;
    const int found = made ? added(into->numbers, made) : good > 0 ? -1 : good;
    Py_XDECREF(made);
    return found;
}

/* A number may be made a float by code of Python's, which may change the list. */
static int put_several_numbers(PyObject *x, PyObject *type, double *to, Py_ssize_t n)
{
    int good = 1;
    for (Py_ssize_t k = 0; k < n && good > 0; k++) {
        if (k >= PySequence_Fast_GET_SIZE(x))
            return 0;
        PyObject *item = Py_NewRef(PySequence_Fast_GET_ITEM(x, k));
        good = put_number(item, type, to + k);
        Py_DECREF(item);
    }
    return good;
}

static int read_numbers(PyObject *reader, PyObject *x, Read *into)
{
    const Py_ssize_t n = PyLong_AsSsize_t(part_of(reader, 2));
    if (PySequence_Fast_GET_SIZE(x) != n || n > PY_SSIZE_T_MAX / (Py_ssize_t)sizeof(double))
        return 0;
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, n * (Py_ssize_t)sizeof(double));
    double *to = bytes ? (double *)(void *)PyBytes_AS_STRING(bytes) : NULL;
    int found = to ? put_several_numbers(x, part_of(reader, 3), to, n) : -1;
    PyObject *made = found > 0 ? PyObject_CallOneArg(part_of(reader, 4), bytes) : NULL;
    if (found > 0)
        found = made ? added(into->numbers, made) : -1;
    Py_XDECREF(made);
    Py_XDECREF(bytes);
    return found;
}

static int read_of_type(long tag, PyObject *reader, PyObject *x, Read *into)
{
    switch (tag) {
    case READ_SAMPLES: return read_samples(reader, x, into);
    case READ_CONVERTED: return read_converted(reader, x, into);
    case READ_ROWS: return read_rows(reader, x, into);
    case READ_STATIC: return added(into->statics, x);
    case READ_VALUE: return read_value(x, into);
    case READ_FLOATS: return read_floats(reader, x, into);
    case READ_NUMBERS: return read_numbers(reader, x, into);
    case READ_VALUES: return read_values(reader, x, into);
    case READ_TABLE: return read_table(reader, x, into);
    case READ_SEQUENCE: return read_sequence(part_of(reader, 2), x, into);
    case READ_DICT: return read_dict(part_of(reader, 2), part_of(reader, 3), x, into);
    case READ_OBJECT: return read_object(reader, x, into);
    }
    PyErr_Format(PyExc_ValueError, "no reader has number %ld", tag);
    return -1;
}

static int read_one(PyObject *reader, PyObject *x, Read *into)
{
    if (reader == Py_None)
        return PyFloat_CheckExact(x) ? added(into->numbers, x) : 0;
    const long tag = PyLong_AsLong(part_of(reader, 0));
    if (tag == READ_BY_CALL)
        return read_by_call(part_of(reader, 1), x, into);
    if (tag == READ_SAME)
        return x == part_of(reader, 1) ? read_same(reader, into) : 0;
    if (tag == READ_NUMBER)
        return read_number(reader, x, into);
    if ((PyObject *)Py_TYPE(x) != part_of(reader, 1))
        return 0;
    return read_of_type(tag, reader, x, into);
}

#endif
