/* Columns that grow, and become bytes. Included by kinds.h, linear.h. */
#ifndef SCALARGRAD_PARTS_COLUMNS_H
#define SCALARGRAD_PARTS_COLUMNS_H

#include "../../shared/growing.h"

typedef struct {
    char *item;
    size_t count, room;
} Grown;

static int grown_add(Grown *g, const void *item, size_t size)
{
    if (g->count == g->room && grow(&g->item, &g->room, g->count + 1, size, PyMem_Realloc) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(g->item + g->count++ * size, item, size);
    return 0;
}

static PyObject *grown_bytes(const Grown *g, size_t size)
{
    return PyBytes_FromStringAndSize(g->item, (Py_ssize_t)(g->count * size));
}

/* The columns as a tuple of bytes, and freed. NULL with an exception, also if there was one. */
static PyObject *columns_taken(Grown *columns, const size_t *sizes, Py_ssize_t count, int failed)
{
    PyObject *found = failed ? NULL : PyTuple_New(count);
    for (Py_ssize_t k = 0; k < count; k++) {
        PyObject *column = found ? grown_bytes(&columns[k], sizes[k]) : NULL;
        if (found && !column)
            Py_CLEAR(found);
        if (found)
            PyTuple_SET_ITEM(found, k, column);
        PyMem_Free(columns[k].item);
    }
    return found;
}

#endif
