/* A trace's columns as sequences: its rows, operands, numbers, lanes and Tracers, by node.
 * Included by module.c. */
#ifndef SCALARGRAD_VIEWS_H
#define SCALARGRAD_VIEWS_H

#include "tracer.h"

enum {
    COLUMN_ROWS,
    COLUMN_OPERANDS,
    COLUMN_NUMBERS,
    COLUMN_LANE_FLAGS,
    COLUMN_PLAIN_FLAGS,
    COLUMN_TRACERS
};

typedef struct {
    PyObject_HEAD
    Trace *trace;
    long kind;
} TraceColumn;

static PyObject *operand_tuple(const Trace *t, int32_t i)
{
    /* as it is now: to make a tuple may run code of Python's, which may fuse the trace; operands
     * stay where they are */
    const TraceNode node = t->node[i];
    PyObject *found = PyTuple_New(node.count);
    for (int32_t k = 0; found && k < node.count; k++) {
        PyObject *index = PyLong_FromLong(t->operand[node.begin + k]);
        if (!index)
            Py_CLEAR(found);
        else
            PyTuple_SET_ITEM(found, k, index);
    }
    return found;
}

static Py_ssize_t column_length(PyObject *self)
{
    return ((TraceColumn *)self)->trace->size;
}

static PyObject *column_item(PyObject *self, Py_ssize_t at)
{
    Trace *t = ((TraceColumn *)self)->trace;
    if (at < 0 || at >= t->size) {
        PyErr_Format(PyExc_IndexError, "there is no node %zd among %d", at, t->size);
        return NULL;
    }
    const int32_t i = (int32_t)at;
    switch (((TraceColumn *)self)->kind) {
    case COLUMN_ROWS: return operator_by_code(t, t->node[i].row);
    case COLUMN_OPERANDS: return operand_tuple(t, i);
    case COLUMN_NUMBERS: return PyFloat_FromDouble(t->node[i].number);
    case COLUMN_LANE_FLAGS: return PyBool_FromLong(t->node[i].lane);
    case COLUMN_PLAIN_FLAGS: return PyBool_FromLong(t->node[i].plain);
    default: return tracer_of(t, i);
    }
}

static void column_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    Py_DECREF(((TraceColumn *)self)->trace);
    PyObject_GC_Del(self);
}

static int column_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((TraceColumn *)self)->trace);
    return 0;
}

static PySequenceMethods column_as_sequence = {
    .sq_length = column_length,
    .sq_item = column_item,
};

static PyTypeObject TraceColumnType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "scalargrad.native._engine.TraceColumn",
    .tp_doc = "Something of every node of a trace, by index.",
    .tp_basicsize = sizeof(TraceColumn),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_dealloc = column_dealloc,
    .tp_traverse = column_traverse,
    .tp_as_sequence = &column_as_sequence,
};

static PyObject *column_of(PyObject *trace, void *kind)
{
    TraceColumn *column = as_nodes((Trace *)trace) < 0
                              ? NULL
                              : PyObject_GC_New(TraceColumn, &TraceColumnType);
    if (!column)
        return NULL;
    column->trace = (Trace *)Py_NewRef(trace);
    column->kind = (long)(intptr_t)kind;
    PyObject_GC_Track((PyObject *)column);
    return (PyObject *)column;
}

static PyObject *reason_of(PyObject *trace, void *unused)
{
    (void)unused;
    return PyLong_FromLong(((Trace *)trace)->rolled.why);
}

#define TRACE_COLUMN(name, kind, doc) {name, column_of, NULL, doc, (void *)(intptr_t)(kind)}

static PyGetSetDef trace_columns[] = {
    TRACE_COLUMN("rows", COLUMN_ROWS,
                 "The operator of each node, or what stands for an input or a constant."),
    TRACE_COLUMN("operands", COLUMN_OPERANDS, "The nodes that each is computed from."),
    TRACE_COLUMN("numbers", COLUMN_NUMBERS, "What each was this time."),
    TRACE_COLUMN("lanes", COLUMN_LANE_FLAGS, "Whether each differs from lane to lane."),
    TRACE_COLUMN("plain", COLUMN_PLAIN_FLAGS, "Whether eager has a float for each, and no Value."),
    TRACE_COLUMN("tracers", COLUMN_TRACERS, "The Tracer that stands for each."),
    {"guards", trace_guards, trace_set_guards,
     "What was decided by comparisons, in order: a dict whose values are None.", NULL},
    {"unrolled", reason_of, NULL, "Why it is kept as nodes; see compiler/trace/rolled.py.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

#endif
