/* A trace that is kept as loops: what was computed is an event of a recorder, and a Tracer stands
 * for an event. Included by guards.h.
 *
 * A trace begins as nodes, with a log of the operator calls. After some thousand of these the log
 * goes to a recorder. If most of the calls lie in loops, no further nodes are made: a Tracer then
 * carries its number, and the recorder what was computed. Whoever asks for a node has all events
 * become nodes, by the way of any other computation, so that the nodes are the same as if none had
 * ever been an event. From then on the trace is kept as nodes. */
#ifndef SCALARGRAD_ROLLED_H
#define SCALARGRAD_ROLLED_H

#include "forward.h"

enum { FALSE_OUTCOME, TRUE_OUTCOME, NO_OUTCOME };
enum { NEXT_LOOK = 8, LAST_LOOK = 16384, MOST_ITEMS = 4096 };

static void free_rolled(Rolled *x)
{
    PyMem_Free(x->log.call);
    PyMem_Free(x->log.operand);
    PyMem_Free(x->event_of);
    PyMem_Free(x->node_of);
    clear_recorder(&x->recorder);
}

/* Keep the trace as nodes for good, and forget the log. */
static void give_up_loops(Trace *t, int why)
{
    free_rolled(&t->rolled);
    t->rolled = (Rolled){.how = AS_NODES, .why = why};
}

/* Look for loops once so many operator calls were made. */
static void look_for_loops(Trace *t, int64_t calls)
{
    give_up_loops(t, SHORT);
    t->rolled.how = AS_NODES_WITH_LOG;
    t->rolled.look = calls;
}

/* ------ the log */

/* Rows that are the same in every iteration: an operator of the user's may do anything. */
static int may_be_rolled(int32_t row)
{
    return row >= 0 && row < OP_COUNT;
}

/* Know of each node, up to the last, which input or event it is; −1 where it is none yet. */
static int know_events(Trace *t)
{
    Rolled *x = &t->rolled;
    if ((size_t)t->size > x->event_room
        && grow(&x->event_of, &x->event_room, (size_t)t->size, sizeof *x->event_of, PyMem_Realloc)
               < 0)
        return -1;
    for (; x->known < t->size; x->known++)
        x->event_of[x->known] = t->node[x->known].row == INPUT ? x->inputs++ : -1;
    return 0;
}

/* What a node is as the operand of an event; 0 if it is the result of none. */
static int operand_of_node(const Trace *t, int32_t i, Operand *operand)
{
    const int32_t row = t->node[i].row;
    *operand = (Operand){.count = 1};
    if (i >= t->rolled.known)
        return 0;
    if (row == CONSTANT) {
        operand->kind = NUMBER_PLACE;
        operand->at.number = t->node[i].number;
        return 1;
    }
    operand->kind = row == INPUT ? INPUT_PLACE : NODE_PLACE;
    operand->at.place = t->rolled.event_of[i];
    return t->rolled.event_of[i] >= 0;
}

static int reserve_log(Rolled *x, int32_t count)
{
    Again *log = &x->log;
    if (log->calls == x->call_room
        && grow(&log->call, &x->call_room, log->calls + 1, sizeof(Call), PyMem_Realloc) < 0)
        return -1;
    const size_t wanted = log->operands + (size_t)count;
    return wanted <= x->operand_room
               ? 0
               : grow(&log->operand, &x->operand_room, wanted, sizeof(Operand), PyMem_Realloc);
}

static int log_call(Trace *t, int32_t row, const int32_t *operands, int32_t count, int32_t index)
{
    Rolled *x = &t->rolled;
    if (!may_be_rolled(row) || know_events(t) < 0 || reserve_log(x, count) < 0)
        return -1;
    for (int32_t k = 0; k < count; k++)
        if (!operand_of_node(t, operands[k], &x->log.operand[x->log.operands + (size_t)k]))
            return -1;
    x->log.operands += (size_t)count;
    x->log.call[x->log.calls] = (Call){row, count, NO_OUTCOME};
    x->event_of[index] = (int32_t)x->log.calls++;
    return 0;
}

/* Whether most of the events are in loops. */
static int is_worth_rolling(const Recorder *r)
{
    return 2 * (int64_t)r->size < r->events;
}

