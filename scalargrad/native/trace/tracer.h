/* A Tracer: a number of a function that is being traced, with Python's arithmetic. Included by
 * views.h. */
#ifndef SCALARGRAD_TRACER_H
#define SCALARGRAD_TRACER_H

#include <structmember.h>
#include "applying.h"
#include "guards.h"

/* The result of a computation for Python: a Tracer, even of a constant, which is a number of the
 * function like any other; but a float of a constant where rows are rewritten. */
static PyObject *result_of(Trace *t, Term x)
{
    if (t->is_rewriting && is_number_term(x))
        return PyFloat_FromDouble(x.number);
    const int32_t index = node_of(t, x);
    return index < 0 ? NULL : tracer_of(t, index);
}

/* ------ within no_grad */

/* The number of a Term, as a Value of its own if it is one; the twin of settled in arithmetic.py. */
static PyObject *detached(Trace *t, Term x)
{
    const int is_plain = is_number_term(x) || t->node[x.node].plain;
    if (!is_number_term(x) && applied(t, STOP_GRADIENT, &x, 1, &x) < 0)
        return NULL;
    PyObject *number = result_of(t, x);
    if (!number || is_plain)
        return number;
    PyObject *value = PyObject_CallMethod((PyObject *)t, "variable", "O", number);
    Py_DECREF(number);
    return value;
}

static PyObject *settled(Trace *t, Term x)
{
    const int detaching = is_detaching();
    if (detaching)
        return detaching < 0 ? NULL : detached(t, x);
    return result_of(t, x);
}

/* ------ Python's arithmetic */

static PyObject *unary(int32_t row, PyObject *x)
{
    if (!is_tracer(x)) {
        PyErr_Format(PyExc_TypeError, "a %s is no number of a trace", Py_TYPE(x)->tp_name);
        return NULL;
    }
    Trace *t = ((Tracer *)x)->trace;
    PyObject *event = event_of_objects(t, row, &x, 1);
    if (event || PyErr_Occurred())
        return event;
    Term term, result;
    return term_of(t, x, &term) < 0 || applied(t, row, &term, 1, &result) < 0 ? NULL
                                                                              : settled(t, result);
}

/* Read an operand beside a Tracer: 1 if it is one, 0 if not, −1 with an exception. */
static int read_beside(Trace *t, PyObject *x, const char *reflected, Term *term)
{
    if (is_tracer(x) || PyFloat_CheckExact(x) || is_traced_value(x))
        return term_of(t, x, term) < 0 ? -1 : 1;
    PyObject *found = PyObject_CallFunction(trace_hooks.operand, "Os", x, reflected);
    const int is_ours = found != Py_NotImplemented;
    const int failed = !found || (is_ours && term_of(t, found, term) < 0);
    Py_XDECREF(found);
    return failed ? -1 : is_ours;
}

static PyObject *binary(int32_t row, PyObject *x, PyObject *y, const char *swapped,
                        const char *reflected)
{
    if (!is_tracer(x) && !is_tracer(y))
        Py_RETURN_NOTIMPLEMENTED;
    Trace *t = ((Tracer *)(is_tracer(x) ? x : y))->trace;
    PyObject *event = event_of_objects(t, row, (PyObject *[]){x, y}, 2);
    if (event || PyErr_Occurred())
        return event;
    Term terms[2], result;
    int found = read_beside(t, x, swapped, &terms[0]);
    if (found > 0)
        found = read_beside(t, y, reflected, &terms[1]);
    if (found == 0)
        Py_RETURN_NOTIMPLEMENTED;
    if (found < 0 || applied(t, row, terms, 2, &result) < 0)
        return NULL;
    return settled(t, result);
}

