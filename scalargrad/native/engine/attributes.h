/* Making a Value, and its attributes: number, gradient, label, structure. Included by copying.h,
 * current.h, gradients.h, protocols.h. */
#ifndef SCALARGRAD_ATTRIBUTES_H
#define SCALARGRAD_ATTRIBUTES_H

#include "later.h"

/* The answer of a hook that takes one object; NULL without an exception for None. */
COLD PyObject *ask(PyObject *hook, PyObject *x)
{
    PyObject *answer = PyObject_CallOneArg(hook, x);
    if (answer == Py_None)
        Py_CLEAR(answer);
    return answer;
}

/* The same; NULL without an exception also where no function is traced. */
APART PyObject *ask_if_traced(PyObject *hook, PyObject *x)
{
    return is_traced() > 0 ? ask(hook, x) : NULL;
}

/* A leaf; its label is a string or NULL. */
static PyObject *value_make(PyObject *data, PyObject *label)
{
    double number;
    if (UNLIKELY(modes_active())) {
        PyObject *traced = ask_if_traced(hooks.traced_leaf, data);
        if (traced || PyErr_Occurred())
            return traced;
    }
    if (read_attribute(data, "data", &number) < 0)
        return NULL;
    Node *node = leaf_new(number);
    if (node && label && PyUnicode_GET_LENGTH(label) && note_set(labels, node, label) < 0)
        Py_CLEAR(node);
    return (PyObject *)node;
}

static PyObject *value_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *named = kwargs ? Py_NewRef(kwargs) : PyDict_New(), *result = NULL;
    if (named)
        result = PyObject_CallFunctionObjArgs(hooks.constructed, type, args, named, NULL);
    Py_XDECREF(named);
    return result;
}

static int is_label(PyObject *kwnames, PyObject *const *named)
{
    return PyTuple_GET_SIZE(kwnames) == 1 && PyUnicode_Check(named[0])
           && PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(kwnames, 0), "label") == 0;
}

/* The quick way for Value(x) and Value(x, label=...); all else is sorted out in given.py. */
static PyObject *value_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf,
                                  PyObject *kwnames)
{
    Py_ssize_t n = PyVectorcall_NARGS(nargsf);
    if (n == 1 && !kwnames)
        return value_make(args[0], NULL);
    if (n == 2 && !kwnames && PyUnicode_Check(args[1]))
        return value_make(args[0], args[1]);
    if (n == 1 && kwnames && is_label(kwnames, args + 1))
        return value_make(args[0], args[1]);
    PyObject *positional = PyTuple_New(n), *named = PyDict_New(), *result = NULL;
    int failed = !positional || !named;
    for (Py_ssize_t i = 0; !failed && i < n; i++)
        PyTuple_SET_ITEM(positional, i, Py_NewRef(args[i]));
    for (Py_ssize_t i = 0; !failed && kwnames && i < PyTuple_GET_SIZE(kwnames); i++)
        failed = PyDict_SetItem(named, PyTuple_GET_ITEM(kwnames, i), args[n + i]) < 0;
    if (!failed)
        result = value_new((PyTypeObject *)type, positional, named);
    Py_XDECREF(positional);
    Py_XDECREF(named);
    return result;
}

static PyObject *get_raw_data(PyObject *self, void *unused)
{
    (void)unused;
    return PyFloat_FromDouble(((Node *)self)->data);
}

static PyObject *get_data(PyObject *self, void *unused)
{
    if (UNLIKELY(modes_active())) {
        PyObject *traced = ask_if_traced(hooks.traced_number, self);
        if (traced || PyErr_Occurred())
            return traced;
    }
    return get_raw_data(self, unused);
}

/* Say that an attribute was read or set of which no change is seen while a function is traced. */
APART int note_unwatched(const char *name)
{
    const int traced = is_traced();
    if (traced <= 0)
        return traced;
    PyObject *nothing = PyObject_CallFunction(hooks.unwatched, "s", name);
    Py_XDECREF(nothing);
    return nothing ? 0 : -1;
}

static PyObject *grad_of(const Node *node)
{
    return PyFloat_FromDouble(node->grad + 0.0);
}

