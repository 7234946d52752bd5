/* The instructions of the machine on blocks of BLOCK_LANES lanes. Included by kernels.h. That is
 * done once for each instruction set, with ISA its name: the whole file, and what it includes, is
 * compiled for that set. NAME(run_block) runs the code of the lanes on one block.
 *
 * A register is a number for each lane. Uniform numbers stand in `uniform`. */

#define JOIN_(name, isa) name##_##isa
#define JOIN(name, isa) JOIN_(name, isa)
#define NAME(name) JOIN(name, ISA)

static inline double *NAME(reg)(const Frame *f, int32_t index)
{
    return lane_register(f, index);
}

/* ------ rows of the operator table, on vectors where functions.h has the function */
#include "vectors/functions.h"

#define VECTOR_LANES ((int)(sizeof(NAME(Doubles)) / sizeof(double)))
typedef double NAME(Anywhere) __attribute__((vector_size(sizeof(NAME(Doubles))), aligned(8)));
#define VECTOR(numbers) (*(NAME(Anywhere) *)(numbers))
/* a function of its own has all the registers to schedule in */
#define NOINLINE __attribute__((noinline))
/* two vectors at a time: the one is computed while the other waits for its results */
#define EACH_PAIR                                                                                 \
    for (int i = 0, j = VECTOR_LANES; i < parts * WIDTH;                                          \
         i += 2 * VECTOR_LANES, j += 2 * VECTOR_LANES)

