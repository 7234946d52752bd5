/* Code with loops as steps of one size, with the operands that need not be read from memory: each
 * step leaves its result in the accumulator too, and the next ones take it from there. Included by
 * run.h.
 *
 * What decides how fast a recurrence runs is how long a number takes to memory and back. */
#ifndef SCALARGRAD_NESTS_STEPS_H
#define SCALARGRAD_NESTS_STEPS_H

#include "../code.h"

/* A step {op, out, x, y, z}; along a walk {op, out, x, walk, offset}; at the end of a loop {op, how
 * many steps back, loop, its only walk, the stride of that}. */
typedef struct {
    int32_t op, out, x, y, z;
} Step;

/* A loop: so many trips of the steps from `body` on. `held` is the place of the number in the
 * accumulator at the beginning of each trip, −1 where there is none. */
typedef struct {
    int32_t trips, body, size, held;
    const int32_t *walk, *walks_end; /* the words of its walks */
} LoopSteps;

/* DO(name) */
#define QUICK_BINARY(DO) DO(add) DO(sub) DO(mul) DO(div)

enum {
    STEP_STOP,
#define ROW(name) STEP_##name,
    MACHINE_UNARY(ROW) MACHINE_BINARY(ROW) MACHINE_TERNARY(ROW)
#undef ROW
        STEP_ROWS_END,
/* x, or y, or z is in the accumulator; a quiet step leaves the accumulator as it is */
#define ROW(name) STEP_##name##_X,
    MACHINE_UNARY(ROW) QUICK_BINARY(ROW)
#undef ROW
#define ROW(name) STEP_##name##_Y,
        QUICK_BINARY(ROW)
#undef ROW
            STEP_LOOP,
    STEP_END,
    STEP_END_OF_ONE_WALK,
    STEP_READ,
    STEP_READ_QUIET,
    STEP_WRITE,
    STEP_WRITE_X,
    STEP_ADD,
    STEP_ADD_X,
    STEP_GATHER,
    STEP_SCATTER,
    STEP_MOVE,
    STEP_MOVE_X,
    STEP_MOVE_QUIET,
    STEP_FILL,
    STEP_GUARD,
    STEP_PLUS_PRODUCT,
    STEP_PLUS_PRODUCT_X,
    STEP_PLUS_PRODUCT_Z,
    STEP_PLUS_PRODUCT_QUIET,
    STEP_MINUS_PRODUCT,
    STEP_MINUS_PRODUCT_X,
    STEP_MINUS_PRODUCT_Z,
    STEP_MINUS_PRODUCT_QUIET,
    STEP_SINE_COSINE,
    STEP_SINE_COSINE_X,
};

/* ------ from words to steps */

/* Steps that are being written. */
typedef struct {
    Step *step;
    LoopSteps *loop;
    int32_t steps, loops;
    int64_t lowest; /* the lowest place that is written to along a walk */
} Writing;

static Step step_of_row(const int32_t *code)
{
    const RowWords row = row_words(code);
    const int32_t n = (int32_t)(row.end - row.terms);
    Step step = {.out = row.terms[0], .x = row.terms[1]};
    step.y = n > 2 ? row.terms[2] : 0;
    step.z = n > 3 ? row.terms[3] : 0;
    switch (row.op) {
#define ROW(name)                                                                                 \
    case OP_##name: step.op = STEP_##name; break;
        MACHINE_UNARY(ROW) MACHINE_BINARY(ROW) MACHINE_TERNARY(ROW)
#undef ROW
    }
    return step;
}

static Step step_of_guard(const int32_t *code)
{
    const GuardWords words = guard_words(code);
    return (Step){STEP_GUARD, words.number, words.x, words.y, 2 * words.how + words.outcome};
}

