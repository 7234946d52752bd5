/* The machine: runs compiled programs on numbers and on lanes, 64 of these at a time.
 *
 * A program is three stretches of code: what is the same in all lanes, what each lane does, and
 * what follows from sums over the lanes. Code is int32 words: {operation, length, operands …}. It
 * is checked once, when a Program is made; running it checks nothing. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "special.h"
#include "rules.h"

#define INLINE static inline __attribute__((always_inline))

#if defined(__unix__) || defined(__APPLE__)
#define HAVE_THREADS 1
#include <pthread.h>
#endif

enum {
    LANES = 64,
    WIDTH = 8,
    PARTS = LANES / WIDTH,
    BLOCKS_PER_CHUNK = 16, /* partial sums are taken over so many */
    SEGMENTS = 16,         /* what threads share out among themselves */
    MAX_THREADS = SEGMENTS,
};

typedef double V __attribute__((vector_size(WIDTH * sizeof(double))));
typedef int64_t I __attribute__((vector_size(WIDTH * sizeof(int64_t))));

#define SPLAT(x) ((x) - (V){0})
#ifdef __clang__
#define EACH_LANE _Pragma("clang loop vectorize(assume_safety)") for (int i = 0; i < LANES; i++)
#define EACH_PART _Pragma("clang loop unroll(full)") for (int i = 0; i < PARTS; i++)
#else
#define EACH_LANE _Pragma("GCC ivdep") for (int i = 0; i < LANES; i++)
#define EACH_PART _Pragma("GCC unroll 8") for (int i = 0; i < PARTS; i++)
#endif

enum {
    OP_LOAD = OP_COUNT,
    OP_STORE,
    OP_GUARD,
    OP_PRODUCTS,
    OP_ACCUMULATE,
    OP_TOTAL,
    OP_TOTALS,
    OP_PACK,
    OP_WIDE_PRODUCTS,
    OP_WIDE_ACCUMULATE,
    OP_WIDE_ROW,
    OP_END,
};

/* What the two factors of a product are; in ACCUMULATE the first is upstream. */
enum { UNIFORM_UPSTREAM, UNIFORM_LOCAL, BOTH_LANES, LANE_ALONE, UNIFORM_ALONE, KINDS };

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
    double *totals;        /* WIDTH partial sums for each */
    double *broken;        /* of this block: the first guard that does not hold, or −1 */
    const Column *inputs;
    const Column *outputs;
    const int64_t *index;  /* where in the inputs each lane stands; NULL if in order */
    const int32_t *code, *code_end;
    Py_ssize_t base;       /* the number of the block's first lane */
    int count;             /* how many lanes of the block there are */
    int careful;           /* keep zero adjoints from becoming NaN */
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

INLINE double *lane_register(const Frame *f, int32_t index)
{
    return f->lanes + (size_t)index * LANES;
}

/* ------ instructions that are the same for every instruction set */
static void load(const Frame *f, const int32_t *code)
{
    const Column *column = &f->inputs[code[3]];
    const char *from = column->data + f->base * column->stride;
    double *out = lane_register(f, code[2]);
    if (f->index) {
        for (int i = 0; i < f->count; i++) {
            const char *at = column->data + f->index[f->base + i] * column->stride;
            memcpy(&out[i], at, sizeof(double));
            __builtin_prefetch(at + 2 * LANES);
        }
    } else if (column->stride == (Py_ssize_t)sizeof(double)) {
        memcpy(out, from, (size_t)f->count * sizeof(double));
    } else {
        for (int i = 0; i < f->count; i++, from += column->stride) {
            memcpy(&out[i], from, sizeof(double));
            /* the next columns come from the same rows: halves the time of a Monte Carlo run */
            __builtin_prefetch(from + 2 * LANES);
        }
    }
    /* lanes beyond the last repeat it: they compute something harmless */
    for (int i = f->count; i < LANES; i++)
        out[i] = out[f->count - 1];
}

static void store(const Frame *f, const int32_t *code)
{
    const Column *column = &f->outputs[code[2]];
    char *to = (char *)column->data + f->base * column->stride;
    const double *x = lane_register(f, code[3]);
    for (int i = 0; i < f->count; i++, to += column->stride)
        memcpy(to, &x[i], sizeof(double));
}

static int compare(int32_t how, double x, double y)
{
    return how == 0 ? x < y : how == 1 ? x <= y : x != y;
}

