/* The steps of a scan, written into a trace: a body that was traced once, on other numbers each
 * time. The twin of `repeated` in compiler/scans/slots.py. Included by module.c.
 *
 * While the trace is kept as loops a step makes no objects and no nodes: the recorder finds that
 * each step is as the one before. */
#ifndef SCALARGRAD_SCANS_REPEAT_H
#define SCALARGRAD_SCANS_REPEAT_H

#include "body.h"

enum { STEPS_UNHEARD = 1024 }; /* so many steps at a time no signal is looked for */

/* ------ a step */

static int are_numbers(const Repetition *r, const BodyStep *step)
{
    for (int32_t k = 0; k < step->count; k++)
        if (r->slot[r->operand[step->begin + k]].node != A_NUMBER)
            return 0;
    return 1;
}

static int take_traits(const Repetition *r, const BodyStep *step, Traits *traits)
{
    for (int32_t k = 0; k < step->count; k++) {
        const Slot *x = &r->slot[r->operand[step->begin + k]];
        if (x->node < 0)
            traits[k] = x->traits;
        else if (!traits_of_node(r->trace, x->node, &traits[k]))
            return 0;
    }
    return 1;
}

/* The operand that an event on these operands is, for the next operator. */
static Slot event_slot(int64_t id, double number, const Traits *traits, int32_t count)
{
    const Operand operand = {.at.id = id, .count = 1, .kind = NODE_OPERAND};
    Slot slot = {AN_EVENT, {operand, number, 0, 1, 0}};
    for (int32_t k = 0; k < count; k++) {
        slot.traits.lane |= traits[k].lane;
        slot.traits.plain &= traits[k].plain;
        slot.traits.linked |= traits[k].linked;
    }
    return slot;
}

/* Record a step as an event: 1 if it is one, 0 where it has to be a node, −1 with an exception. */
static int step_as_event(const Repetition *r, const BodyStep *step, Slot *result)
{
    Trace *t = r->trace;
    double number;
    if (!is_worth_rolling(&t->rolled.recorder)) {
        t->rolled.why = IRREGULAR;
        return 0;
    }
    Traits few[FEW], *traits = few_or_more(few, step->count, sizeof *traits);
    if (!traits)
        return -1;
    int found = take_traits(r, step, traits);
    if (found && number_on(t, step->row, traits, step->count, &number) < 0)
        found = -1;
    /* Python code may have run since */
    if (found > 0 && !is_rolling(t))
        found = 0;
    const int64_t id = found > 0 ? record_operands(t, step->row, traits, step->count) : 0;
    if (found > 0)
        *result = event_slot(id, number, traits, step->count);
    free_more(traits, few);
    return id < 0 ? -1 : found;
}

static int term_of_slot(Trace *t, const Slot *x, Term *term)
{
    if (x->node == AN_EVENT && as_nodes(t) < 0)
        return -1;
    if (x->node == A_NUMBER)
        *term = number_term(x->traits.number);
    else
        *term = term_at(t, x->node == AN_EVENT ? t->rolled.node_of[x->traits.operand.at.id]
                                               : x->node);
    return 0;
}

static int step_as_node(const Repetition *r, const BodyStep *step, Slot *result)
{
    Trace *t = r->trace;
    Term few[FEW], found = {.node = -1}, *terms = few_or_more(few, step->count, sizeof *terms);
    int failed = !terms;
    for (int32_t k = 0; !failed && k < step->count; k++)
        failed = term_of_slot(t, &r->slot[r->operand[step->begin + k]], &terms[k]) < 0;
    failed = failed || applied(t, step->row, terms, step->count, &found) < 0;
    free_more(terms, few);
    if (!failed)
        *result = is_number_term(found) ? number_slot(found.number) : (Slot){.node = found.node};
    return failed ? -1 : 0;
}

static int step_on_numbers(const Repetition *r, const BodyStep *step, Slot *result)
{
    double few[FEW] = {0.0}, number, *numbers = few_or_more(few, step->count, sizeof *numbers);
    if (!numbers)
        return -1;
    for (int32_t k = 0; k < step->count; k++)
        numbers[k] = r->slot[r->operand[step->begin + k]].traits.number;
    const int failed = forward_on(r->trace, step->row, numbers, step->count, &number);
    free_more(numbers, few);
    if (!failed)
        *result = number_slot(number);
    return failed;
}

static int repeat_step(const Repetition *r, const BodyStep *step, Slot *result)
{
    if (are_numbers(r, step))
        return step_on_numbers(r, step, result);
    const int found = is_rolling(r->trace) ? step_as_event(r, step, result) : 0;
    return found ? (found < 0 ? -1 : 0) : step_as_node(r, step, result);
}

/* ------ all steps */

static int take_xs(Repetition *r, PyObject *xs, Py_ssize_t at)
{
    for (int32_t k = 0; k < r->xs; k++) {
        PyObject *x = PyList_GetItem(PyTuple_GET_ITEM(xs, k), at);
        if (!x)
            return -1;
        Py_INCREF(x);
        const int failed = slot_of_object(r->trace, x, &r->slot[r->states + k]) < 0;
        Py_DECREF(x);
        if (failed)
            return -1;
    }
    return 0;
}

