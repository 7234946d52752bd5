/* Records: those of one function, read once, and asked whether all is as it was. Included by
 * module.c. */
#ifndef SCALARGRAD_RECORDS_H
#define SCALARGRAD_RECORDS_H

#include "unchanged.h"

typedef struct {
    Same same;
    PyObject *holder, *expected;
    uint64_t
        seen; /* the version in which the holder was last found to be as expected; 0 if none */
} Record;

typedef struct {
    PyObject_VAR_HEAD
    Record record[];
} Records;

static PyTypeObject RecordsType;

static int read_record(PyObject *given, Record *record)
{
    if (!PyTuple_Check(given) || PyTuple_GET_SIZE(given) != 3
        || !PyTuple_Check(PyTuple_GET_ITEM(given, 2)))
        return PyErr_SetString(PyExc_TypeError, "expected (kind, holder, expected)"), 0;
    const long kind = PyLong_AsLong(PyTuple_GET_ITEM(given, 0));
    if (kind == -1 && PyErr_Occurred())
        return 0;
    if (kind < 0 || kind >= KINDS_OF_RECORD)
        return PyErr_SetString(PyExc_ValueError, "there is no such kind of record"), 0;
    *record = (Record){same_of_kind[kind], Py_NewRef(PyTuple_GET_ITEM(given, 1)),
                       Py_NewRef(PyTuple_GET_ITEM(given, 2)), 0};
    return 1;
}

static PyObject *records_new(PyTypeObject *type, PyObject *args, PyObject *named)
{
    static char *names[] = {"records", NULL};
    PyObject *given;
    if (!PyArg_ParseTupleAndKeywords(args, named, "O!", names, &PyTuple_Type, &given))
        return NULL;
    const Py_ssize_t count = PyTuple_GET_SIZE(given);
    Records *made = PyObject_GC_NewVar(Records, type, count);
    if (!made)
        return NULL;
    memset(made->record, 0, (size_t)count * sizeof *made->record);
    for (Py_ssize_t i = 0; i < count; i++)
        if (!read_record(PyTuple_GET_ITEM(given, i), &made->record[i])) {
            PyObject_GC_Track(made);
            Py_DECREF(made);
            return NULL;
        }
    PyObject_GC_Track(made);
    return (PyObject *)made;
}

static int records_traverse(PyObject *self, visitproc visit, void *arg)
{
    Records *records = (Records *)self;
    for (Py_ssize_t i = 0; i < Py_SIZE(records); i++) {
        Py_VISIT(records->record[i].holder);
        Py_VISIT(records->record[i].expected);
    }
    return 0;
}

static int records_clear(PyObject *self)
{
    Records *records = (Records *)self;
    for (Py_ssize_t i = 0; i < Py_SIZE(records); i++) {
        Py_CLEAR(records->record[i].holder);
        Py_CLEAR(records->record[i].expected);
    }
    return 0;
}

static void records_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    records_clear(self);
    PyObject_GC_Del(self);
}

/* Return whether each of the records holds what is expected. A record that was cleared does not. */
static PyObject *records_hold(PyObject *self, PyObject *unused)
{
    (void)unused;
    Records *records = (Records *)self;
    for (Py_ssize_t i = 0; i < Py_SIZE(records); i++) {
        Record *record = &records->record[i];
        const int is_same = record->holder
                                ? record->same(record->holder, record->expected, &record->seen)
                                : 0;
        if (is_same <= 0)
            return is_same < 0 ? NULL : Py_NewRef(Py_False);
    }
    return Py_NewRef(Py_True);
}

static PyMethodDef records_methods[] = {
    {"hold", records_hold, METH_NOARGS,
     "hold(): whether each holder still holds what it held; see "
     "compiler/surroundings/watching.py."},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject RecordsType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "scalargrad.native._machine.Records",
    .tp_basicsize = sizeof(Records),
    .tp_itemsize = sizeof(Record),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "Records(records): what tells whether all that a function uses is as it was.",
    .tp_new = records_new,
    .tp_dealloc = records_dealloc,
    .tp_traverse = records_traverse,
    .tp_clear = records_clear,
    .tp_methods = records_methods,
};

#endif
