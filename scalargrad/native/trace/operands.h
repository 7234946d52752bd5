/* Operands from Python as a trace has them: a node, or a number. Included by applying.h,
 * each.h, guards.h. */
#ifndef SCALARGRAD_OPERANDS_H
#define SCALARGRAD_OPERANDS_H

#include "rolled/expansion.h"

/* The node of a Tracer; −1 with an exception. */
static int32_t index_of_tracer(Tracer *x)
{
    if (x->index < 0 && as_nodes(x->trace) == 0)
        x->index = x->trace->rolled.node_of[x->event];
    return x->index;
}

/* The input that stands for a Value the function closes over. */
static int32_t captured(Trace *t, PyObject *value)
{
    PyObject *known = Py_XNewRef(PyDict_GetItemWithError(t->captured, value));
    if (known) {
        const int32_t at = checked_index(t, known);
        Py_DECREF(known);
        return at;
    }
    PyObject *data = PyErr_Occurred() ? NULL : PyObject_GetAttrString(value, "_number");
    const double number = data ? PyFloat_AsDouble(data) : 0.0;
    Py_XDECREF(data);
    const int32_t index = PyErr_Occurred() ? -1 : new_input(t, number, 0, 0);
    PyObject *at = index < 0 ? NULL : PyLong_FromLong(index);
    const int failed = !at || PyDict_SetItem(t->captured, value, at) < 0;
    Py_XDECREF(at);
    return failed ? -1 : index;
}

/* The node that stands for an operand; −1 with an exception. */
static int32_t index_of(Trace *t, PyObject *x)
{
    if (as_nodes(t) < 0)
        return -1;
    if (is_tracer(x)) {
        if (((Tracer *)x)->trace == t)
            return index_of_tracer((Tracer *)x);
        PyErr_SetString(PyExc_TypeError,
                        "a number of one compiled function was kept and used in another");
        return -1;
    }
    if (PyFloat_CheckExact(x))
        return constant(t, PyFloat_AS_DOUBLE(x));
    if (is_traced_value(x))
        return captured(t, x);
    PyObject *found = PyObject_CallMethod((PyObject *)t, "other", "O", x);
    const int32_t index = found ? checked_index(t, found) : -1;
    Py_XDECREF(found);
    return index;
}

/* The term of an operand: a number stays a number, and becomes a node only where one is needed. */
static int term_of(Trace *t, PyObject *x, Term *term)
{
    if (PyFloat_CheckExact(x)) {
        *term = number_term(PyFloat_AS_DOUBLE(x));
        return 0;
    }
    const int32_t index = index_of(t, x);
    if (index >= 0)
        *term = term_at(t, index);
    return index < 0 ? -1 : 0;
}

#endif