static int give_ys(Repetition *r, PyObject *ys)
{
    for (int32_t k = 0; k < r->ys; k++) {
        PyObject *y = object_of_slot(r->trace, &r->slot[r->y_out[k]]);
        const int failed = !y || PyList_Append(PyTuple_GET_ITEM(ys, k), y) < 0;
        Py_XDECREF(y);
        if (failed)
            return -1;
    }
    return 0;
}

static int repeat_body(Repetition *r, PyObject *xs, PyObject *ys, Py_ssize_t at)
{
    const int32_t first = r->states + r->xs + r->fixed;
    if (take_xs(r, xs, at) < 0)
        return -1;
    for (int32_t k = 0; k < r->steps; k++)
        if (repeat_step(r, &r->step[k], &r->slot[first + k]) < 0)
            return -1;
    for (int32_t k = 0; k < r->states; k++)
        r->state[k] = r->slot[r->state_out[k]];
    if (give_ys(r, ys) < 0)
        return -1;
    if (r->states)
        memcpy(r->slot, r->state, (size_t)r->states * sizeof *r->slot);
    return 0;
}

/* ------ from Python */

static PyObject *new_lists(Py_ssize_t count)
{
    PyObject *found = PyTuple_New(count);
    for (Py_ssize_t k = 0; found && k < count; k++) {
        PyObject *list = PyList_New(0);
        if (!list)
            Py_CLEAR(found);
        else
            PyTuple_SET_ITEM(found, k, list);
    }
    return found;
}

static PyObject *state_after(Repetition *r)
{
    PyObject *found = PyList_New(0);
    for (int32_t k = 0; found && k < r->states; k++) {
        PyObject *x = object_of_slot(r->trace, &r->slot[k]);
        if (!x || PyList_Append(found, x) < 0)
            Py_CLEAR(found);
        Py_XDECREF(x);
    }
    return found;
}

static PyObject *repeat_all(Repetition *r, PyObject *xs, Py_ssize_t begin, Py_ssize_t end)
{
    PyObject *ys = new_lists(r->ys);
    int failed = !ys;
    for (Py_ssize_t at = begin; !failed && at < end; at++) {
        failed = repeat_body(r, xs, ys, at) < 0;
        if (!failed && (at - begin) % STEPS_UNHEARD == STEPS_UNHEARD - 1)
            failed = PyErr_CheckSignals() < 0;
    }
    PyObject *state = failed ? NULL : state_after(r);
    if (state)
        return Py_BuildValue("(NN)", state, ys);
    Py_XDECREF(ys);
    return NULL;
}

static int are_lists(PyObject *xs)
{
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(xs); k++)
        if (!PyList_CheckExact(PyTuple_GET_ITEM(xs, k))) {
            PyErr_SetString(PyExc_TypeError, "expected a tuple of lists");
            return 0;
        }
    return 1;
}

/* repeat(steps, state, xs, fixed, state_slots, y_slots, begin, end): the state after these steps,
 * and a list for each y. Slots are those of the state, of xs, the fixed ones, and of the steps. */
static PyObject *trace_repeat(PyObject *self, PyObject *args)
{
    PyObject *steps, *state, *xs, *fixed, *outs, *ys, *found = NULL;
    Py_ssize_t begin, end;
    if (!PyArg_ParseTuple(args, "O!O!O!O!O!O!nn:repeat", &PyTuple_Type, &steps, &PyTuple_Type,
                          &state, &PyTuple_Type, &xs, &PyTuple_Type, &fixed, &PyTuple_Type, &outs,
                          &PyTuple_Type, &ys, &begin, &end)
        || !are_lists(xs))
        return NULL;
    const Py_ssize_t begun = PyTuple_GET_SIZE(state) + PyTuple_GET_SIZE(xs)
                             + PyTuple_GET_SIZE(fixed);
    const Py_ssize_t slots = begun + PyTuple_GET_SIZE(steps);
    if (slots > INT32_MAX / 4 || PyTuple_GET_SIZE(ys) > INT32_MAX / 4
        || PyTuple_GET_SIZE(outs) != PyTuple_GET_SIZE(state)) {
        PyErr_SetString(PyExc_ValueError, "a body has too many numbers, or returns another state");
        return NULL;
    }
    Repetition r = {
        .trace = (Trace *)self,
        .steps = (int32_t)PyTuple_GET_SIZE(steps),
        .slots = (int32_t)slots,
        .states = (int32_t)PyTuple_GET_SIZE(state),
        .xs = (int32_t)PyTuple_GET_SIZE(xs),
        .ys = (int32_t)PyTuple_GET_SIZE(ys),
        .fixed = (int32_t)PyTuple_GET_SIZE(fixed),
    };
    r.slot = PyMem_Calloc((size_t)slots + 1, sizeof *r.slot);
    r.state = PyMem_Calloc((size_t)r.states + 1, sizeof *r.state);
    if (!r.slot || !r.state)
        PyErr_NoMemory();
    else if (read_body(&r, steps) == 0 && (r.state_out = slot_numbers(outs, r.slots))
             && (r.y_out = slot_numbers(ys, r.slots)) && read_slots(&r, state, 0) == 0
             && read_slots(&r, fixed, r.states + r.xs) == 0)
        found = repeat_all(&r, xs, begin, end);
    free_repetition(&r);
    return found;
}

#endif
