/* The recorder: it writes down what a function does, and keeps as loops what repeats. The twin of
 * compiler/loops/recorder.py, item for item; the algorithm is described there. Included by
 * nodes.h, recorder_type.h.
 *
 * No code of Python runs in here. A recorder that ran out of memory is broken: it refuses all
 * further calls. */
#ifndef SCALARGRAD_LOOPS_RECORDER_H
#define SCALARGRAD_LOOPS_RECORDER_H

#include "cursor.h"

typedef struct {
    int32_t code, count, outcome;
} Call;

/* Events that are to be recorded anew, from number `next` on; at first they are only counted. */
typedef struct Again {
    Call *call;
    Operand *operand;
    double *number;
    size_t calls, operands, numbers;
    size_t next, next_operand;
    int64_t id;           /* of the first */
    struct Again *others; /* those that follow */
} Again;

typedef struct {
    Item *item;
    size_t size, room;
    Operand *operand; /* of the events among the items, one after the other */
    size_t operands, operand_room;
    Periods periods;
    Cursor cursor;
    Again *again;
    int64_t events, replayed, most;
    int is_broken;
} Recorder;

/* ------ what a recorder owns */

static void free_numbers(const Operand *operands, size_t count)
{
    for (size_t k = 0; k < count; k++)
        if (operands[k].kind == NUMBER_OPERAND && operands[k].count > 1)
            PyMem_Free((void *)operands[k].at.numbers);
}

/* Take the last items off; those that are loops are freed if they are still there. */
static void drop_items(Recorder *r, size_t count)
{
    for (; count; count--) {
        Item *item = &r->item[--r->size];
        if (is_loop(item))
            free_loop(item->of.loop);
        /* without operands there may be no memory for any */
        if (r->operands > item->begin)
            free_numbers(r->operand + item->begin, r->operands - item->begin);
        r->operands = item->begin;
    }
}

static void free_again(Again *a)
{
    PyMem_Free(a->call);
    PyMem_Free(a->operand);
    PyMem_Free(a->number);
    PyMem_Free(a);
}

static void drop_again(Recorder *r)
{
    Again *a = r->again;
    r->again = a->others;
    free_again(a);
}

static void clear_recorder(Recorder *r)
{
    while (r->again)
        drop_again(r);
    drop_items(r, r->size);
    PyMem_Free(r->item);
    PyMem_Free(r->operand);
    PyMem_Free(r->periods.seen);
    memset(r, 0, sizeof *r);
}

static int reserve_items(Recorder *r, int32_t operands)
{
    if (r->size == r->room
        && grow(&r->item, &r->room, r->size + 1, sizeof(Item), PyMem_Realloc) < 0)
        return -1;
    const size_t wanted = r->operands + (size_t)operands;
    return wanted <= r->operand_room
               ? 0
               : grow(&r->operand, &r->operand_room, wanted, sizeof(Operand), PyMem_Realloc);
}

/* The operands of an item become those of the recorder; of several numbers a copy. */
static int add_operands(Recorder *r, const Operand *operands, int32_t count)
{
    for (int32_t k = 0; k < count; k++) {
        Operand x = operands[k];
        if (x.kind == NUMBER_OPERAND && x.count > 1) {
            double *numbers = PyMem_Malloc(x.count * sizeof *numbers);
            if (!numbers)
                return -1;
            memcpy(numbers, x.at.numbers, x.count * sizeof *numbers);
            x.at.numbers = numbers;
        }
        r->operand[r->operands++] = x;
    }
    return 0;
}

/* ------ from items of the recorder to items of a body */

static Law law_of(const Operand *x)
{
    Law law = {.step = x->step, .count = x->count, .kind = x->kind};
    if (x->kind != NUMBER_OPERAND)
        law.base = x->at.id;
    else if (x->count == 1)
        law.number = x->at.number;
    return law;
}

/* Put an item of the recorder into a body; a loop moves, of an event there is a copy. */
static int put_in_body(Recorder *r, Item *item, Item *into)
{
    *into = *item;
    if (is_loop(item)) {
        item->of.loop = NULL;
        return 0;
    }
    into->of.laws = PyMem_Calloc(item->count ? (size_t)item->count : 1, sizeof(Law));
    if (!into->of.laws) {
        into->count = 0;
        return -1;
    }
    int failed = 0;
    for (int32_t k = 0; k < item->count; k++) {
        const Operand *x = &r->operand[item->begin + k];
        Law *law = &into->of.laws[k];
        *law = law_of(x);
        if (x->kind == NUMBER_OPERAND && x->count > 1)
            failed |= !(law->table = new_table()) || add_operand(law->table, x) < 0;
    }
    return failed ? -1 : 0;
}

