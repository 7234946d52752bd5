/* What runs of programs work on: registers, numbers, totals; and the instructions that are the same
 * for every instruction set. */
#ifndef SCALARGRAD_FRAME_H
#define SCALARGRAD_FRAME_H

#include "special.h"
#include "rules.h"

#define INLINE static inline __attribute__((always_inline))

#if defined(__unix__) || defined(__APPLE__)
#define HAVE_THREADS 1
#include <pthread.h>
#include <stdatomic.h>
#endif

enum {
    LANES_BITS = 7,
    LANES = 1 << LANES_BITS,   /* of a block */
    FEW_BITS = LANES_BITS - 1, /* the registers of a batch that is no longer are shorter */
    WIDTH = 8,
    DENSE_ROWS = 6,            /* of DENSE and WIDE_TILE, at most */
    FEW_ROWS = 4,              /* of these, that 16 registers have room for */
    TOTALS_ROWS = 4,           /* of TOTALS, at most */
    BLOCKS_PER_CHUNK = 8,      /* partial sums are taken over so many */
    SEGMENTS = 16,             /* what threads share out among themselves */
    MAX_THREADS = SEGMENTS,
};

typedef double V __attribute__((vector_size(WIDTH * sizeof(double))));
typedef int64_t I __attribute__((vector_size(WIDTH * sizeof(int64_t))));

#define SPLAT(x) ((x) - (V){0})
#ifdef __clang__
#define EACH_LANE                                                                                 \
    _Pragma("clang loop vectorize(assume_safety)") for (int i = 0; i < parts * WIDTH; i++)
#define EACH(i, n) _Pragma("clang loop unroll(full)") for (int i = 0; i < (n); i++)
#else
#define EACH_LANE _Pragma("GCC ivdep") for (int i = 0; i < parts * WIDTH; i++)
#define EACH(i, n) _Pragma("GCC unroll 16") for (int i = 0; i < (n); i++)
#endif

enum {
    OP_LOAD = OP_COUNT,
    OP_STORE,
    OP_GUARD,
    OP_PRODUCTS,
    OP_ACCUMULATE,
    OP_DENSE,
    OP_LESS,
    OP_TOTAL,
    OP_TOTALS,
    OP_PACK,
    OP_WIDE_PRODUCTS,
    OP_WIDE_ACCUMULATE,
    OP_WIDE_ROW,
    OP_WIDE_TILE,
    OP_END,
};

/* What the two factors of a product are; in ACCUMULATE the first is upstream. */
enum { UNIFORM_UPSTREAM, UNIFORM_LOCAL, BOTH_LANES, LANE_ALONE, UNIFORM_ALONE, KINDS };

/* Which factor of the products of a DENSE is upstream, and what is done with its sums. */
enum { NO_UPSTREAM, UPSTREAM_UNIFORM, UPSTREAM_LANE, UPSTREAMS };
enum { PLAIN, RELU, STEP, ENDINGS };

/* The same in WIDE_PRODUCTS and WIDE_ACCUMULATE: each is one number, or a stretch of them. */
enum { NUMBERS, NUMBER_STRETCH, STRETCH_NUMBER, STRETCHES_BOTH };

/* ------ a run of a program */
typedef struct {
    const char *data;
    Py_ssize_t stride; /* in bytes */
} Column;

typedef struct {
    double *uniform;
    double *lanes;
    int bits;              /* a register is 2^bits numbers: LANES_BITS or FEW_BITS */
    double *totals;        /* sums over lanes so far */
    I *broken;             /* of this block: the first guard that does not hold; −1 where all do,
                              0 where there is no lane: only those with −1 are taken in by sums */
    const Column *inputs;
    const Column *outputs;
    const int64_t *index;  /* where in the inputs each lane stands; NULL if in order */
    const int32_t *code, *code_end;
    Py_ssize_t base;       /* the number of the block's first lane */
    int count;             /* how many lanes of the block there are */
    int parts;             /* how many vectors of WIDTH lanes there are */
    int some;              /* some guard does not hold in some lane */
    int careful;           /* keep zero adjoints from becoming NaN */
    V doubt;               /* NaN once an output is not finite */
} Frame;

/* A run of terms of one kind: {kind, count, then two operands for each term}. */
typedef struct {
    int32_t kind, count;
    const int32_t *term;
} Run;

INLINE Run run_at(const int32_t *code)
{
    return (Run){code[0], code[1], code + 2};
}

