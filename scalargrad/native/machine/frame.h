/* The memory that runs of programs work on: registers, numbers, totals; and the instructions that
 * are the same for every instruction set. Included by kernels.h, layouts.h, samples.h, unchanged.h,
 * writing.h. */
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

#include "../shared/instructions.h"
#include "words.h"

enum {
    BLOCK_BITS = 7,            /* BLOCK_LANES are 2^BLOCK_BITS */
    FEW_BITS = BLOCK_BITS - 1, /* in a block of at most 2^FEW_BITS lanes registers are shorter */
    STEPS_IN_LANES = 1 << 19,  /* so many are done without looking whether to end the run */
    LEAST_BITS = FEW_BITS - 2, /* of code with loops */
    FEW_SUMS = 4,              /* of a tile, that 16 registers have room for */
    BLOCKS_PER_CHUNK = 8,      /* sums over lanes are partial sums of so many */
    SEGMENTS = 16,             /* a thread takes so many blocks at a time */
    MAX_THREADS = SEGMENTS,
};
_Static_assert(BLOCK_LANES == 1 << BLOCK_BITS, "a register is a power of two long");

/* A part of a block: WIDTH lanes. */
typedef double Part __attribute__((vector_size(WIDTH * sizeof(double))));
typedef int64_t PartGuards __attribute__((vector_size(WIDTH * sizeof(int64_t))));

#ifdef __clang__
#define EACH_LANE                                                                                 \
    _Pragma("clang loop vectorize(assume_safety)") for (int i = 0; i < parts * WIDTH; i++)
#define EACH(i, n) _Pragma("clang loop unroll(full)") for (int i = 0; i < (n); i++)
#else
#define EACH_LANE _Pragma("GCC ivdep") for (int i = 0; i < parts * WIDTH; i++)
#define EACH(i, n) _Pragma("GCC unroll 16") for (int i = 0; i < (n); i++)
#endif

/* ------ a run of a program */
typedef struct {
    const char *data;
    Py_ssize_t stride; /* in bytes */
} Column;

/* ------ loops */

/* How a step is done: one loop's beginning or end; registers that move; an instruction; a row of
 * the table; and the quick rows and instructions. */
enum {
    LANE_STOP,
    LANE_LOOP,
    LANE_END,
    LANE_ALONG,
    LANE_INSTRUCTION,
    LANE_ROW,
    LANE_ADD,
    LANE_SUB,
    LANE_MUL,
    LANE_DIV,
    LANE_NEG,
    LANE_MOVE,
    LANE_PLUS_PRODUCT,
    LANE_MINUS_PRODUCT,
    LANE_SINE_COSINE,
};

/* `number` is that of a loop, or the code of a row; `at` are the registers, that of the result
 * first. */
typedef struct {
    int32_t way, number;
    union {
        double *at[4];
        const int32_t *code;
        struct {
            int32_t begin, end;
        } moves;
    } of;
} LaneStep;

/* `to` holds the register that moves, of the code's word of this number. */
typedef struct {
    int32_t walk, offset;
    int64_t word;
    double **to;
} LaneMove;

/* A loop whose body is so many steps, and how often it has still to run. */
typedef struct {
    LoopWords words;
    int32_t size, left;
} LaneLoop;

typedef struct {
    double *uniform;
    double *lanes;
    int bits;           /* a register is 2^bits numbers: from LEAST_BITS to BLOCK_BITS */
    double *totals;     /* sums over lanes so far */
    PartGuards *broken; /* of this block: the first guard that does not hold; −1 where all do,
                              0 where there is no lane: only those with −1 are taken in by sums */
    const Column *inputs;
    const Column *outputs;
    const int64_t *index; /* where in the inputs each lane stands; NULL if in order */
    const int32_t *code, *code_end;
    const LaneStep *step; /* the same code, where it has loops; else NULL */
    LaneLoop *loop;
    const LaneMove *move;
    const int64_t *choice; /* registers that loops choose among */
    int64_t *walk;
    int64_t done; /* steps since `looks` was asked, with `looker`, whether to end the run */
    int (*looks)(void *);
    void *looker;
    int is_over;
    Py_ssize_t base;  /* the number of the block's first lane */
    int count;        /* how many lanes of the block there are */
    int parts;        /* how many vectors of WIDTH lanes there are */
    int some;         /* some guard does not hold in some lane */
    PartGuards doubt; /* bits of a NaN once an output is not finite, else 0 */
} Frame;

/* A run of terms of one kind: {kind, count, then two words for each term}. */
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

/* An operator of the table, {op, length, out, operands}, in lanes {out, operands} several times. */
typedef struct {
    int32_t op;
    const int32_t *terms, *end;
} RowWords;

INLINE RowWords row_words(const int32_t *code)
{
    return (RowWords){code[0], code + 2, code + code[1]};
}

INLINE const int32_t *next_instruction(const int32_t *code)
{
    return code + code[1];
}

/* The code after an instruction; of a loop, after its body. */
INLINE const int32_t *instruction_after(const int32_t *code)
{
    return next_instruction(code) + (code[0] == OP_LOOP ? loop_words(code).size : 0);
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

/* How many parts of the block can be loaded as they stand: in order, and whole. */
INLINE int parts_in_order(const Frame *f)
{
    return f->index ? 0 : f->count / WIDTH;
}

INLINE double *lane_register(const Frame *f, int32_t index)
{
    return f->lanes + ((size_t)index << f->bits);
}

/* Several sums of products with the same x. Each begins with a number, or with −0.0 where
 * `first` is −1; a term is a place among the x, in steps of 2^bits, then for each sum the place of
 * its number. */
typedef struct {
    const double *x;
    int bits;
    const double *number;
    const int32_t *first, *term, *end;
} Shared;

/* The totals stand side by side from the first, those of one y after the other. */
INLINE double *total_at(const Frame *f, const TotalsWords *t, int at_x, int at_y)
{
    return f->totals + t->total + (size_t)at_y * (size_t)t->height + (size_t)at_x;
}

static const double ones[BLOCK_LANES] __attribute__((aligned(64))) = {
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
INLINE const char *at_lane(const Frame *f, const Column *column, int lane)
{
    const Py_ssize_t at = f->base + (lane < f->count ? lane : f->count - 1);
    return column->data + (f->index ? f->index[at] : at) * column->stride;
}

/* The walks of a loop at its beginning, and after each iteration. */
static void begin_walks(int64_t *walk, const LoopWords *words)
{
    for (const int32_t *at = words->walks; at < words->end; at += LOOP_WALKS) {
        const LoopWalksWords one = loop_walks_words(at);
        walk[one.walk] = (one.begin < 0 ? 0 : walk[one.begin]) + one.offset;
    }
}

static void advance_walks(int64_t *walk, const LoopWords *words)
{
    for (const int32_t *at = words->walks; at < words->end; at += LOOP_WALKS) {
        const LoopWalksWords one = loop_walks_words(at);
        walk[one.walk] += one.stride;
    }
}

/* Whether the run is to end, which is found out now and then. */
INLINE int is_run_over(Frame *f, int32_t steps)
{
    f->done += steps;
    if (f->done > STEPS_IN_LANES) {
        f->done = 0;
        f->is_over = f->looks(f->looker);
    }
    return f->is_over;
}

static int compare(int32_t how, double x, double y)
{
    return how == IS_LESS ? x < y : how == IS_AT_MOST ? x <= y : x != y;
}

#endif
