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
} Traits;

static Traits traits_of_number(double number)
{
    const Operand operand = {.at.number = number, .count = 1, .kind = NUMBER_OPERAND};
    return (Traits){operand, number, 0, 1, 0};
}

static int traits_of_node(const Trace *t, int32_t i, Traits *traits)
{
    const TraceNode *node = &t->node[i];
    *traits = (Traits){
        .number = node->number, .lane = node->lane, .plain = node->plain, .linked = node->linked};
    return operand_of_node(t, &t->rolled, i, &traits->operand);
}

static int traits_of_tracer(const Trace *t, const Tracer *x, Traits *traits)
{
    if (x->trace != t)
        return 0;
    if (x->index >= 0)
        return traits_of_node(t, x->index, traits);
    const Operand operand = {.at.id = x->event, .count = 1, .kind = NODE_OPERAND};
    *traits = (Traits){operand, x->number, x->lane, x->plain, x->linked};
    return 1;
}

/* The input that stands for a Value from outside, if it has one already. */
static int traits_of_captured(const Trace *t, PyObject *value, Traits *traits)
{
    PyObject *known = PyDict_GetItemWithError(t->captured, value);
    const long index = known ? PyLong_AsLong(known) : -1;
    if (PyErr_Occurred())
        PyErr_Clear();
    return index >= 0 && index < t->size && traits_of_node(t, (int32_t)index, traits);
}

/* The operand that an object is; 0 where that is for others to find out. */
static int traits_of_object(const Trace *t, PyObject *x, Traits *traits)
{
    if (is_tracer(x))
        return traits_of_tracer(t, (const Tracer *)x, traits);
    if (is_traced_value(x))
        return traits_of_captured(t, x, traits);
    if (PyFloat_CheckExact(x)) {
        *traits = traits_of_number(PyFloat_AS_DOUBLE(x));
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
    *traits = traits_of_number(PyFloat_AS_DOUBLE(number));
    Py_DECREF(number);
    return 1;
}

/* A new Tracer for an event on these operands. */
static PyObject *tracer_of_event(Trace *t, int64_t event, double number, const Traits *traits,
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
        tracer->lane |= traits[k].lane;
        tracer->plain &= traits[k].plain;
        tracer->linked |= traits[k].linked;
    }
    return (PyObject *)tracer;
}

static int number_on(Trace *t, int32_t row, const Traits *traits, int32_t count, double *number)
{
    if (arity[row] == count) {
        *number = forward_of(row, traits[0].number, traits[count > 1].number,
                             traits[count - 1].number);
        return 0;
    }
    double few[FEW] = {0.0}, *numbers = few_or_more(few, count, sizeof *numbers);
    if (!numbers)
        return -1;
    for (int32_t k = 0; k < count; k++)
        numbers[k] = traits[k].number;
    const int failed = forward_on(t, row, numbers, count, number);
    free_more(numbers, few);
    return failed;
}

static int64_t record_operands(Trace *t, int32_t row, const Traits *traits, int32_t count)
{
    Operand few[FEW], *operands = few_or_more(few, count, sizeof *operands);
    if (!operands)
        return -1;
    for (int32_t k = 0; k < count; k++)
        operands[k] = traits[k].operand;
    const int64_t id = record_call(&t->rolled.recorder, row, NO_OUTCOME, operands, count);
    free_more(operands, few);
    return id;
}

static int is_rolling(const Trace *t)
{
    return t->rolled.how == AS_LOOPS && !t->rolled.is_expanding;
}

/* Whether a row on these operands is one more event; 0 with an exception too. */
static int is_event(int32_t row, const Traits *traits, int32_t count)
{
    int are_numbers = 1;
    for (int32_t k = 0; k < count; k++)
        are_numbers &= traits[k].operand.kind == NUMBER_OPERAND;
    /* an identity is a variable of its own, which others know by its node */
    return !are_numbers && may_be_rolled(row) && row != OP_identity && !is_detaching();
}

/* The Tracer of one more event; NULL without an exception where it has to be a node. */
static PyObject *event_on(Trace *t, int32_t row, const Traits *traits, int32_t count)
{
    double number;
    if (is_hopeless(&t->rolled.recorder)) {
        t->rolled.why = IRREGULAR;
        return NULL;
    }
    if (!is_event(row, traits, count)) {
        t->rolled.why = OTHER;
        return NULL;
    }
    if (number_on(t, row, traits, count, &number) < 0)
        return NULL;
    /* Python code may have run since */
    if (!is_rolling(t))
        return NULL;
    const int64_t id = record_operands(t, row, traits, count);
    return id < 0 ? NULL : tracer_of_event(t, id, number, traits, count);
}

/* The same of objects. */
static PyObject *event_of_objects(Trace *t, int32_t row, PyObject *const *xs, Py_ssize_t count)
{
    if (!is_rolling(t) || count > INT32_MAX / 4)
        return NULL;
    Traits few[FEW], *traits = few_or_more(few, count, sizeof *traits);
    if (!traits)
        return NULL;
    int known = 1;
    for (Py_ssize_t k = 0; known && k < count; k++)
        known = traits_of_object(t, xs[k], &traits[k]);
    PyObject *found = known ? event_on(t, row, traits, (int32_t)count) : NULL;
    free_more(traits, few);
    return found;
}

#endif