static Step step_of(const int32_t *code)
{
    switch (code[0]) {
    case OP_READ: {
        const ReadWords words = read_words(code);
        return (Step){STEP_READ, words.out, 0, words.walk, words.offset};
    }
    case OP_WRITE: {
        const WriteWords words = write_words(code);
        return (Step){STEP_WRITE, 0, words.x, words.walk, words.offset};
    }
    case OP_ADD: {
        const AddWords words = add_words(code);
        return (Step){STEP_ADD, 0, words.x, words.walk, words.offset};
    }
    case OP_GATHER: {
        const GatherWords words = gather_words(code);
        return (Step){STEP_GATHER, words.out, 0, words.walk, words.offset};
    }
    case OP_SCATTER: {
        const ScatterWords words = scatter_words(code);
        return (Step){STEP_SCATTER, words.base, words.x, words.walk, words.offset};
    }
    case OP_MOVE: {
        const MoveWords words = move_words(code);
        return (Step){STEP_MOVE, words.out, words.x, 0, 0};
    }
    case OP_FILL: {
        const FillWords words = fill_words(code);
        return (Step){STEP_FILL, words.out, words.count, 0, 0};
    }
    case OP_PLUS_PRODUCT: {
        const PlusProductWords words = plus_product_words(code);
        return (Step){STEP_PLUS_PRODUCT, words.out, words.x, words.y, words.z};
    }
    case OP_MINUS_PRODUCT: {
        const MinusProductWords words = minus_product_words(code);
        return (Step){STEP_MINUS_PRODUCT, words.out, words.x, words.y, words.z};
    }
    case OP_SINE_COSINE: {
        const SineCosineWords words = sine_cosine_words(code);
        return (Step){STEP_SINE_COSINE, words.sine, words.x, words.cosine, 0};
    }
    case OP_GUARD: return step_of_guard(code);
    default: return step_of_row(code);
    }
}

/* ------ the accumulator */

/* The ways to take a step: 0 where there is no such way. */
typedef struct {
    int32_t x, y, z, quiet;
    int sets; /* whether there is a result, in `out`, and in the accumulator */
} Ways;

static Ways ways_of(int32_t op)
{
    switch (op) {
#define ROW(name)                                                                                 \
    case STEP_##name: return (Ways){.x = STEP_##name##_X, .sets = 1};
        MACHINE_UNARY(ROW)
#undef ROW
#define ROW(name)                                                                                 \
    case STEP_##name: return (Ways){.x = STEP_##name##_X, .y = STEP_##name##_Y, .sets = 1};
        QUICK_BINARY(ROW)
#undef ROW
    case STEP_READ: return (Ways){.quiet = STEP_READ_QUIET, .sets = 1};
    case STEP_WRITE: return (Ways){.x = STEP_WRITE_X};
    case STEP_ADD: return (Ways){.x = STEP_ADD_X};
    case STEP_GATHER: return (Ways){.sets = 1};
    case STEP_MOVE: return (Ways){.x = STEP_MOVE_X, .quiet = STEP_MOVE_QUIET, .sets = 1};
    case STEP_SINE_COSINE: return (Ways){.x = STEP_SINE_COSINE_X, .sets = 1};
#define PRODUCT(name) {STEP_##name##_X, 0, STEP_##name##_Z, STEP_##name##_QUIET, 1}
    case STEP_PLUS_PRODUCT: return (Ways)PRODUCT(PLUS_PRODUCT);
    case STEP_MINUS_PRODUCT: return (Ways)PRODUCT(MINUS_PRODUCT);
#undef PRODUCT
    default: return (Ways){.sets = op > STEP_STOP && op < STEP_ROWS_END};
    }
}

/* Whether the step can take the number of this place from the accumulator. */
static int takes(const Step *step, int32_t place)
{
    const Ways found = ways_of(step->op);
    return (found.x && step->x == place) || (found.y && step->y == place)
           || (found.z && (step->y == place || step->z == place));
}

enum { STEPS_AHEAD = 12 };

/* Whether the number that is in the accumulator is needed there before that of this step is. In a
 * loop the first steps of its body follow the last. */
static int is_better_quiet(const Step *body, int32_t at, int32_t size, int32_t held, int wraps)
{
    const int32_t out = body[at].out;
    for (int32_t k = 1; k <= STEPS_AHEAD; k++) {
        if (at + k >= size && !wraps)
            return 0;
        const Step *next = &body[(at + k) % size];
        if (takes(next, held))
            return 1;
        const Ways found = ways_of(next->op);
        if (takes(next, out) || (found.sets && !found.quiet) || next->op == STEP_LOOP)
            return 0;
    }
    return 0;
}