/* ------ opening a loop */

/* Make the body of a loop of its first three rounds of items, which begin at `first`: operands become
 * laws. −1 without memory. */
static int merge_rounds(Recorder *r, Loop *loop, Item *first)
{
    const int32_t size = loop->size;
    int failed = 0;
    for (int32_t k = 0; !failed && k < size; k++) {
        Item others[2] = {{.code = 0}, {.code = 0}};
        failed = put_in_body(r, &first[k], &loop->body[k]) < 0
                 || put_in_body(r, &first[size + k], &others[0]) < 0
                 || put_in_body(r, &first[2 * size + k], &others[1]) < 0
                 || merge_items(&loop->body[k], &others[0], &others[1], NULL, 0) < 0;
        free_item(&others[0]);
        free_item(&others[1]);
        loop->period += failed ? 0 : span_of(&loop->body[k]);
    }
    return failed ? -1 : 0;
}

/* Take into a new loop the items before it that follow its law, all younger than the node
 * `oldest`; how many, −1 without memory. */
static int64_t take_before(Recorder *r, Loop *loop, int64_t oldest, int64_t *id)
{
    int64_t taken = 0;
    for (; r->size && r->item[r->size - 1].id > oldest; taken++) {
        Item *item = &loop->body[loop->size - 1 - taken % loop->size];
        Item *before = &r->item[r->size - 1], earlier;
        if (!same_head(before, item) || (is_loop(item) && before->shape != item->shape))
            break;
        const Loop *inner = is_loop(before) ? before->of.loop : NULL;
        int failed = put_in_body(r, before, &earlier) < 0;
        const int precedes = !failed && item_precedes(&earlier, item, taken / loop->size + 1, 0);
        if (precedes)
            failed = take_item(&earlier, item, NULL, 0) < 0;
        if (inner && !precedes)
            before->of.loop = earlier.of.loop;
        else
            free_item(&earlier);
        if (failed)
            return -1;
        if (!precedes)
            break;
        *id = before->id;
        drop_items(r, 1);
    }
    return taken;
}

static int push_loop(Recorder *r, Loop *loop, int64_t id)
{
    if (reserve_items(r, 0) < 0)
        return -1;
    r->item[r->size++] = (Item){
        .id = id, .begin = r->operands, .of.loop = loop, .code = LOOP_CODE};
    return 0;
}

static int open_loop(Recorder *r, int64_t size, int64_t oldest)
{
    Item *first = &r->item[r->size - 3 * (size_t)size];
    int64_t id = first->id;
    Loop *loop = new_loop((int32_t)size);
    if (!loop || merge_rounds(r, loop, first) < 0) {
        free_loop(loop);
        return -1;
    }
    loop->trips = 3;
    drop_items(r, 3 * (size_t)size);
    const int64_t taken = take_before(r, loop, oldest, &id);
    if (taken < 0 || push_loop(r, loop, id) < 0) {
        free_loop(loop);
        return -1;
    }
    const int32_t over = begin_earlier(loop, taken);
    forget(&r->periods);
    begin_cursor(&r->cursor, loop, over);
    return 0;
}

/* ------ looking for a loop */

static int is_short(const Recorder *r, const Period *period)
{
    int64_t span = 0;
    for (int64_t k = 1; k <= period->size; k++)
        span += span_of(&r->item[r->size - (size_t)k]);
    return (period->run / period->size + 1) * span < SHORTEST_LOOP;
}

static Period *period_of(Recorder *r, int64_t size)
{
    for (int k = 0; k < r->periods.count; k++)
        if (r->periods.following[k].size == size)
            return &r->periods.following[k];
    return NULL;
}

/* Wait with this period until `items` more have come: up to then some of the last follow no law.
 * A body may look the same twice or three times in each iteration, while its operands do not: after
 * some time multiples of the period are tried, too. */
static void wait_for(Recorder *r, Period *period, int64_t items)
{
    const Period copy = *period;
    const int64_t last = (int64_t)r->size - 1;
    period->wait = items;
    if (copy.run >= 3 * copy.size) {
        propose(&r->periods, r->item, last, 2 * copy.size);
        propose(&r->periods, r->item, last, 3 * copy.size);
    }
}

/* Make a loop of the last items, if they follow a law with this period: 1 if so, −1 without
 * memory. */
