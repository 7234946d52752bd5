/* The body of a scan, and the slots that its steps compute with. Included by repeat.h. */
#ifndef SCALARGRAD_SCANS_BODY_H
#define SCALARGRAD_SCANS_BODY_H

#include "../applying.h"

enum { A_NUMBER = -1, AN_EVENT = -2 };

/* An operand of a step: a number, a node, or an event of a trace that is kept as loops. */
typedef struct {
    int32_t node; /* A_NUMBER, AN_EVENT: then `traits` says what it is */
    Traits traits;
} Slot;

typedef struct {
    int32_t row, begin, count; /* where its operands begin among those of all */
} BodyStep;

typedef struct {
    Trace *trace;
    BodyStep *step;
    int32_t *operand, *state_out, *y_out;
    Slot *slot, *state; /* `state` is that of the next step */
    int32_t steps, operands, slots, states, xs, ys, fixed;
} Repetition;

static void free_repetition(Repetition *r)
{
    PyMem_Free(r->step);
    PyMem_Free(r->operand);
    PyMem_Free(r->state_out);
    PyMem_Free(r->y_out);
    PyMem_Free(r->slot);
    PyMem_Free(r->state);
}

/* ------ slots */

static Slot number_slot(double number)
{
    return (Slot){A_NUMBER, traits_of_number(number)};
}

static Slot node_slot(const Trace *t, int32_t i)
{
    return is_constant(t, i) ? number_slot(t->node[i].number) : (Slot){.node = i};
}

/* The node of an operand that is neither a float nor an event; −1 with an exception. */
static int32_t node_of_object(Trace *t, PyObject *x)
{
    PyObject *known = is_traced_value(x) ? PyDict_GetItemWithError(t->captured, x) : NULL;
    if (known)
        return checked_index(t, known);
    if (PyErr_Occurred())
        return -1;
    if (is_tracer(x) && ((Tracer *)x)->trace == t && ((Tracer *)x)->index >= 0)
        return ((Tracer *)x)->index;
    return index_of(t, x);
}

static int slot_of_object(Trace *t, PyObject *x, Slot *slot)
{
    if (PyFloat_CheckExact(x)) {
        *slot = number_slot(PyFloat_AS_DOUBLE(x));
        return 0;
    }
    if (is_tracer(x) && ((Tracer *)x)->index < 0) {
        slot->node = AN_EVENT;
        if (is_rolling(t) && traits_of_tracer(t, (Tracer *)x, &slot->traits))
            return 0;
    }
    const int32_t index = node_of_object(t, x);
    if (index >= 0)
        *slot = node_slot(t, index);
    return index < 0 ? -1 : 0;
}

static PyObject *object_of_slot(Trace *t, const Slot *x)
{
    if (x->node == A_NUMBER)
        return PyFloat_FromDouble(x->traits.number);
    if (x->node != AN_EVENT)
        return tracer_of(t, x->node);
    return tracer_of_event(t, x->traits.operand.at.id, x->traits.number, &x->traits, 1);
}

/* ------ a body from Python */

static int32_t *slot_numbers(PyObject *tuple, int32_t slots)
{
    const Py_ssize_t count = PyTuple_GET_SIZE(tuple);
    int32_t *found = PyMem_Malloc(((size_t)count + 1) * sizeof *found);
    if (!found)
        PyErr_NoMemory();
    for (Py_ssize_t k = 0; found && k < count; k++) {
        const long slot = PyLong_AsLong(PyTuple_GET_ITEM(tuple, k));
        if (slot >= 0 && slot < slots) {
            found[k] = (int32_t)slot;
            continue;
        }
        if (!PyErr_Occurred())
            PyErr_Format(PyExc_IndexError, "there is no slot %ld among %d", slot, slots);
        PyMem_Free(found);
        found = NULL;
    }
    return found;
}

/* Take over the steps: pairs of a row and its operands, which stand before it. */
static int read_body(Repetition *r, PyObject *steps)
{
    size_t room = 0;
    r->step = PyMem_Calloc((size_t)r->steps + 1, sizeof *r->step);
    if (!r->step) {
        PyErr_NoMemory();
        return -1;
    }
    for (int32_t k = 0; k < r->steps; k++) {
        PyObject *row, *operands;
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(steps, k), "OO!", &row, &PyTuple_Type, &operands))
            return -1;
        const Py_ssize_t count = PyTuple_GET_SIZE(operands);
        const int32_t code = code_for(r->trace, row);
        int32_t *slots = code < 0 ? NULL : slot_numbers(operands, r->slots - r->steps + k);
        if (!slots)
            return -1;
        int failed = !may_be_rolled(code) || code == OP_identity || !count;
        if (failed)
            PyErr_SetString(PyExc_ValueError, "expected operators of the table, with operands");
        failed = failed || RESERVE(r->operand, room, (int64_t)r->operands + count) < 0;
        if (!failed) {
            memcpy(r->operand + r->operands, slots, (size_t)count * sizeof *slots);
            r->step[k] = (BodyStep){code, r->operands, (int32_t)count};
            r->operands += (int32_t)count;
        }
        PyMem_Free(slots);
        if (failed)
            return -1;
    }
    return 0;
}

static int read_slots(Repetition *r, PyObject *objects, int32_t at)
{
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(objects); k++)
        if (slot_of_object(r->trace, PyTuple_GET_ITEM(objects, k), &r->slot[at + k]) < 0)
            return -1;
    return 0;
}

#endif
