/* A trace that is kept as loops, as Python asks for it: the twin of compiler/trace/rolled.py.
 * Included by finished.h. */
#ifndef SCALARGRAD_ROLLED_ROLLED_H
#define SCALARGRAD_ROLLED_ROLLED_H

#include "../indices.h"
#include "../loops/recorder_type.h"
#include "expansion.h"

enum { MOST_ITEMS = 4096 };

/* look_for_loops(calls): of a new trace: find out after so many operator calls whether most of them
 * lie in loops. */
static PyObject *trace_look_for_loops(PyObject *self, PyObject *calls)
{
    const long long count = PyLong_AsLongLong(calls);
    if (count == -1 && PyErr_Occurred())
        return NULL;
    if (count < 1 || ((Trace *)self)->size) {
        PyErr_SetString(PyExc_ValueError, "expected a new trace, and a number of calls");
        return NULL;
    }
    look_for_loops((Trace *)self, count);
    Py_RETURN_NONE;
}

static PyObject *row_of_trace(void *trace, int32_t code)
{
    return operator_by_code(trace, code);
}

/* tell_values(these): which of the inputs so far, or of nodes, are Values. An input that comes later
 * is one too, unless it is plain. */
static PyObject *trace_tell_values(PyObject *self, PyObject *values)
{
    Trace *t = (Trace *)self;
    Indices indices;
    if (read_indices(t, values, &indices) < 0)
        return NULL;
    for (Py_ssize_t k = 0; k < indices.count; k++)
        t->node[indices.item[k]].linked = 1;
    t->rolled.are_values = 1;
    indices_free(&indices);
    Py_RETURN_NONE;
}

/* A result as an operand: its kind, its id or number, and whether it is a Value. */
static PyObject *result_as_object(const Traits *traits)
{
    if (traits->operand.kind == NUMBER_OPERAND)
        return Py_BuildValue("(idi)", NUMBER_OPERAND, traits->number, 0);
    return Py_BuildValue("(iLi)", (int)traits->operand.kind, (long long)traits->operand.at.id,
                         (int)traits->linked);
}

static PyObject *results_as_operands(const Traits *results, Py_ssize_t count)
{
    PyObject *found = PyTuple_New(count);
    for (Py_ssize_t k = 0; found && k < count; k++) {
        PyObject *x = result_as_object(&results[k]);
        if (!x)
            Py_CLEAR(found);
        else
            PyTuple_SET_ITEM(found, k, x);
    }
    return found;
}

/* Of a trace whose loops are finished: while its items are read no event is added. */
static PyObject *rolled_items(Trace *t, const Traits *results, Py_ssize_t count)
{
    Recorder *r = &t->rolled.recorder;
    const long long events = r->events;
    t->rolled.is_expanding++;
    PyObject *items = all_items(&(Items){r, t, row_of_trace});
    t->rolled.is_expanding--;
    PyObject *operands = items ? results_as_operands(results, count) : NULL;
    if (operands)
        return Py_BuildValue("(NLN)", items, events, operands);
    Py_XDECREF(items);
    return NULL;
}

/* Read results; 0 where one of them is no number of this trace, kept as loops. May run code of
 * Python's. */
static int read_results(const Trace *t, PyObject *results, Traits *traits)
{
    int known = 1;
    for (Py_ssize_t k = 0; known && k < PyTuple_GET_SIZE(results); k++)
        known = traits_of_object(t, PyTuple_GET_ITEM(results, k), &traits[k]);
    return known;
}

static PyObject *rolled_or_none(Trace *t, PyObject *results, Traits *traits)
{
    const int known = read_results(t, results, traits);
    if (!is_rolling(t))
        Py_RETURN_NONE;
    Recorder *r = &t->rolled.recorder;
    if (finish_loops(r) < 0)
        return NULL;
    const int is_worth = is_worth_rolling(r) && r->size <= MOST_ITEMS;
    if (is_worth && known)
        return rolled_items(t, traits, PyTuple_GET_SIZE(results));
    t->rolled.why = is_worth ? ASKED : IRREGULAR;
    return as_nodes(t) < 0 ? NULL : Py_NewRef(Py_None);
}

/* rolled(results): the items as a LoopRecorder gives them, the number of events, and the results as
 * operands; None where the trace is kept as nodes. */
static PyObject *trace_rolled(PyObject *self, PyObject *results)
{
    if (!PyTuple_Check(results))
        return PyErr_Format(PyExc_TypeError, "expected a tuple of results");
    if (!is_rolling((Trace *)self))
        Py_RETURN_NONE;
    Traits *traits = PyMem_Calloc((size_t)PyTuple_GET_SIZE(results) + 1, sizeof *traits);
    if (!traits)
        return PyErr_NoMemory();
    PyObject *found = rolled_or_none((Trace *)self, results, traits);
    PyMem_Free(traits);
    return found;
}

/* give_up_loops(why): keep the trace as nodes from now on. */
static PyObject *trace_give_up_loops(PyObject *self, PyObject *why)
{
    Trace *t = (Trace *)self;
    const long reason = PyLong_AsLong(why);
    if (reason == -1 && PyErr_Occurred())
        return NULL;
    if (t->rolled.how == AS_NODES_WITH_LOG)
        give_up_loops(t, (int)reason);
    else if (t->rolled.how == AS_LOOPS) {
        t->rolled.why = (int)reason;
        if (as_nodes(t) < 0)
            return NULL;
    }
    Py_RETURN_NONE;
}

#endif
