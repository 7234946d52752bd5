/* When each node of a program is computed: before the lanes, in each, or after them. Included by
 * module.c. */
#ifndef SCALARGRAD_STAGES_H
#define SCALARGRAD_STAGES_H

#include "passes.h"

enum { STAGE_BEFORE, STAGE_LANES, STAGE_AFTER, STAGE_TOO_LATE, STAGES, UNNEEDED };

/* The stage of a node, where those before it are known, and inputs that are late are marked. */
static char stage_of(const Trace *t, int32_t i, const char *stage)
{
    int late = t->node[i].row == LANES_SUM || stage[i] == STAGE_AFTER;
    for (int32_t k = 0; !late && k < t->node[i].count; k++)
        late = stage[operands_of(t, i)[k]] >= STAGE_AFTER;
    return t->node[i].lane ? (late ? STAGE_TOO_LATE : STAGE_LANES)
                           : (late ? STAGE_AFTER : STAGE_BEFORE);
}

/* The stage of every node, UNNEEDED of those that are not used. */
static void find_stages(const Trace *t, char *stage, int32_t size, const int32_t *uses,
                        const Indices *late)
{
    /* the constants of fusion come after the nodes that use them */
    memset(stage, STAGE_BEFORE, (size_t)size);
    for (Py_ssize_t k = 0; k < late->count; k++)
        stage[late->item[k]] = STAGE_AFTER;
    for (int32_t i = 0; i < size; i++)
        stage[i] = stage_of(t, i, stage);
    for (int32_t i = 0; i < size; i++)
        if (!uses[i])
            stage[i] = UNNEEDED;
}

/* What is told of the nodes of each stage: in lists of theirs, but for inputs. */
typedef struct {
    PyObject *stage, *computed[STAGES], *constants, *rows;
    uint8_t is_known[KNOWN_ROWS]; /* whether a row is among the rows */
} Staged;

static int staged_new(Staged *s, int32_t size)
{
    *s = (Staged){.stage = PyBytes_FromStringAndSize(NULL, size),
                  .constants = PyList_New(0),
                  .rows = PySet_New(NULL)};
    int failed = !s->stage || !s->constants || !s->rows;
    for (int k = 0; k < STAGES; k++)
        failed |= !(s->computed[k] = PyList_New(0));
    return failed ? -1 : 0;
}

static void staged_free(Staged *s)
{
    Py_XDECREF(s->stage);
    Py_XDECREF(s->constants);
    Py_XDECREF(s->rows);
    for (int k = 0; k < STAGES; k++)
        Py_XDECREF(s->computed[k]);
}

static int add_row_of(const Trace *t, Staged *s, int32_t row)
{
    if (row < KNOWN_ROWS && s->is_known[row])
        return 0;
    if (row < KNOWN_ROWS)
        s->is_known[row] = 1;
    PyObject *op = operator_by_code(t, row);
    const int failed = !op || PySet_Add(s->rows, op) < 0;
    Py_XDECREF(op);
    return failed ? -1 : 0;
}

static int tell_node(const Trace *t, Staged *s, int32_t i)
{
    const char stage = PyBytes_AS_STRING(s->stage)[i];
    const int32_t row = t->node[i].row;
    if (stage == UNNEEDED || row == INPUT)
        return 0;
    if (row == CONSTANT)
        return append_index(s->constants, i);
    return append_index(s->computed[(int)stage], i) < 0 ? -1 : add_row_of(t, s, row);
}

/* To make a list may run code of Python's: while this pass is under way no node is another one. */
static PyObject *staged_of(Trace *t, int32_t size, const int32_t *uses, const Indices *late)
{
    Staged s;
    t->passes++;
    int failed = staged_new(&s, size) < 0;
    if (!failed)
        find_stages(t, PyBytes_AS_STRING(s.stage), size, uses, late);
    for (int32_t i = 0; !failed && i < size; i++)
        failed = tell_node(t, &s, i) < 0;
    t->passes--;
    PyObject *found = failed ? NULL
                             : Py_BuildValue("O(OOOO)OO", s.stage, s.computed[STAGE_BEFORE],
                                             s.computed[STAGE_LANES], s.computed[STAGE_AFTER],
                                             s.computed[STAGE_TOO_LATE], s.constants, s.rows);
    staged_free(&s);
    return found;
}

/* staged(wanted, late_inputs): the twin of LoweredTrace.staged. These inputs are known only after
 * the lanes. */
static PyObject *trace_staged(PyObject *self, PyObject *args)
{
    Trace *t = (Trace *)self;
    PyObject *wanted, *given;
    Indices late;
    int32_t size = 0;
    if (!PyArg_ParseTuple(args, "OO:staged", &wanted, &given) || as_nodes(t) < 0
        || read_indices(t, given, &late) < 0)
        return NULL;
    int32_t *uses = read_uses(t, wanted, &size);
    PyObject *found = uses ? staged_of(t, size, uses, &late) : NULL;
    PyMem_Free(uses);
    indices_free(&late);
    return found;
}

#endif