/* {op, length, how, x, y, outcome, number of the guard} */
static void guard_lanes(const Frame *f, const int32_t *code)
{
    const double *x = lane_register(f, code[3]), *y = lane_register(f, code[4]);
    for (int i = 0; i < LANES; i++)
        if (f->broken[i] < 0.0 && compare(code[2], x[i], y[i]) != code[5])
            f->broken[i] = code[6];
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
    for (int lane = 0; lane < LANES; lane++) {
        sum[lane] = -0.0;
        for (const int32_t *at = code + 3; at < end;) {
            const Run run = run_at(at);
            for (int32_t k = 0; k < run.count; k++)
                sum[lane] += careful_term(f, &run, k, lane);
            at = after(&run);
        }
    }
    memcpy(lane_register(f, code[2]), sum, sizeof sum);
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

/* ------ sums over lanes in the last block, which is not full */

/* All bits set in the first n of WIDTH lanes. */
static const int64_t masks[WIDTH][WIDTH] __attribute__((aligned(64))) = {
    {0}, {-1}, {-1, -1}, {-1, -1, -1}, {-1, -1, -1, -1}, {-1, -1, -1, -1, -1},
    {-1, -1, -1, -1, -1, -1}, {-1, -1, -1, -1, -1, -1, -1},
};

static void total_of_some(const Frame *f, const int32_t *code)
{
    const double *x = lane_register(f, code[3]);
    double *total = f->totals + (size_t)code[2] * WIDTH;
    for (int i = 0; i < f->count; i++)
        total[i % WIDTH] += x[i];
}

static void careful_totals(const Frame *f, const int32_t *code)
{
    const double *x = lane_register(f, code[2]);
    for (int32_t k = 3; k < code[1]; k += 2) {
        const double *y = lane_register(f, code[k + 1]);
        double *total = f->totals + (size_t)code[k] * WIDTH;
        for (int i = 0; i < f->count; i++)
            total[i % WIDTH] += forward_chain(x[i], y[i]);
    }
}

/* ------ the same kernels for each instruction set, and the choice among them */
#if defined(__x86_64__) && defined(__clang__)
#define HAVE_X86 1
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx512bw"))),        \
                             apply_to = function)
#define ISA avx512
#include "lanes.h"
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define ISA avx2
#include "lanes.h"
#pragma clang attribute pop
#elif defined(__x86_64__) && defined(__GNUC__)
#define HAVE_X86 1
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw,prefer-vector-width=512")
#define ISA avx512
#include "lanes.h"
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx2")
#define ISA avx2
#include "lanes.h"
#pragma GCC pop_options
#endif
#define ISA baseline
#include "lanes.h"

typedef struct {
    const char *name;
    void (*run_block)(const Frame *);
    void (*run_wide)(double *, const int32_t *, int);
} Kernels;

static const Kernels baseline = {"baseline", run_block_baseline, run_wide_baseline};
static Kernels kernels;

static Kernels best_kernels(void)
{
#ifdef HAVE_X86
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
        return (Kernels){"avx512", run_block_avx512, run_wide_avx512};
    if (__builtin_cpu_supports("avx2"))
        return (Kernels){"avx2", run_block_avx2, run_wide_avx2};
#endif
    return baseline;
}

/* ------ what is the same in all lanes: a number at a time */
static void run_scalar_row(double *u, const int32_t *code)
{
    double *out = u + code[2];
    const double x = u[code[3]];
    switch (code[0]) {
#define ROW(name) case OP_##name: *out = forward_##name(x); break;
        MACHINE_UNARY(ROW)
#undef ROW
#define ROW(name) case OP_##name: *out = forward_##name(x, u[code[4]]); break;
        MACHINE_BINARY(ROW)
#undef ROW
#define ROW(name) case OP_##name: *out = forward_##name(x, u[code[4]], u[code[5]]); break;
        MACHINE_TERNARY(ROW)
#undef ROW
    }
}

static double scalar_products(const double *u, const int32_t *code, int chained)
{
    double sum = -0.0;
    for (int32_t k = 3; k < code[1]; k += 2)
        sum += chained ? forward_chain(u[code[k]], u[code[k + 1]]) : u[code[k]] * u[code[k + 1]];
    return sum;
}

/* Return the number of the first guard that does not hold, −1 if all do. */
static int32_t run_scalars(double *u, const int32_t *code, const int32_t *end, int careful)
{
    for (; code < end; code += code[1]) {
        switch (code[0]) {
        case OP_PRODUCTS: u[code[2]] = scalar_products(u, code, 0); break;
        case OP_ACCUMULATE: u[code[2]] = scalar_products(u, code, 1); break;
        case OP_GUARD:
            if (compare(code[2], u[code[3]], u[code[4]]) != code[5])
                return code[6];
            break;
        case OP_PACK:
            for (int32_t k = 3; k < code[1]; k++)
                u[code[2] + k - 3] = u[code[k]];
            break;
        case OP_WIDE_PRODUCTS:
        case OP_WIDE_ACCUMULATE:
        case OP_WIDE_ROW: kernels.run_wide(u, code, careful); break;
        default: run_scalar_row(u, code);
        }
    }
    return -1;
}

/* ------ a program */
typedef struct {
    PyObject_HEAD
    int32_t registers, inputs, outputs;
    int32_t uniforms, totals, splats, results;
    double *initial;       /* the uniform numbers: inputs first, constants set */
    int32_t *total;        /* the uniform number that each total becomes */
    int32_t *splat;        /* pairs: a register that holds a uniform number in all lanes */
    int32_t *result;       /* the uniform numbers that are results */
    int32_t *before, *before_end, *lanes, *lanes_end, *after, *after_end;
    void *workspace;       /* kept from one run to the next; NULL while a run has it */
} Program;

/* ------ checking code */
static int wrong(const char *what)
{
    PyErr_Format(PyExc_ValueError, "not a program of the machine: %s", what);
    return 0;
}

static int below(int32_t index, int32_t limit)
{
    return index >= 0 && index < limit;
}

static int all_below(const int32_t *index, int32_t n, int32_t limit)
{
    for (int32_t k = 0; k < n; k++)
        if (!below(index[k], limit))
            return 0;
    return 1;
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

static int is_row(const int32_t *code, int32_t limit)
{
    const int32_t n = operands_of_row(code[0]);
    return n > 0 && code[1] == n + 3 && all_below(code + 2, n + 1, limit);
}

static int is_guard(const int32_t *code, int32_t limit)
{
    return code[1] == 7 && below(code[2], 3) && all_below(code + 3, 2, limit)
           && below(code[5], 2) && code[6] >= 0;
}

/* A stretch of numbers, and what vectors reach past its end. */
static int is_stretch(const Program *p, int32_t begin, int32_t count)
{
    return begin >= 0 && count >= 0 && begin <= p->uniforms
           && count <= p->uniforms - begin - (WIDTH - 1);
}

static int is_wide_operand(const Program *p, int32_t at, int stretch, int32_t count)
{
    return stretch ? is_stretch(p, at, count) : below(at, p->uniforms);
}

static int are_wide_products(const Program *p, const int32_t *code)
{
    const int32_t *end = code + code[1], *at = code + 4;
    if (code[1] < 4 || code[3] < 1 || !is_stretch(p, code[2], code[3]))
        return 0;
    while (at < end) {
        if (end - at < 2 || !below(at[0], 4) || at[1] < 0 || at[1] > (end - at - 2) / 2)
            return 0;
        const Run run = run_at(at);
        for (int32_t k = 0; k < run.count; k++)
            if (!is_wide_operand(p, run.term[2 * k], run.kind & STRETCH_NUMBER, code[3])
                || !is_wide_operand(p, run.term[2 * k + 1], run.kind & NUMBER_STRETCH, code[3]))
                return 0;
        at = after(&run);
    }
    return 1;
}

static int is_wide_row(const Program *p, const int32_t *code)
{
    const int32_t n = code[1] - 6;
    if (n < 1 || code[3] < 1 || !is_stretch(p, code[2], code[3])
        || operands_of_row(code[4]) != n || !below(code[5], 1 << n))
        return 0;
    for (int32_t k = 0; k < n; k++)
        if (!is_wide_operand(p, code[6 + k], code[5] >> k & 1, code[3]))
            return 0;
    return 1;
}

static int is_scalar_instruction(const Program *p, const int32_t *code)
{
    switch (code[0]) {
    case OP_PACK:
        return is_stretch(p, code[2], code[1] - 3)
               && all_below(code + 3, code[1] - 3, p->uniforms);
    case OP_WIDE_PRODUCTS:
    case OP_WIDE_ACCUMULATE: return are_wide_products(p, code);
    case OP_WIDE_ROW: return is_wide_row(p, code);
    case OP_PRODUCTS:
    case OP_ACCUMULATE:
        return code[1] % 2 && code[1] >= 3 && all_below(code + 2, code[1] - 2, p->uniforms);
    case OP_GUARD: return is_guard(code, p->uniforms);
    default: return is_row(code, p->uniforms);
    }
}

static int is_run(const Program *p, const Run *run)
{
    const int first = run->kind == BOTH_LANES ? p->registers : p->uniforms;
    for (int32_t k = 0; k < run->count; k++) {
        const int32_t *term = run->term + 2 * (size_t)k;
        if (!below(term[0], run->kind == LANE_ALONE ? INT32_MAX : first)
            || !below(term[1], run->kind == UNIFORM_ALONE ? INT32_MAX : p->registers))
            return 0;
    }
    return 1;
}

static int are_runs(const Program *p, const int32_t *code)
{
    const int32_t *end = code + code[1], *at = code + 3;
    if (code[1] < 3 || !below(code[2], p->registers))
        return 0;
    while (at < end) {
        if (end - at < 2 || !below(at[0], KINDS) || at[1] < 0 || at[1] > (end - at - 2) / 2)
            return 0;
        const Run run = run_at(at);
        if (!is_run(p, &run))
            return 0;
        at = after(&run);
    }
    return 1;
}

static int are_totals(const Program *p, const int32_t *code)
{
    if (code[1] < 3 || code[1] % 2 == 0 || !below(code[2], p->registers))
        return 0;
    for (int32_t k = 3; k < code[1]; k += 2)
        if (!below(code[k], p->totals) || !below(code[k + 1], p->registers))
            return 0;
    return 1;
}

static int is_lane_instruction(const Program *p, const int32_t *code)
{
    switch (code[0]) {
    case OP_LOAD:
        return code[1] == 4 && below(code[2], p->registers) && below(code[3], p->inputs);
    case OP_STORE:
        return code[1] == 4 && below(code[2], p->outputs) && below(code[3], p->registers);
    case OP_GUARD: return is_guard(code, p->registers);
    case OP_PRODUCTS:
    case OP_ACCUMULATE: return are_runs(p, code);
    case OP_TOTAL:
        return code[1] == 4 && below(code[2], p->totals) && below(code[3], p->registers);
    case OP_TOTALS: return are_totals(p, code);
    default: return is_row(code, p->registers);
    }
}

typedef int Check(const Program *, const int32_t *);

static int is_code(const Program *p, const int32_t *code, const int32_t *end, Check *check)
{
    while (code < end) {
        if (end - code < 3 || code[1] < 3 || code[1] > end - code || !check(p, code))
            return wrong("an instruction is not as it should be");
        code += code[1];
    }
    return 1;
}

static int is_program(const Program *p)
{
    if (p->registers < 0 || p->inputs < 0 || p->outputs < 0)
        return wrong("a count is negative");
    if (!all_below(p->total, p->totals, p->uniforms)
        || !all_below(p->result, p->results, p->uniforms))
        return wrong("a number is out of range");
    for (int32_t k = 0; k < p->splats; k += 2)
        if (!below(p->splat[k], p->registers) || !below(p->splat[k + 1], p->uniforms))
            return wrong("a register is out of range");
    return is_code(p, p->before, p->before_end, is_scalar_instruction)
           && is_code(p, p->lanes, p->lanes_end, is_lane_instruction)
           && is_code(p, p->after, p->after_end, is_scalar_instruction);
}

/* ------ making one */
static void *copied(const Py_buffer *view, int32_t size, int32_t *count)
{
    if (view->len % size || view->len / size > INT32_MAX / 2) {
        wrong("a length is not as it should be");
        return NULL;
    }
    void *copy = PyMem_Malloc(view->len ? (size_t)view->len : 1);
    if (!copy)
        return PyErr_NoMemory();
    memcpy(copy, view->buf, (size_t)view->len);
    *count = (int32_t)(view->len / size);
    return copy;
}

enum { INITIAL, TOTAL, SPLATS, RESULTS, BEFORE, LANES_CODE, AFTER, STRETCHES };

static int fill(Program *p, const Py_buffer *view)
{
    int32_t words = 0;
    return (p->initial = copied(&view[INITIAL], sizeof(double), &p->uniforms))
           && (p->total = copied(&view[TOTAL], sizeof(int32_t), &p->totals))
           && (p->splat = copied(&view[SPLATS], 2 * sizeof(int32_t), &p->splats))
           && (p->splats *= 2, 1)
           && (p->result = copied(&view[RESULTS], sizeof(int32_t), &p->results))
           && (p->before = copied(&view[BEFORE], sizeof(int32_t), &words))
           && (p->before_end = p->before + words)
           && (p->lanes = copied(&view[LANES_CODE], sizeof(int32_t), &words))
           && (p->lanes_end = p->lanes + words)
           && (p->after = copied(&view[AFTER], sizeof(int32_t), &words))
           && (p->after_end = p->after + words);
}

static PyObject *program_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"initial", "totals", "splats", "results", "before", "lanes",
                            "after", "registers", "inputs", "outputs", NULL};
    Py_buffer view[STRETCHES];
    int32_t registers, inputs, outputs;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y*y*y*y*y*y*y*iii:Program", names, &view[0],
                                     &view[1], &view[2], &view[3], &view[4], &view[5], &view[6],
                                     &registers, &inputs, &outputs))
        return NULL;
    Program *p = (Program *)type->tp_alloc(type, 0);
    if (p) {
        p->registers = registers;
        p->inputs = inputs;
        p->outputs = outputs;
        if (!fill(p, view) || !is_program(p))
            Py_CLEAR(p);
    }
    for (int k = 0; k < STRETCHES; k++)
        PyBuffer_Release(&view[k]);
    return (PyObject *)p;
}