/* Record what is in the log. The operands stay as they are: a list is packed in its place, which
 * the log does not survive. */
static int record_log(Rolled *x)
{
    Operand *operands = x->log.operand;
    for (size_t k = 0; k < x->log.calls; k++) {
        const Call *call = &x->log.call[k];
        Operand few[FEW], *copy = few_or_more(few, call->count, sizeof *copy);
        if (!copy)
            return -1;
        if (call->count)
            memcpy(copy, operands, (size_t)call->count * sizeof *copy);
        const int64_t id = record_call(&x->recorder, call->code, call->outcome, copy, call->count);
        free_more(copy, few);
        if (id < 0)
            return -1;
        operands += call->count;
    }
    return 0;
}

/* Find out whether the calls so far are loops for the most part. */
static void look_at_log(Trace *t)
{
    Rolled *x = &t->rolled;
    if (record_log(x) < 0) {
        PyErr_Clear();
        give_up_loops(t, OTHER);
    } else if (is_worth_rolling(&x->recorder)) {
        PyMem_Free(x->log.call);
        PyMem_Free(x->log.operand);
        x->log.call = NULL;
        x->log.operand = NULL;
        x->how = AS_LOOPS;
    } else if (x->look >= LAST_LOOK)
        give_up_loops(t, IRREGULAR);
    else {
        clear_recorder(&x->recorder);
        x->look *= NEXT_LOOK;
    }
}

/* Take note of what was computed, with the node that came of it. Without memory for the log the
 * trace goes on without. */
static void note_call(Trace *t, int32_t row, const int32_t *operands, int32_t count, int32_t index)
{
    if (t->rolled.how != AS_NODES_WITH_LOG || is_constant(t, index))
        return;
    if (log_call(t, row, operands, count, index) < 0)
        give_up_loops(t, OTHER);
    else if ((int64_t)t->rolled.log.calls == t->rolled.look)
        look_at_log(t);
}

/* ------ computing without nodes */

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
    return operand_of_node(t, i, &given->operand);
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

