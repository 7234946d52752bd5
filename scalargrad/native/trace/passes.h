/* Passes over a whole trace: the nodes needed, their uses, rows; a copy, rewritten.
 * Included by fusion.h, lane_sums.h, reroll/groups.h, stages.h. */
#ifndef SCALARGRAD_PASSES_H
#define SCALARGRAD_PASSES_H

#include "applying.h"
#include "indices.h"

/* How often each node is an operand of those that `wanted` need, or wanted itself. */
static int32_t *uses_of(const Trace *t, const Indices *wanted)
{
    int32_t *uses = PyMem_Calloc((size_t)t->size + 1, sizeof *uses);
    if (!uses)
        return (int32_t *)PyErr_NoMemory();
    for (Py_ssize_t k = 0; k < wanted->count; k++)
        uses[wanted->item[k]]++;
    for (int32_t i = t->size - 1; i >= 0; i--)
        for (int32_t k = 0; uses[i] && k < t->node[i].count; k++)
            uses[operands_of(t, i)[k]]++;
    return uses;
}

/* The same of indices from Python, for the first `*size` nodes: more may come at any time. */
static int32_t *read_uses(Trace *t, PyObject *wanted, int32_t *size)
{
    Indices indices;
    if (as_nodes(t) < 0 || read_indices(t, wanted, &indices) < 0)
        return NULL;
    *size = t->size;
    int32_t *uses = uses_of(t, &indices);
    indices_free(&indices);
    return uses;
}

static int append_index(PyObject *list, int32_t i)
{
    PyObject *index = PyLong_FromLong(i);
    const int failed = !index || PyList_Append(list, index) < 0;
    Py_XDECREF(index);
    return failed ? -1 : 0;
}

/* needed(wanted): the nodes that these are computed from, themselves included, in order. */
static PyObject *trace_needed(PyObject *self, PyObject *wanted)
{
    int32_t size = 0, *uses = read_uses((Trace *)self, wanted, &size);
    PyObject *found = uses ? PyList_New(0) : NULL;
    for (int32_t i = 0; found && i < size; i++)
        if (uses[i] && append_index(found, i) < 0)
            Py_CLEAR(found);
    PyMem_Free(uses);
    return found;
}

/* uses(wanted): how often each node is an operand of these, or wanted itself. */
static PyObject *trace_uses(PyObject *self, PyObject *wanted)
{
    int32_t size = 0, *uses = read_uses((Trace *)self, wanted, &size);
    PyObject *found = uses ? PyList_New(0) : NULL;
    for (int32_t i = 0; found && i < size; i++)
        if (append_index(found, uses[i]) < 0)
            Py_CLEAR(found);
    PyMem_Free(uses);
    return found;
}

/* ------ rows */

/* Mark the codes of rows that are known to all traces; −1 with an exception. */
static int mark_rows(Trace *t, PyObject *rows, uint8_t *is_marked)
{
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(rows); k++) {
        const int32_t row = code_for(t, PyTuple_GET_ITEM(rows, k));
        if (row < 0)
            return -1;
        if (row < KNOWN_ROWS)
            is_marked[row] = 1;
    }
    return 0;
}

/* need_some(wanted, rows): whether some node that the wanted ones need has one of these rows, which
 * are known to all traces. */
static PyObject *trace_need_some(PyObject *self, PyObject *args)
{
    Trace *t = (Trace *)self;
    PyObject *wanted, *rows;
    uint8_t is_marked[KNOWN_ROWS] = {0};
    if (!PyArg_ParseTuple(args, "OO!:need_some", &wanted, &PyTuple_Type, &rows)
        || mark_rows(t, rows, is_marked) < 0)
        return NULL;
    int32_t size = 0, *uses = read_uses(t, wanted, &size);
    if (!uses)
        return NULL;
    int found = 0;
    for (int32_t i = size - 1; !found && i >= 0; i--) {
        const int32_t row = t->node[i].row;
        found = uses[i] && row >= 0 && row < KNOWN_ROWS && is_marked[row];
    }
    PyMem_Free(uses);
    return PyBool_FromLong(found);
}

static PyTypeObject TraceType;

/* ------ a copy */

/* The code that a computed row of the old trace has in the new; −1 with an exception. */
static int32_t code_in(Trace *new, const Trace *old, int32_t row)
{
    if (row < KNOWN_ROWS)
        return row;
    PyObject *own = operator_by_code(old, row);
    row = own ? code_of_own(new, own) : -1;
    Py_XDECREF(own);
    return row;
}

