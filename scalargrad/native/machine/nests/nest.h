/* Nest: a program with loops, as Python knows it. Included by module.c. */
#ifndef SCALARGRAD_NESTS_NEST_H
#define SCALARGRAD_NESTS_NEST_H

#include "../call.h"
#include "run.h"

typedef struct {
    PyObject_HEAD
    NestCode code;
    double *initial; /* the first places before a run: inputs first, constants set */
    int32_t *result; /* the places that are results */
    int32_t initials, inputs, results, places;
    NestRun kept; /* from one run to the next; NULL while a run has it */
} Nest;

/* ------ making one */
static int check_nest(Nest *nest, int32_t indexes, CodeCheck *c)
{
    *c = (CodeCheck){
        .sizes = {.size = {[SIZE_NUMBERS] = nest->places,
                           [SIZE_PLACES] = nest->places,
                           [SIZE_WALKS] = nest->code.walks}},
        .stage = IN_NEST,
        .lowest = nest->places,
    };
    if (nest->places < 0 || nest->inputs < 0 || nest->code.walks < 0)
        return wrong("a count is negative");
    if (nest->places > INT32_MAX - SPARE_PLACES)
        return wrong("a count is too large");
    if (nest->inputs > nest->initials || nest->initials > nest->places
        || !are_indexes(nest->code.index, indexes, nest->places)
        || !all_below(nest->result, nest->results, nest->places))
        return wrong("a number is out of range");
    return is_checked(c, nest->code.index, indexes, nest->code.code, nest->code.code_end);
}

static int write_nest(Nest *nest, const CodeCheck *c)
{
    NestCode *code = &nest->code;
    /* each loop has a step at its end, a number along a walk may have two; then there is one to
     * stop at */
    const size_t steps = (size_t)c->steps + (size_t)c->loops + 2 * (size_t)c->moves + 1;
    Writing w = {
        .code = code->code,
        .word = PyMem_Calloc((size_t)(code->code_end - code->code) + 1, sizeof(WordAlong)),
        .copy = PyMem_Calloc(steps, sizeof(Step)),
        .spare = nest->places,
        .along = -1,
        .lowest = c->lowest,
    };
    w.step = code->step = PyMem_Calloc(steps, sizeof(Step));
    w.loop = code->loop = PyMem_Calloc((size_t)c->loops + 1, sizeof(LoopSteps));
    const int done = w.word && w.copy && w.step && w.loop;
    if (done) {
        write_steps(&w, code->code, code->code_end);
        code->loops = w.loops;
    }
    PyMem_Free(w.word);
    PyMem_Free(w.copy);
    return done || (PyErr_NoMemory(), 0);
}

enum { NEST_INITIAL, NEST_INDEXES, NEST_WORDS, NEST_RESULTS, NEST_VIEWS };

static int fill_nest(Nest *nest, const Py_buffer *view)
{
    int32_t indexes = 0, words = 0;
    CodeCheck check;
    return (nest->initial = copied(&view[NEST_INITIAL], sizeof(double), &nest->initials))
           && (nest->code.index = copied(&view[NEST_INDEXES], sizeof(int64_t), &indexes))
           && (nest->code.code = copied(&view[NEST_WORDS], sizeof(int32_t), &words))
           && (nest->code.code_end = nest->code.code + words)
           && (nest->result = copied(&view[NEST_RESULTS], sizeof(int32_t), &nest->results))
           && check_nest(nest, indexes, &check) && write_nest(nest, &check);
}

static PyObject *nest_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"initial", "indexes", "code",  "results",
                            "places",  "inputs",  "walks", NULL};
    Py_buffer view[NEST_VIEWS];
    int32_t places, inputs, walks;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y*y*y*y*iii:Nest", names, &view[0], &view[1],
                                     &view[2], &view[3], &places, &inputs, &walks))
        return NULL;
    Nest *nest = (Nest *)type->tp_alloc(type, 0);
    if (nest) {
        nest->places = places;
        nest->inputs = inputs;
        nest->code.walks = walks;
        if (!fill_nest(nest, view))
            Py_CLEAR(nest);
    }
    for (int k = 0; k < NEST_VIEWS; k++)
        PyBuffer_Release(&view[k]);
    return (PyObject *)nest;
}

/* ------ the memory of a run */
static void free_run(NestRun *run)
{
    free(run->number);
    free(run->walk);
    free(run->trips);
    *run = (NestRun){0};
}

static void nest_dealloc(PyObject *self)
{
    Nest *nest = (Nest *)self;
    void *owned[] = {nest->initial,    nest->result,    nest->code.code,
                     nest->code.index, nest->code.step, nest->code.loop};
    for (size_t k = 0; k < sizeof owned / sizeof *owned; k++)
        PyMem_Free(owned[k]);
    free_run(&nest->kept);
    Py_TYPE(self)->tp_free(self);
}

static int take_run(Nest *nest, NestRun *run)
{
    *run = nest->kept;
    nest->kept = (NestRun){0};
    if (run->number)
        return 1;
    run->number = calloc((size_t)nest->places + SPARE_PLACES, sizeof(double));
    run->walk = calloc((size_t)nest->code.walks + 1, sizeof(int64_t));
    run->trips = calloc((size_t)nest->code.loops + 1, sizeof(Trips));
    if (!run->number || !run->walk || !run->trips) {
        free_run(run);
        return PyErr_NoMemory(), 0;
    }
    memcpy(run->number, nest->initial, (size_t)nest->initials * sizeof(double));
    return 1;
}

