/* A program without lanes, run for one row of weights after another. Included by program_type.h. */
#ifndef SCALARGRAD_REPEATED_H
#define SCALARGRAD_REPEATED_H

#include "call.h"

/* Weights, in any strides, a row for each run; the results of each run are a row, too. */
typedef struct {
    Py_buffer weights, results;
    Py_ssize_t at; /* the place of the first weight among the uniform numbers */
    int tells_doubt;
    PyThreadState *state; /* of the caller, while other threads may run Python */
} Repeated;

static int is_matrix(const Py_buffer *view)
{
    return view->ndim == 2 && view->itemsize == sizeof(double) && view->format
           && strcmp(view->format, "d") == 0;
}

static int fits_repeated(const Program *p, const Repeated *r)
{
    if (!is_matrix(&r->weights) || !is_matrix(&r->results) || r->at < 0
        || r->weights.shape[1] > p->uniforms || r->at > p->uniforms - r->weights.shape[1]
        || r->results.shape[0] != r->weights.shape[0] || r->results.shape[1] != p->results
        || !is_aligned(&r->results, sizeof(double)) || p->inputs || p->outputs) {
        PyErr_SetString(PyExc_ValueError, "weights or results do not fit the program");
        return 0;
    }
    return 1;
}

static int open_repeated(const Program *p, PyObject *weights, PyObject *results, Repeated *r)
{
    const int flags = PyBUF_FORMAT | PyBUF_STRIDES;
    return PyObject_GetBuffer(weights, &r->weights, flags) == 0
           && PyObject_GetBuffer(results, &r->results,
                                 PyBUF_FORMAT | PyBUF_WRITABLE | PyBUF_C_CONTIGUOUS)
                  == 0
           && fits_repeated(p, r);
}

static void close_repeated(Repeated *r)
{
    if (r->weights.obj)
        PyBuffer_Release(&r->weights);
    if (r->results.obj)
        PyBuffer_Release(&r->results);
}

static void put_weights(const Repeated *r, Py_ssize_t run, double *uniform)
{
    const char *from = (const char *)r->weights.buf + run * r->weights.strides[0];
    for (Py_ssize_t k = 0; k < r->weights.shape[1]; k++, from += r->weights.strides[1])
        memcpy(&uniform[r->at + k], from, sizeof(double));
}

/* Return ALL_HOLD, the number of a guard that does not hold, DOUBT or STOPPED. Numbers that do not
 * depend on weights are computed once. */
static int32_t run_repeated(const Program *p, double *uniform, Repeated *r)
{
    const int32_t guard = run_scalars(uniform, p->before, p->before_end);
    const int64_t each = p->after_end - p->after + r->weights.shape[1] + 1;
    int64_t done = 0;
    int doubt = 0;
    for (Py_ssize_t run = 0; guard < 0 && run < r->weights.shape[0]; run++, done += each) {
        if (done > SCALAR_WORDS_AT_ONCE) {
            done = 0;
            if (has_signal(&r->state))
                return STOPPED;
        }
        put_weights(r, run, uniform);
        run_scalars(uniform, p->after, p->after_end);
        doubt |= store_results(p, uniform, (double *)r->results.buf + run * p->results);
    }
    return guard < 0 && doubt && r->tells_doubt ? DOUBT : guard;
}

/* The numbers but for the weights, as put_numbers puts them. */
static int put_around(const Program *p, PyObject *numbers, const Repeated *r, double *uniform)
{
    Py_ssize_t at = 0;
    for (Py_ssize_t k = 0; k < PyList_GET_SIZE(numbers); k++) {
        at += at == r->at ? r->weights.shape[1] : 0;
        PyObject *item = PyList_GET_ITEM(numbers, k);
        const Py_ssize_t n = put_item(item, uniform + at, p->uniforms - at);
        if (n < 0)
            return 0;
        at += n;
    }
    return 1;
}

static PyObject *repeat_opened(Program *p, PyObject *numbers, Repeated *r)
{
    double *uniform = take_uniform(p);
    PyObject *found = NULL;
    if (uniform && put_around(p, numbers, r, uniform)) {
        r->state = PyEval_SaveThread();
        const int32_t status = run_repeated(p, uniform, r);
        PyEval_RestoreThread(r->state);
        found = status == STOPPED ? NULL : PyLong_FromLong(status);
    }
    give_uniform(p, uniform);
    return found;
}

static PyObject *program_repeat(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    if (n != 5 || !PyList_CheckExact(args[0]))
        return PyErr_Format(PyExc_TypeError, "expected a list of numbers, then four others");
    Program *p = (Program *)self;
    Repeated r = {.at = PyNumber_AsSsize_t(args[1], PyExc_OverflowError)};
    if (r.at == -1 && PyErr_Occurred())
        return NULL;
    if ((r.tells_doubt = PyObject_IsTrue(args[4])) < 0)
        return NULL;
    PyObject *found = NULL;
    if (open_repeated(p, args[2], args[3], &r))
        found = repeat_opened(p, args[0], &r);
    close_repeated(&r);
    return found;
}

#endif