static int fold_items(Recorder *r, Period *period)
{
    const int64_t size = period->size;
    if (period->run < 2 * size || period->wait || (int64_t)r->size < 3 * size
        || size > INT32_MAX / 8 || (size < SHORTEST_LOOP && is_short(r, period)))
        return 0;
    const Item *a = &r->item[r->size - 3 * (size_t)size], *b = a + size, *c = b + size;
    for (int64_t k = size - 1; k >= 0; k--)
        if (!items_alike(r->operand, &a[k], &b[k], &c[k])) {
            wait_for(r, period, k + 1);
            return 0;
        }
    int64_t oldest = -1;
    for (int64_t k = 0; k < size; k++)
        oldest = larger_of(oldest, newest_read(r->operand, &a[k], &b[k]));
    if (a->id <= oldest) {
        period->wait = size;
        return 0;
    }
    return open_loop(r, size, oldest) < 0 ? -1 : 1;
}

/* `wait_for` may move the periods: they are found anew, by size. */
static int look(Recorder *r)
{
    int64_t sizes[MOST_PERIODS];
    r->most = larger_of(r->most, (int64_t)r->size);
    if (notice(&r->periods, r->item, (int64_t)r->size - 1) < 0)
        return -1;
    const int count = r->periods.count;
    for (int k = 0; k < count; k++)
        sizes[k] = r->periods.following[k].size;
    for (int k = 0; k < count; k++) {
        const int folded = fold_items(r, period_of(r, sizes[k]));
        if (folded)
            return folded < 0 ? -1 : 0;
    }
    return 0;
}

static int push_call(Recorder *r, int64_t id, int32_t code, int32_t outcome,
                     const Operand *operands, int32_t count)
{
    if (reserve_items(r, count) < 0)
        return -1;
    r->item[r->size++] = (Item){
        .shape = shape_of_call(code, outcome, operands, count),
        .id = id,
        .begin = r->operands,
        .code = code,
        .count = count,
        .outcome = outcome,
    };
    return add_operands(r, operands, count) < 0 ? -1 : look(r);
}

/* ------ closing a loop */

static void operand_again(Again *a, const Law *x, const int64_t *iterations, int depth,
                          int64_t turn)
{
    const int several = x->kind == NUMBER_OPERAND && x->count > 1;
    if (a->call) {
        Operand y = {.step = x->step, .count = x->count, .kind = x->kind};
        if (several) {
            memcpy(a->number + a->numbers, x->table->entry + turn * x->count,
                   x->count * sizeof *a->number);
            y.at.numbers = a->number + a->numbers;
        } else if (x->kind == NUMBER_OPERAND)
            y.at.number = x->table ? x->table->entry[turn].number : x->number;
        else
            y.at.id = x->table ? x->table->entry[turn].id : id_by_law(x, iterations, depth);
        a->operand[a->operands] = y;
    }
    a->operands++;
    a->numbers += several ? x->count : 0;
}

static void call_again(Again *a, const Item *item, const int64_t *iterations, int depth,
                       int64_t turn)
{
    if (a->call)
        a->call[a->calls] = (Call){item->code, item->count, item->outcome};
    a->calls++;
    for (int32_t k = 0; k < item->count; k++)
        operand_again(a, &item->of.laws[k], iterations, depth, turn);
}

/* The events of one iteration, as many as there are `calls` wanted. */
static void iteration_again(Again *a, const Loop *loop, const int64_t *iterations, int depth,
                            int64_t turn, size_t wanted)
{
    int64_t inner[DEEPEST];
    for (int32_t k = 0; k < loop->size && a->calls < wanted; k++) {
        const Item *item = &loop->body[k];
        if (!is_loop(item)) {
            call_again(a, item, iterations, depth, turn);
            continue;
        }
        const int64_t trips = item->of.loop->trips;
        for (int64_t n = 0; n < trips && a->calls < wanted; n++) {
            go_in(inner, n, iterations, depth);
            iteration_again(a, item->of.loop, inner, depth + 1, turn * trips + n, wanted);
        }
    }
}

/* The unfinished iteration of a loop, of which so many events are over; NULL without memory. */
static Again *unfinished(const Loop *loop, size_t over)
{
    const int64_t iteration = loop->trips;
    Again *a = PyMem_Calloc(1, sizeof *a);
    if (!a)
        return NULL;
    iteration_again(a, loop, &iteration, 1, iteration, over);
    a->call = PyMem_Calloc(a->calls + 1, sizeof *a->call);
    a->operand = PyMem_Calloc(a->operands + 1, sizeof *a->operand);
    a->number = PyMem_Calloc(a->numbers + 1, sizeof *a->number);
    if (!a->call || !a->operand || !a->number) {
        free_again(a);
        return NULL;
    }
    a->calls = a->operands = a->numbers = 0;
    iteration_again(a, loop, &iteration, 1, iteration, over);
    return a;
}

