/* Indices of nodes from Python, as numbers of C. Included by each.h, passes.h, rolled/rolled.h. */
#ifndef SCALARGRAD_INDICES_H
#define SCALARGRAD_INDICES_H

#include "objects.h"

typedef struct {
    int32_t *item;
    Py_ssize_t count;
} Indices;

static void indices_free(Indices *indices)
{
    PyMem_Free(indices->item);
    indices->item = NULL;
}

static int read_index(const Trace *t, PyObject *x, int32_t *index)
{
    if (!PyLong_Check(x)) {
        PyErr_Format(PyExc_TypeError, "expected an index, got %s", Py_TYPE(x)->tp_name);
        return -1;
    }
    return (*index = checked_index(t, x)) < 0 ? -1 : 0;
}

/* Read the indices of nodes that there are; −1 with an exception. To iterate, and to let go of what
 * was iterated over, may run code of Python's, which may let the trace grow: whoever makes an array
 * of a place for each node makes it after this. */
static int read_indices(const Trace *t, PyObject *given, Indices *indices)
{
    PyObject *items = own_tuple(given);
    if (!items)
        return -1;
    *indices = (Indices){.count = PyTuple_GET_SIZE(items)};
    indices->item = PyMem_Calloc((size_t)indices->count + 1, sizeof *indices->item);
    int failed = !indices->item;
    if (failed)
        PyErr_NoMemory();
    for (Py_ssize_t k = 0; !failed && k < indices->count; k++)
        failed = read_index(t, PyTuple_GET_ITEM(items, k), &indices->item[k]) < 0;
    Py_DECREF(items);
    if (failed)
        indices_free(indices);
    return failed ? -1 : 0;
}

#endif
