/* A program: its code, checked when it is made. Included by nests/checked.h, run.h. */
#ifndef SCALARGRAD_PROGRAM_H
#define SCALARGRAD_PROGRAM_H

#include "layouts.h"
#include "scalars.h"

/* What a run returns where a signal ended it: then there is an exception. */
enum { STOPPED = DOUBT - 1 };

/* ------ a program */
typedef struct {
    PyObject_HEAD
    int32_t registers, inputs, outputs;
    int32_t given, made; /* how many arrays the inputs stand in, and the outputs */
    int32_t uniforms, totals, splats, results;
    double *initial; /* the uniform numbers: inputs first, constants set */
    int32_t *total;  /* the uniform number that each total becomes, −1 if nobody wants it */
    int32_t *splat;  /* pairs: a register that holds a uniform number in all lanes */
    int32_t *result; /* the uniform numbers that are results */
    int32_t *input, *output; /* pairs: in which array, in which of its columns */
    int32_t *before, *before_end, *lanes, *lanes_end, *after, *after_end;
    double *uniform; /* kept from one run to the next; NULL while a run has them */
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

/* An instruction that is being checked, with the sizes of its program and the counts that the
 * instruction tells. */
typedef struct {
    int64_t size[SIZES];
    int64_t height,
        count; /* count: of the numbers of its stretches, or of the words of its rest */
    int ends_with_step;
} Checked;

/* How many stand side by side from a word on. */
static int64_t reach_of(const Checked *c, const Word *word)
{
    switch (word->reach) {
    case REACH_COUNT: return c->count;
    case REACH_STRETCH: return c->count + WIDTH - 1;
    case REACH_SUMS: return c->count * c->height;
    default: return 1;
    }
}

static int is_word(const Checked *c, const Word *word, int32_t x)
{
    const int64_t limit = word->size == SIZE_OWN ? word->limit : c->size[word->size];
    return x >= word->low && x < limit && reach_of(c, word) <= limit - x;
}

static int64_t times_of(const Checked *c, const Word *word)
{
    if (word->times == EACH_ONE_OF_STEP && !c->ends_with_step)
        return 0;
    return word->times == ONCE ? 1 : c->height;
}

static int64_t length_of_words(const Checked *c, const Word *word, int n)
{
    int64_t length = 0;
    for (int k = 0; k < n; k++)
        length += times_of(c, &word[k]);
    return length;
}

/* Whether all these words are in their ranges, and the words are as many as are wanted. */
static int are_words(const Checked *c, const Word *word, int n, const int32_t *at)
{
    for (int k = 0; k < n; k++)
        for (int64_t i = times_of(c, &word[k]); i > 0; i--)
            if (!is_word(c, &word[k], *at++))
                return 0;
    return 1;
}

static int are_groups(const Checked *c, const Layout *l, const int32_t *at, const int32_t *end)
{
    const Word *word = l->word + l->words;
    const int64_t each = length_of_words(c, word, l->group);
    if (each ? (end - at) % each : end > at)
        return 0;
    for (; at < end; at += each)
        if (!are_words(c, word, l->group, at))
            return 0;
    return 1;
}

static int are_runs(const Checked *c, const Layout *l, const int32_t *at, const int32_t *end)
{
    while (at < end) {
        if (end - at < 2 || !below(at[0], l->kinds) || at[1] < 0 || at[1] > (end - at - 2) / 2)
            return 0;
        const Run run = run_at(at);
        for (int32_t k = 0; k < run.count; k++)
            if (!are_words(c, l->word + l->words + 2 * run.kind, 2, run.term + 2 * (size_t)k))
                return 0;
        at = after(&run);
    }
    return 1;
}

/* Whether the operator has so many operands, each a number or a stretch as the instruction
 * tells. */
static int is_wide_row(const Checked *c, const int32_t *code)
{
    static const Word number = {0, 0, SIZE_PLACES, REACH_ONE, ONCE};
    static const Word stretch = {0, 0, SIZE_PLACES, REACH_STRETCH, ONCE};
    const WideRowWords row = wide_row_words(code);
    const int32_t n = (int32_t)(row.end - row.operands);
    if (n < 1 || operands_of_row(row.row) != n || !below(row.stretches, 1 << n))
        return 0;
    for (int32_t k = 0; k < n; k++)
        if (!is_word(c, row.stretches >> k & 1 ? &stretch : &number, row.operands[k]))
            return 0;
    return 1;
}

static int is_laid_out(Checked *c, const Layout *l, const int32_t *code)
{
    if (code[1] < l->head)
        return 0;
    c->height = l->height ? code[l->height] : 1;
    if (l->height && !is_word(c, &l->word[l->height - 2], code[l->height]))
        return 0;
    c->ends_with_step = l->ending && code[l->ending] == STEP;
    const int64_t rest = code[1] - 2 - length_of_words(c, l->word, l->words);
    if (rest < 0)
        return 0;
    c->count = l->count ? code[l->count] : rest;
    const int32_t *end = code + code[1], *at = end - rest;
    return are_words(c, l->word, l->words, code + 2)
           && (l->kinds ? are_runs(c, l, at, end) : are_groups(c, l, at, end));
}

/* An operator: one at a time, in lanes several times. */
static int is_row(const Checked *c, const int32_t *code, int stage)
{
    static const Word number = {0, 0, SIZE_NUMBERS, REACH_ONE, ONCE};
    const RowWords row = row_words(code);
    const int32_t each = operands_of_row(row.op) + 1, n = (int32_t)(row.end - row.terms);
    if (each <= 1 || (stage == IN_LANES ? n % each : n != each))
        return 0;
    for (int32_t k = 0; k < n; k++)
        if (!is_word(c, &number, row.terms[k]))
            return 0;
    return 1;
}

static int is_instruction(Checked *c, const int32_t *code, int stage)
{
    if (code[0] < OP_COUNT)
        return is_row(c, code, stage);
    if (code[0] >= OP_END)
        return 0;
    const Layout *l = &layouts[code[0] - OP_COUNT];
    return (l->stages & stage) && is_laid_out(c, l, code)
           && (code[0] != OP_WIDE_ROW || is_wide_row(c, code));
}

static int is_code(const Program *p, const int32_t *code, const int32_t *end, int stage)
{
    Checked c = {.size = {
                     [SIZE_NUMBERS] = stage == IN_LANES ? p->registers : p->uniforms,
                     [SIZE_REGISTERS] = p->registers,
                     [SIZE_PLACES] = p->uniforms,
                     [SIZE_INPUTS] = p->inputs,
                     [SIZE_OUTPUTS] = p->outputs,
                     [SIZE_TOTALS] = p->totals,
                 }};
    while (code < end) {
        if (end - code < 3 || code[1] < 3 || code[1] > end - code
            || !is_instruction(&c, code, stage))
            return wrong("an instruction is not as it should be");
        code = next_instruction(code);
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
    if (!are_columns(p->input, p->inputs, p->given)
        || !are_columns(p->output, p->outputs, p->made))
        return wrong("a column is in no array");
    if (!all_below_or_none(p->total, p->totals, p->uniforms)
        || !all_below(p->result, p->results, p->uniforms))
        return wrong("a number is out of range");
    for (int32_t k = 0; k < p->splats; k += 2)
        if (!below(p->splat[k], p->registers) || !below(p->splat[k + 1], p->uniforms))
            return wrong("a register is out of range");
    return is_code(p, p->before, p->before_end, IN_BEFORE)
           && is_code(p, p->lanes, p->lanes_end, IN_LANES)
           && is_code(p, p->after, p->after_end, IN_AFTER);
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
    static char *names[] = {"initial", "totals", "splats", "results", "before",
                            "lanes",   "after",  "inputs", "outputs", "registers",
                            "given",   "made",   NULL};
    Py_buffer view[STRETCHES];
    int32_t registers, given, made;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y*y*y*y*y*y*y*y*y*iii:Program", names,
                                     &view[0], &view[1], &view[2], &view[3], &view[4], &view[5],
                                     &view[6], &view[7], &view[8], &registers, &given, &made))
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
    void *owned[] = {p->initial, p->total, p->splat, p->result, p->before,
                     p->lanes,   p->after, p->input, p->output};
    for (size_t k = 0; k < sizeof owned / sizeof *owned; k++)
        PyMem_Free(owned[k]);
    free(p->uniform);
    Py_TYPE(self)->tp_free(self);
}

#endif
