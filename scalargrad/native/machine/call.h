/* The call from Python: buffers opened, checked, run without the GIL. Included by nests/nest.h,
 * repeated.h. */
#ifndef SCALARGRAD_CALL_H
#define SCALARGRAD_CALL_H

#include "../shared/buffers.h"
#include "../shared/in_c.h"
#include "run.h"

/* ------ the call from Python */
static int is_array(const Py_buffer *view, Py_ssize_t count)
{
    /* the format may tell of alignment: loads do not depend on it */
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

/* Open the buffers of all arrays, of which the inputs have to be of this `length`, the outputs of
 * this `count`. NULL with an exception. */
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

/* Find n columns in memory by their addresses: the number of an array, and of a column in it. */
static int find_columns(Column *column, const int32_t *address, int32_t n, const Py_buffer *views)
{
    for (int32_t k = 0; k < n; k++, address += 2) {
        const Py_buffer *view = &views[address[0]];
        if (address[1] >= (view->ndim == 1 ? 1 : view->shape[1])) {
            PyErr_SetString(PyExc_TypeError, "an array has too few columns");
            return 0;
        }
        const Py_ssize_t offset = view->ndim == 1 ? 0 : address[1] * view->strides[1];
        column[k] = (Column){(const char *)view->buf + offset, view->strides[0]};
    }
    return 1;
}

enum { SOON_DONE = 2000 }; /* words of code that are run without letting other threads in */

static int is_soon_done(const Program *p, Py_ssize_t count)
{
    const Py_ssize_t once = (p->before_end - p->before) + (p->after_end - p->after);
    return !p->loops && count <= BLOCK_LANES
           && once + (count ? p->lanes_end - p->lanes : 0) < SOON_DONE;
}

static int32_t run_freely(const Program *p, double *uniform, Job *job)
{
    if (is_soon_done(p, job->count))
        return run_program(p, uniform, job);
    job->state = PyEval_SaveThread();
    const int32_t status = run_program(p, uniform, job);
    PyEval_RestoreThread(job->state);
    return status;
}

/* Return how long the inputs have to be for lanes of these indices, or for the first `count` lanes
 * if there are none; −1 with an exception if an index is negative. */
static Py_ssize_t needed_length(const int64_t *at, Py_ssize_t count)
{
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

/* Whether a buffer, if there is one, holds `each` numbers of this size for each of `count` lanes.
 * Its length is divided: a count that the caller made up could overflow if it was multiplied. */
static int has_count(const Py_buffer *view, Py_ssize_t count, Py_ssize_t each, Py_ssize_t size)
{
    if (!view->buf)
        return 1;
    return view->len % (each * size) == 0 && view->len / (each * size) == count
           && is_aligned(view, (size_t)size);
}

/* ------ the numbers of a call */

static Py_ssize_t put_several(PyObject *item, double *to, Py_ssize_t room)
{
    if (PyTuple_CheckExact(item) && PyTuple_GET_SIZE(item) <= room) {
        static const EngineInC *engine;
        engine = engine ? engine : PyCapsule_Import(ENGINE_IN_C, 0);
        return engine && engine->read(item, to) == 0 ? PyTuple_GET_SIZE(item) : -1;
    }
    Py_buffer view;
    if (PyObject_GetBuffer(item, &view, PyBUF_FORMAT) < 0)
        return -1;
    const Py_ssize_t n = view.len / (Py_ssize_t)sizeof(double);
    const int fits = view.format && strcmp(view.format, "d") == 0 && n <= room;
    if (fits)
        memcpy(to, view.buf, (size_t)n * sizeof(double));
    else
        PyErr_SetString(PyExc_ValueError, "the numbers do not fit the program");
    PyBuffer_Release(&view);
    return fits ? n : -1;
}

/* Write the numbers that an item stands for, and return how many; −1 with an exception. The
 * function is short, to be inlined: there may be thousands of floats. */
static inline Py_ssize_t put_item(PyObject *item, double *to, Py_ssize_t room)
{
    if (PyFloat_CheckExact(item) && room > 0)
        return *to = PyFloat_AS_DOUBLE(item), 1;
    /* a buffer may run code of Python's, which may take the item out of its list */
    Py_INCREF(item);
    const Py_ssize_t n = put_several(item, to, room);
    Py_DECREF(item);
    return n;
}

/* Write the numbers of a list, whose items are floats, tuples of Values and buffers of float64; 0
 * with an exception. */
static int put_numbers(PyObject *numbers, double *to, Py_ssize_t room)
{
    Py_ssize_t at = 0;
    for (Py_ssize_t k = 0; k < PyList_GET_SIZE(numbers); k++) {
        PyObject *item = PyList_GET_ITEM(numbers, k);
        const Py_ssize_t n = put_item(item, to + at, room - at);
        if (n < 0)
            return 0;
        at += n;
    }
    return 1;
}

/* ------ running */

/* The arguments of Program.run, which come by position: a call by name would look for each. */
typedef struct {
    PyObject *numbers;    /* a list: floats, tuples of Values, buffers of float64 */
    PyObject *arrays;     /* a tuple: those given, then those made */
    PyObject *count;      /* how many lanes there are */
    PyObject *results;    /* a buffer of float64; None if they are to be a list */
    PyObject *broken;     /* a buffer of int32, for each lane; None if no lane has a guard */
    PyObject *sides;      /* a buffer of float64, two for each lane; None as `broken` */
    PyObject *index;      /* a buffer of int64, which elements the lanes are; None if all */
    PyObject *tell_doubt; /* whether DOUBT is returned where an output is not finite */
    PyObject *threads;    /* how many of them there may be */
} RunArguments;
enum { RUN_ARGUMENTS = sizeof(RunArguments) / sizeof(PyObject *) };

/* The buffers of a call, to be given back. */
typedef struct {
    Py_buffer results, broken, sides, index;
    Py_buffer *views;
    Column *columns;
    int64_t *positions; /* what is in the index: what is checked of it stays as it is */
} Opened;

static void close_buffers(const Program *p, Opened *opened)
{
    for (Py_buffer *view = &opened->results; view <= &opened->index; view++)
        if (view->obj)
            PyBuffer_Release(view);
    if (opened->views)
        release(opened->views, (Py_ssize_t)p->given + p->made);
    PyMem_Free(opened->columns);
    PyMem_Free(opened->positions);
}

static int open_buffer(PyObject *object, Py_buffer *view, int flags)
{
    return object == Py_None || PyObject_GetBuffer(object, view, flags) == 0;
}

static int copy_index(Opened *opened)
{
    const Py_buffer *index = &opened->index;
    if (!index->buf)
        return 1;
    if (!(opened->positions = PyMem_Malloc((size_t)index->len + 1)))
        return PyErr_NoMemory(), 0;
    memcpy(opened->positions, index->buf, (size_t)index->len);
    return 1;
}

static int are_fitting(const Program *p, const Opened *opened, Py_ssize_t count)
{
    return count >= 0 && has_count(&opened->results, p->results, 1, sizeof(double))
           && has_count(&opened->broken, count, 1, sizeof(int32_t))
           && has_count(&opened->sides, count, 2, sizeof(double))
           && !opened->broken.buf == !opened->sides.buf
           && has_count(&opened->index, count, 1, sizeof(int64_t));
}

static int open_buffers(const Program *p, const RunArguments *args, Opened *opened, Job *job)
{
    if (!open_buffer(args->results, &opened->results, PyBUF_WRITABLE)
        || !open_buffer(args->broken, &opened->broken, PyBUF_WRITABLE)
        || !open_buffer(args->sides, &opened->sides, PyBUF_WRITABLE)
        || !open_buffer(args->index, &opened->index, PyBUF_SIMPLE))
        return 0;
    if (!are_fitting(p, opened, job->count)) {
        PyErr_SetString(PyExc_ValueError, "the buffers do not fit the program");
        return 0;
    }
    if (!copy_index(opened))
        return 0;
    const Py_ssize_t length = needed_length(opened->positions, job->count);
    if (length < 0 || !(opened->views = open_arrays(p, args->arrays, length, job->count)))
        return 0;
    opened->columns = PyMem_Calloc((size_t)p->inputs + (size_t)p->outputs + 1, sizeof(Column));
    if (!opened->columns)
        return PyErr_NoMemory(), 0;
    job->inputs = opened->columns;
    job->outputs = opened->columns + p->inputs;
    job->broken = opened->broken.buf;
    job->sides = opened->sides.buf;
    job->index = opened->positions;
    job->results = opened->results.buf;
    return find_columns(opened->columns, p->input, p->inputs, opened->views)
           && find_columns(opened->columns + p->inputs, p->output, p->outputs,
                           opened->views + p->given);
}

static PyObject *list_of_results(const Program *p, const double *uniform)
{
    PyObject *list = PyList_New(p->results);
    for (int32_t k = 0; list && k < p->results; k++) {
        PyObject *number = PyFloat_FromDouble(uniform[p->result[k]]);
        if (!number)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, k, number);
    }
    return list;
}

/* What a run returns: its status; or a list of the results, if all guards hold and it `is_listed`.
 * */
static PyObject *found_by_run(const Program *p, const double *uniform, const Job *job,
                              int32_t status, int is_listed)
{
    if (status == STOPPED)
        return NULL;
    if (status < 0 && job->tells_doubt && job->doubt)
        return PyLong_FromLong(DOUBT);
    return is_listed && status == ALL_HOLD ? list_of_results(p, uniform) : PyLong_FromLong(status);
}

static PyObject *run_opened(const Program *p, double *uniform, const Opened *opened, Job *job)
{
    size_t doubles = scratch_doubles(p, job->count, job->threads);
    job->sums = job->count ? take_scratch(&doubles) : NULL;
    if (!job->sums && job->count)
        return NULL;
    const int32_t status = run_freely(p, uniform, job);
    if (job->sums)
        give_scratch(job->sums, doubles);
    return found_by_run(p, uniform, job, status, !opened->results.obj);
}

static PyObject *run_on(const Program *p, const RunArguments *args, double *uniform, Job *job)
{
    Opened opened = {0};
    PyObject *found = NULL;
    if (open_buffers(p, args, &opened, job))
        found = run_opened(p, uniform, &opened, job);
    close_buffers(p, &opened);
    return found;
}

static int read_job(const RunArguments *args, Job *job)
{
    job->count = PyNumber_AsSsize_t(args->count, PyExc_OverflowError);
    if (job->count == -1 && PyErr_Occurred())
        return 0;
    const long threads = PyLong_AsLong(args->threads);
    if (threads == -1 && PyErr_Occurred())
        return 0;
    job->threads = threads < 1 ? 1 : threads > MAX_THREADS ? MAX_THREADS : (int)threads;
    return (job->tells_doubt = PyObject_IsTrue(args->tell_doubt)) >= 0;
}

static PyObject *program_run(PyObject *self, PyObject *const *given, Py_ssize_t n)
{
    const RunArguments *args = (const RunArguments *)given;
    if (n != RUN_ARGUMENTS || !PyList_CheckExact(args->numbers)
        || !PyTuple_CheckExact(args->arrays))
        return PyErr_Format(PyExc_TypeError, "expected a list of numbers and a tuple of arrays");
    Program *p = (Program *)self;
    Job job = {.count = 0};
    if (!read_job(args, &job))
        return NULL;
    /* the numbers first, for to read them may run code of Python's; then the buffers, which nothing
     * can resize until they are given back */
    double *uniform = take_uniform(p);
    PyObject *found = NULL;
    if (uniform && put_numbers(args->numbers, uniform, p->uniforms))
        found = run_on(p, args, uniform, &job);
    give_uniform(p, uniform);
    return found;
}

/* results(numbers): run a program without lanes, and return a list of its few results. */
static PyObject *program_results(PyObject *self, PyObject *numbers)
{
    Program *p = (Program *)self;
    if (!PyList_CheckExact(numbers) || p->given || p->made)
        return PyErr_Format(PyExc_TypeError, "expected a list of numbers, and no arrays");
    double *uniform = take_uniform(p);
    PyObject *found = NULL;
    Job job = {.tells_doubt = 1, .threads = 1};
    if (uniform && put_numbers(numbers, uniform, p->uniforms)) {
        const int32_t status = run_freely(p, uniform, &job);
        found = found_by_run(p, uniform, &job, status, 1);
    }
    give_uniform(p, uniform);
    if (found && !PyList_CheckExact(found))
        Py_SETREF(found, Py_NewRef(Py_None));
    return found;
}

#endif
