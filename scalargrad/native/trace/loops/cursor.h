/* Where in an open loop the next event is expected. The twin of compiler/loops/cursor.py. Included
 * by recorder.h. */
#ifndef SCALARGRAD_LOOPS_CURSOR_H
#define SCALARGRAD_LOOPS_CURSOR_H

#include "folding.h"

/* From the open loop in to the innermost; depth 0 where no loop is open. */
typedef struct {
    Loop *loops[DEEPEST];
    int64_t ks[DEEPEST];
    int32_t at[DEEPEST];
    int depth;
    int64_t over; /* events of the unfinished iteration */
    Item *expected;
} Cursor;

/* ------ going on */

static void next_iteration(Cursor *c)
{
    const int top = c->depth - 1;
    c->at[top] = 0;
    c->ks[top]++;
    if (!top) {
        c->loops[0]->trips = c->ks[0];
        c->over = 0;
    } else if (c->ks[top] == c->loops[top]->trips) {
        c->depth--;
        c->at[top - 1]++;
    }
}

/* Go out of what is over, and into inner loops, up to the next event. */
static void settle_cursor(Cursor *c)
{
    for (;;) {
        const int top = c->depth - 1;
        Loop *loop = c->loops[top];
        if (c->at[top] == loop->size) {
            next_iteration(c);
            continue;
        }
        Item *item = &loop->body[c->at[top]];
        c->expected = item;
        if (!is_loop(item))
            return;
        c->loops[c->depth] = item->of.loop;
        c->ks[c->depth] = c->at[c->depth] = 0;
        c->depth++;
    }
}

/* At the begin of the iteration after the last whole one, of which the first items are over. */
static void begin_cursor(Cursor *c, Loop *loop, int32_t over)
{
    c->depth = 1;
    c->loops[0] = loop;
    c->ks[0] = loop->trips;
    c->at[0] = over;
    c->over = 0;
    for (int32_t k = 0; k < over; k++)
        c->over += span_of(&loop->body[k]);
    settle_cursor(c);
}

/* ------ taking an event */

static int64_t expected_id(const Cursor *c, const Law *x)
{
    int64_t id = x->base;
    for (int l = 0; l < c->depth; l++)
        id += x->strides[l] * c->ks[c->depth - 1 - l];
    return id;
}

static int is_expected(const Cursor *c, int32_t code, int32_t outcome, const Operand *operands,
                       int32_t count)
{
    const Item *item = c->expected;
    if (item->code != code || item->outcome != outcome || item->count != count)
        return 0;
    for (int32_t k = 0; k < count; k++) {
        const Law *x = &item->of.laws[k];
        const Operand *y = &operands[k];
        if (x->kind != y->kind || x->step != y->step || x->count != y->count
            || (x->kind == NODE_OPERAND && expected_id(c, x) != y->at.id))
            return 0;
    }
    return 1;
}

/* Whether an operand is what the law gives; of several numbers each loop has a table. */
static int is_lawful(const Cursor *c, const Law *x, const Operand *y)
{
    if (x->kind == INPUT_OPERAND)
        return expected_id(c, x) == y->at.id;
    return x->kind == NODE_OPERAND || same_bits(x->number, y->at.number);
}

/* How often the expected event ran so far. */
static int64_t turn_of(const Cursor *c)
{
    int64_t turn = 0;
    for (int l = 0; l < c->depth; l++)
        turn = turn * c->loops[l]->trips + c->ks[l];
    return turn;
}

static int begin_table(const Cursor *c, Law *x)
{
    int64_t trips[DEEPEST];
    const int depth = c->depth - 1;
    for
        EACH_LEVEL(l, depth)
    trips[l] = c->loops[depth - l]->trips;
    const int64_t turns = turn_of(c);
    Table *table = new_table();
    if (!table || add_lawful(table, x, turns, trips, depth) < 0) {
        free_table(table);
        return -1;
    }
    x->table = table;
    x->lawful = turns;
    return 0;
}

static int add_operand(Table *t, const Operand *y)
{
    if (y->kind == INPUT_OPERAND || y->count == 1) {
        const Entry one = y->kind == INPUT_OPERAND ? (Entry){.id = y->at.id}
                                                   : (Entry){.number = y->at.number};
        return add_entries(t, &one, 1);
    }
    if (reserve_entries(t, y->count) < 0)
        return -1;
    for (uint32_t k = 0; k < y->count; k++)
        t->entry[t->size++].number = y->at.numbers[k];
    return 0;
}

/* Put what an operand is this time into its table, if the law does not tell. */
static int enter(const Cursor *c, Law *x, const Operand *y)
{
    if (!x->table && is_lawful(c, x, y))
        return 0;
    if (!x->table && begin_table(c, x) < 0)
        return -1;
    return add_operand(x->table, y);
}

/* Go on if the event is the one expected: 1; 0 if it is not, −1 without memory. */
static int take_call(Cursor *c, int32_t code, int32_t outcome, const Operand *operands,
                     int32_t count)
{
    if (!is_expected(c, code, outcome, operands, count))
        return 0;
    Law *laws = c->expected->of.laws;
    for (int32_t k = 0; k < count; k++)
        if (enter(c, &laws[k], &operands[k]) < 0)
            return -1;
    c->over++;
    const int top = c->depth - 1;
    if (++c->at[top] < c->loops[top]->size && !is_loop(c->expected + 1))
        c->expected++;
    else
        settle_cursor(c);
    return 1;
}

/* ------ cutting */

/* Take out of the tables what does not belong to whole iterations of an outermost loop. */
static void cut_tables(Item *body, int32_t size, int64_t turns)
{
    for (int32_t k = 0; k < size; k++) {
        Item *item = &body[k];
        if (is_loop(item)) {
            cut_tables(item->of.loop->body, item->of.loop->size, turns * item->of.loop->trips);
            continue;
        }
        for (int32_t j = 0; j < item->count; j++) {
            Law *x = &item->of.laws[j];
            if (x->table && turns <= x->lawful) {
                free_table(x->table);
                x->table = NULL;
            } else if (x->table)
                x->table->size = (size_t)turns * width_of(x);
        }
    }
}

#endif
