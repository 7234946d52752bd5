/* Code with loops as steps of one size. Included by ways.h.
 *
 * A step is taken in one of several ways, for numbers stand in one of three: u, in a place; w, at
 * a distance from where the loop's walk is; r, in the accumulator, where each step leaves its
 * result too. How long a number takes to memory and back decides how fast a recurrence runs; and
 * in a row of numbers that a loop keeps, no step has to write them down or to read them. */
#ifndef SCALARGRAD_NESTS_STEPS_H
#define SCALARGRAD_NESTS_STEPS_H

#include "../code.h"

/* A step {op, along, out, x, y, z}; along a walk {op, along, out, x, walk, offset}; at the end of a
 * loop {op, along, how many steps back, loop, its only walk, the stride of that}. Bit k of `along`
 * tells whether the out (k = 0), x, y or z is a distance from the walk, and not a place. */
typedef struct {
    int16_t op, along;
    int32_t out, x, y, z;
} Step;

enum { STEP_OUT, STEP_X, STEP_Y, STEP_Z, STEP_NUMBERS };

/* Where a number stands in an iteration: its place, or ALONG_WALK and its distance from the walk;
 * NOWHERE. */
typedef int64_t Spot;
#define NOWHERE ((Spot) - 1)
#define ALONG_WALK ((Spot)1 << 40)

static int is_along(Spot spot)
{
    return spot >= ALONG_WALK / 2;
}

static Spot spot_of(const Step *step, int k)
{
    const int32_t number[STEP_NUMBERS] = {step->out, step->x, step->y, step->z};
    return number[k] + (step->along >> k & 1 ? ALONG_WALK : 0);
}

/* A loop: so many trips of the steps from `body` on. `along` is the walk that its steps go along,
 * `outer` that of the loop around; −1 where there is none. `held` is where the number stands that
 * is in the accumulator at the beginning of each trip. */
typedef struct {
    int32_t trips, body, size, along, outer;
    Spot held;
    const int32_t *walk, *walks_end; /* the words of its walks */
} LoopSteps;

/* ------ ways, one for each way that the numbers of a step may stand */

/* DO(name) */
#define QUICK_BINARY(DO) DO(add) DO(sub) DO(mul) DO(div)

/* DO(name, out, x …): the results are in u, in w; or in q, u, and in p, w, but not in the
 * accumulator, which stays as it is. Later ways follow in this order: see way_of. */
#define EACH_X(DO, name, out) DO(name, out, u) DO(name, out, w) DO(name, out, r)
#define UNARY_WAYS(DO, name) EACH_X(DO, name, u) EACH_X(DO, name, w)
#define MOVE_WAYS(DO, name) UNARY_WAYS(DO, name) EACH_X(DO, name, q) EACH_X(DO, name, p)
#define EACH_Y(DO, name, out, x) DO(name, out, x, u) DO(name, out, x, w) DO(name, out, x, r)
#define EACH_XY(DO, name, out)                                                                    \
    EACH_Y(DO, name, out, u) EACH_Y(DO, name, out, w) EACH_Y(DO, name, out, r)
#define BINARY_WAYS(DO, name)                                                                     \
    EACH_XY(DO, name, u) EACH_XY(DO, name, w) EACH_XY(DO, name, q) EACH_XY(DO, name, p)
#define EACH_Z(DO, name, out, x, y)                                                               \
    DO(name, out, x, y, u) DO(name, out, x, y, w) DO(name, out, x, y, r)
#define EACH_YZ(DO, name, out, x)                                                                 \
    EACH_Z(DO, name, out, x, u) EACH_Z(DO, name, out, x, w) EACH_Z(DO, name, out, x, r)
#define EACH_XYZ(DO, name, out)                                                                   \
    EACH_YZ(DO, name, out, u) EACH_YZ(DO, name, out, w) EACH_YZ(DO, name, out, r)
#define PRODUCT_WAYS(DO, name)                                                                    \
    EACH_XYZ(DO, name, u) EACH_XYZ(DO, name, w) EACH_XYZ(DO, name, q) EACH_XYZ(DO, name, p)

enum {
    STEP_STOP,
#define ROW(name) STEP_##name,
    MACHINE_BINARY(ROW) MACHINE_TERNARY(ROW)
#undef ROW
        STEP_ROWS_END,
#define WAY(name, out, x) STEP_##name##_##out##x,
#define ROW(name) UNARY_WAYS(WAY, name)
    MACHINE_UNARY(ROW)
#undef ROW
        MOVE_WAYS(WAY, SINE_COSINE) MOVE_WAYS(WAY, MOVE) EACH_X(WAY, WRITE, u) EACH_X(WAY, ADD, u)
#undef WAY
#define WAY(name, out, x, y) STEP_##name##_##out##x##y,
#define ROW(name) BINARY_WAYS(WAY, name)
            QUICK_BINARY(ROW)
#undef ROW
#undef WAY
#define WAY(name, out, x, y, z) STEP_##name##_##out##x##y##z,
                PRODUCT_WAYS(WAY, PLUS_PRODUCT) PRODUCT_WAYS(WAY, MINUS_PRODUCT)
#undef WAY
                    STEP_READ,
    STEP_READ_IN_W, /* is never chosen: results of READ stand in places */
    STEP_READ_QUIET,
    STEP_LOOP,
    STEP_END,
    STEP_END_OF_ONE_WALK,
    STEP_END_ALONG,
    STEP_GATHER,
    STEP_SCATTER,
    STEP_FILL,
    STEP_GUARD,
    STEP_READ_STRETCH,  /* x: how many */
    STEP_WRITE_STRETCH, /* out: how many */
    STEP_MOVE_STRETCH,  /* y: how many */
    STEP_WIDE,          /* x: where the words of the instruction are, counted from the first */
};

