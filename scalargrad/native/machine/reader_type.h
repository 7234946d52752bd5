/* Reader: what reads the arguments of one kind of call, checked when it is made. Included by
 * module.c. */
#ifndef SCALARGRAD_READER_TYPE_H
#define SCALARGRAD_READER_TYPE_H

#include "reading.h"

/* ------ readers are checked once, so that reading checks none */
enum { SEQUENCE_TYPES = Py_TPFLAGS_LIST_SUBCLASS | Py_TPFLAGS_TUPLE_SUBCLASS };

static int is_count(PyObject *x)
{
    return PyLong_CheckExact(x) && PyLong_AsSsize_t(x) >= 0;
}

/* () or (width,) */
static int is_row_shape(PyObject *x)
{
    return PyTuple_CheckExact(x)
           && (PyTuple_GET_SIZE(x) == 0 || (PyTuple_GET_SIZE(x) == 1 && is_count(part_of(x, 0))));
}

/* A list or tuple of so many. */
static int is_counted(PyObject *reader)
{
    return is_count(part_of(reader, 2));
}

static int is_type_with(PyObject *x, unsigned long flags)
{
    return PyType_Check(x) && (!flags || PyType_GetFlags((PyTypeObject *)x) & flags);
}

static int is_type_or_none(PyObject *x)
{
    return x == Py_None || is_type_with(x, 0);
}

static int are_readers(PyObject *x);

static int are_keyed(PyObject *reader)
{
    return PyTuple_GET_SIZE(reader) == 4 && PyTuple_CheckExact(part_of(reader, 2))
           && are_readers(part_of(reader, 3))
           && PyTuple_GET_SIZE(part_of(reader, 2)) == PyTuple_GET_SIZE(part_of(reader, 3));
}

static int is_reader(PyObject *x);

static int is_of_values(PyObject *x)
{
    return x != Py_None && is_reader(x) && PyLong_AsLong(part_of(x, 0)) == READ_VALUES;
}

static int is_tagged(PyObject *x)
{
    if (!PyTuple_CheckExact(x) || PyTuple_GET_SIZE(x) < 2 || !PyLong_CheckExact(part_of(x, 0)))
        return 0;
    const Py_ssize_t n = PyTuple_GET_SIZE(x);
    PyObject *type = part_of(x, 1);
    switch (PyLong_AsLong(part_of(x, 0))) {
    case READ_SAME: return n == 3;
    case READ_SAMPLES: return n == 4 && is_type_with(type, 0);
    case READ_CONVERTED: return n == 6 && is_type_with(type, 0);
    case READ_ROWS:
        return n == 6 && is_type_with(type, SEQUENCE_TYPES) && is_row_shape(part_of(x, 2));
    case READ_NUMBER: return n == 2 && is_type_or_none(type);
    case READ_STATIC: return n == 2 && is_type_with(type, 0);
    case READ_VALUE: return n == 2 && is_type_with(type, 0);
    case READ_FLOATS: return n == 3 && is_type_with(type, SEQUENCE_TYPES) && is_counted(x);
    case READ_NUMBERS:
        return n == 5 && is_type_with(type, SEQUENCE_TYPES) && is_counted(x)
               && is_type_or_none(part_of(x, 3));
    case READ_VALUES:
        return n == 4 && is_type_with(type, SEQUENCE_TYPES) && is_counted(x)
               && PyType_Check(part_of(x, 3));
    case READ_TABLE:
        return n == 4 && is_type_with(type, SEQUENCE_TYPES) && is_counted(x)
               && is_of_values(part_of(x, 3));
    case READ_SEQUENCE:
        return n == 3 && is_type_with(type, SEQUENCE_TYPES) && are_readers(part_of(x, 2));
    case READ_DICT: return is_type_with(type, Py_TPFLAGS_DICT_SUBCLASS) && are_keyed(x);
    case READ_OBJECT: return is_type_with(type, 0) && are_keyed(x);
    case READ_BY_CALL: return n == 2;
    }
    return 0;
}

/* Readers within readers are counted: a reader recurs as deep as they do. */
static int is_reader(PyObject *x)
{
    if (x == Py_None)
        return 1;
    if (Py_EnterRecursiveCall(" in a reader"))
        return 0;
    const int is = is_tagged(x);
    Py_LeaveRecursiveCall();
    return is;
}

static int are_readers(PyObject *x)
{
    if (!PyTuple_CheckExact(x))
        return 0;
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(x); k++)
        if (!is_reader(PyTuple_GET_ITEM(x, k)))
            return 0;
    return 1;
}

/* ------ Reader: what reads the arguments of one kind of call */
typedef struct {
    PyObject_HEAD
    PyObject *readers;
} Reader;

static PyObject *reader_new(PyTypeObject *type, PyObject *args, PyObject *named)
{
    static char *names[] = {"readers", NULL};
    PyObject *readers;
    if (!PyArg_ParseTupleAndKeywords(args, named, "O", names, &readers))
        return NULL;
    if (!are_readers(readers))
        return PyErr_Occurred() ? NULL
                                : PyErr_Format(PyExc_TypeError, "expected a tuple of readers");
    Reader *made = PyObject_GC_New(Reader, type);
    if (made) {
        made->readers = Py_NewRef(readers);
        PyObject_GC_Track(made);
    }
    return (PyObject *)made;
}

static int reader_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((Reader *)self)->readers);
    return 0;
}

static int reader_clear(PyObject *self)
{
    Py_CLEAR(((Reader *)self)->readers);
    return 0;
}

static void reader_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    reader_clear(self);
    PyObject_GC_Del(self);
}

/* (args, numbers, arrays, values, statics): whether each argument is of the kind that its reader
 * expects; then what is read is in the lists. */
static PyObject *reader_read(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    PyObject *readers = ((Reader *)self)->readers;
    if (!readers || n != 5 || !PyTuple_CheckExact(args[0]) || !PyList_CheckExact(args[1])
        || !PyList_GET_SIZE(args[1]) || !PyList_CheckExact(args[2]) || !PyList_CheckExact(args[3])
        || !PyList_CheckExact(args[4]))
        return PyErr_Format(PyExc_TypeError,
                            "expected a tuple, a list with a number, three lists");
    Read into = {args[1], args[2], args[3], args[4]};
    const int good = read_sequence(readers, args[0], &into);
    return good < 0 ? NULL : PyBool_FromLong(good);
}

static PyMethodDef reader_methods[] = {
    {"read", (PyCFunction)(void (*)(void))reader_read, METH_FASTCALL,
     "read(args, numbers, arrays, values, statics): whether each argument is of the kind that its "
     "reader expects; then what is read is in the four lists."},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject ReaderType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "scalargrad.native._machine.Reader",
    .tp_basicsize = sizeof(Reader),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "Reader(readers): what reads the arguments of one kind of call.",
    .tp_new = reader_new,
    .tp_dealloc = reader_dealloc,
    .tp_traverse = reader_traverse,
    .tp_clear = reader_clear,
    .tp_methods = reader_methods,
};

#endif
