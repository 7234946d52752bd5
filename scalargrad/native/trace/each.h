/* One row applied to many nodes at once, without a Tracer for each. Included by module.c. */
#ifndef SCALARGRAD_EACH_H
#define SCALARGRAD_EACH_H

#include "indices.h"
#include "operands.h"

/* The node of a row applied to a node, and to others beside it; −1 with an exception. */
static int32_t computed_beside(Trace *t, int32_t row, int32_t i, const Indices *beside)
{
    const int32_t count = 1 + (int32_t)beside->count;
    int32_t few[FEW] = {0}, *operands = few_or_more(few, count, sizeof *operands);
    if (!operands)
        return -1;
    operands[0] = i;
    memcpy(operands + 1, beside->item, (size_t)beside->count * sizeof *operands);
    const int32_t index = computed(t, row, operands, count);
    if (index >= 0)
        note_call(t, row, operands, count, index);
    free_more(operands, few);
    return index;
}

/* See to it that there are nodes, also where loops were found a moment ago. */
static int kept_as_nodes(Trace *t)
{
    if (is_rolling(t))
        t->rolled.why = OTHER;
    return as_nodes(t);
}

static PyObject *computed_of_each(Trace *t, int32_t row, const Indices *nodes,
                                  const Indices *beside)
{
    PyObject *found = PyList_New(nodes->count);
    for (Py_ssize_t k = 0; found && k < nodes->count; k++) {
        const int32_t index = kept_as_nodes(t) < 0
                                  ? -1
                                  : computed_beside(t, row, nodes->item[k], beside);
        PyObject *item = index < 0 ? NULL : PyLong_FromLong(index);
        if (!item)
            Py_CLEAR(found);
        else
            PyList_SET_ITEM(found, k, item);
    }
    return found;
}

/* compute_each(row, nodes, beside): the nodes of a row applied to each of these, and to the nodes
 * that stand `beside` each. */
static PyObject *trace_compute_each(PyObject *self, PyObject *args)
{
    Trace *t = (Trace *)self;
    PyObject *row, *given, *others;
    Indices nodes, beside;
    if (!PyArg_ParseTuple(args, "OOO:compute_each", &row, &given, &others))
        return NULL;
    if (t->is_rewriting)
        return PyErr_Format(PyExc_ValueError, "a trace that rewrites computes one at a time");
    const int32_t code = as_nodes(t) < 0 ? -1 : code_for(t, row);
    if (code < 0 || read_indices(t, given, &nodes) < 0)
        return NULL;
    if (read_indices(t, others, &beside) < 0) {
        indices_free(&nodes);
        return NULL;
    }
    PyObject *found = computed_of_each(t, code, &nodes, &beside);
    indices_free(&nodes);
    indices_free(&beside);
    return found;
}

#endif
