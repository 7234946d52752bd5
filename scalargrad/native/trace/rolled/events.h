/* A trace that is kept as loops: what was computed is an event of a recorder, and a Tracer stands
 * for an event: it carries its number. Included by expansion.h. */
#ifndef SCALARGRAD_ROLLED_EVENTS_H
#define SCALARGRAD_ROLLED_EVENTS_H

#include "../forward.h"
#include "log.h"

/* An operand, with what a node knows of its number. */
typedef struct {
    Operand operand;
    double number;
    uint8_t lane, plain, linked;
} Given;

static Given given_number(double number)
{
    const Operand operand = {.at.number = number, .count = 1, .kind = NUMBER_PLACE};
    return (Given){operand, number, 0, 1, 0};
}

static int given_node(const Trace *t, int32_t i, Given *given)
{
    const TraceNode *node = &t->node[i];
    *given = (Given){
        .number = node->number, .lane = node->lane, .plain = node->plain, .linked = node->linked};
    return operand_of_node(t, &t->rolled, i, &given->operand);
}

static int given_tracer(const Trace *t, const Tracer *x, Given *given)
{
    if (x->trace != t)
        return 0;
    if (x->index >= 0)
        return given_node(t, x->index, given);
    const Operand operand = {.at.place = x->event, .count = 1, .kind = NODE_PLACE};
    *given = (Given){operand, x->number, x->lane, x->plain, x->linked};
    return 1;
}

/* The input that stands for a Value from outside, if it has one already. */
static int given_captured(const Trace *t, PyObject *value, Given *given)
{
    PyObject *known = PyDict_GetItemWithError(t->captured, value);
    const long index = known ? PyLong_AsLong(known) : -1;
    if (PyErr_Occurred())
        PyErr_Clear();
    return index >= 0 && index < t->size && given_node(t, (int32_t)index, given);
}

/* The operand that an object is; 0 where that is for others to find out. */
static int given_object(const Trace *t, PyObject *x, Given *given)
{
    if (is_tracer(x))
        return given_tracer(t, (const Tracer *)x, given);
    if (is_traced_value(x))
        return given_captured(t, x, given);
    if (PyFloat_CheckExact(x)) {
        *given = given_number(PyFloat_AS_DOUBLE(x));
        return 1;
    }
    if (!PyFloat_Check(x) && !PyLong_CheckExact(x))
        return 0;
    /* as one of NumPy's, or an integer that may be beyond the floats */
    PyObject *number = PyNumber_Float(x);
    if (!number) {
        PyErr_Clear();
        return 0;
    }
    *given = given_number(PyFloat_AS_DOUBLE(number));
    Py_DECREF(number);
    return 1;
}

/* A new Tracer for an event on these operands. */
static PyObject *tracer_of_event(Trace *t, int64_t event, double number, const Given *given,
                                 int32_t count)
{
    Tracer *tracer = (Tracer *)tracer_type()->tp_alloc(tracer_type(), 0);
    if (!tracer)
        return NULL;
    tracer->trace = (Trace *)Py_NewRef(t);
    tracer->index = -1;
    tracer->event = event;
    tracer->number = number;
    tracer->plain = 1;
    for (int32_t k = 0; k < count; k++) {
        tracer->lane |= given[k].lane;
        tracer->plain &= given[k].plain;
        tracer->linked |= given[k].linked;
    }
    return (PyObject *)tracer;
}

static int number_of_given(Trace *t, int32_t row, const Given *given, int32_t count,
                           double *number)
{
    if (arity[row] == count) {
        *number = forward_of(row, given[0].number, given[count > 1].number,
                             given[count - 1].number);
        return 0;
    }
    double few[FEW] = {0.0}, *numbers = few_or_more(few, count, sizeof *numbers);
    if (!numbers)
        return -1;
    for (int32_t k = 0; k < count; k++)
        numbers[k] = given[k].number;
    const int failed = forward_on(t, row, numbers, count, number);
    free_more(numbers, few);
    return failed;
}

static int64_t record_given(Trace *t, int32_t row, const Given *given, int32_t count)
{
    Operand few[FEW], *operands = few_or_more(few, count, sizeof *operands);
    if (!operands)
        return -1;
    for (int32_t k = 0; k < count; k++)
        operands[k] = given[k].operand;
    const int64_t id = record_call(&t->rolled.recorder, row, NO_OUTCOME, operands, count);
    free_more(operands, few);
    return id;
}

static int is_rolling(const Trace *t)
{
    return t->rolled.how == AS_LOOPS && !t->rolled.is_expanding;
}

/* Whether a row on these operands is one more event; 0 with an exception too. */
static int is_event(int32_t row, const Given *given, int32_t count)
{
    int are_numbers = 1;
    for (int32_t k = 0; k < count; k++)
        are_numbers &= given[k].operand.kind == NUMBER_PLACE;
    /* an identity is a variable of its own, which others know by its node */
    return !are_numbers && may_be_rolled(row) && row != OP_identity && !is_detaching();
}

/* The Tracer of one more event; NULL without an exception where it has to be a node. */
static PyObject *event_of_given(Trace *t, int32_t row, const Given *given, int32_t count)
{
    double number;
    if (is_hopeless(&t->rolled.recorder)) {
        t->rolled.why = IRREGULAR;
        return NULL;
    }
    if (!is_event(row, given, count)) {
        t->rolled.why = OTHER;
        return NULL;
    }
    if (number_of_given(t, row, given, count, &number) < 0)
        return NULL;
    /* Python code may have run since */
    if (!is_rolling(t))
        return NULL;
    const int64_t id = record_given(t, row, given, count);
    return id < 0 ? NULL : tracer_of_event(t, id, number, given, count);
}

/* The same of objects. */
static PyObject *event_of_objects(Trace *t, int32_t row, PyObject *const *xs, Py_ssize_t count)
{
    if (!is_rolling(t) || count > INT32_MAX / 4)
        return NULL;
    Given few[FEW], *given = few_or_more(few, count, sizeof *given);
    if (!given)
        return NULL;
    int known = 1;
    for (Py_ssize_t k = 0; known && k < count; k++)
        known = given_object(t, xs[k], &given[k]);
    PyObject *found = known ? event_of_given(t, row, given, (int32_t)count) : NULL;
    free_more(given, few);
    return found;
}

#endif
