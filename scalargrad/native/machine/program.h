/* A program: its code, checked when it is made. Included by lane_steps.h. */
#ifndef SCALARGRAD_PROGRAM_H
#define SCALARGRAD_PROGRAM_H

#include "code.h"

/* The result of a run that a signal ended: then there is an exception. */
enum { STOPPED = DOUBT - 1 };

/* ------ a program */
typedef struct {
    PyObject_HEAD
    int32_t registers, inputs, outputs;
    int32_t given, made; /* how many arrays the inputs stand in, and the outputs */
    int32_t uniforms, totals, splats, results;
    int32_t indexes, walks, loops;
    double *initial; /* the uniform numbers: inputs first, constants set */
    int32_t *total;  /* the uniform number that each total becomes, −1 if nobody wants it */
    int32_t *splat;  /* pairs: a register that holds a uniform number in all lanes */
    int32_t *result; /* the uniform numbers that are results */
    int32_t *input, *output; /* pairs: in which array, in which of its columns */
    int64_t *index;          /* registers, which code in loops chooses among */
    int32_t *before, *before_end, *lanes, *lanes_end, *after, *after_end;
    double *uniform; /* kept from one run to the next; NULL while a run has them */
} Program;

/* ------ checking one */
static int is_code(const Program *p, const int32_t *code, const int32_t *end, int stage,
                   int32_t *loops)
{
    CodeCheck c = {
        .sizes = {.size =
                      {
                          [SIZE_NUMBERS] = stage == IN_LANES ? p->registers : p->uniforms,
                          [SIZE_REGISTERS] = p->registers,
                          [SIZE_PLACES] = p->uniforms,
                          [SIZE_INPUTS] = p->inputs,
                          [SIZE_OUTPUTS] = p->outputs,
                          [SIZE_TOTALS] = p->totals,
                          [SIZE_WALKS] = p->walks,
                      }},
        .stage = stage};
    const int found = is_checked(&c, p->index, p->indexes, code, end);
    *loops = c.loops;
    return found;
}

static int are_columns(const int32_t *column, int32_t n, int32_t arrays)
{
    for (int32_t k = 0; k < n; k++)
        if (!below(column[2 * k], arrays) || column[2 * k + 1] < 0)
            return 0;
    return 1;
}

static int is_program(Program *p)
{
    if (p->registers < 0 || p->given < 0 || p->made < 0 || p->walks < 0)
        return wrong("a count is negative");
    if (!are_columns(p->input, p->inputs, p->given)
        || !are_columns(p->output, p->outputs, p->made))
        return wrong("a column is in no array");
    if (!all_below_or_none(p->total, p->totals, p->uniforms)
        || !all_below(p->result, p->results, p->uniforms))
        return wrong("a number is out of range");
    if (!are_indexes(p->index, p->indexes, p->registers))
        return wrong("an index is out of range");
    for (int32_t k = 0; k < p->splats; k += 2)
        if (!below(p->splat[k], p->registers) || !below(p->splat[k + 1], p->uniforms))
            return wrong("a register is out of range");
    int32_t none;
    return is_code(p, p->before, p->before_end, IN_BEFORE, &none)
           && is_code(p, p->lanes, p->lanes_end, IN_LANES, &p->loops)
           && is_code(p, p->after, p->after_end, IN_AFTER, &none);
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

enum {
    INITIAL,
    TOTAL,
    SPLATS,
    RESULTS,
    BEFORE,
    LANES_CODE,
    AFTER,
    INPUTS,
    OUTPUTS,
    INDEXES,
    STRETCHES
};

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
           && (p->output = copied(&view[OUTPUTS], 2 * sizeof(int32_t), &p->outputs))
           && (p->index = copied(&view[INDEXES], sizeof(int64_t), &p->indexes));
}

static PyObject *program_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"initial",   "totals", "splats", "results", "before",
                            "lanes",     "after",  "inputs", "outputs", "indexes",
                            "registers", "given",  "made",   "walks",   NULL};
    Py_buffer view[STRETCHES];
    int32_t registers, given, made, walks;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y*y*y*y*y*y*y*y*y*y*iiii:Program", names,
                                     &view[0], &view[1], &view[2], &view[3], &view[4], &view[5],
                                     &view[6], &view[7], &view[8], &view[9], &registers, &given,
                                     &made, &walks))
        return NULL;
    Program *p = (Program *)type->tp_alloc(type, 0);
    if (p) {
        p->registers = registers;
        p->given = given;
        p->made = made;
        p->walks = walks;
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
                     p->lanes,   p->after, p->input, p->output, p->index};
    for (size_t k = 0; k < sizeof owned / sizeof *owned; k++)
        PyMem_Free(owned[k]);
    free(p->uniform);
    Py_TYPE(self)->tp_free(self);
}

#endif