static void program_dealloc(PyObject *self)
{
    Program *p = (Program *)self;
    void *owned[] = {p->initial, p->total, p->splat, p->result, p->before, p->lanes, p->after};
    for (size_t k = 0; k < sizeof owned / sizeof *owned; k++)
        PyMem_Free(owned[k]);
    free(p->workspace);
    Py_TYPE(self)->tp_free(self);
}

/* ------ running one */

/* What a run is given, and where its results go. */
typedef struct {
    Column *columns;       /* inputs, then outputs */
    const int64_t *index;  /* which elements of the inputs are the lanes; NULL if all, in order */
    Py_ssize_t count;
    int32_t *broken;       /* for each lane; NULL if no lane has a guard */
    int careful;
    int threads;
    int any_broken;
} Job;

/* One thread's share of the lanes: some of the segments, and memory to run them in. */
typedef struct {
    const Program *program;
    const Job *job;
    double *uniform;       /* shared, only read */
    double *memory;        /* registers, totals, broken */
    double *sums;          /* shared, a stretch for each segment */
    int first, end;        /* segments */
    int any_broken;
} Worker;

static size_t padded(size_t doubles)
{
    return (doubles + LANES - 1) / LANES * LANES;
}

static size_t totals_doubles(const Program *p)
{
    return padded((size_t)p->totals * WIDTH);
}

