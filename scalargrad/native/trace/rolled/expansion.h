/* From events back to nodes. Whoever asks for a node has all events become nodes, by the way of any
 * other computation, so that the nodes are the same as if none had ever been an event. From then on
 * the trace is kept as nodes. Included by operands.h, rolled.h. */
#ifndef SCALARGRAD_ROLLED_EXPANSION_H
#define SCALARGRAD_ROLLED_EXPANSION_H

#include "events.h"

typedef struct {
    Trace *trace;
    int32_t *node_of, *input_of, *operands; /* of each event, of each input; of one event */
    size_t room;
    int64_t event;
} Expansion;

static int32_t node_of_entry(Expansion *e, int kind, Entry x)
{
    if (kind == NUMBER_OPERAND)
        return constant(e->trace, x.number);
    if (kind == NODE_OPERAND)
        return e->node_of[x.id];
    return e->input_of[x.id];
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
        const Entry x = kind == NUMBER_OPERAND ? (numbers ? numbers[k] : first)
                                               : (Entry){.id = first.id + (int64_t)step * k};
        const int32_t node = node_of_entry(e, kind, x);
        if (node < 0)
            return -1;
        e->operands[at + k] = node;
    }
    return 0;
}

static int put_operand(Expansion *e, int32_t at, const Operand *x)
{
    const int several = x->kind == NUMBER_OPERAND && x->count > 1;
    const Entry first = {.id = x->at.id};
    return put_nodes(e, at, (int)x->kind, first, several ? (const Entry *)x->at.numbers : NULL,
                     x->step, (int32_t)x->count);
}

static int put_law(Expansion *e, int32_t at, const Law *x, const int64_t *iterations, int depth,
                   int64_t turn)
{
    const Entry *entry = x->table ? x->table->entry + turn * (int64_t)width_of(x) : NULL;
    const Entry lawful = x->kind == NUMBER_OPERAND
                             ? (Entry){.number = x->number}
                             : (Entry){.id = id_by_law(x, iterations, depth)};
    return put_nodes(e, at, (int)x->kind, entry ? *entry : lawful,
                     x->kind == NUMBER_OPERAND ? entry : NULL, x->step, (int32_t)x->count);
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

/* See to it that the trace is kept as nodes; −1 with an exception. */
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
