/* A program: its code, checked when it is made. */
#ifndef SCALARGRAD_PROGRAM_H
#define SCALARGRAD_PROGRAM_H

#include "scalars.h"

/* ------ a program */
typedef struct {
    PyObject_HEAD
    int32_t registers, inputs, outputs;
    int32_t given, made;   /* how many arrays the inputs stand in, and the outputs */
    int32_t uniforms, totals, splats, results;
    double *initial;       /* the uniform numbers: inputs first, constants set */
    int32_t *total;        /* the uniform number that each total becomes, −1 if nobody wants it */
    int32_t *splat;        /* pairs: a register that holds a uniform number in all lanes */
    int32_t *result;       /* the uniform numbers that are results */
    int32_t *input, *output; /* pairs: in which array, in which of its columns */
    int32_t *before, *before_end, *lanes, *lanes_end, *after, *after_end;
    double *uniform;       /* kept from one run to the next; NULL while a run has them */
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

static int all_below_or_none(const int32_t *index, int32_t n, int32_t limit)
{
    for (int32_t k = 0; k < n; k++)
        if (index[k] != -1 && !below(index[k], limit))
            return 0;
    return 1;
}

static int is_row(const int32_t *code, int32_t limit)
{
    const int32_t n = operands_of_row(code[0]);
    return n > 0 && code[1] == n + 3 && all_below(code + 2, n + 1, limit);
}

/* Some rows of one kind, as those of the lanes are. */
static int are_rows(const int32_t *code, int32_t limit)
{
    const int32_t each = operands_of_row(code[0]) + 1;
    return each > 1 && (code[1] - 2) % each == 0 && all_below(code + 2, code[1] - 2, limit);
}

static int are_less(const Program *p, const int32_t *code)
{
    for (int32_t k = 2; k < code[1]; k += 3)
        if (code[1] - k < 3 || !all_below(code + k, 2, p->registers)
            || !below(code[k + 2], p->uniforms))
            return 0;
    return 1;
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

static int is_wide_tile(const Program *p, const int32_t *code)
{
    if (code[1] < 4 || code[2] < 1 || code[3] < 1 || code[3] > DENSE_ROWS
        || code[1] < 4 + 2 * code[3])
        return 0;
    const WideTile t = wide_tile_at(code);
    for (int row = 0; row < t.rows; row++)
        if (!is_stretch(p, t.out[row], t.count))
            return 0;
    if ((t.end - t.term) % (1 + t.rows))
        return 0;
    for (const int32_t *at = t.term; at < t.end; at += 1 + t.rows)
        if (!is_stretch(p, at[0], t.count) || !all_below(at + 1, t.rows, p->uniforms))
            return 0;
    return all_below_or_none(t.first, t.rows, p->uniforms);
}

static int is_scalar_instruction(const Program *p, const int32_t *code)
{
    switch (code[0]) {
    case OP_PACK:
        return is_stretch(p, code[2], code[1] - 3)
               && all_below(code + 3, code[1] - 3, p->uniforms);
    case OP_WIDE_PRODUCTS: return are_wide_products(p, code);
    case OP_WIDE_ROW: return is_wide_row(p, code);
    case OP_WIDE_TILE: return is_wide_tile(p, code);
    case OP_PRODUCTS:
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
    if (code[1] < 5 || code[2] < 0 || code[3] < 1 || code[3] > TOTALS_ROWS || code[1] < 4 + code[3])
        return 0;
    const Totals t = totals_at(code);
    return all_below(t.x, t.rows, p->registers)
           && all_below_or_none(t.y, t.columns, p->registers)
           && (int64_t)t.first + (int64_t)t.rows * t.columns <= p->totals;
}

/* The terms of a DENSE: a register, then a number for each row. */
static int are_terms(const Program *p, const Dense *d)
{
    if ((d->end - d->term) % (1 + d->rows))
        return 0;
    for (const int32_t *at = d->term; at < d->end; at += 1 + d->rows)
        if (!below(at[0], p->registers) || !all_below(at + 1, d->rows, p->uniforms))
            return 0;
    return 1;
}

static int is_dense(const Program *p, const int32_t *code)
{
    if (code[1] < 4 || !below(code[2], ENDINGS) || code[3] < 1 || code[3] > DENSE_ROWS
        || code[1] < 4 + (code[2] == STEP ? 3 : 2) * code[3])
        return 0;
    const Dense d = dense_at(code);
    return all_below_or_none(d.first, d.rows, p->uniforms)
           && all_below(d.out, d.rows, p->registers)
           && all_below(d.other, d.ending == STEP ? d.rows : 0, p->registers)
           && are_terms(p, &d);
}

static int is_lane_instruction(const Program *p, const int32_t *code)
{
    switch (code[0]) {
    case OP_LOAD:
        return below(code[2], p->inputs) && code[1] - 3 <= p->inputs - code[2]
               && all_below(code + 3, code[1] - 3, p->registers);
    case OP_STORE:
        return code[1] == 4 && below(code[2], p->outputs) && below(code[3], p->registers);
    case OP_GUARD: return is_guard(code, p->registers);
    case OP_PRODUCTS: return are_runs(p, code);
    case OP_TOTAL:
        return code[1] == 4 && below(code[2], p->totals) && below(code[3], p->registers);
    case OP_TOTALS: return are_totals(p, code);
    case OP_DENSE: return is_dense(p, code);
    case OP_LESS: return are_less(p, code);
    default: return are_rows(code, p->registers);
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

static int are_columns(const int32_t *column, int32_t n, int32_t arrays)
{
    for (int32_t k = 0; k < n; k++)
        if (!below(column[2 * k], arrays) || column[2 * k + 1] < 0)
            return 0;
    return 1;
}

static int is_program(const Program *p)
{
    if (p->registers < 0 || p->given < 0 || p->made < 0)
        return wrong("a count is negative");
    if (!are_columns(p->input, p->inputs, p->given) || !are_columns(p->output, p->outputs, p->made))
        return wrong("a column is in no array");
    if (!all_below_or_none(p->total, p->totals, p->uniforms)
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

enum { INITIAL, TOTAL, SPLATS, RESULTS, BEFORE, LANES_CODE, AFTER, INPUTS, OUTPUTS, STRETCHES };

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
           && (p->after_end = p->after + words)
           && (p->input = copied(&view[INPUTS], 2 * sizeof(int32_t), &p->inputs))
           && (p->output = copied(&view[OUTPUTS], 2 * sizeof(int32_t), &p->outputs));
}

static PyObject *program_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"initial", "totals", "splats", "results", "before", "lanes",
                            "after", "inputs", "outputs", "registers", "given", "made", NULL};
    Py_buffer view[STRETCHES];
    int32_t registers, given, made;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y*y*y*y*y*y*y*y*y*iii:Program", names, &view[0],
                                     &view[1], &view[2], &view[3], &view[4], &view[5], &view[6],
                                     &view[7], &view[8], &registers, &given, &made))
        return NULL;
    Program *p = (Program *)type->tp_alloc(type, 0);
    if (p) {
        p->registers = registers;
        p->given = given;
        p->made = made;
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
    void *owned[] = {p->initial, p->total, p->splat, p->result, p->before, p->lanes, p->after,
                     p->input, p->output};
    for (size_t k = 0; k < sizeof owned / sizeof *owned; k++)
        PyMem_Free(owned[k]);
    free(p->uniform);
    Py_TYPE(self)->tp_free(self);
}

#endif