static PyObject *get_grad(PyObject *self, void *unused)
{
    (void)unused;
    if (UNLIKELY(modes_active()) && note_unwatched("v.grad") < 0)
        return NULL;
    return grad_of((Node *)self);
}

static PyObject *get_raw_grad(PyObject *self, void *unused)
{
    (void)unused;
    return PyFloat_FromDouble(((Node *)self)->grad);
}

static PyObject *get_has_grad(PyObject *self, void *unused)
{
    (void)unused;
    double grad = ((Node *)self)->grad;
    if (UNLIKELY(modes_active()) && note_unwatched("v.has_grad") < 0)
        return NULL;
    return PyBool_FromLong(grad != 0.0 || !signbit(grad));
}

static int refuse_deletion(PyObject *x, const char *name)
{
    if (!x)
        PyErr_Format(PyExc_AttributeError, "%s of a Value cannot be deleted", name);
    return x ? 0 : -1;
}

static int set_data(PyObject *self, PyObject *x, void *unused)
{
    (void)unused;
    double number;
    if (refuse_deletion(x, "data") < 0 || read_attribute(x, "data", &number) < 0)
        return -1;
    if (UNLIKELY(modes_active())) {
        PyObject *nothing = ask_if_traced(hooks.refuse_to_change, self);
        Py_XDECREF(nothing);
        if (PyErr_Occurred())
            return -1;
    }
    ((Node *)self)->data = number;
    return 0;
}

static int set_grad(PyObject *self, PyObject *x, void *unused)
{
    (void)unused;
    double number;
    if (refuse_deletion(x, "grad") < 0 || read_attribute(x, "grad", &number) < 0)
        return -1;
    if (UNLIKELY(modes_active()) && note_unwatched("v.grad = …") < 0)
        return -1;
    ((Node *)self)->grad = number + 0.0;
    return 0;
}

static int set_raw_grad(PyObject *self, PyObject *grad, void *unused)
{
    (void)unused;
    double number;
    if (refuse_deletion(grad, "_grad") < 0 || read_real(grad, &number) < 0)
        return -1;
    ((Node *)self)->grad = number;
    return 0;
}

static PyObject *get_label(PyObject *self, void *unused)
{
    (void)unused;
    if (UNLIKELY(modes_active()) && note_unwatched("v.label") < 0)
        return NULL;
    PyObject *label = note_get(labels, (Node *)self);
    if (!label)
        return PyErr_Occurred() ? NULL : PyUnicode_FromString("");
    return Py_NewRef(label);
}

static int set_label(PyObject *self, PyObject *label, void *unused)
{
    (void)unused;
    if (refuse_deletion(label, "label") < 0)
        return -1;
    if (!PyUnicode_Check(label)) {
        PyErr_Format(PyExc_TypeError, "a label is a string, got %s %.60R", Py_TYPE(label)->tp_name,
                     label);
        return -1;
    }
    if (UNLIKELY(modes_active()) && note_unwatched("v.label = …") < 0)
        return -1;
    return note_set(labels, (Node *)self, label);
}

static PyObject *get_source(PyObject *self, void *unused)
{
    (void)unused;
    PyObject *source = note_get(sources, (Node *)self);
    if (!source && PyErr_Occurred())
        return NULL;
    return Py_NewRef(source ? source : Py_None);
}

static int set_source(PyObject *self, PyObject *source, void *unused)
{
    (void)unused;
    if (refuse_deletion(source, "_source") < 0)
        return -1;
    return note_set(sources, (Node *)self, source);
}

/* ------ structure */

static PyObject *operator_of(const Node *node)
{
    if (node->shape == LEAF)
        return Py_None;
    return node->shape == MANY ? node->edges->row : PyTuple_GET_ITEM(hooks.rows, node->op);
}

static PyObject *get_op(PyObject *self, void *unused)
{
    (void)unused;
    return node_settle((Node *)self) < 0 ? NULL : Py_NewRef(operator_of((Node *)self));
}

static PyObject *get_plain(PyObject *self, void *unused)
{
    (void)unused;
    return PyObject_CallOneArg(hooks.plain, self);
}

