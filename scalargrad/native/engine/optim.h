/* Update rules over all parameters in one call: the twin of updates.py. Included by module.c. */
#ifndef SCALARGRAD_OPTIM_H
#define SCALARGRAD_OPTIM_H

#include "build.h"
#include "updates.h"
#include "../shared/buffers.h"

typedef struct {
    int rule;
    Py_ssize_t n;
    PyObject *parameters; /* a tuple of n Values */
    Py_buffer memory;
    double setting[MOST_SETTINGS];
} UpdateJob;

typedef struct {
    const char *signature;
    Py_ssize_t states, settings;
    int writes_data;
    void (*run)(const UpdateJob *);
} UpdateRule;

/* ------ running; nothing can fail here, and no Python code cuts in */

INLINE Node *parameter_at(const UpdateJob *job, Py_ssize_t i)
{
    return (Node *)PyTuple_GET_ITEM(job->parameters, i);
}

typedef void Update(double, double, const double *, const double *, double *);

INLINE void run_rule(const UpdateJob *job, Update *update, int states, int writes_data)
{
    double *memory = job->memory.buf, *kept = memory + 1;
    double setting[MOST_SETTINGS]; /* a copy, which no store to memory can touch: in registers */
    memcpy(setting, job->setting, sizeof setting);
    memory[0] += 1.0;
    for (Py_ssize_t i = 0; i < job->n; i++) {
        Node *node = parameter_at(job, i);
        double state[MOST_STATES], out[1 + MOST_STATES];
        for (int k = 0; k < states; k++)
            state[k] = kept[k * job->n + i];
        /* a node without a gradient holds −0.0 */
        update(node->data, node->grad + 0.0, state, setting, out);
        *(writes_data ? &node->data : &node->grad) = out[0];
        for (int k = 0; k < states; k++)
            kept[k * job->n + i] = out[1 + k];
    }
}

#define ROW(name, states, settings, writes_data, signature)                                       \
    static void run_##name(const UpdateJob *job)                                                  \
    {                                                                                             \
        run_rule(job, update_##name, states, writes_data);                                        \
    }
UPDATE_RULES(ROW)
#undef ROW

static const UpdateRule update_rules[] = {
#define ROW(name, states, settings, writes_data, signature)                                       \
    {signature, states, settings, writes_data, run_##name},
    UPDATE_RULES(ROW)
#undef ROW
};

enum { UPDATE_RULE_COUNT = sizeof update_rules / sizeof *update_rules };

/* ------ reading and checking */

static int read_parameters(PyObject *parameters)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(parameters); i++) {
        PyObject *x = PyTuple_GET_ITEM(parameters, i);
        if (!is_value(x)) {
            PyErr_Format(PyExc_TypeError, "expected a Value, got %s %.60R", Py_TYPE(x)->tp_name,
                         x);
            return -1;
        }
    }
    return 0;
}

static int read_settings(PyObject *settings, const UpdateRule *rule, double *setting)
{
    Py_ssize_t n = PyTuple_GET_SIZE(settings);
    if (n != rule->settings) {
        PyErr_Format(PyExc_ValueError, "%s takes %zd settings, got %zd", rule->signature,
                     rule->settings, n);
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *x = PyTuple_GET_ITEM(settings, i);
        if (!PyFloat_Check(x)) {
            PyErr_Format(PyExc_TypeError, "a setting is a float, got %s %.60R",
                         Py_TYPE(x)->tp_name, x);
            return -1;
        }
        setting[i] = PyFloat_AS_DOUBLE(x);
    }
    return 0;
}

static int check_memory(const Py_buffer *memory, const UpdateRule *rule, Py_ssize_t n)
{
    Py_ssize_t length = memory->len / (Py_ssize_t)sizeof(double);
    int floats = memory->format && strcmp(memory->format, "d") == 0;
    if (floats && length != 1 + rule->states * n) {
        PyErr_Format(PyExc_ValueError,
                     "%s of %zd parameters does not have a memory of %zd numbers", rule->signature,
                     n, length);
        return -1;
    }
    if (!floats || !is_aligned(memory, sizeof(double))) {
        PyErr_SetString(PyExc_TypeError, "a memory is an array of floats: array('d')");
        return -1;
    }
    return 0;
}