/* The open loop becomes one item; its unfinished iteration is to be recorded anew. */
static int close_loop(Recorder *r)
{
    Item *item = &r->item[r->size - 1];
    Loop *loop = item->of.loop;
    Again *again = unfinished(loop, (size_t)r->cursor.over);
    if (!again)
        return -1;
    again->id = item->id + span_of(item);
    again->others = r->again;
    r->again = again;
    r->replayed += (int64_t)again->calls;
    r->cursor.depth = 0;
    cut_tables(loop->body, loop->size, loop->trips);
    item->shape = shape_of_loop(loop);
    return look(r);
}

/* ------ events */

/* Record an event: 1 if that is done; 0 if it ended a loop whose unfinished iteration has to be
 * recorded first, by `catch_up`; −1 without memory. */
static int try_call(Recorder *r, int64_t id, const Call *call, const Operand *operands)
{
    if (!r->cursor.depth)
        return push_call(r, id, call->code, call->outcome, operands, call->count) < 0 ? -1 : 1;
    const int taken = take_call(&r->cursor, call->code, call->outcome, operands, call->count);
    return taken ? taken : close_loop(r);
}

/* Record anew what has to be. */
static int catch_up(Recorder *r)
{
    while (r->again) {
        Again *a = r->again;
        if (a->next == a->calls) {
            drop_again(r);
            continue;
        }
        const Call *call = &a->call[a->next];
        const int done = try_call(r, a->id + (int64_t)a->next, call, a->operand + a->next_operand);
        if (done < 0)
            return -1;
        a->next += (size_t)done;
        a->next_operand += done ? (size_t)call->count : 0;
    }
    return 0;
}

static int append_call(Recorder *r, const Call *call, const Operand *operands)
{
    for (;;) {
        const int done = try_call(r, r->events, call, operands);
        if (done)
            return done < 0 ? -1 : 0;
        if (catch_up(r) < 0)
            return -1;
    }
}

static int step_between(const Operand *x, int64_t *step)
{
    *step = x[1].at.id - x[0].at.id;
    return *step >= INT32_MIN && *step <= INT32_MAX;
}

/* How many of the operands are one run: numbers, or at least three by one step. */
static int32_t run_length(const Operand *x, int32_t count)
{
    int64_t step = 0, other;
    int32_t run = 1;
    if (x->kind != NUMBER_OPERAND
        && (count < 3 || x[1].kind != x->kind || !step_between(x, &step)))
        return 1;
    for (; run < count && x[run].kind == x->kind; run++)
        if (x->kind != NUMBER_OPERAND && (!step_between(x + run - 1, &other) || other != step))
            break;
    return x->kind == NUMBER_OPERAND || run >= 3 ? run : 1;
}

/* Write operands of a list that stand side by side as one, in place; their numbers, if any are
 * several, go to `numbers`. Return how many operands there are then. */
static int32_t pack_operands(Operand *x, int32_t count, double *numbers)
{
    int32_t packed = 0;
    for (int32_t at = 0, run; at < count; at += run) {
        run = run_length(x + at, count - at);
        Operand one = x[at];
        if (run > 1 && one.kind == NUMBER_OPERAND) {
            for (int32_t k = 0; k < run; k++)
                numbers[at + k] = x[at + k].at.number;
            one.at.numbers = numbers + at;
        } else if (run > 1)
            one.step = (int32_t)(x[at + 1].at.id - one.at.id);
        one.count = (uint32_t)run;
        x[packed++] = one;
    }
    return packed;
}

enum { FEW_OPERANDS = 3 }; /* an operator with more has a list */

/* Record the call of an operator on single operands, which may be changed; its id, −1 with an
 * exception. */
static int64_t record_call(Recorder *r, int32_t code, int32_t outcome, Operand *operands,
                           int32_t count)
{
    double *numbers = NULL;
    int failed = r->is_broken;
    if (count > FEW_OPERANDS && !failed) {
        numbers = PyMem_Malloc((size_t)count * sizeof *numbers);
        failed = !numbers;
        count = failed ? count : pack_operands(operands, count, numbers);
    }
    failed = failed || append_call(r, &(Call){code, count, outcome}, operands) < 0;
    PyMem_Free(numbers);
    if (!failed)
        return r->events++;
    r->is_broken = 1;
    PyErr_NoMemory();
    return -1;
}

/* Close what is open; −1 with an exception. */
static int finish_loops(Recorder *r)
{
    while (!r->is_broken && r->cursor.depth)
        r->is_broken = close_loop(r) < 0 || catch_up(r) < 0;
    if (r->is_broken)
        PyErr_NoMemory();
    return r->is_broken ? -1 : 0;
}

#endif
