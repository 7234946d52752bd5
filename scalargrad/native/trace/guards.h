/* Comparisons of Tracers, and the guards that these are. Included by tracer.h.
 *
 * Guards are written down in C, and become a dict of Python's once somebody asks for that. */
#ifndef SCALARGRAD_GUARDS_H
#define SCALARGRAD_GUARDS_H

#include "operands.h"

/* The comparisons of trace/guards.py, in order. */
enum { LESS, AT_MOST, UNEQUAL, COMPARISONS };

/* Of each of Python's comparisons the one of guards, whether the sides are exchanged for it, and
 * its outcome where Python's is true. */
static const struct {
    int32_t compare;
    int exchanged, truth;
} comparison[] = {
    [Py_LT] = {LESS, 0, 1},    [Py_LE] = {AT_MOST, 0, 1}, [Py_GT] = {LESS, 1, 1},
    [Py_GE] = {AT_MOST, 1, 1}, [Py_EQ] = {UNEQUAL, 0, 0}, [Py_NE] = {UNEQUAL, 0, 1},
};

static void free_guards(Trace *t)
{
    PyMem_Free(t->guard);
    Py_XDECREF(t->guard_dict);
    Py_XDECREF(t->decided);
}

/* Put a guard into a dict; −1 with an exception. Code of Python's may run meanwhile, and have the
 * trace keep another dict. */
static int put_guard(PyObject *dict, const TraceGuard *g)
{
    Py_INCREF(dict);
    PyObject *guard = PyObject_CallFunction(trace_hooks.guard, "OiiO",
                                            PyTuple_GET_ITEM(trace_hooks.compare, g->compare),
                                            (int)g->x, (int)g->y, g->outcome ? Py_True : Py_False);
    const int failed = !guard || PyDict_SetItem(dict, guard, Py_None) < 0;
    Py_XDECREF(guard);
    Py_DECREF(dict);
    return failed ? -1 : 0;
}

/* The guards as a dict, borrowed; NULL with an exception. From then on they are kept there. */
static PyObject *guards_as_dict(Trace *t)
{
    PyObject *dict = t->guard_dict ? NULL : PyDict_New();
    int failed = !t->guard_dict && !dict;
    for (int32_t k = 0; !failed && !t->guard_dict && k < t->guards; k++) {
        /* as it is now: what runs for the dict may note another guard */
        const TraceGuard guard = t->guard[k];
        failed = put_guard(dict, &guard) < 0;
    }
    if (!failed && !t->guard_dict) {
        t->guards = 0;
        t->guard_dict = Py_XNewRef(dict);
    }
    Py_XDECREF(dict);
    return failed ? NULL : t->guard_dict;
}

static int note_guard(Trace *t, TraceGuard guard)
{
    if (t->guard_dict)
        return put_guard(t->guard_dict, &guard);
    if (RESERVE(t->guard, t->guard_room, t->guards + 1) < 0)
        return -1;
    t->guard[t->guards++] = guard;
    return 0;
}

/* The node of one side of a comparison: 1, or 0 where that is for Python to find out, or −1 with an
 * exception. */
static int side_of(Trace *t, PyObject *x, int32_t *node)
{
    double number;
    if (is_tracer(x)) {
        *node = ((Tracer *)x)->index;
        return ((Tracer *)x)->trace == t && *node >= 0;
    }
    if (PyFloat_CheckExact(x))
        number = PyFloat_AS_DOUBLE(x);
    else if (PyLong_CheckExact(x)) {
        int overflow;
        const long long whole = PyLong_AsLongLongAndOverflow(x, &overflow);
        if (overflow || whole > 1LL << 53 || whole < -(1LL << 53))
            return 0;
        number = (double)whole;
    } else
        return 0;
    *node = constant(t, number);
    return *node < 0 ? -1 : 1;
}

/* Whether a trace knows outcomes beforehand, which Python looks up. */
static int has_decided(const Trace *t)
{
    return t->decided && !(PyDict_CheckExact(t->decided) && PyDict_GET_SIZE(t->decided) == 0);
}

static int outcome_of(int32_t compare, double x, double y)
{
    return compare == LESS ? x < y : compare == AT_MOST ? x <= y : x != y;
}

