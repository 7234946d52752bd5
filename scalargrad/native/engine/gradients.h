/* The methods that run back-propagation or walk the whole graph. Included by module.c. */
#ifndef SCALARGRAD_GRADIENTS_H
#define SCALARGRAD_GRADIENTS_H

#include "attributes.h"
#include "doubts.h"
#include "../shared/tuples.h"

static PyObject *value_backward(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"seed", NULL};
    PyObject *given = NULL;
    double seed = 1.0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:backward", names, &given))
        return NULL;
    if (given && read_real(given, &seed) < 0)
        return NULL;
    const int modes = modes_now();
    if (modes < 0)
        return NULL;
    if (modes & OBSERVED)
        return PyObject_CallFunction(hooks.backward, "Od", self, seed);
    if (backward_without_doubt((Node *)self, seed) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *value_run_backward(PyObject *self, PyObject *seed)
{
    double number;
    if (read_real(seed, &number) < 0)
        return NULL;
    if (backward_without_doubt((Node *)self, number) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *list_of_floats(const double *numbers, Py_ssize_t n)
{
    PyObject *list = PyList_New(n);
    for (Py_ssize_t i = 0; list && i < n; i++) {
        PyObject *number = PyFloat_FromDouble(numbers[i]);
        if (number)
            PyList_SET_ITEM(list, i, number);
        else
            Py_CLEAR(list);
    }
    return list;
}

static void read_grads(PyObject *targets, double *grads)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(targets); i++)
        grads[i] = ((Node *)PyTuple_GET_ITEM(targets, i))->grad;
}

static int check_targets(PyObject *targets)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(targets); i++) {
        PyObject *target = PyTuple_GET_ITEM(targets, i);
        if (!is_value(target)) {
            PyErr_Format(PyExc_TypeError, "expected a Value, got %s %.60R",
                         Py_TYPE(target)->tp_name, target);
            return -1;
        }
    }
    return 0;
}

static void clear_targets(PyObject *targets)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(targets); i++)
        ((Node *)PyTuple_GET_ITEM(targets, i))->grad = NOTHING;
}

static int is_nan_among(PyObject *targets)
{
    int any_nan = 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(targets); i++)
        any_nan |= isnan(((Node *)PyTuple_GET_ITEM(targets, i))->grad);
    return any_nan;
}

static int decide_among(const Snapshot *all)
{
    PyObject *nodes = PyList_New(0);
    int failed = !nodes;
    for (size_t i = 0; !failed && i < all->length; i++)
        failed = !append_doubtful(nodes, all->item[i].node);
    failed = failed || decide_all(nodes) < 0;
    Py_XDECREF(nodes);
    return failed ? -1 : 0;
}

/* Gradients are borrowed from the nodes' own fields, and put back before any code of Python's may
 * run: those of targets outside the graph are saved too, for they are cleared with the rest. */
static void borrow_adjoints(Node *root, PyObject *targets, const Snapshot *all, double *grads,
                            int *any_nan)
{
    clear_targets(targets);
    run_backward(root, 1.0, NOTHING);
    *any_nan = is_nan_among(targets);
    read_grads(targets, grads);
    snapshot_restore(all);
}

/* Save the gradients of the same nodes anew: code of Python's may have set some. */
static void snapshot_again(Snapshot *all)
{
    for (size_t i = 0; i < all->length; i++)
        all->item[i].grad = all->item[i].node->grad;
}

static int save_targets(Snapshot *all, PyObject *targets)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(targets); i++)
        if (snapshot_save(all, (Node *)PyTuple_GET_ITEM(targets, i)) < 0)
            return -1;
    return 0;
}

/* Write ∂root/∂target for each target; −1 with an exception. */
static int write_adjoints(Node *root, PyObject *targets, double *grads)
{
    if (graph_settle(root) < 0)
        return -1;
    Snapshot all = {0};
    int any_nan, failed = snapshot_take(&all, root) < 0 || save_targets(&all, targets) < 0;
    if (failed)
        PyErr_NoMemory();
    else
        borrow_adjoints(root, targets, &all, grads, &any_nan);
    if (!failed && doubtful_count && any_nan) {
        failed = decide_among(&all) < 0;
        snapshot_again(&all);
        if (!failed)
            borrow_adjoints(root, targets, &all, grads, &any_nan);
    }
    free(all.item);
    return failed ? -1 : 0;
}

static PyObject *adjoints_of_targets(Node *root, PyObject *targets)
{
    const Py_ssize_t n = PyTuple_GET_SIZE(targets);
    double *grads = acquire((size_t)(n + 1) * sizeof *grads);
    if (!grads)
        return PyErr_NoMemory();
    PyObject *found = write_adjoints(root, targets, grads) < 0 ? NULL : list_of_floats(grads, n);
    free(grads);
    return found;
}

static PyObject *value_adjoints(PyObject *self, PyObject *sequence)
{
    PyObject *targets = own_tuple(sequence), *found = NULL;
    if (targets && check_targets(targets) == 0)
        found = adjoints_of_targets((Node *)self, targets);
    Py_XDECREF(targets);
    return found;
}

static int append(void *list, Node *node)
{
    return PyList_Append(list, (PyObject *)node) == 0;
}

static void set_ends(PyObject *ends, int is_end)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(ends); i++) {
        Node *node = (Node *)PyTuple_GET_ITEM(ends, i);
        if (is_value((PyObject *)node))
            node->flags = (uint8_t)(is_end ? node->flags | END : node->flags & ~END) & 15;
    }
}

/* Put the nodes down to those that are an END into a list; nothing of Python runs meanwhile. */
static int list_order(Node *root, PyObject *order)
{
    Snapshot all = {0};
    int failed = snapshot_take(&all, root) < 0;
    if (failed)
        PyErr_NoMemory();
    else {
        Node *leaves = count_to_ends(root);
        failed = !visit_in_order(root, append, order);
        accumulate_in_leaves(leaves, NOTHING);
        snapshot_restore(&all);
    }
    free(all.item);
    return failed ? -1 : 0;
}

/* _backward_order(ends): the twin of graph.backward_order. */
static PyObject *value_backward_order(PyObject *self, PyObject *ends)
{
    if (!PyTuple_Check(ends))
        return PyErr_Format(PyExc_TypeError, "expected a tuple of ends");
    PyObject *order = graph_settle((Node *)self) < 0 ? NULL : PyList_New(0);
    if (!order)
        return NULL;
    set_ends(ends, 1);
    if (list_order((Node *)self, order) < 0)
        Py_CLEAR(order);
    set_ends(ends, 0);
    return order;
}

static PyObject *value_zero_grad(PyObject *self, PyObject *unused)
{
    (void)unused;
    if (graph_settle((Node *)self) < 0)
        return NULL;
    Snapshot all = {0};
    int failed = snapshot_take(&all, (Node *)self) < 0;
    for (size_t i = 0; !failed && i < all.length; i++)
        all.item[i].node->grad = NO_GRADIENT;
    free(all.item);
    if (failed)
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}

static PyObject *value_alone(PyObject *self, PyObject *unused)
{
    (void)unused;
    return (PyObject *)leaf_new(((Node *)self)->data);
}

static PyObject *value_detach(PyObject *self, PyObject *unused)
{
    const int traced = is_traced();
    if (traced <= 0)
        return traced < 0 ? NULL : value_alone(self, unused);
    /* a tracer stands for the number */
    PyObject *data = PyObject_GetAttrString(self, "data");
    PyObject *made = data ? PyObject_CallOneArg((PyObject *)Py_TYPE(self), data) : NULL;
    Py_XDECREF(data);
    return made;
}

#endif
