/* The call from Python: buffers opened, checked, run without the GIL. */
#ifndef SCALARGRAD_CALL_H
#define SCALARGRAD_CALL_H

#include "run.h"

/* ------ the call from Python */
static int is_array(const Py_buffer *view, Py_ssize_t count)
{
    /* whatever it says of alignment: loads do not depend on it */
    const char *format = view->format ? view->format + strspn(view->format, "@=^") : "";
    if ((view->ndim == 1 || view->ndim == 2) && view->itemsize == sizeof(double)
        && view->shape[0] >= count && strcmp(format, "d") == 0)
        return 1;
    PyErr_Format(PyExc_TypeError, "expected arrays of float64 with at least %zd rows", count);
    return 0;
}

static void release(Py_buffer *views, Py_ssize_t n)
{
    for (Py_ssize_t k = 0; k < n; k++)
        PyBuffer_Release(&views[k]);
    PyMem_Free(views);
}

/* The buffers of all arrays; NULL with an exception. */
static Py_buffer *open_arrays(const Program *p, PyObject *arrays, Py_ssize_t length,
                              Py_ssize_t count)
{
    const Py_ssize_t n = (Py_ssize_t)p->given + p->made;
    if (!PyTuple_Check(arrays) || PyTuple_GET_SIZE(arrays) != n)
        return PyErr_Format(PyExc_TypeError, "expected a tuple of %zd arrays", n), NULL;
    Py_buffer *views = PyMem_Calloc((size_t)n + 1, sizeof *views);
    if (!views)
        return PyErr_NoMemory(), NULL;
    for (Py_ssize_t k = 0; k < n; k++) {
        const int flags = PyBUF_STRIDES | PyBUF_FORMAT | (k < p->given ? 0 : PyBUF_WRITABLE);
        if (PyObject_GetBuffer(PyTuple_GET_ITEM(arrays, k), &views[k], flags) < 0)
            return release(views, k), NULL;
        if (!is_array(&views[k], k < p->given ? length : count))
            return release(views, k + 1), NULL;
    }
    return views;
}

/* `place` are pairs of an array and a column in it. */
static int find_columns(Column *column, const int32_t *place, int32_t n, const Py_buffer *views)
{
    for (int32_t k = 0; k < n; k++, place += 2) {
        const Py_buffer *view = &views[place[0]];
        if (place[1] >= (view->ndim == 1 ? 1 : view->shape[1])) {
            PyErr_SetString(PyExc_TypeError, "an array has too few columns");
            return 0;
        }
        const Py_ssize_t offset = view->ndim == 1 ? 0 : place[1] * view->strides[1];
        column[k] = (Column){(const char *)view->buf + offset, view->strides[0]};
    }
    return 1;
}

static int32_t run_freely(const Program *p, double *workspace, Job *job)
{
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

static PyObject *run_with(Program *p, PyObject *arrays, const Py_buffer *numbers,
                          Py_buffer *results, Job *job, Py_ssize_t length)
{
    Py_buffer *views = length < 0 ? NULL : open_arrays(p, arrays, length, job->count);
    if (!views)
        return NULL;
    double *workspace = take_workspace(p, job->threads);
    Column *columns = PyMem_Calloc((size_t)p->inputs + (size_t)p->outputs + 1, sizeof *columns);
    PyObject *status = NULL;
    if (!workspace || !columns) {
        PyErr_NoMemory();
    } else if (find_columns(columns, p->input, p->inputs, views)
               && find_columns(columns + p->inputs, p->output, p->outputs, views + p->given)) {
        job->inputs = columns;
        job->outputs = columns + p->inputs;
        memcpy(workspace, numbers->buf, (size_t)numbers->len);
        status = PyLong_FromLong(run_freely(p, workspace, job));
        for (int32_t k = 0; k < p->results; k++)
            ((double *)results->buf)[k] = workspace[p->result[k]];
    }
    if (workspace)
        give_workspace(p, workspace, job->threads);
    PyMem_Free(columns);
    release(views, (Py_ssize_t)p->given + p->made);
    return status;
}

static PyObject *program_run(PyObject *self, PyObject *args)
{
    PyObject *arrays;
    Py_ssize_t count;
    Py_buffer numbers = {0}, results = {0}, broken = {0}, index = {0};
    int careful, threads;
    if (!PyArg_ParseTuple(args, "y*O!nw*z*z*pi:run", &numbers, &PyTuple_Type, &arrays, &count,
                          &results, &broken, &index, &careful, &threads))
        return NULL;
    threads = threads < 1 ? 1 : threads > MAX_THREADS ? MAX_THREADS : threads;
    PyObject *status = NULL;
    Job job = {.index = index.buf, .count = count, .broken = broken.buf, .careful = careful,
               .threads = threads};
    if (broken.buf && broken.readonly)
        PyErr_SetString(PyExc_TypeError, "broken must be writable");
    else if (fits((Program *)self, &numbers, &results, &broken, &index, count))
        status = run_with((Program *)self, arrays, &numbers, &results, &job,
                          needed_length(&index, count));
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
     "run(numbers, arrays, count, results, broken, index, careful, threads): run the lanes, those "
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

#endif