static size_t memory_doubles(const Program *p)
{
    return (size_t)p->registers * LANES + totals_doubles(p) + LANES;
}

static size_t workspace_doubles(const Program *p, int threads)
{
    return padded((size_t)p->uniforms) + SEGMENTS * totals_doubles(p)
           + (size_t)threads * memory_doubles(p);
}

static void *workspace_new(const Program *p, int threads)
{
    void *memory = aligned_alloc(LANES * sizeof(double),
                                 workspace_doubles(p, threads) * sizeof(double));
    if (!memory)
        return PyErr_NoMemory();
    /* what an instruction computes is computed again at every run, constants stay */
    memset(memory, 0, padded((size_t)p->uniforms) * sizeof(double));
    memcpy(memory, p->initial, (size_t)p->uniforms * sizeof(double));
    return memory;
}

/* The memory for one thread is kept from one run to the next. */
static void *take_workspace(Program *p, int threads)
{
    void *taken = threads == 1 ? p->workspace : NULL;
    if (!taken)
        return workspace_new(p, threads);
    p->workspace = NULL;
    return taken;
}

static void give_workspace(Program *p, void *workspace, int threads)
{
    if (threads == 1 && !p->workspace)
        p->workspace = workspace;
    else
        free(workspace);
}

static void fill_splats(const Program *p, const Frame *f)
{
    for (int32_t k = 0; k < p->splats; k += 2) {
        double *out = lane_register(f, p->splat[k]);
        for (int i = 0; i < LANES; i++)
            out[i] = f->uniform[p->splat[k + 1]];
    }
}

