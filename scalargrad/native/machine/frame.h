/* What runs of programs work on: registers, numbers, totals; and the instructions that are the same
 * for every instruction set. */
#ifndef SCALARGRAD_FRAME_H
#define SCALARGRAD_FRAME_H

#include "../shared/special.h"
#include "../shared/rules.h"

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
    OP_DENSE,
    OP_LESS,
    OP_TOTAL,
    OP_TOTALS,
    OP_PACK,
    OP_WIDE_PRODUCTS,
    OP_WIDE_ROW,
    OP_WIDE_TILE,
    OP_END,
};

/* What the two factors of a product are. */
enum { UNIFORM_LANE, BOTH_LANES, LANE_ALONE, UNIFORM_ALONE, KINDS };

/* What is done with the sums of a DENSE. */
enum { PLAIN, RELU, STEP, ENDINGS };

/* The same in WIDE_PRODUCTS: each is one number, or a stretch of them. */
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

/* How many parts of the block stand in the inputs as they are wanted: in order, and whole. */
INLINE int parts_in_order(const Frame *f)
{
    return f->index ? 0 : f->count / WIDTH;
}

INLINE double *lane_register(const Frame *f, int32_t index)
{
    return f->lanes + ((size_t)index << f->bits);
}

/* Several sums of products of numbers and the same lanes, {op, length, ending, rows, then for each row: where the sum goes, the number that it begins with or −1, for STEP a gate; then for
 * each term: the lanes, and for each row a number}. */
typedef struct {
    int ending, rows;
    const int32_t *out, *first, *other, *term, *end;
} Dense;

INLINE Dense dense_at(const int32_t *code)
{
    const int32_t rows = code[3], *out = code + 4, *other = out + 2 * rows;
    return (Dense){code[2], rows, out, out + rows, other,
                   code[2] == STEP ? other + rows : other, code + code[1]};
}

/* Several sums of products of numbers and the same stretches, {op, length, count, rows, then for each row: where the sums go, the number that they begin with or −1; then for each term: the
 * stretch, and for each row a number}. */
typedef struct {
    int rows;
    int32_t count;
    const int32_t *out, *first, *term, *end;
} WideTile;

INLINE WideTile wide_tile_at(const int32_t *code)
{
    const int32_t rows = code[3], *out = code + 4;
    return (WideTile){rows, code[2], out, out + rows, out + 2 * rows, code + code[1]};
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

#endif