#define ROW(name)                                                                                 \
    static NOINLINE void NAME(unary_##name)(double *out, const double *x, int parts)              \
    {                                                                                             \
        EACH_PAIR                                                                                 \
        {                                                                                         \
            const NAME(Doubles) even = NAME(v_##name)(VECTOR(x + i));                             \
            VECTOR(out + j) = NAME(v_##name)(VECTOR(x + j));                                      \
            VECTOR(out + i) = even;                                                               \
        }                                                                                         \
    }
VECTOR_UNARY(ROW)
#undef ROW

#define ROW(name)                                                                                 \
    static void NAME(unary_##name)(double *out, const double *x, int parts)                       \
    {                                                                                             \
        EACH_LANE out[i] = forward_##name(x[i]);                                                  \
    }
LANE_UNARY(ROW)
#undef ROW

#define ROW(name)                                                                                 \
    static NOINLINE void NAME(binary_##name)(double *out, const double *x, const double *y,       \
                                             int parts)                                           \
    {                                                                                             \
        EACH_PAIR                                                                                 \
        {                                                                                         \
            const NAME(Doubles) even = NAME(v_##name)(VECTOR(x + i), VECTOR(y + i));              \
            VECTOR(out + j) = NAME(v_##name)(VECTOR(x + j), VECTOR(y + j));                       \
            VECTOR(out + i) = even;                                                               \
        }                                                                                         \
    }
VECTOR_BINARY(ROW)
#undef ROW

#define ROW(name)                                                                                 \
    static void NAME(binary_##name)(double *out, const double *x, const double *y, int parts)     \
    {                                                                                             \
        EACH_LANE out[i] = forward_##name(x[i], y[i]);                                            \
    }
LANE_BINARY(ROW)
#undef ROW
#undef VECTOR
#undef EACH_PAIR

#define ROW(name)                                                                                 \
    static void NAME(ternary_##name)(double *out, const double *x, const double *y,               \
                                     const double *z, int parts)                                  \
    {                                                                                             \
        EACH_LANE out[i] = forward_##name(x[i], y[i], z[i]);                                      \
    }
MACHINE_TERNARY(ROW)
#undef ROW

/* A row on numbers at any addresses; `op` is the code of the row. */
static void NAME(row_on)(int32_t op, double *out, const double *x, const double *y,
                         const double *z, int parts)
{
    switch (op) {
#define ROW(name)                                                                                 \
    case OP_##name: NAME(unary_##name)(out, x, parts); break;
        MACHINE_UNARY(ROW)
#undef ROW
#define ROW(name)                                                                                 \
    case OP_##name: NAME(binary_##name)(out, x, y, parts); break;
        MACHINE_BINARY(ROW)
#undef ROW
#define ROW(name)                                                                                 \
    case OP_##name: NAME(ternary_##name)(out, x, y, z, parts); break;
        MACHINE_TERNARY(ROW)
#undef ROW
    }
}

/* One row several times. */
static void NAME(run_rows)(const Frame *f, const int32_t *code)
{
    const RowWords row = row_words(code);
    const int32_t each = operands_of_row(row.op) + 1;
    for (const int32_t *at = row.terms; at < row.end; at += each)
        NAME(row_on)(row.op, NAME(reg)(f, at[0]), NAME(reg)(f, at[1]),
                     NAME(reg)(f, each > 2 ? at[2] : 0), NAME(reg)(f, each > 3 ? at[3] : 0),
                     f->parts);
}

/* ------ vectors as long as the instruction set has them: of longer ones compilers make memory */
typedef int64_t NAME(Integers) __attribute__((vector_size(sizeof(NAME(Doubles)))));
#define V NAME(Doubles)
#define I NAME(Integers)
#define SPLAT(x) ((x) - (V){0})
/* a block has parts of WIDTH lanes */
#define VECTORS_OF(parts) ((parts) * (WIDTH / VECTOR_LANES))

/* ------ x − a number */
static void NAME(run_minus)(const Frame *f, const int32_t *code)
{
    const MinusWords words = minus_words(code);
    for (const int32_t *at = words.terms; at < words.end; at += 3) {
        V *out = (V *)NAME(reg)(f, at[0]);
        const V *x = (const V *)NAME(reg)(f, at[1]), number = SPLAT(f->uniform[at[2]]);
        for (int i = 0; i < VECTORS_OF(f->parts); i++)
            out[i] = x[i] - number;
    }
}

/* ------ sums of products in each lane */
#if VECTOR_BYTES == 64
#define SUMS_AT_ONCE 16
#else
#define SUMS_AT_ONCE 8
#endif

typedef struct {
    V vector[SUMS_AT_ONCE];
} NAME(Sums);

/* A register from some vector on. The vector's offset is added to f->lanes, which all registers
 * share: so one addition a register is enough. */
INLINE const V *NAME(lanes_from)(const Frame *f, int at, int32_t index)
{
    return (const V *)(f->lanes + at * VECTOR_LANES + ((size_t)index << f->bits));
}

INLINE NAME(Sums) NAME(uniform_times_lane)(NAME(Sums) sum, const int parts, const Frame *f,
                                           const Run *run, int at)
{
    for (int32_t k = 0; k < run->count; k++) {
        const V w = SPLAT(f->uniform[run->term[2 * k]]);
        const V *x = NAME(lanes_from)(f, at, run->term[2 * k + 1]);
        EACH(i, parts)
            sum.vector[i] += w * x[i];
    }
    return sum;
}

INLINE NAME(Sums)
    NAME(lane_times_lane)(NAME(Sums) sum, const int parts, const Frame *f, const Run *run, int at)
{
    for (int32_t k = 0; k < run->count; k++) {
        const V *x = NAME(lanes_from)(f, at, run->term[2 * k]);
        const V *y = NAME(lanes_from)(f, at, run->term[2 * k + 1]);
        if (x == y) /* read once */
            EACH(i, parts)
                sum.vector[i] += x[i] * x[i];
        else
            EACH(i, parts)
                sum.vector[i] += x[i] * y[i];
    }
    return sum;
}

INLINE NAME(Sums)
    NAME(lane_alone)(NAME(Sums) sum, const int parts, const Frame *f, const Run *run, int at)
{
    for (int32_t k = 0; k < run->count; k++) {
        const V *x = NAME(lanes_from)(f, at, run->term[2 * k + 1]);
        EACH(i, parts)
            sum.vector[i] += x[i];
    }
    return sum;
}

INLINE NAME(Sums)
    NAME(uniform_alone)(NAME(Sums) sum, const int parts, const Frame *f, const Run *run)
{
    for (int32_t k = 0; k < run->count; k++) {
        const V w = SPLAT(f->uniform[run->term[2 * k]]);
        EACH(i, parts)
            sum.vector[i] += w;
    }
    return sum;
}

/* The sums of as many vectors as `parts`, from the vector `at` on. */
INLINE void NAME(some_products)(const int parts, const Frame *f, const int32_t *code, int at)
{
    NAME(Sums) sum;
    /* −0.0 + x is x, for x = −0.0 too */
    EACH(i, parts)
        sum.vector[i] = SPLAT(-0.0);
    const LaneProductsWords words = lane_products_words(code);
    for (const int32_t *next = words.runs; next < words.end;) {
        const Run run = run_at(next);
        switch (run.kind) {
        case UNIFORM_LANE: sum = NAME(uniform_times_lane)(sum, parts, f, &run, at); break;
        case BOTH_LANES: sum = NAME(lane_times_lane)(sum, parts, f, &run, at); break;
        case LANE_ALONE: sum = NAME(lane_alone)(sum, parts, f, &run, at); break;
        case UNIFORM_ALONE: sum = NAME(uniform_alone)(sum, parts, f, &run); break;
        }
        next = after(&run);
    }
    V *out = (V *)NAME(reg)(f, words.out) + at;
    EACH(i, parts)
        out[i] = sum.vector[i];
}

/* Where there are few lanes the first half may hold all of them. */
static void NAME(run_lane_products)(const Frame *f, const int32_t *code)
{
    const int vectors = VECTORS_OF(f->parts);
    for (int at = 0; at < vectors; at += SUMS_AT_ONCE)
        if (vectors - at > SUMS_AT_ONCE / 2)
            NAME(some_products)(SUMS_AT_ONCE, f, code, at);
        else
            NAME(some_products)(SUMS_AT_ONCE / 2, f, code, at);
}

#include "loads.h"
#include "stores.h"
#include "tiles.h"

#include "stretches.h"

#include "pairs.h"

#include "looping.h"

/* ------ a block */
static void NAME(run_block)(Frame *f)
{
    if (f->step) {
        switch (f->bits) {
        case FEW_BITS - 2: NAME(run_16_lanes)(f); return;
        case FEW_BITS - 1: NAME(run_32_lanes)(f); return;
        case FEW_BITS: NAME(run_64_lanes)(f); return;
        default: NAME(run_128_lanes)(f); return;
        }
    }
    for (const int32_t *code = f->code; code < f->code_end; code = next_instruction(code))
        NAME(run_instruction)(f, code);
}

#undef V
#undef I
#undef SPLAT
#undef VECTOR_BYTES
#undef VECTORS_OF
#undef SUMS_AT_ONCE
#undef VECTOR_LANES
#undef NAME
#undef JOIN
#undef JOIN_
#undef ISA
#undef NOINLINE