static PyObject *tracer_richcompare(PyObject *x, PyObject *y, int op)
{
    Trace *t = ((Tracer *)x)->trace;
    int32_t sides[2];
    int known = t && t->rolled.how != AS_LOOPS && !has_decided(t) && is_tracer(x);
    for (int k = 0; known > 0 && k < 2; k++)
        known = side_of(t, k ? y : x, &sides[k]);
    if (known <= 0)
        return known < 0 ? NULL : PyObject_CallFunction(trace_hooks.compared, "OOi", x, y, op);
    if (t->rolled.how == AS_NODES_WITH_LOG)
        give_up_loops(t, BRANCHES);
    const int exchanged = comparison[op].exchanged;
    TraceGuard guard = {comparison[op].compare, sides[exchanged], sides[!exchanged], 0};
    guard.outcome = outcome_of(guard.compare, t->node[guard.x].number, t->node[guard.y].number);
    const int decides = !is_constant(t, sides[0]) || !is_constant(t, sides[1]);
    if (decides && note_guard(t, guard) < 0)
        return NULL;
    return PyBool_FromLong(guard.outcome == comparison[op].truth);
}

/* ------ for Python */

static PyObject *trace_guards(PyObject *self, void *unused)
{
    (void)unused;
    return Py_XNewRef(guards_as_dict((Trace *)self));
}

static int trace_set_guards(PyObject *self, PyObject *dict, void *unused)
{
    (void)unused;
    Trace *t = (Trace *)self;
    if (!dict || !PyDict_Check(dict)) {
        PyErr_SetString(PyExc_TypeError, "the guards of a trace are a dict");
        return -1;
    }
    /* an empty one is only made when somebody asks for it: nobody else knows it then */
    const int is_new = PyDict_GET_SIZE(dict) == 0 && !t->guards && !t->guard_dict;
    t->guards = 0;
    Py_XSETREF(t->guard_dict, is_new ? NULL : Py_NewRef(dict));
    return 0;
}

static PyObject *guards_as_bytes(const Trace *t)
{
    if (t->guard_dict)
        return Py_NewRef(Py_None);
    PyObject *found = PyBytes_FromStringAndSize(NULL, 3 * t->guards * (Py_ssize_t)sizeof(int32_t));
    int32_t *at = found ? (int32_t *)PyBytes_AS_STRING(found) : NULL;
    for (int32_t k = 0; found && k < t->guards; k++) {
        *at++ = t->guard[k].x;
        *at++ = t->guard[k].y;
        *at++ = 2 * t->guard[k].compare + t->guard[k].outcome;
    }
    return found;
}

static PyObject *operands_as_bytes(const Trace *t)
{
    size_t count = 0;
    for (int32_t i = 0; i < t->size; i++)
        count += (size_t)t->node[i].count;
    PyObject *found = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(count * sizeof(int32_t)));
    int32_t *at = found ? (int32_t *)PyBytes_AS_STRING(found) : NULL;
    for (int32_t i = 0; found && i < t->size; i++)
        for (int32_t k = 0; k < t->node[i].count; k++)
            *at++ = t->operand[t->node[i].begin + k];
    return found;
}

/* columns(): of each node its row, −1 of an input and −2 of a constant, how many operands it has,
 * and its number; all operands; of each guard both sides, and 2·comparison + outcome, or None where
 * there is a dict of them. */
static PyObject *trace_columns_as_bytes(PyObject *self, PyObject *unused)
{
    (void)unused;
    Trace *t = (Trace *)self;
    if (as_nodes(t) < 0)
        return NULL;
    const Py_ssize_t n = t->size, each = (Py_ssize_t)sizeof(int32_t);
    PyObject *rows = PyBytes_FromStringAndSize(NULL, n * each);
    PyObject *counts = PyBytes_FromStringAndSize(NULL, n * each);
    PyObject *numbers = PyBytes_FromStringAndSize(NULL, n * (Py_ssize_t)sizeof(double));
    for (Py_ssize_t i = 0; rows && counts && numbers && i < n; i++) {
        ((int32_t *)PyBytes_AS_STRING(rows))[i] = t->node[i].row;
        ((int32_t *)PyBytes_AS_STRING(counts))[i] = t->node[i].count;
        ((double *)PyBytes_AS_STRING(numbers))[i] = t->node[i].number;
    }
    PyObject *operands = operands_as_bytes(t), *guards = guards_as_bytes(t), *found = NULL;
    if (rows && counts && numbers && operands && guards)
        found = PyTuple_Pack(5, rows, counts, numbers, operands, guards);
    Py_XDECREF(rows);
    Py_XDECREF(counts);
    Py_XDECREF(numbers);
    Py_XDECREF(operands);
    Py_XDECREF(guards);
    return found;
}

#endif