/* Hold a memory while the jobs run. */
static int hold_memory(PyObject *memory, UpdateJob *job)
{
    if (PyObject_GetBuffer(memory, &job->memory, PyBUF_CONTIG | PyBUF_FORMAT) == 0) {
        if (check_memory(&job->memory, &update_rules[job->rule], job->n) == 0)
            return 0;
        PyBuffer_Release(&job->memory);
    } else if (PyErr_ExceptionMatches(PyExc_BufferError))
        PyErr_Format(PyExc_TypeError, "a memory can be written to, %s cannot",
                     Py_TYPE(memory)->tp_name);
    return -1;
}

/* Fill a job; its memory is held once this has succeeded. */
static int job_read(PyObject *item, UpdateJob *job)
{
    PyObject *memory, *settings;
    if (!PyTuple_Check(item)) {
        PyErr_Format(PyExc_TypeError, "a job is a tuple, got %s", Py_TYPE(item)->tp_name);
        return -1;
    }
    if (!PyArg_ParseTuple(item, "iO!OO!:update", &job->rule, &PyTuple_Type, &job->parameters,
                          &memory, &PyTuple_Type, &settings))
        return -1;
    if (job->rule < 0 || job->rule >= UPDATE_RULE_COUNT) {
        PyErr_Format(PyExc_ValueError, "there is no update rule %d", job->rule);
        return -1;
    }
    const UpdateRule *rule = &update_rules[job->rule];
    job->n = PyTuple_GET_SIZE(job->parameters);
    if (read_parameters(job->parameters) < 0 || read_settings(settings, rule, job->setting) < 0)
        return -1;
    return hold_memory(memory, job);
}

/* The first parameter whose gradient is not finite where it has to be; n if there is none. */
static Py_ssize_t first_not_finite(const UpdateJob *job)
{
    Py_ssize_t i = 0;
    if (!update_rules[job->rule].writes_data)
        return job->n;
    while (i < job->n && isfinite(parameter_at(job, i)->grad))
        i++;
    return i;
}

static PyObject *run_jobs(const UpdateJob *jobs, Py_ssize_t count)
{
    for (Py_ssize_t k = 0; k < count; k++) {
        Py_ssize_t i = first_not_finite(&jobs[k]);
        if (i < jobs[k].n)
            return Py_BuildValue("nn", k, i);
    }
    for (Py_ssize_t k = 0; k < count; k++)
        update_rules[jobs[k].rule].run(&jobs[k]);
    Py_RETURN_NONE;
}

/* update(jobs): all of them, or none. */
static PyObject *engine_update(PyObject *module, PyObject *items)
{
    (void)module;
    if (!PyTuple_Check(items))
        return PyErr_Format(PyExc_TypeError, "expected a tuple of jobs, got %s",
                            Py_TYPE(items)->tp_name);
    Py_ssize_t count = PyTuple_GET_SIZE(items), read = 0;
    UpdateJob *jobs = acquire((size_t)(count + 1) * sizeof(UpdateJob));
    if (!jobs)
        return PyErr_NoMemory();
    while (read < count && job_read(PyTuple_GET_ITEM(items, read), &jobs[read]) == 0)
        read++;
    PyObject *result = read == count ? run_jobs(jobs, count) : NULL;
    while (read > 0)
        PyBuffer_Release(&jobs[--read].memory);
    free(jobs);
    return result;
}

/* The signatures of the rules, which the table must agree with. */
static PyObject *engine_update_rules(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    PyObject *signatures = PyList_New(UPDATE_RULE_COUNT);
    for (int i = 0; signatures && i < UPDATE_RULE_COUNT; i++) {
        PyObject *signature = PyUnicode_FromString(update_rules[i].signature);
        if (!signature)
            Py_CLEAR(signatures);
        else
            PyList_SET_ITEM(signatures, i, signature);
    }
    return signatures;
}

#endif