INLINE const int32_t *after(const Run *run)
{
    return run->term + 2 * (size_t)run->count;
}

static int operands_of_row(int32_t op)
{
    switch (op) {
#define ROW(name) case OP_##name:
        MACHINE_UNARY(ROW) return 1;
        MACHINE_BINARY(ROW) return 2;
        MACHINE_TERNARY(ROW) return 3;
#undef ROW
    }
    return -1;
}

/* Where no zero adjoint has to be kept from becoming NaN a chain is a product. */
INLINE int32_t without_care(int32_t op, int careful)
{
    return op == OP_chain && !careful ? OP_mul : op;
}

/* How many parts of the block stand in the inputs as they are wanted: in order, and whole. */
INLINE int parts_in_order(const Frame *f)
{
    return f->index ? 0 : f->count / WIDTH;
}

INLINE double *lane_register(const Frame *f, int32_t index)
{
    return f->lanes + ((size_t)index << f->bits);
}

/* Several sums of products of numbers and the same lanes, {op, length, upstream, ending, rows, then
 * for each row: where the sum goes, the number that it begins with or −1, for STEP a gate; then for
 * each term: the lanes, and for each row a number}. */
typedef struct {
    int upstream, ending, rows;
    const int32_t *out, *first, *other, *term, *end;
} Dense;

INLINE Dense dense_at(const int32_t *code)
{
    const int32_t rows = code[4], *out = code + 5, *other = out + 2 * rows;
    return (Dense){code[2], code[3], rows, out, out + rows, other,
                   code[3] == STEP ? other + rows : other, code + code[1]};
}

/* Several sums of products of numbers and the same stretches, {op, length, upstream, count, rows, then
 * for each row: where the sums go, the number that they begin with or −1; then for each term: the
 * stretch, and for each row a number}. */
typedef struct {
    int upstream, rows;
    int32_t count;
    const int32_t *out, *first, *term, *end;
} WideTile;

INLINE WideTile wide_tile_at(const int32_t *code)
{
    const int32_t rows = code[4], *out = code + 5;
    return (WideTile){code[2], rows, code[3], out, out + rows, out + 2 * rows, code + code[1]};
}

/* What several sums of products have in common. Each begins with a number, or with −0.0 where
 * `first` is −1; a term is a place among the x, in steps of 2^bits, then for each sum the place of
 * its number. */
typedef struct {
    const double *x;
    int bits;
    const double *number;
    const int32_t *first, *term, *end;
} Shared;

/* Σ x·y for each of several x and each of several y, {op, length, first, rows, each x, each y}; a y of
 * −1 is 1.0. Column by column, the totals stand side by side from the first. */
typedef struct {
    int32_t first;
    int rows, columns;
    const int32_t *x, *y;
} Totals;

INLINE Totals totals_at(const int32_t *code)
{
    const int32_t rows = code[3], *x = code + 4;
    return (Totals){code[2], rows, code[1] - 4 - rows, x, x + rows};
}

INLINE double *total_at(const Frame *f, const Totals *t, int row, int column)
{
    return f->totals + t->first + (size_t)column * (size_t)t->rows + (size_t)row;
}

static const double ones[LANES] __attribute__((aligned(64))) = {
#define EIGHT 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0
    EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT,
    EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT,
#undef EIGHT
};

INLINE const double *register_or_ones(const Frame *f, int32_t index)
{
    return index < 0 ? ones : lane_register(f, index);
}

/* ------ instructions that are the same for every instruction set */
/* Where the number of a lane stands; lanes beyond the last repeat it: they compute something
 * harmless. */
INLINE const char *row_of(const Frame *f, const Column *column, int lane)
{
    const Py_ssize_t at = f->base + (lane < f->count ? lane : f->count - 1);
    return column->data + (f->index ? f->index[at] : at) * column->stride;
}

static int compare(int32_t how, double x, double y)
{
    return how == 0 ? x < y : how == 1 ? x <= y : x != y;
}

/* ------ products of which the upstream factor may be zero beside an infinite one */
static double factor(const Frame *f, int32_t operand, int uniform, int lane)
{
    return uniform ? f->uniform[operand] : lane_register(f, operand)[lane];
}