static void note_broken(const Frame *f, Worker *worker)
{
    for (int i = 0; i < f->count; i++) {
        worker->job->broken[f->base + i] = (int32_t)f->broken[i];
        worker->any_broken |= f->broken[i] >= 0.0;
    }
}

static void run_one_block(Frame *f, Worker *worker)
{
    if (worker->job->broken)
        for (int i = 0; i < LANES; i++)
            f->broken[i] = -1.0;
    kernels.run_block(f);
    if (worker->job->broken)
        note_broken(f, worker);
}

/* How many segments the lanes are cut into, and where one begins. It depends on nothing but their
 * number: sums are the same however many threads there are. */
static Py_ssize_t chunks_of(Py_ssize_t count)
{
    return (count + BLOCKS_PER_CHUNK * LANES - 1) / (BLOCKS_PER_CHUNK * LANES);
}

static int segments_of(Py_ssize_t count)
{
    return chunks_of(count) < SEGMENTS ? (int)chunks_of(count) : SEGMENTS;
}

static Py_ssize_t segment_begin(Py_ssize_t count, int segment)
{
    const int n = segments_of(count);
    const Py_ssize_t at = chunks_of(count) * segment / n * BLOCKS_PER_CHUNK * LANES;
    return segment >= n ? count : at;
}

static void run_chunk(Frame *f, Worker *worker, Py_ssize_t begin, Py_ssize_t end, double *sums)
{
    const size_t n = (size_t)worker->program->totals * WIDTH;
    memset(f->totals, 0, n * sizeof(double));
    for (f->base = begin; f->base < end; f->base += LANES) {
        f->count = end - f->base < LANES ? (int)(end - f->base) : LANES;
        run_one_block(f, worker);
    }
    for (size_t k = 0; k < n; k++)
        sums[k] += f->totals[k];
}

static void run_segment(Frame *f, Worker *worker, int segment)
{
    const Py_ssize_t count = worker->job->count, step = BLOCKS_PER_CHUNK * LANES;
    const Py_ssize_t end = segment_begin(count, segment + 1);
    double *sums = worker->sums + (size_t)segment * totals_doubles(worker->program);
    memset(sums, 0, totals_doubles(worker->program) * sizeof(double));
    for (Py_ssize_t at = segment_begin(count, segment); at < end; at += step)
        run_chunk(f, worker, at, at + step < end ? at + step : end, sums);
}

static void *run_worker(void *given)
{
    Worker *worker = given;
    const Program *p = worker->program;
    double *totals = worker->memory + (size_t)p->registers * LANES;
    Frame f = {
        .uniform = worker->uniform, .lanes = worker->memory, .totals = totals,
        .broken = totals + totals_doubles(p),
        .inputs = worker->job->columns, .outputs = worker->job->columns + p->inputs,
        .index = worker->job->index,
        .code = p->lanes, .code_end = p->lanes_end, .careful = worker->job->careful,
    };
    fill_splats(p, &f);
    for (int segment = worker->first; segment < worker->end; segment++)
        run_segment(&f, worker, segment);
    return NULL;
}

#ifdef HAVE_THREADS
/* All workers but the first get a thread; where there is none to be had they run here. */
static void run_workers(Worker *worker, int n)
{
    pthread_t thread[MAX_THREADS];
    int started[MAX_THREADS] = {0};
    for (int k = 1; k < n; k++)
        started[k] = pthread_create(&thread[k], NULL, run_worker, &worker[k]) == 0;
    for (int k = 0; k < n; k++)
        if (!started[k])
            run_worker(&worker[k]);
    for (int k = 1; k < n; k++)
        if (started[k])
            pthread_join(thread[k], NULL);
}
#else
static void run_workers(Worker *worker, int n)
{
    for (int k = 0; k < n; k++)
        run_worker(&worker[k]);
}
#endif

static void run_lanes(const Program *p, double *uniform, Job *job)
{
    const int segments = segments_of(job->count);
    const int n = job->threads < segments ? job->threads : segments;
    double *sums = uniform + padded((size_t)p->uniforms);
    double *memory = sums + SEGMENTS * totals_doubles(p);
    Worker worker[MAX_THREADS];
    for (int k = 0; k < n; k++)
        worker[k] = (Worker){
            .program = p, .job = job, .uniform = uniform, .sums = sums,
            .memory = memory + (size_t)k * memory_doubles(p),
            .first = segments * k / n, .end = segments * (k + 1) / n,
        };
    run_workers(worker, n);
    for (int k = 0; k < n; k++)
        job->any_broken |= worker[k].any_broken;
}

