/* The computations of partial derivatives, and the elementary forms of rows, traced once for each row
 * on placeholders. Included by applying.h. */
#ifndef SCALARGRAD_TEMPLATES_H
#define SCALARGRAD_TEMPLATES_H

#include "forward.h"

enum { MOST_OPERANDS = 3, MOST_STEPS = 64, SLOTS = 1 + MOST_OPERANDS + MOST_STEPS };

/* A row applied to earlier steps, or a number. Step 0 is the output, then come the operands. */
typedef struct {
    double number;
    int32_t row;
    int8_t count, operand[MOST_OPERANDS];
} Step;

typedef struct {
    Step *step;
    int8_t steps, operands, result, selects;
} Template;

/* A template for each operand; by row, and by whether one of its operands is no variable. */
static struct {
    Template *templates;
    uint8_t is_known;
} known_templates[OP_COUNT][2];

/* Of the elementary form of each row that has one. */
static struct {
    Template template;
    uint8_t is_known;
} known_elementary[OP_COUNT];

/* ------ reading templates: [(steps, result, selects)], steps are (code, operands, number) */

static int read_step(PyObject *item, int slots, Step *step)
{
    int row;
    PyObject *operands;
    if (!PyArg_ParseTuple(item, "iO!d", &row, &PyTuple_Type, &operands, &step->number))
        return -1;
    const Py_ssize_t count = PyTuple_GET_SIZE(operands);
    if (count > MOST_OPERANDS || row >= KNOWN_ROWS || (row < 0) != (row == CONSTANT)
        || (row >= 0 && arity[row] != -2 && arity[row] != count)) {
        PyErr_SetString(PyExc_ValueError, "no step of a template");
        return -1;
    }
    step->row = row;
    step->count = (int8_t)count;
    for (Py_ssize_t k = 0; k < count; k++) {
        const long slot = PyLong_AsLong(PyTuple_GET_ITEM(operands, k));
        if (slot < 0 || slot >= slots) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_ValueError, "a step reads what is not there yet");
            return -1;
        }
        step->operand[k] = (int8_t)slot;
    }
    return 0;
}

/* The steps are a tuple by now. */
static int read_steps(PyObject *steps, int operands, int result, int selects, Template *template)
{
    const Py_ssize_t count = PyTuple_GET_SIZE(steps);
    if (count > MOST_STEPS || result < 0 || result > operands + count) {
        PyErr_SetString(PyExc_ValueError, "no template");
        return -1;
    }
    *template = (Template){PyMem_New(Step, count ? count : 1), (int8_t)count, (int8_t)operands,
                           (int8_t)result, (int8_t)selects};
    if (!template->step) {
        PyErr_NoMemory();
        return -1;
    }
    for (int k = 0; k < count; k++)
        if (read_step(PyTuple_GET_ITEM(steps, k), 1 + operands + k, &template->step[k]) < 0)
            return -1;
    return 0;
}

/* Numbers are read by `__index__` and the like, which may change a list: lists become tuples. */
static int read_template(PyObject *item, int operands, Template *template)
{
    PyObject *list;
    int result, selects;
    if (!PyArg_ParseTuple(item, "O!ip", &PyList_Type, &list, &result, &selects))
        return -1;
    PyObject *steps = own_tuple(list);
    const int status = steps ? read_steps(steps, operands, result, selects, template) : -1;
    Py_XDECREF(steps);
    return status;
}

static void templates_free(Template *templates, Py_ssize_t count)
{
    for (Py_ssize_t k = 0; templates && k < count; k++)
        PyMem_Free(templates[k].step);
    PyMem_Free(templates);
}

static Template *read_templates(PyObject *found)
{
    const Py_ssize_t count = PyTuple_GET_SIZE(found);
    if (count > MOST_OPERANDS) {
        PyErr_SetString(PyExc_ValueError, "a row of too many operands");
        return NULL;
    }
    Template *templates = PyMem_Calloc(MOST_OPERANDS, sizeof *templates);
    if (!templates)
        return (Template *)PyErr_NoMemory();
    for (Py_ssize_t k = 0; k < count; k++)
        if (read_template(PyTuple_GET_ITEM(found, k), (int)count, &templates[k]) < 0) {
            templates_free(templates, count);
            return NULL;
        }
    return templates;
}

static int learn_templates(int32_t row, int beside)
{
    PyObject *found = PyObject_CallFunction(trace_hooks.template, "Oi",
                                            PyTuple_GET_ITEM(trace_hooks.rows, row), beside);
    if (!found)
        return -1;
    Template *templates = NULL;
    PyObject *items = PyList_Check(found) ? own_tuple(found) : Py_NewRef(Py_None);
    if (items && items != Py_None)
        templates = read_templates(items);
    const int failed = !items || (items != Py_None && !templates);
    Py_XDECREF(items);
    Py_DECREF(found);
    if (failed)
        return -1;
    if (known_templates[row][beside].is_known)
        templates_free(templates, MOST_OPERANDS); /* another thread was faster */
    else
        known_templates[row][beside].templates = templates;
    known_templates[row][beside].is_known = 1;
    return 0;
}

static int learn_elementary(int32_t row)
{
    PyObject *found = PyObject_CallOneArg(trace_hooks.elementary,
                                          PyTuple_GET_ITEM(trace_hooks.rows, row));
    Template elementary = {0};
    const int failed = !found || read_template(found, arity[row], &elementary) < 0;
    Py_XDECREF(found);
    if (failed || known_elementary[row].is_known)
        PyMem_Free(elementary.step); /* if it is known, another thread was faster */
    if (failed)
        return -1;
    if (!known_elementary[row].is_known)
        known_elementary[row].template = elementary;
    known_elementary[row].is_known = 1;
    return 0;
}

#endif