/* Choose the way of a step while `held` is the place of the number in the accumulator; return that
 * after the step. */
static int32_t choose_way(Writing *w, Step *body, int32_t at, int32_t size, int32_t held,
                          int wraps)
{
    Step *step = &body[at];
    const Ways found = ways_of(step->op);
    const int quiet = held >= 0 && found.quiet && is_better_quiet(body, at, size, held, wraps);
    if (held >= 0 && !quiet && found.z && (step->y == held) && step->z != held) {
        step->y = step->z;
        step->z = held;
    }
    int32_t way = 0;
    if (held >= 0 && !quiet)
        way = found.x && step->x == held   ? found.x
              : found.y && step->y == held ? found.y
              : found.z && step->z == held ? found.z
                                           : 0;
    const int32_t cosine = step->op == STEP_SINE_COSINE ? step->y : -1;
    step->op = quiet ? found.quiet : way ? way : step->op;
    if (!found.sets)
        return held;
    if (quiet)
        return step->out == held ? -1 : held;
    /* a place that is written to along a walk may hold another number soon */
    return step->out < w->lowest && step->out != cosine ? step->out : -1;
}

static int32_t choose_ways(Writing *w, int32_t begin, int32_t end, int32_t held, int wraps)
{
    for (int32_t at = begin; at < end; at++)
        held = choose_way(w, w->step + begin, at - begin, end - begin, held, wraps);
    return held;
}

/* In the body of a loop without loops the accumulator goes on from trip to trip, where the place
 * of the number in it is the same at the end as at the beginning. */
static void choose_ways_of_loop(Writing *w, LoopSteps *loop, int32_t end, Step *copy)
{
    const size_t size = sizeof(Step) * (size_t)(end - loop->body);
    memcpy(copy, w->step + loop->body, size);
    loop->held = choose_ways(w, loop->body, end, -1, 1);
    memcpy(w->step + loop->body, copy, size);
    if (choose_ways(w, loop->body, end, loop->held, 1) == loop->held)
        return;
    memcpy(w->step + loop->body, copy, size);
    loop->held = -1;
    choose_ways(w, loop->body, end, -1, 0);
}

/* ------ loops */
static void write_steps(Writing *w, const int32_t *code, const int32_t *end, Step *copy);

static void write_loop(Writing *w, const int32_t *code, Step *copy)
{
    const LoopWords words = loop_words(code);
    const int32_t number = w->loops++;
    LoopSteps *loop = &w->loop[number];
    w->step[w->steps++] = (Step){.op = STEP_LOOP, .x = number};
    *loop = (LoopSteps){
        .trips = words.trips,
        .body = w->steps,
        .held = -1,
        .walk = words.walks,
        .walks_end = words.end,
    };
    write_steps(w, words.end, words.end + words.size, copy);
    if (number + 1 == w->loops)
        choose_ways_of_loop(w, loop, w->steps, copy);
    loop->size = w->steps - loop->body;
    Step last = {.op = STEP_END, .out = loop->size, .x = number};
    if (words.end - words.walks == LOOP_WALKS) {
        const LoopWalksWords walk = loop_walks_words(words.walks);
        last = (Step){STEP_END_OF_ONE_WALK, loop->size, number, walk.walk, walk.stride};
    }
    w->step[w->steps++] = last;
}

/* Steps between loops have ways of their own, from loop to loop. */
static void write_steps(Writing *w, const int32_t *code, const int32_t *end, Step *copy)
{
    const int32_t loops = w->loops;
    int32_t begin = w->steps;
    while (code < end) {
        if (code[0] != OP_LOOP) {
            w->step[w->steps++] = step_of(code);
            code = next_instruction(code);
            continue;
        }
        choose_ways(w, begin, w->steps, -1, 0);
        write_loop(w, code, copy);
        begin = w->steps;
        code = instruction_after(code);
    }
    /* a body without loops is chosen for as a whole */
    if (loops < w->loops || loops == 0)
        choose_ways(w, begin, w->steps, -1, 0);
}

#endif