/* How a step can be taken: how many numbers it reads in each way; whether it has a result, in
 * `out` and in the accumulator; whether that may stand along a walk, and leave the accumulator. */
typedef struct {
    int8_t operands, sets, along, quiet;
} StepTraits;

static StepTraits traits_of(int32_t op)
{
    switch (op) {
#define ROW(name)                                                                                 \
    case STEP_##name##_uu: return (StepTraits){1, 1, 1, 0};
        MACHINE_UNARY(ROW)
#undef ROW
#define ROW(name)                                                                                 \
    case STEP_##name##_uuu: return (StepTraits){2, 1, 1, 1};
        QUICK_BINARY(ROW)
#undef ROW
    case STEP_SINE_COSINE_uu:
    case STEP_MOVE_uu: return (StepTraits){1, 1, 1, 1};
    case STEP_PLUS_PRODUCT_uuuu:
    case STEP_MINUS_PRODUCT_uuuu: return (StepTraits){3, 1, 1, 1};
    case STEP_WRITE_uu:
    case STEP_ADD_uu: return (StepTraits){1, 0, 0, 0};
    case STEP_READ: return (StepTraits){0, 1, 0, 1};
    case STEP_GATHER: return (StepTraits){0, 1, 0, 0};
    default: return (StepTraits){.sets = op > STEP_STOP && op < STEP_ROWS_END};
    }
}

/* ------ from words to steps */

static Step step_of_row(const int32_t *code)
{
    const RowWords row = row_words(code);
    const int32_t n = (int32_t)(row.end - row.terms);
    Step step = {.out = row.terms[0], .x = row.terms[1]};
    step.y = n > 2 ? row.terms[2] : 0;
    step.z = n > 3 ? row.terms[3] : 0;
    switch (row.op) {
#define ROW(name)                                                                                 \
    case OP_##name: step.op = STEP_##name##_uu; break;
        MACHINE_UNARY(ROW)
#undef ROW
#define ROW(name)                                                                                 \
    case OP_##name: step.op = STEP_##name; break;
        MACHINE_BINARY(ROW) MACHINE_TERNARY(ROW)
#undef ROW
    }
    switch (row.op) {
#define ROW(name)                                                                                 \
    case OP_##name: step.op = STEP_##name##_uuu; break;
        QUICK_BINARY(ROW)
#undef ROW
    }
    return step;
}

static Step step_of_guard(const int32_t *code)
{
    const GuardWords words = guard_words(code);
    return (Step){STEP_GUARD, 0, words.number, words.x, words.y, 2 * words.how + words.outcome};
}

static Step step_of(const int32_t *code)
{
    switch (code[0]) {
    case OP_READ: {
        const ReadWords words = read_words(code);
        return (Step){STEP_READ, 0, words.out, 0, words.walk, words.offset};
    }
    case OP_WRITE: {
        const WriteWords words = write_words(code);
        return (Step){STEP_WRITE_uu, 0, 0, words.x, words.walk, words.offset};
    }
    case OP_MOVE_STRETCH: {
        const MoveStretchWords words = move_stretch_words(code);
        return (Step){STEP_MOVE_STRETCH, 0, words.out, words.x, words.count, 0};
    }
    case OP_READ_STRETCH: {
        const ReadStretchWords words = read_stretch_words(code);
        return (Step){STEP_READ_STRETCH, 0, words.out, words.count, words.walk, words.offset};
    }
    case OP_WRITE_STRETCH: {
        const WriteStretchWords words = write_stretch_words(code);
        return (Step){STEP_WRITE_STRETCH, 0, words.count, words.x, words.walk, words.offset};
    }
    case OP_ADD: {
        const AddWords words = add_words(code);
        return (Step){STEP_ADD_uu, 0, 0, words.x, words.walk, words.offset};
    }
    case OP_GATHER: {
        const GatherWords words = gather_words(code);
        return (Step){STEP_GATHER, 0, words.out, 0, words.walk, words.offset};
    }
    case OP_SCATTER: {
        const ScatterWords words = scatter_words(code);
        return (Step){STEP_SCATTER, 0, words.base, words.x, words.walk, words.offset};
    }
    case OP_MOVE: {
        const MoveWords words = move_words(code);
        return (Step){STEP_MOVE_uu, 0, words.out, words.x, 0, 0};
    }
    case OP_FILL: {
        const FillWords words = fill_words(code);
        return (Step){STEP_FILL, 0, words.out, words.count, 0, 0};
    }
    case OP_PLUS_PRODUCT: {
        const PlusProductWords words = plus_product_words(code);
        return (Step){STEP_PLUS_PRODUCT_uuuu, 0, words.out, words.x, words.y, words.z};
    }
    case OP_MINUS_PRODUCT: {
        const MinusProductWords words = minus_product_words(code);
        return (Step){STEP_MINUS_PRODUCT_uuuu, 0, words.out, words.x, words.y, words.z};
    }
    case OP_SINE_COSINE: {
        const SineCosineWords words = sine_cosine_words(code);
        return (Step){STEP_SINE_COSINE_uu, 0, words.sine, words.x, words.cosine, 0};
    }
    case OP_GUARD: return step_of_guard(code);
    default: return step_of_row(code);
    }
}

#endif