#define UNARY_SLOT(name)                                                                          \
    static PyObject *tracer_##name(PyObject *x)                                                   \
    {                                                                                             \
        return unary(OP_##name, x);                                                               \
    }
#define BINARY_SLOT(name, dunder)                                                                 \
    static PyObject *tracer_##name(PyObject *x, PyObject *y)                                      \
    {                                                                                             \
        return binary(OP_##name, x, y, "__" #dunder "__", "__r" #dunder "__");                    \
    }

UNARY_SLOT(neg)
UNARY_SLOT(abs)
BINARY_SLOT(add, add)
BINARY_SLOT(sub, sub)
BINARY_SLOT(mul, mul)
BINARY_SLOT(div, truediv)
BINARY_SLOT(mod, mod)
BINARY_SLOT(floordiv, floordiv)
BINARY_SLOT(pow, pow)

static PyObject *tracer_power(PyObject *x, PyObject *y, PyObject *modulus)
{
    if (modulus != Py_None)
        Py_RETURN_NOTIMPLEMENTED;
    return tracer_pow(x, y);
}

/* ------ methods */

#define ROW(python, name, doc)                                                                    \
    static PyObject *method_##python(PyObject *x, PyObject *unused)                               \
    {                                                                                             \
        (void)unused;                                                                             \
        return unary(OP_##name, x);                                                               \
    }
UNARY_METHODS(ROW)
#undef ROW

#define ROW(python, name, doc) {#python, method_##python, METH_NOARGS, doc},
static PyMethodDef tracer_methods[] = {UNARY_METHODS(ROW){NULL, NULL, 0, NULL}};
#undef ROW

static PyNumberMethods tracer_as_number = {
    .nb_add = tracer_add,
    .nb_subtract = tracer_sub,
    .nb_multiply = tracer_mul,
    .nb_true_divide = tracer_div,
    .nb_remainder = tracer_mod,
    .nb_floor_divide = tracer_floordiv,
    .nb_power = tracer_power,
    .nb_negative = tracer_neg,
    .nb_absolute = tracer_abs,
};

/* ------ the type */

static PyObject *tracer_new(PyTypeObject *type, PyObject *args, PyObject *named)
{
    (void)args;
    (void)named;
    PyErr_Format(PyExc_TypeError, "a %s comes from a trace", type->tp_name);
    return NULL;
}

static void tracer_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    Trace *t = ((Tracer *)self)->trace;
    if (t) {
        const int32_t index = ((Tracer *)self)->index;
        if (index >= 0 && t->node[index].tracer == (Tracer *)self)
            t->node[index].tracer = NULL;
        Py_DECREF(t);
    }
    Py_TYPE(self)->tp_free(self);
}

/* Without a tp_clear: a cycle through a Tracer runs through its trace, whose tp_clear breaks the
 * cycle. */
static int tracer_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((Tracer *)self)->trace);
    return 0;
}

static PyMemberDef tracer_members[] = {
    {"trace", T_OBJECT_EX, offsetof(Tracer, trace), READONLY, "The trace it is a number of."},
    {NULL, 0, 0, 0, NULL},
};

static PyObject *tracer_index(PyObject *self, void *unused)
{
    (void)unused;
    const int32_t index = ((Tracer *)self)->trace ? index_of_tracer((Tracer *)self) : 0;
    return index < 0 ? NULL : PyLong_FromLong(index);
}

/* Number, lane, plain, linked; None where the trace is kept as nodes, which tell that. */
static PyObject *tracer_rolled_traits(PyObject *self, void *unused)
{
    Traits traits;
    Tracer *x = (Tracer *)self;
    (void)unused;
    if (!x->trace || !is_rolling(x->trace) || !traits_of_tracer(x->trace, x, &traits))
        Py_RETURN_NONE;
    return Py_BuildValue("(dNNN)", traits.number, PyBool_FromLong(traits.lane),
                         PyBool_FromLong(traits.plain), PyBool_FromLong(traits.linked));
}

static PyGetSetDef tracer_columns[] = {
    {"_rolled_traits", tracer_rolled_traits, NULL,
     "Number, lane, plain, linked of a trace that is kept as loops; else None.", NULL},
    {"index", tracer_index, NULL, "Which node of the trace it stands for.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject TracerType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "scalargrad.native._engine.Tracer",
    .tp_doc = "A number of a function that is being traced.",
    .tp_basicsize = sizeof(Tracer),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_new = tracer_new,
    .tp_dealloc = tracer_dealloc,
    .tp_traverse = tracer_traverse,
    .tp_methods = tracer_methods,
    .tp_members = tracer_members,
    .tp_getset = tracer_columns,
    .tp_as_number = &tracer_as_number,
    .tp_richcompare = tracer_richcompare,
};

#endif