static PyObject *get_real(PyObject *self, void *unused)
{
    (void)unused;
    return Py_NewRef(self);
}

static PyObject *get_imag(PyObject *self, void *unused)
{
    (void)self;
    (void)unused;
    return PyFloat_FromDouble(0.0);
}

static PyObject *get_is_computed(PyObject *self, void *unused)
{
    (void)unused;
    return PyBool_FromLong(((Node *)self)->shape != LEAF);
}

typedef PyObject *EdgeView(Edge); /* a new reference, NULL on error; Py_None: leave it out */

static PyObject *parent_view(Edge edge)
{
    return Py_NewRef(edge.parent ? (PyObject *)edge.parent : Py_None);
}

static PyObject *partial_view(Edge edge)
{
    return edge.parent ? PyFloat_FromDouble(edge.partial) : Py_NewRef(Py_None);
}

static PyObject *operand_view(Edge edge)
{
    return edge.parent ? Py_NewRef((PyObject *)edge.parent) : PyFloat_FromDouble(edge.partial);
}

static PyObject *edge_tuple(const Node *node, EdgeView *view)
{
    Py_ssize_t n = operand_count(node), kept = 0;
    PyObject *tuple = PyTuple_New(n);
    for (Py_ssize_t i = 0; tuple && i < n; i++) {
        PyObject *item = view(operand_at(node, i));
        if (!item)
            Py_CLEAR(tuple);
        else if (item == Py_None)
            Py_DECREF(item);
        else
            PyTuple_SET_ITEM(tuple, kept++, item);
    }
    if (tuple && kept < n)
        _PyTuple_Resize(&tuple, kept);
    return tuple;
}

static PyObject *get_edges(PyObject *self, void *view)
{
    if (node_settle((Node *)self) < 0)
        return NULL;
    return edge_tuple((Node *)self, *(EdgeView **)view);
}

static PyObject *get_parent_set(PyObject *self, void *unused)
{
    (void)unused;
    if (node_settle((Node *)self) < 0)
        return NULL;
    PyObject *parents = edge_tuple((Node *)self, parent_view);
    PyObject *set = parents ? PySet_New(parents) : NULL;
    Py_XDECREF(parents);
    return set;
}

static EdgeView *const view_parents = parent_view, *const view_partials = partial_view,
                       *const view_operands = operand_view;

#define VIEW(name, view, doc) {name, get_edges, NULL, doc, (void *)&view}

static PyGetSetDef value_getset[] = {
    {"data", get_data, set_data, "The number, a float.", NULL},
    {"grad", get_grad, set_grad, "∂root/∂self, a float, as the last backward() left it.", NULL},
    {"has_grad", get_has_grad, NULL,
     "Whether backward() or an assignment gave it a gradient since zero_grad().", NULL},
    {"label", get_label, set_label, "A string for drawings, \"\" if none.", NULL},
    {"op", get_op, NULL, "The Operator that made it, None for a leaf.", NULL},
    VIEW("parents", view_parents, "The Values it was computed from, one for each edge."),
    VIEW("partials", view_partials, "∂self/∂parent as floats, one a parent."),
    VIEW("operands", view_operands, "The parents, and the constants as floats."),
    {"_is_computed", get_is_computed, NULL, NULL, NULL},
    VIEW("_parents", view_parents, NULL),
    VIEW("_partials", view_partials, NULL),
    VIEW("_operands", view_operands, NULL),
    VIEW("_children", view_parents, NULL),
    VIEW("_local_grads", view_partials, NULL),
    {"_grad", get_raw_grad, set_raw_grad, NULL, NULL},
    {"_number", get_raw_data, set_data, NULL, NULL},
    {"_source", get_source, set_source, NULL, NULL},
    {"real", get_real, NULL, "The number itself: it is real, as Python's floats are.", NULL},
    {"imag", get_imag, NULL, "0.0, the part that a real number does not have.", NULL},
    {"_prev", get_parent_set, NULL, "The parents as micrograd has them.", NULL},
    {"_op", get_plain, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

#endif
