/* Rows, Tracers and numbers: nodes as Python sees them. Included by forward.h, indices.h. */
#ifndef SCALARGRAD_OBJECTS_H
#define SCALARGRAD_OBJECTS_H

#include "../shared/hooks.h"
#include "../shared/modes.h"
#include "nodes.h"

/* The Python half of the trace; see compiler/trace/in_c.py. */
#define TRACE_HOOKS(HOOK)                                                                         \
    HOOK(rows, &PyTuple_Type)    /* the known rows, by code */                                    \
    HOOK(input, ANYTHING)        /* in place of a row: of an input */                             \
    HOOK(constant, ANYTHING)     /* in place of a row: of a constant */                           \
    HOOK(tracer, &PyType_Type)   /* the class of Tracers */                                       \
    HOOK(value, &PyType_Type)    /* the class of Values */                                        \
    HOOK(forward, ANYTHING)      /* (Operator, numbers) -> float */                               \
    HOOK(operand, ANYTHING)      /* (x, name of the reflected method) -> x, or NotImplemented */  \
    HOOK(compared, ANYTHING)     /* (Tracer, other, Py_LT …) -> outcome, or NotImplemented */     \
    HOOK(guard, ANYTHING)        /* the class of guards */                                        \
    HOOK(compare, &PyTuple_Type) /* the names of comparisons */                                   \
    HOOK(template, ANYTHING)     /* (Operator, beside a constant) -> see templates.h */           \
    HOOK(elementary, ANYTHING)   /* (Operator) -> see templates.h */                              \
    HOOK(local, ANYTHING)        /* (Tracer) -> the partial in each operand, None for a constant */

static struct {
    TRACE_HOOKS(HOOK_MEMBER)
} trace_hooks;

static int is_installed(void)
{
    if (!trace_hooks.rows)
        PyErr_SetString(PyExc_RuntimeError, "the trace is used before in_c.py installed it");
    return trace_hooks.rows != NULL;
}

static PyTypeObject *tracer_type(void)
{
    return (PyTypeObject *)trace_hooks.tracer;
}

static int is_traced_value(PyObject *x)
{
    return Py_IS_TYPE(x, (PyTypeObject *)trace_hooks.value);
}

/* Whether the function that is traced asks for no gradients here; −1 with an exception. */
static int is_detaching(void)
{
    /* tracing is one active mode; no_grad would be a second */
    const int modes = modes_active() < 2 ? 0 : modes_here();
    return modes < 0 ? -1 : modes & NO_GRAD;
}

/* ------ rows */

/* The row of a code: a new reference. */
static PyObject *operator_by_code(const Trace *t, int32_t row)
{
    if (row == INPUT || row == CONSTANT)
        return Py_NewRef(row == INPUT ? trace_hooks.input : trace_hooks.constant);
    if (row < KNOWN_ROWS)
        return Py_NewRef(PyTuple_GET_ITEM(trace_hooks.rows, row));
    return Py_XNewRef(PyList_GetItem(t->rows, row - KNOWN_ROWS));
}

/* A row stays in the list also where it cannot be hashed: its hash may have run code of Python's,
 * which may have put others behind it. */
static int32_t code_of_own(Trace *t, PyObject *row)
{
    PyObject *known = PyDict_GetItemWithError(t->codes, row);
    if (known)
        return (int32_t)PyLong_AsLong(known);
    const Py_ssize_t code = KNOWN_ROWS + PyList_GET_SIZE(t->rows);
    PyObject *number = PyErr_Occurred() || code > INT32_MAX ? NULL : PyLong_FromSsize_t(code);
    if (!number)
        return -1;
    const int failed = PyList_Append(t->rows, row) < 0
                       || PyDict_SetItem(t->codes, row, number) < 0;
    Py_DECREF(number);
    return failed ? -1 : (int32_t)code;
}

/* The code of an Operator; −1 with an exception. */
static int32_t code_for(Trace *t, PyObject *row)
{
    PyObject *attribute = PyObject_GetAttrString(row, "code");
    const long code = attribute ? PyLong_AsLong(attribute) : -1;
    Py_XDECREF(attribute);
    if (code == -1 && PyErr_Occurred())
        return -1;
    if (code >= 0 && code < OP_COUNT && PyTuple_GET_ITEM(trace_hooks.rows, code) == row)
        return (int32_t)code;
    for (int32_t k = OP_COUNT; k < KNOWN_ROWS; k++)
        if (PyTuple_GET_ITEM(trace_hooks.rows, k) == row)
            return k;
    return code_of_own(t, row);
}

/* ------ Tracers */

/* The Tracer of a node, borrowed; NULL if there is none, or none but one that is being freed. */
static Tracer *living_tracer(const Trace *t, int32_t i)
{
    Tracer *tracer = t->node[i].tracer;
    return tracer && Py_REFCNT(tracer) > 0 ? tracer : NULL;
}

static PyObject *tracer_of(Trace *t, int32_t i)
{
    Tracer *known = living_tracer(t, i);
    if (known)
        return Py_NewRef(known);
    Tracer *tracer = (Tracer *)tracer_type()->tp_alloc(tracer_type(), 0);
    if (!tracer)
        return NULL;
    /* the allocation may have run a finalizer that asked for the same Tracer, and kept it */
    known = living_tracer(t, i);
    if (known) {
        Py_INCREF(known);
        Py_DECREF(tracer);
        return (PyObject *)known;
    }
    tracer->trace = (Trace *)Py_NewRef(t);
    tracer->index = i;
    t->node[i].tracer = tracer;
    return (PyObject *)tracer;
}

static int is_tracer(PyObject *x)
{
    return Py_IS_TYPE(x, tracer_type()) && ((Tracer *)x)->trace;
}

/* ------ numbers and nodes */

static Term number_term(double x)
{
    return (Term){-1, x};
}

static int is_number_term(Term x)
{
    return x.node < 0;
}

static Term term_at(const Trace *t, int32_t i)
{
    return is_constant(t, i) ? number_term(t->node[i].number) : (Term){i, 0.0};
}

static PyObject *object_of(Trace *t, Term x)
{
    return is_number_term(x) ? PyFloat_FromDouble(x.number) : tracer_of(t, x.node);
}

static int32_t node_of(Trace *t, Term x)
{
    return is_number_term(x) ? constant(t, x.number) : x.node;
}

/* A node's index from Python; −1 with an exception if there is no such node. */
static int32_t checked_index(const Trace *t, PyObject *x)
{
    const long index = PyLong_AsLong(x);
    if (index == -1 && PyErr_Occurred())
        return -1;
    if (index >= 0 && index < t->size)
        return (int32_t)index;
    PyErr_Format(PyExc_IndexError, "there is no node %ld among %d", index, t->size);
    return -1;
}

#endif
