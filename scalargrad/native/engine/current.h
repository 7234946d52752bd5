/* Whether a node is still the result of its operator on its operands, whose data may have been
 * set. Included by module.c. */
#ifndef SCALARGRAD_CURRENT_H
#define SCALARGRAD_CURRENT_H

#include "attributes.h"
#include "function.h"

static PyObject *three_again(const Entry *entry, PyObject *const *operands)
{
    Edge operand[3];
    for (int i = 0; i < 3; i++)
        if (read_plain(operands[i], &operand[i]) != READ)
            return NULL;
    return entry->node_of_three(operand);
}

/* A new node of the same operator on the same operands. NULL without an exception where the row has
 * to be run in Python. */
static PyObject *built_again(const Node *node, PyObject *const *operands, Py_ssize_t n)
{
    const Entry *entry = &entries[node->op];
    if (node->op == OP_dot)
        return dot_node(operands, operands + n / 2, n / 2, n % 2 ? operands[n - 1] : NULL);
    if (entry->node_of_list)
        return entry->node_of_list(operands, n);
    if (n == 1 && entry->node_of_one)
        return entry->node_of_one(operands[0]);
    if (n == 2 && entry->node_of_two)
        return entry->node_of_two(operands[0], operands[1]);
    return n == 3 && entry->node_of_three ? three_again(entry, operands) : NULL;
}

/* Any NaN is the same number as any other. */
static int is_same(double x, double y)
{
    return x == y || (x != x && y != y);
}

static int is_same_node(const Node *x, const Node *y)
{
    const Py_ssize_t n = operand_count(x);
    if (n != operand_count(y) || !is_same(x->data, y->data))
        return 0;
    for (Py_ssize_t i = 0; i < n; i++)
        if (!is_same(operand_at(x, i).partial, operand_at(y, i).partial))
            return 0;
    return 1;
}

/* The twin of stale.is_current; None where Python has to find out. */
static PyObject *value_is_current(PyObject *self, PyObject *unused)
{
    (void)unused;
    const Node *node = (Node *)self;
    if (node->shape == LEAF)
        Py_RETURN_TRUE;
    const int modes = modes_now();
    if (modes < 0)
        return NULL;
    if (modes || node->op == OP_CUSTOM)
        Py_RETURN_NONE;
    PyObject *operands = edge_tuple(node, operand_view);
    if (!operands)
        return NULL;
    PyObject *again = built_again(node, &PyTuple_GET_ITEM(operands, 0),
                                  PyTuple_GET_SIZE(operands));
    Py_DECREF(operands);
    if (!again)
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    PyObject *found = PyBool_FromLong(is_value(again) && is_same_node(node, (Node *)again));
    Py_DECREF(again);
    return found;
}

#endif
