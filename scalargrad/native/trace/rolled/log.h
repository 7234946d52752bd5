/* The log of a trace's operator calls, in which loops may be found. Included by events.h.
 *
 * A trace begins as nodes, with a log of the operator calls. After some thousand of these the log
 * goes to a recorder. If most of the calls lie in loops, no further nodes are made: see events.h. */
#ifndef SCALARGRAD_ROLLED_LOG_H
#define SCALARGRAD_ROLLED_LOG_H

#include "../nodes.h"

enum { FALSE_OUTCOME, TRUE_OUTCOME, NO_OUTCOME };
enum { NEXT_LOOK = 8, LAST_LOOK = 16384 };

static void free_rolled(Rolled *x)
{
    PyMem_Free(x->log.call);
    PyMem_Free(x->log.operand);
    PyMem_Free(x->event_of);
    PyMem_Free(x->node_of);
    clear_recorder(&x->recorder);
}

/* Keep the trace as nodes from here on, and forget the log; `why` is told to who asks for loops. */
static void give_up_loops(Trace *t, int why)
{
    free_rolled(&t->rolled);
    t->rolled = (Rolled){.how = AS_NODES, .why = why};
}

/* Log operator calls anew; once there are `calls` of them, `look_at_log` looks for loops. */
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
static int know_events(const Trace *t, Rolled *x)
{
    if ((size_t)t->size > x->event_room
        && grow(&x->event_of, &x->event_room, (size_t)t->size, sizeof *x->event_of, PyMem_Realloc)
               < 0)
        return -1;
    for (; x->known < t->size; x->known++)
        x->event_of[x->known] = t->node[x->known].row == INPUT ? x->inputs++ : -1;
    return 0;
}

/* The operand of an event that a node is; 0 if it is the result of none. */
static int operand_of_node(const Trace *t, const Rolled *x, int32_t i, Operand *operand)
{
    const int32_t row = t->node[i].row;
    *operand = (Operand){.count = 1};
    if (i >= x->known)
        return 0;
    if (row == CONSTANT) {
        operand->kind = NUMBER_OPERAND;
        operand->at.number = t->node[i].number;
        return 1;
    }
    operand->kind = row == INPUT ? INPUT_OPERAND : NODE_OPERAND;
    operand->at.id = x->event_of[i];
    return x->event_of[i] >= 0;
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

/* Log the call that node `index` stands for. −1 where it cannot be an event of a loop, or there is no
 * memory: the caller gives up the loops. */
static int log_call(Trace *t, int32_t row, const int32_t *operands, int32_t count, int32_t index)
{
    Rolled *x = &t->rolled;
    if (!may_be_rolled(row) || know_events(t, x) < 0 || reserve_log(x, count) < 0)
        return -1;
    for (int32_t k = 0; k < count; k++)
        if (!operand_of_node(t, x, operands[k], &x->log.operand[x->log.operands + (size_t)k]))
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

/* Whether most of the events lie in no loop, and there are many items: a loop of a long body is
 * known after three iterations. */
static int is_hopeless(const Recorder *r)
{
    return r->size > LAST_LOOK && !is_worth_rolling(r);
}

/* Record the calls in the log. The recorder gets a copy of the operands, for it packs lists where
 * they stand, and the log may be recorded again. */
static int record_log(Rolled *x)
{
    size_t at = 0;
    for (size_t k = 0; k < x->log.calls; k++) {
        const Call *call = &x->log.call[k];
        Operand few[FEW], *copy = few_or_more(few, call->count, sizeof *copy);
        if (!copy)
            return -1;
        if (call->count)
            memcpy(copy, &x->log.operand[at], (size_t)call->count * sizeof *copy);
        const int64_t id = record_call(&x->recorder, call->code, call->outcome, copy, call->count);
        free_more(copy, few);
        if (id < 0)
            return -1;
        at += (size_t)call->count;
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

#endif