static void store_totals(const Program *p, double *uniform, int segments)
{
    const double *sums = uniform + padded((size_t)p->uniforms);
    for (int32_t k = 0; k < p->totals; k++) {
        V sum = {0};
        for (int segment = 0; segment < segments; segment++)
            sum += *(const V *)(sums + (size_t)segment * totals_doubles(p) + (size_t)k * WIDTH);
        double total = 0.0;
        for (int i = 0; i < WIDTH; i++)
            total += sum[i];
        uniform[p->total[k]] = total;
    }
}

/* Return the number of a guard that does not hold, −1 if all do, −2 if it depends on the lane. */
static int32_t run_program(const Program *p, double *uniform, Job *job)
{
    const int32_t guard = run_scalars(uniform, p->before, p->before_end, job->careful);
    if (guard >= 0)
        return guard;
    if (p->lanes < p->lanes_end && job->count)
        run_lanes(p, uniform, job);
    store_totals(p, uniform, segments_of(job->count));
    run_scalars(uniform, p->after, p->after_end, job->careful);
    return job->any_broken ? -2 : -1;
}

/* ------ the call from Python */
static int is_column(const Py_buffer *view, Py_ssize_t count)
{
    /* whatever it says of alignment: loads do not depend on it */
    const char *format = view->format ? view->format + strspn(view->format, "@=^") : "";
    if (view->ndim == 1 && view->itemsize == sizeof(double) && view->shape[0] >= count
        && strcmp(format, "d") == 0)
        return 1;
    PyErr_Format(PyExc_TypeError, "expected arrays of at least %zd float64", count);
    return 0;
}

static void release(Py_buffer *views, Py_ssize_t n)
{
    for (Py_ssize_t k = 0; k < n; k++)
        PyBuffer_Release(&views[k]);
    PyMem_Free(views);
}

/* The buffers of all columns; NULL with an exception. */
static Py_buffer *open_columns(const Program *p, PyObject *columns, Py_ssize_t length,
                               Py_ssize_t count)
{
    const Py_ssize_t n = (Py_ssize_t)p->inputs + p->outputs;
    if (!PyTuple_Check(columns) || PyTuple_GET_SIZE(columns) != n)
        return PyErr_Format(PyExc_TypeError, "expected a tuple of %zd arrays", n), NULL;
    Py_buffer *views = PyMem_Calloc((size_t)n + 1, sizeof *views);
    if (!views)
        return PyErr_NoMemory(), NULL;
    for (Py_ssize_t k = 0; k < n; k++) {
        const int flags = PyBUF_STRIDES | PyBUF_FORMAT | (k < p->inputs ? 0 : PyBUF_WRITABLE);
        if (PyObject_GetBuffer(PyTuple_GET_ITEM(columns, k), &views[k], flags) < 0)
            return release(views, k), NULL;
        if (!is_column(&views[k], k < p->inputs ? length : count))
            return release(views, k + 1), NULL;
    }
    return views;
}

static int32_t run_columns(Program *p, double *workspace, Py_buffer *views, Job *job)
{
    const Py_ssize_t n = (Py_ssize_t)p->inputs + p->outputs;
    for (Py_ssize_t k = 0; k < n; k++)
        job->columns[k] = (Column){views[k].buf, views[k].strides[0]};
    int32_t status;
    Py_BEGIN_ALLOW_THREADS
    status = run_program(p, workspace, job);
    Py_END_ALLOW_THREADS
    return status;
}

/* Return how long the inputs have to be, −1 with an exception if an index is negative. */
static Py_ssize_t needed_length(const Py_buffer *index, Py_ssize_t count)
{
    const int64_t *at = index->buf;
    Py_ssize_t longest = at ? 0 : count;
    for (Py_ssize_t i = 0; at && i < count; i++) {
        if (at[i] < 0 || at[i] >= PY_SSIZE_T_MAX) {
            PyErr_SetString(PyExc_ValueError, "an index is out of range");
            return -1;
        }
        longest = at[i] >= longest ? (Py_ssize_t)at[i] + 1 : longest;
    }
    return longest;
}

/* Divided, not multiplied: a count that is no real one could overflow. */
static int has_count(const Py_buffer *view, Py_ssize_t count, Py_ssize_t size)
{
    return !view->buf || (view->len % size == 0 && view->len / size == count);
}

static int fits(const Program *p, const Py_buffer *numbers, const Py_buffer *results,
                const Py_buffer *broken, const Py_buffer *index, Py_ssize_t count)
{
    if (numbers->len % (Py_ssize_t)sizeof(double) || results->len % (Py_ssize_t)sizeof(double)
        || numbers->len / (Py_ssize_t)sizeof(double) > p->uniforms
        || results->len != (Py_ssize_t)sizeof(double) * p->results || count < 0
        || !has_count(broken, count, sizeof(int32_t)) || !has_count(index, count, sizeof(int64_t))) {
        PyErr_SetString(PyExc_ValueError, "the buffers do not fit the program");
        return 0;
    }
    return 1;
}