static int copy_node(Trace *new, Trace *old, int32_t i, Term *at)
{
    const TraceNode node = old->node[i];
    if (node.row == CONSTANT || node.row == INPUT) {
        const int is_input = node.row == INPUT;
        const int32_t index = is_input ? new_input(new, node.number, node.lane, node.plain) : 0;
        at[i] = is_input ? (Term){index, 0.0} : number_term(node.number);
        return index < 0 ? -1 : 0;
    }
    const int32_t row = code_in(new, old, node.row);
    if (row < 0)
        return -1;
    Term few[FEW], *terms = few_or_more(few, node.count, sizeof *terms);
    if (!terms)
        return -1;
    for (int32_t k = 0; k < node.count; k++) {
        const int32_t j = old->operand[node.begin + k];
        terms[k] = j < i ? at[j] : term_at(old, j); /* the constants of fusion come after */
    }
    const int result = applied(new, row, terms, node.count, &at[i]);
    free_more(terms, few);
    return result;
}

/* Mark the nodes of the old trace that the wanted ones are computed from in the new: of a sum over
 * lanes that is computed in two ways the new takes one. */
static uint8_t *needed_by_copy(const Trace *new, const Trace *old, const Indices *wanted)
{
    uint8_t *needed = PyMem_Calloc((size_t)old->size + 1, 1);
    if (!needed)
        return (uint8_t *)PyErr_NoMemory();
    for (Py_ssize_t k = 0; k < wanted->count; k++)
        needed[wanted->item[k]] = 1;
    for (int32_t i = old->size - 1; i >= 0; i--) {
        const int takes_one = new->is_rewriting && old->node[i].row == MOVED_SUM;
        const int32_t *operands = operands_of(old, i) + (takes_one && is_quick(new));
        for (int32_t k = 0; needed[i] && k < (takes_one ? 1 : old->node[i].count); k++)
            needed[operands[k]] = 1;
    }
    return needed;
}

/* The nodes of the new trace that the `wanted` nodes of the old have become. */
static PyObject *copies_of(Trace *new, const Term *at, const Indices *wanted)
{
    PyObject *found = PyList_New(wanted->count);
    for (Py_ssize_t k = 0; found && k < wanted->count; k++) {
        const int32_t index = node_of(new, at[wanted->item[k]]);
        PyObject *item = index < 0 ? NULL : PyLong_FromLong(index);
        if (!item)
            Py_CLEAR(found);
        else
            PyList_SET_ITEM(found, k, item);
    }
    return found;
}

/* Copy the nodes that the old trace has now: code of Python's may add to it while some of them are
 * computed again. */
static PyObject *copied_nodes(Trace *new, Trace *old, const Indices *wanted)
{
    const int32_t size = old->size;
    uint8_t *needed = needed_by_copy(new, old, wanted);
    Term *at = needed ? PyMem_Calloc((size_t)size + 1, sizeof *at) : NULL;
    if (needed && !at)
        PyErr_NoMemory();
    int failed = !at;
    old->passes++;
    for (int32_t i = 0; !failed && i < size; i++)
        if (needed[i] || old->node[i].row == INPUT)
            failed = copy_node(new, old, i, at) < 0;
        else
            at[i] = number_term(NAN);
    old->passes--;
    PyObject *found = failed ? NULL : copies_of(new, at, wanted);
    PyMem_Free(at);
    PyMem_Free(needed);
    return found;
}

/* copy(old, wanted): compute again what the nodes `wanted` of another trace need, and all its
 * inputs; return the nodes that the wanted ones have become. */
static PyObject *trace_copy(PyObject *self, PyObject *args)
{
    PyObject *old, *wanted;
    Indices indices;
    if (!PyArg_ParseTuple(args, "O!O:copy", &TraceType, &old, &wanted))
        return NULL;
    if (old == self)
        return PyErr_Format(PyExc_ValueError, "a trace cannot be copied into itself");
    if (as_nodes((Trace *)self) < 0 || as_nodes((Trace *)old) < 0
        || read_indices((Trace *)old, wanted, &indices) < 0)
        return NULL;
    PyObject *found = copied_nodes((Trace *)self, (Trace *)old, &indices);
    indices_free(&indices);
    return found;
}

#endif