/* in doubles: a run that needs more returns its memory */
enum { MOST_KEPT = 1 << 24 };

static void give_run(Nest *nest, NestRun *run)
{
    if (nest->kept.number || nest->places > MOST_KEPT)
        free_run(run);
    else
        nest->kept = *run;
}

/* ------ running one */

/* How many steps there are to run, at least; no more are counted than it takes to know that they
 * take time. */
static int64_t steps_to_run(const NestCode *code)
{
    int64_t found = 0;
    for (int32_t k = 0; k < code->loops && found < SOON_DONE; k++)
        found += (int64_t)code->loop[k].trips * code->loop[k].size;
    return found;
}

static int32_t run_nest(const Nest *nest, NestRun *run)
{
    PyThreadState *state = NULL;
    run->stop = has_signal;
    run->asked = &state;
    run->done = 0;
    if (steps_to_run(&nest->code) < SOON_DONE)
        return run_all_steps(&nest->code, run);
    state = PyEval_SaveThread();
    const int32_t found = run_all_steps(&nest->code, run);
    PyEval_RestoreThread(state);
    return found;
}

/* Copy the results to the caller's buffer, if there is one; return whether one is not finite. */
static int store_nest_results(const Nest *nest, const double *number, double *results)
{
    int doubt = 0;
    for (int32_t k = 0; k < nest->results; k++) {
        const double x = number[nest->result[k]];
        doubt |= x - x != 0.0;
        if (results)
            results[k] = x;
    }
    return doubt;
}

static PyObject *nest_results(const Nest *nest, const double *number)
{
    PyObject *list = PyList_New(nest->results);
    for (int32_t k = 0; list && k < nest->results; k++) {
        PyObject *x = PyFloat_FromDouble(number[nest->result[k]]);
        if (!x)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, k, x);
    }
    return list;
}

static PyObject *found_by(Nest *nest, NestRun *run, Py_buffer *results, int tells_doubt)
{
    const int32_t status = run_nest(nest, run);
    if (status == STOPPED)
        return NULL;
    if (status >= 0)
        return PyLong_FromLong(status);
    if (store_nest_results(nest, run->number, results->buf) && tells_doubt)
        return PyLong_FromLong(DOUBT);
    return results->obj ? PyLong_FromLong(ALL_HOLD) : nest_results(nest, run->number);
}

static PyObject *nest_run(PyObject *self, PyObject *const *given, Py_ssize_t n)
{
    Nest *nest = (Nest *)self;
    if (n != 3 || !PyList_CheckExact(given[0]))
        return PyErr_Format(PyExc_TypeError, "expected a list of numbers, a buffer, a bool");
    const int tells_doubt = PyObject_IsTrue(given[2]);
    Py_buffer results = {0};
    if (tells_doubt < 0 || !open_buffer(given[1], &results, PyBUF_WRITABLE))
        return NULL;
    PyObject *found = NULL;
    NestRun run = {0};
    if (!has_count(&results, nest->results, 1, sizeof(double)))
        PyErr_SetString(PyExc_ValueError, "the buffer does not fit the program");
    else if (take_run(nest, &run)) {
        if (put_numbers(given[0], run.number, nest->inputs))
            found = found_by(nest, &run, &results, tells_doubt);
        give_run(nest, &run);
    }
    if (results.obj)
        PyBuffer_Release(&results);
    return found;
}

/* results(numbers): as of a program without loops. */
static PyObject *nest_results_of(PyObject *self, PyObject *numbers)
{
    Nest *nest = (Nest *)self;
    if (!PyList_CheckExact(numbers))
        return PyErr_Format(PyExc_TypeError, "expected a list of numbers");
    PyObject *found = NULL;
    NestRun run = {0};
    Py_buffer none = {0};
    if (take_run(nest, &run)) {
        if (put_numbers(numbers, run.number, nest->inputs))
            found = found_by(nest, &run, &none, 1);
        give_run(nest, &run);
    }
    if (found && !PyList_CheckExact(found))
        Py_SETREF(found, Py_NewRef(Py_None));
    return found;
}

static PyMethodDef nest_methods[] = {
    {"results", nest_results_of, METH_O,
     "results(numbers): run the code. Return a list of the results, None where a guard does not "
     "hold or a result is not finite."},
    {"run", (PyCFunction)(void (*)(void))nest_run, METH_FASTCALL,
     "run(numbers, results, tell_doubt): run the code. Return the number of a guard that does not "
     "hold, -1 if all do, or a list of the results if there is no buffer for them; -3 where doubt "
     "is to be told and a result is not finite."},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject NestType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "scalargrad.native._machine.Nest",
    .tp_doc = "A program with loops; its code is checked when it is made.",
    .tp_basicsize = sizeof(Nest),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = nest_new,
    .tp_dealloc = nest_dealloc,
    .tp_methods = nest_methods,
};

#endif