static PyObject *run_with(Program *p, PyObject *columns, Py_ssize_t count, const Py_buffer *numbers,
                          Py_buffer *results, Py_buffer *broken, const Py_buffer *index,
                          int careful, int threads)
{
    if (!fits(p, numbers, results, broken, index, count))
        return NULL;
    const Py_ssize_t length = needed_length(index, count);
    Py_buffer *views = length < 0 ? NULL : open_columns(p, columns, length, count);
    if (!views)
        return NULL;
    const Py_ssize_t n = (Py_ssize_t)p->inputs + p->outputs;
    double *workspace = take_workspace(p, threads);
    Column *places = PyMem_Calloc((size_t)n + 1, sizeof *places);
    PyObject *status = NULL;
    if (workspace && places) {
        memcpy(workspace, numbers->buf, (size_t)numbers->len);
        Job job = {.columns = places, .index = index->buf, .count = count, .broken = broken->buf, .careful = careful,
                   .threads = threads};
        status = PyLong_FromLong(run_columns(p, workspace, views, &job));
        for (int32_t k = 0; k < p->results; k++)
            ((double *)results->buf)[k] = workspace[p->result[k]];
    } else if (!PyErr_Occurred()) {
        PyErr_NoMemory();
    }
    if (workspace)
        give_workspace(p, workspace, threads);
    PyMem_Free(places);
    release(views, n);
    return status;
}

static PyObject *program_run(PyObject *self, PyObject *args)
{
    PyObject *columns;
    Py_ssize_t count;
    Py_buffer numbers = {0}, results = {0}, broken = {0}, index = {0};
    int careful, threads;
    if (!PyArg_ParseTuple(args, "y*O!nw*z*z*pi:run", &numbers, &PyTuple_Type, &columns, &count,
                          &results, &broken, &index, &careful, &threads))
        return NULL;
    threads = threads < 1 ? 1 : threads > MAX_THREADS ? MAX_THREADS : threads;
    PyObject *status = NULL;
    if (broken.buf && broken.readonly)
        PyErr_SetString(PyExc_TypeError, "broken must be writable");
    else
        status = run_with((Program *)self, columns, count, &numbers, &results, &broken, &index,
                          careful, threads);
    PyBuffer_Release(&numbers);
    PyBuffer_Release(&results);
    if (broken.obj)
        PyBuffer_Release(&broken);
    if (index.obj)
        PyBuffer_Release(&index);
    return status;
}

static PyMethodDef program_methods[] = {
    {"run", program_run, METH_VARARGS,
     "run(numbers, columns, count, results, broken, index, careful, threads): run the lanes, those "
     "of an index if there is one; return the number of a guard that does not hold, -1 if all do, "
     "-2 if `broken` tells for each lane."},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject ProgramType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "scalargrad.native._machine.Program",
    .tp_doc = "A program of the machine; its code is checked when it is made.",
    .tp_basicsize = sizeof(Program),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = program_new,
    .tp_dealloc = program_dealloc,
    .tp_methods = program_methods,
};

static PyObject *choose(PyObject *module, PyObject *name)
{
    (void)module;
    const char *wanted = PyUnicode_AsUTF8(name);
    if (!wanted)
        return NULL;
    const Kernels best = best_kernels();
    if (strcmp(wanted, "baseline") == 0)
        kernels = baseline;
#ifdef HAVE_X86
    else if (strcmp(wanted, "avx2") == 0 && strcmp(best.name, "baseline") != 0)
        kernels = (Kernels){"avx2", run_block_avx2, run_wide_avx2};
#endif
    else if (strcmp(wanted, best.name) == 0 || strcmp(wanted, "best") == 0)
        kernels = best;
    else
        return PyErr_Format(PyExc_ValueError, "this machine has %s, not %s", best.name, wanted);
    return PyUnicode_FromString(kernels.name);
}

/* ------ whether what a function was traced with is still what it was */

static int same_list(PyObject *list, PyObject *expected)
{
    const Py_ssize_t n = PyTuple_GET_SIZE(expected);
    if (PyList_GET_SIZE(list) != n)
        return 0;
    for (Py_ssize_t i = 0; i < n; i++)
        if (PyList_GET_ITEM(list, i) != PyTuple_GET_ITEM(expected, i))
            return 0;
    return 1;
}

/* `expected` are keys and values in turn. */
static int same_dict(PyObject *dict, PyObject *expected)
{
    PyObject *key, *value;
    Py_ssize_t at = 0, n = 0;
    if (PyDict_GET_SIZE(dict) * 2 != PyTuple_GET_SIZE(expected))
        return 0;
    for (; PyDict_Next(dict, &at, &key, &value); n += 2)
        if (PyTuple_GET_ITEM(expected, n) != key || PyTuple_GET_ITEM(expected, n + 1) != value)
            return 0;
    return 1;
}