/* What an object is as an operand; 0 where that is for others to find out. */
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
    if (!is_worth_rolling(&t->rolled.recorder)) {
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

/* ------ back to nodes */

typedef struct {
    Trace *trace;
    int32_t *node_of, *input_of, *operands; /* of each event, of each input; of one event */
    size_t room;
    int64_t event;
} Expansion;

static int32_t node_of_entry(Expansion *e, int kind, Entry x)
{
    if (kind == NUMBER_PLACE)
        return constant(e->trace, x.number);
    if (kind == NODE_PLACE)
        return e->node_of[x.place];
    return e->input_of[x.place];
}

/* Put the nodes of `count` operands behind the first `at`. */
static int put_nodes(Expansion *e, int32_t at, int kind, Entry first, const Entry *numbers,
                     int32_t step, int32_t count)
{
    if ((size_t)(at + count) > e->room
        && grow(&e->operands, &e->room, (size_t)(at + count), sizeof *e->operands, PyMem_Realloc)
               < 0) {
        PyErr_NoMemory();
        return -1;
    }
    for (int32_t k = 0; k < count; k++) {
        const Entry x = kind == NUMBER_PLACE ? (numbers ? numbers[k] : first)
                                             : (Entry){.place = first.place + (int64_t)step * k};
        const int32_t node = node_of_entry(e, kind, x);
        if (node < 0)
            return -1;
        e->operands[at + k] = node;
    }
    return 0;
}

static int put_operand(Expansion *e, int32_t at, const Operand *x)
{
    const int several = x->kind == NUMBER_PLACE && x->count > 1;
    const Entry first = {.place = x->at.place};
    return put_nodes(e, at, (int)x->kind, first, several ? (const Entry *)x->at.numbers : NULL,
                     x->step, (int32_t)x->count);
}

static int put_law(Expansion *e, int32_t at, const Law *x, const int64_t *iterations, int depth,
                   int64_t turn)
{
    const Entry *entry = x->table ? x->table->entry + turn * (int64_t)width_of(x) : NULL;
    const Entry lawful = x->kind == NUMBER_PLACE
                             ? (Entry){.number = x->number}
                             : (Entry){.place = place_of(x, iterations, depth)};
    return put_nodes(e, at, (int)x->kind, entry ? *entry : lawful,
                     x->kind == NUMBER_PLACE ? entry : NULL, x->step, (int32_t)x->count);
}

static int expand_event(Expansion *e, const Item *item, const int64_t *iterations, int depth,
                        int64_t turn)
{
    int32_t count = 0;
    for (int32_t k = 0; k < item->count; k++) {
        const Operand *x = &e->trace->rolled.recorder.operand[item->begin + (size_t)k];
        const int failed = depth ? put_law(e, count, &item->of.laws[k], iterations, depth, turn)
                                 : put_operand(e, count, x);
        if (failed)
            return -1;
        count += (int32_t)(depth ? item->of.laws[k].count : x->count);
    }
    int32_t *node = &e->node_of[e->event++];
    if (*node < 0)
        *node = computed(e->trace, item->code, e->operands, count);
    return *node < 0 ? -1 : 0;
}

static int expand_item(Expansion *e, const Item *item, const int64_t *iterations, int depth,
                       int64_t turn)
{
    int64_t inner[DEEPEST];
    if (!is_loop(item))
        return expand_event(e, item, iterations, depth, turn);
    const Loop *loop = item->of.loop;
    for (int64_t n = 0; n < loop->trips; n++) {
        go_in(inner, n, iterations, depth);
        for (int32_t k = 0; k < loop->size; k++)
            if (expand_item(e, &loop->body[k], inner, depth + 1, turn * loop->trips + n) < 0)
                return -1;
    }
    return 0;
}

/* Inputs are nodes already, and so are variables, which are identities: each is one of its own. */
static void know_variables(const Trace *t, Expansion *e)
{
    const Rolled *x = &t->rolled;
    for (int64_t k = 0; k < x->recorder.events; k++)
        e->node_of[k] = -1;
    for (int32_t i = 0; i < x->known; i++)
        if (t->node[i].row == INPUT)
            e->input_of[x->event_of[i]] = i;
        else if (t->node[i].row == OP_identity && x->event_of[i] >= 0)
            e->node_of[x->event_of[i]] = i;
}

/* −1 with an exception. */
static int expansion_new(Expansion *e, Trace *t)
{
    const Rolled *x = &t->rolled;
    *e = (Expansion){.trace = t, .room = FEW};
    e->node_of = PyMem_Malloc(((size_t)x->recorder.events + 1) * sizeof *e->node_of);
    e->input_of = PyMem_Malloc(((size_t)x->inputs + 1) * sizeof *e->input_of);
    e->operands = PyMem_Malloc(FEW * sizeof *e->operands);
    if (!e->node_of || !e->input_of || !e->operands) {
        PyErr_NoMemory();
        return -1;
    }
    know_variables(t, e);
    return 0;
}

/* While events become nodes none is added, so that the items stay where they are: Python code that
 * runs meanwhile has the trace expanded first, which is harmless, for the nodes are the same. */
static int expand_all(Trace *t, Expansion *e)
{
    const Recorder *r = &t->rolled.recorder;
    int failed = 0;
    t->rolled.is_expanding++;
    for (size_t k = 0; !failed && k < r->size; k++)
        failed = expand_item(e, &r->item[k], NULL, 0, 0) < 0;
    t->rolled.is_expanding--;
    return failed ? -1 : 0;
}

static int as_nodes(Trace *t)
{
    Rolled *x = &t->rolled;
    if (LIKELY(x->how != AS_LOOPS))
        return 0;
    if (finish_loops(&x->recorder) < 0)
        return -1;
    Expansion e;
    const int failed = expansion_new(&e, t) < 0 || expand_all(t, &e) < 0;
    PyMem_Free(e.operands);
    PyMem_Free(e.input_of);
    if (failed || x->how != AS_LOOPS) {
        PyMem_Free(e.node_of);
        return failed ? -1 : 0;
    }
    x->node_of = e.node_of;
    x->how = AS_NODES;
    x->why = x->why == SHORT ? ASKED : x->why;
    if (!x->is_expanding)
        clear_recorder(&x->recorder);
    return 0;
}

#endif