static double careful_term(const Frame *f, const Run *run, int32_t k, int lane)
{
    const int32_t *term = run->term + 2 * k;
    switch (run->kind) {
    case UNIFORM_UPSTREAM:
        return forward_chain(factor(f, term[0], 1, lane), factor(f, term[1], 0, lane));
    case UNIFORM_LOCAL:
        return forward_chain(factor(f, term[1], 0, lane), factor(f, term[0], 1, lane));
    case BOTH_LANES:
        return forward_chain(factor(f, term[0], 0, lane), factor(f, term[1], 0, lane));
    case LANE_ALONE: return factor(f, term[1], 0, lane);
    default: return factor(f, term[0], 1, lane);
    }
}

static void careful_products(const Frame *f, const int32_t *code)
{
    double sum[LANES];
    const int32_t *end = code + code[1];
    for (int lane = 0; lane < f->count; lane++) {
        sum[lane] = -0.0;
        for (const int32_t *at = code + 3; at < end;) {
            const Run run = run_at(at);
            for (int32_t k = 0; k < run.count; k++)
                sum[lane] += careful_term(f, &run, k, lane);
            at = after(&run);
        }
    }
    memcpy(lane_register(f, code[2]), sum, (size_t)f->count * sizeof(double));
}

static double careful_ending(const Frame *f, const Dense *d, int row, int lane, double sum)
{
    switch (d->ending) {
    case RELU: return forward_relu(sum);
    case STEP: return forward_chain(sum, forward_step(lane_register(f, d->other[row])[lane]));
    default: return sum;
    }
}

/* A product of a number w and x, one of lanes or of a stretch. */
static double careful_product(int upstream, double x, double w)
{
    return upstream == UPSTREAM_LANE      ? forward_chain(x, w)
           : upstream == UPSTREAM_UNIFORM ? forward_chain(w, x)
                                          : w * x;
}

static double careful_sum(const Frame *f, const Dense *d, int row, int lane)
{
    double sum = d->first[row] < 0 ? -0.0 : f->uniform[d->first[row]];
    for (const int32_t *at = d->term; at < d->end; at += 1 + d->rows) {
        const double x = lane_register(f, at[0])[lane], w = f->uniform[at[1 + row]];
        sum += careful_product(d->upstream, x, w);
    }
    return careful_ending(f, d, row, lane, sum);
}

static void careful_dense(const Frame *f, const int32_t *code)
{
    const Dense d = dense_at(code);
    double sums[DENSE_ROWS][LANES];
    for (int row = 0; row < d.rows; row++)
        for (int lane = 0; lane < f->count; lane++)
            sums[row][lane] = careful_sum(f, &d, row, lane);
    /* only now: what a row is computed from may stand where another goes */
    for (int row = 0; row < d.rows; row++)
        memcpy(lane_register(f, d.out[row]), sums[row], (size_t)f->count * sizeof(double));
}

static void careful_wide_products(double *u, const int32_t *code)
{
    const int32_t *end = code + code[1];
    for (int32_t i = 0; i < code[3]; i++) {
        double sum = -0.0;
        for (const int32_t *at = code + 4; at < end;) {
            const Run run = run_at(at);
            const int32_t x = run.kind & STRETCH_NUMBER ? i : 0;
            const int32_t y = run.kind & NUMBER_STRETCH ? i : 0;
            for (int32_t k = 0; k < run.count; k++)
                sum += forward_chain(u[run.term[2 * k] + x], u[run.term[2 * k + 1] + y]);
            at = after(&run);
        }
        u[code[2] + i] = sum;
    }
}

static void careful_wide_tile(double *u, const int32_t *code)
{
    const WideTile t = wide_tile_at(code);
    for (int row = 0; row < t.rows; row++)
        for (int32_t i = 0; i < t.count; i++) {
            double sum = t.first[row] < 0 ? -0.0 : u[t.first[row]];
            for (const int32_t *at = t.term; at < t.end; at += 1 + t.rows)
                sum += careful_product(t.upstream, u[at[0] + i], u[at[1 + row]]);
            u[t.out[row] + i] = sum;
        }
}

/* ------ sums over lanes */
static int is_kept(const Frame *f, int lane)
{
    return ((const int64_t *)f->broken)[lane] < 0;
}

static void careful_totals(const Frame *f, const int32_t *code)
{
    const Totals t = totals_at(code);
    for (int column = 0; column < t.columns; column++) {
        const double *y = register_or_ones(f, t.y[column]);
        for (int row = 0; row < t.rows; row++) {
            const double *x = lane_register(f, t.x[row]);
            double *total = total_at(f, &t, row, column);
            for (int i = 0; i < f->count; i++)
                if (is_kept(f, i))
                    *total += forward_chain(x[i], y[i]);
        }
    }
}

#endif