/* `expected` are some keys, each with its value; NotImplemented where it has none. */
static int same_globals(PyObject *dict, PyObject *expected)
{
    for (Py_ssize_t n = 0; n + 1 < PyTuple_GET_SIZE(expected); n += 2) {
        PyObject *found = PyDict_GetItem(dict, PyTuple_GET_ITEM(expected, n));
        if ((found ? found : Py_NotImplemented) != PyTuple_GET_ITEM(expected, n + 1))
            return 0;
    }
    return 1;
}

/* `expected` are its code and its defaults, of both kinds. */
static int same_function(PyObject *f, PyObject *expected)
{
    PyObject *found[] = {PyFunction_GET_CODE(f), PyFunction_GET_DEFAULTS(f),
                         PyFunction_GET_KW_DEFAULTS(f)};
    for (Py_ssize_t n = 0; n < 3; n++)
        if (PyTuple_GET_SIZE(expected) != 3
            || (found[n] ? found[n] : Py_None) != PyTuple_GET_ITEM(expected, n))
            return 0;
    return 1;
}

static int same(PyObject *kind, PyObject *holder, PyObject *expected)
{
    if (!PyTuple_Check(expected))
        return 0;
    if (PyList_Check(holder))
        return same_list(holder, expected);
    if (PyFunction_Check(holder))
        return same_function(holder, expected);
    if (PyType_Check(holder))
        holder = ((PyTypeObject *)holder)->tp_dict;
    if (holder && PyDict_Check(holder))
        return kind == Py_True ? same_dict(holder, expected) : same_globals(holder, expected);
    if (holder && PyCell_Check(holder))
        return PyTuple_GET_SIZE(expected) == 1
               && PyCell_GET(holder) == PyTuple_GET_ITEM(expected, 0);
    return 0;
}

/* A list of (whole, holder, expected): each holder is to hold the very objects expected. */
static PyObject *unchanged(PyObject *module, PyObject *records)
{
    (void)module;
    if (!PyList_Check(records))
        return PyErr_Format(PyExc_TypeError, "expected a list of records");
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(records); i++) {
        PyObject *record = PyList_GET_ITEM(records, i);
        if (!PyTuple_Check(record) || PyTuple_GET_SIZE(record) != 3)
            return PyErr_Format(PyExc_TypeError, "a record has three parts");
        if (!same(PyTuple_GET_ITEM(record, 0), PyTuple_GET_ITEM(record, 1),
                  PyTuple_GET_ITEM(record, 2)))
            Py_RETURN_FALSE;
    }
    Py_RETURN_TRUE;
}

/* Whether all numbers of a buffer are finite. x − x is 0.0 for a finite x, else NaN. */
static PyObject *all_finite(PyObject *module, PyObject *numbers)
{
    (void)module;
    Py_buffer view;
    if (PyObject_GetBuffer(numbers, &view, PyBUF_SIMPLE) < 0)
        return NULL;
    const double *x = view.buf;
    const Py_ssize_t n = view.len / (Py_ssize_t)sizeof(double);
    int64_t others = 0;
    for (Py_ssize_t i = 0; i < n; i++)
        others += x[i] - x[i] != 0.0;
    PyBuffer_Release(&view);
    return PyBool_FromLong(others == 0);
}

static PyMethodDef module_methods[] = {
    {"all_finite", all_finite, METH_O,
     "all_finite(numbers): whether no number of a buffer of float64 is infinite or NaN."},
    {"unchanged", unchanged, METH_O,
     "unchanged(records): whether each list, dict, cell, class and function still holds what it held."},
    {"choose", choose, METH_O,
     "choose(name): use the instruction set avx512, avx2, baseline or the best; return its name."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef machine_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "scalargrad.native._machine",
    .m_doc = "Runs compiled programs.",
    .m_size = -1,
    .m_methods = module_methods,
};

static int add_operations(PyObject *module)
{
    static const struct { const char *name; int code; } operations[] = {
        {"LOAD", OP_LOAD}, {"STORE", OP_STORE}, {"GUARD", OP_GUARD}, {"PRODUCTS", OP_PRODUCTS},
        {"ACCUMULATE", OP_ACCUMULATE}, {"TOTAL", OP_TOTAL}, {"TOTALS", OP_TOTALS}, {"PACK", OP_PACK},
        {"WIDE_PRODUCTS", OP_WIDE_PRODUCTS}, {"WIDE_ACCUMULATE", OP_WIDE_ACCUMULATE},
        {"WIDE_ROW", OP_WIDE_ROW},
        {"UNIFORM_UPSTREAM", UNIFORM_UPSTREAM}, {"UNIFORM_LOCAL", UNIFORM_LOCAL},
        {"BOTH_LANES", BOTH_LANES}, {"LANE_ALONE", LANE_ALONE}, {"UNIFORM_ALONE", UNIFORM_ALONE},
    };
    for (size_t k = 0; k < sizeof operations / sizeof *operations; k++)
        if (PyModule_AddIntConstant(module, operations[k].name, operations[k].code) < 0)
            return -1;
    return 0;
}

PyMODINIT_FUNC PyInit__machine(void)
{
    kernels = best_kernels();
    if (PyType_Ready(&ProgramType) < 0)
        return NULL;
    PyObject *module = PyModule_Create(&machine_module);
    if (!module)
        return NULL;
    if (PyModule_AddObjectRef(module, "Program", (PyObject *)&ProgramType) < 0
        || add_operations(module) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
