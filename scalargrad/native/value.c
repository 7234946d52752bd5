/* Value in C: the twin of value.py, which is its specification. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include "node.h"
#include "build.h"
#include "backward.h"
#include "function.h"

/* ------ making and reading */

static PyObject *value_make(PyObject *data, PyObject *label)
{
    double number;
    if (read_real(data, &number) < 0)
        return NULL;
    if (label && !PyUnicode_Check(label))
        return PyErr_Format(PyExc_TypeError, "a label is a string, got %s %.60R",
                            Py_TYPE(label)->tp_name, label);
    Node *node = leaf_new(number);
    if (node && label && PyUnicode_GET_LENGTH(label) && note_set(labels, node, label) < 0)
        Py_CLEAR(node);
    return (PyObject *)node;
}

static PyObject *value_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)type;
    static char *names[] = {"data", "label", NULL};
    PyObject *data, *label = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O:Value", names, &data, &label))
        return NULL;
    return value_make(data, label);
}

/* The quick way for Value(x) and Value(x, label=...); all else goes the usual way. */
static PyObject *value_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf,
                                  PyObject *kwnames)
{
    Py_ssize_t n = PyVectorcall_NARGS(nargsf);
    if (n == 1 && !kwnames)
        return value_make(args[0], NULL);
    if (n == 1 && PyTuple_GET_SIZE(kwnames) == 1
        && PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(kwnames, 0), "label") == 0)
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

static PyObject *get_data(PyObject *self, void *unused)
{
    (void)unused;
    return PyFloat_FromDouble(((Node *)self)->data);
}

static PyObject *get_grad(PyObject *self, void *unused)
{
    (void)unused;
    return PyFloat_FromDouble(((Node *)self)->grad);
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
    if (refuse_deletion(x, "data") < 0 || read_real(x, &number) < 0)
        return -1;
    ((Node *)self)->data = number;
    return 0;
}

static int set_grad(PyObject *self, PyObject *x, void *unused)
{
    (void)unused;
    double number;
    if (refuse_deletion(x, "grad") < 0 || read_real(x, &number) < 0)
        return -1;
    ((Node *)self)->grad = number;
    return 0;
}

static PyObject *get_label(PyObject *self, void *unused)
{
    (void)unused;
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
        PyErr_Format(PyExc_TypeError, "a label is a string, got %s %.60R",
                     Py_TYPE(label)->tp_name, label);
        return -1;
    }
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

static PyObject *row_of(const Node *node)
{
    if (node->shape == LEAF)
        return Py_None;
    return node->shape == MANY ? node->edges->row : PyTuple_GET_ITEM(hooks.rows, node->op);
}

static PyObject *get_op(PyObject *self, void *unused)
{
    (void)unused;
    return Py_NewRef(row_of((Node *)self));
}

static PyObject *get_symbol(PyObject *self, void *unused)
{
    (void)unused;
    if (((Node *)self)->shape == LEAF)
        return PyUnicode_FromString("");
    return PyObject_GetAttrString(row_of((Node *)self), "symbol");
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
    return edge_tuple((Node *)self, *(EdgeView **)view);
}

static PyObject *get_parent_set(PyObject *self, void *unused)
{
    (void)unused;
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
    {"label", get_label, set_label, "A string for drawings, \"\" if none.", NULL},
    {"op", get_op, NULL, "The Operator that made it, None for a leaf.", NULL},
    VIEW("parents", view_parents, "The Values it was computed from, one for each edge."),
    VIEW("partials", view_partials, "∂self/∂parent as floats, one a parent."),
    VIEW("operands", view_operands, "The parents, and the constants as floats."),
    VIEW("_parents", view_parents, NULL),
    VIEW("_partials", view_partials, NULL),
    VIEW("_operands", view_operands, NULL),
    {"_grad", get_grad, set_grad, NULL, NULL},
    {"_source", get_source, set_source, NULL, NULL},
    {"_prev", get_parent_set, NULL, "The parents as micrograd has them.", NULL},
    {"_op", get_symbol, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

/* ------ gradients */

static PyObject *value_backward(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"seed", NULL};
    PyObject *given = NULL;
    double seed = 1.0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:backward", names, &given))
        return NULL;
    if (given && read_real(given, &seed) < 0)
        return NULL;
    if (modes_active)
        return PyObject_CallFunction(hooks.backward, "Od", self, seed);
    run_backward((Node *)self, seed);
    Py_RETURN_NONE;
}

static PyObject *value_run_backward(PyObject *self, PyObject *seed)
{
    double number;
    if (read_real(seed, &number) < 0)
        return NULL;
    run_backward((Node *)self, number);
    Py_RETURN_NONE;
}

static PyObject *grads_of(PyObject *targets)
{
    Py_ssize_t n = PyTuple_GET_SIZE(targets);
    PyObject *grads = PyList_New(n);
    for (Py_ssize_t i = 0; grads && i < n; i++) {
        PyObject *grad = get_grad(PyTuple_GET_ITEM(targets, i), NULL);
        if (grad)
            PyList_SET_ITEM(grads, i, grad);
        else
            Py_CLEAR(grads);
    }
    return grads;
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
        ((Node *)PyTuple_GET_ITEM(targets, i))->grad = 0.0;
}

/* Gradients are borrowed from the nodes' own fields, and put back. */
static PyObject *borrowed_adjoints(Node *root, PyObject *targets, Snapshot *all)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(targets); i++)
        if (snapshot_add(all, (Node *)PyTuple_GET_ITEM(targets, i)) < 0)
            return PyErr_NoMemory();
    clear_targets(targets);
    run_backward(root, 1.0);
    return grads_of(targets);
}

static PyObject *value_adjoints(PyObject *self, PyObject *sequence)
{
    PyObject *targets = PySequence_Tuple(sequence), *grads = NULL;
    Snapshot all = {0};
    if (!targets)
        return NULL;
    if (check_targets(targets) == 0) {
        if (snapshot_take(&all, (Node *)self) < 0)
            PyErr_NoMemory();
        else
            grads = borrowed_adjoints((Node *)self, targets, &all);
        snapshot_restore(&all);
    }
    free(all.item);
    Py_DECREF(targets);
    return grads;
}

static int append(void *list, Node *node)
{
    return PyList_Append(list, (PyObject *)node) == 0;
}

/* What graph.backward_order returns. */
static PyObject *value_backward_order(PyObject *self, PyObject *unused)
{
    (void)unused;
    Snapshot all = {0};
    PyObject *order = PyList_New(0);
    if (order && snapshot_take(&all, (Node *)self) < 0) {
        PyErr_NoMemory();
        Py_CLEAR(order);
    }
    if (order) {
        Node *leaves = count_consumers((Node *)self);
        int complete = visit_in_order((Node *)self, append, order);
        settle_leaves(leaves);
        snapshot_restore(&all);
        if (!complete)
            Py_CLEAR(order);
    }
    free(all.item);
    return order;
}

static PyObject *value_zero_grad(PyObject *self, PyObject *unused)
{
    (void)unused;
    Snapshot all = {0};
    int failed = snapshot_take(&all, (Node *)self) < 0;
    for (size_t i = 0; !failed && i < all.length; i++)
        all.item[i].node->grad = 0.0;
    free(all.item);
    if (failed)
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}

static PyObject *value_detach(PyObject *self, PyObject *unused)
{
    (void)unused;
    return (PyObject *)leaf_new(((Node *)self)->data);
}

/* ------ rebuilding, copying */

static int code_of(PyObject *row)
{
    PyObject *attribute = PyObject_GetAttrString(row, "code");
    long code = attribute ? PyLong_AsLong(attribute) : -1;
    Py_XDECREF(attribute);
    if (PyErr_Occurred())
        return -1;
    int known = code >= 0 && code < OP_COUNT && PyTuple_GET_ITEM(hooks.rows, code) == row;
    return known ? (int)code : OP_CUSTOM;
}

/* Fill the edges from checked tuples; a reference to each node. Returns how many were filled. */
static Py_ssize_t edges_fill(Edge *edge, PyObject *operands, PyObject *partials)
{
    Py_ssize_t n = PyTuple_GET_SIZE(operands), free_ones = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *operand = PyTuple_GET_ITEM(operands, i), *number = operand;
        if (is_value(operand)) {
            if (free_ones >= PyTuple_GET_SIZE(partials))
                return i;
            number = PyTuple_GET_ITEM(partials, free_ones++);
        }
        if (!PyFloat_CheckExact(number))
            return i;
        edge[i].parent = is_value(operand) ? (Node *)Py_NewRef(operand) : NULL;
        edge[i].partial = PyFloat_AS_DOUBLE(number);
    }
    return n;
}

static Node *node_of_edges(int code, double data, Edges *edges)
{
    int inside = edges->length <= 2 && code != OP_CUSTOM;
    Node *node = node_new((uint8_t)code, inside ? (uint8_t)edges->length : MANY, data);
    if (!node || !inside) {
        if (node)
            node->edges = edges;
        else
            edges_abandon(edges, edges->length);
        return node;
    }
    for (Py_ssize_t i = 0; i < 2; i++) {
        node->parent[i] = i < edges->length ? edges->edge[i].parent : NULL;
        node->partial[i] = i < edges->length ? edges->edge[i].partial : 0.0;
    }
    edges_abandon(edges, 0);
    return node;
}

static Node *node_of_parts(PyObject *row, double data, PyObject *operands, PyObject *partials)
{
    if (row == Py_None)
        return leaf_new(data);
    int code = code_of(row);
    Edges *edges = code < 0 ? NULL : edges_new(row, PyTuple_GET_SIZE(operands));
    if (!edges)
        return NULL;
    Py_ssize_t filled = edges_fill(edges->edge, operands, partials);
    if (filled < edges->length || edges->length == 0) {
        edges_abandon(edges, filled);
        PyErr_SetString(PyExc_TypeError, "operands must be Values or floats, partials floats");
        return NULL;
    }
    return node_of_edges(code, data, edges);
}

static PyObject *value_rebuild(PyObject *unused, PyObject *args)
{
    (void)unused;
    PyObject *row, *data, *grad, *label, *operands, *partials;
    double number, slope;
    if (!PyArg_ParseTuple(args, "OOOUO!O!:_rebuild", &row, &data, &grad, &label, &PyTuple_Type,
                          &operands, &PyTuple_Type, &partials))
        return NULL;
    if (read_real(data, &number) < 0 || read_real(grad, &slope) < 0)
        return NULL;
    PyObject *checked = PyObject_CallFunctionObjArgs(hooks.check_record, &ValueType, row, operands,
                                                     partials, NULL);
    if (!checked)
        return NULL;
    Py_DECREF(checked);
    Node *node = node_of_parts(row, number, operands, partials);
    if (!node)
        return NULL;
    node->grad = slope;
    if (PyUnicode_GET_LENGTH(label) && note_set(labels, node, label) < 0)
        Py_CLEAR(node);
    return (PyObject *)node;
}

static PyObject *value_copy(PyObject *self, PyObject *unused)
{
    (void)unused;
    Node *node = (Node *)self;
    PyObject *operands = edge_tuple(node, operand_view);
    PyObject *partials = operands ? edge_tuple(node, partial_view) : NULL;
    Node *copy = partials ? node_of_parts(row_of(node), node->data, operands, partials) : NULL;
    Py_XDECREF(operands);
    Py_XDECREF(partials);
    if (!copy)
        return NULL;
    copy->grad = node->grad;
    PyObject *label = note_get(labels, node);
    if ((!label && PyErr_Occurred()) || (label && note_set(labels, copy, label) < 0))
        Py_CLEAR(copy);
    return (PyObject *)copy;
}

static PyObject *value_deepcopy(PyObject *self, PyObject *memo)
{
    return PyObject_CallFunctionObjArgs(hooks.deepcopy, self, memo, NULL);
}

static PyObject *value_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    return PyObject_CallOneArg(hooks.reduce, self);
}

static PyObject *value_operator(PyObject *unused, PyObject *args)
{
    (void)unused;
    return PyObject_CallObject(hooks.build, args);
}

/* ------ Python's protocols */

static PyObject *value_repr(PyObject *self)
{
    PyObject *data = get_data(self, NULL), *grad = data ? get_grad(self, NULL) : NULL;
    PyObject *text = grad ? PyUnicode_FromFormat("Value(data=%R, grad=%R)", data, grad) : NULL;
    Py_XDECREF(data);
    Py_XDECREF(grad);
    return text;
}

static PyObject *value_format(PyObject *self, PyObject *spec)
{
    if (!PyUnicode_Check(spec) || PyUnicode_GET_LENGTH(spec) == 0)
        return value_repr(self);
    PyObject *data = get_data(self, NULL);
    PyObject *text = data ? PyObject_Format(data, spec) : NULL;
    Py_XDECREF(data);
    return text;
}

static Py_hash_t value_hash(PyObject *self)
{
    return (Py_hash_t)((uintptr_t)self >> 3);
}

static int value_bool(PyObject *self)
{
    return ((Node *)self)->data != 0.0;
}

static PyObject *value_positive(PyObject *self)
{
    return Py_NewRef(self);
}

static PyObject *value_compare(PyObject *self, PyObject *other, int operation)
{
    static const char *const swapped[] = {"__lt__", "__le__", "", "", "__gt__", "__ge__"};
    Edge edge;
    if (operation == Py_EQ || operation == Py_NE)
        Py_RETURN_NOTIMPLEMENTED;
    Reading reading = read_operand(other, swapped[operation], &edge);
    if (reading == FAILED)
        return NULL;
    if (reading == NOT_OURS)
        Py_RETURN_NOTIMPLEMENTED;
    Py_RETURN_RICHCOMPARE(((Node *)self)->data, edge.partial, operation);
}

static PyObject *slot_power(PyObject *x, PyObject *y, PyObject *modulus)
{
    if (modulus != Py_None)
        return PyErr_Format(PyExc_TypeError, "pow of Values takes two operands, got three");
    return slot_pow(x, y);
}

static PyObject *slot_divmod(PyObject *x, PyObject *y)
{
    PyObject *quotient = PyNumber_FloorDivide(x, y);
    PyObject *remainder = quotient ? PyNumber_Remainder(x, y) : NULL;
    PyObject *pair = remainder ? PyTuple_Pack(2, quotient, remainder) : NULL;
    Py_XDECREF(quotient);
    Py_XDECREF(remainder);
    return pair;
}

static PyObject *refuse_float(PyObject *self)
{
    (void)self;
    return PyErr_Format(PyExc_TypeError,
                        "a Value does not become a float by itself: use v.data for the number, or "
                        "scalargrad.sin(v) instead of math.sin(v) to keep the gradient");
}

static PyObject *refuse_complex(PyObject *self, PyObject *unused)
{
    (void)unused;
    return refuse_float(self);
}

static PyObject *value_round(PyObject *self, PyObject *args)
{
    PyObject *digits = Py_None;
    if (!PyArg_ParseTuple(args, "|O:__round__", &digits))
        return NULL;
    if (digits == Py_None)
        return slot_round(self);
    return PyObject_CallFunctionObjArgs(PyTuple_GET_ITEM(hooks.rows, OP_round_to), self, digits,
                                        NULL);
}

/* ------ methods from the table */

#define ROW(python_name, name, doc)                                                               \
    static PyObject *method_##python_name(PyObject *self, PyObject *unused)                       \
    {                                                                                             \
        (void)unused;                                                                             \
        return slot_##name(self);                                                                 \
    }
UNARY_METHODS(ROW)
#undef ROW

/* The row itself does what C has no short way for. Of `args`, n come by position. */
static PyObject *call_row(int code, PyObject *self, PyObject *const *args, Py_ssize_t n,
                          PyObject *kwnames)
{
    Py_ssize_t given = n + (kwnames ? PyTuple_GET_SIZE(kwnames) : 0);
    PyObject **all = PyMem_New(PyObject *, given + 1);
    if (!all)
        return PyErr_NoMemory();
    all[0] = self;
    for (Py_ssize_t i = 0; i < given; i++)
        all[i + 1] = args[i];
    PyObject *row = PyTuple_GET_ITEM(hooks.rows, code);
    PyObject *result = PyObject_Vectorcall(row, all, (size_t)n + 1, kwnames);
    PyMem_Free(all);
    return result;
}

/* Methods take at most two operands besides self where C has a short way. */
static PyObject *call_quickly(int code, PyObject *self, PyObject *const *args, Py_ssize_t n,
                              PyObject *kwnames)
{
    PyObject *all[] = {self, n > 0 ? args[0] : NULL, n > 1 ? args[1] : NULL};
    PyObject *result = n <= 2 && !kwnames ? quick(&entries[code], all, n + 1) : NULL;
    return result || PyErr_Occurred() ? result : call_row(code, self, args, n, kwnames);
}

#define ROW(python_name, name, doc)                                                               \
    static PyObject *call_##python_name(PyObject *self, PyObject *const *args, Py_ssize_t n,      \
                                        PyObject *kwnames)                                        \
    {                                                                                             \
        return call_quickly(OP_##name, self, args, n, kwnames);                                   \
    }
BINARY_METHODS(ROW)
TERNARY_METHODS(ROW)
PYTHON_METHODS(ROW)
#undef ROW

#define FAST(f) ((PyCFunction)(void (*)(void))(f))

static PyMethodDef value_methods[] = {
#define ROW(python_name, name, doc) {#python_name, method_##python_name, METH_NOARGS, doc},
    UNARY_METHODS(ROW)
#undef ROW
#define ROW(python_name, name, doc)                                                               \
    {#python_name, FAST(call_##python_name), METH_FASTCALL | METH_KEYWORDS, doc},
    BINARY_METHODS(ROW)
    TERNARY_METHODS(ROW)
    PYTHON_METHODS(ROW)
#undef ROW
    {"backward", FAST(value_backward), METH_VARARGS | METH_KEYWORDS,
     "backward(seed=1.0): add seed · ∂self/∂leaf to the grad of every leaf, and set the grad of "
     "every node between. All or nothing; O(nodes + edges)."},
    {"zero_grad", value_zero_grad, METH_NOARGS,
     "Set grad to 0.0 here and in every node this one was computed from."},
    {"detach", value_detach, METH_NOARGS,
     "Return a new leaf with the same data: no gradient flows through it."},
    {"_adjoints", value_adjoints, METH_O, NULL},
    {"_backward_order", value_backward_order, METH_NOARGS, NULL},
    {"_run_backward", value_run_backward, METH_O, NULL},
    {"_rebuild", value_rebuild, METH_VARARGS | METH_STATIC, NULL},
    {"__operator__", value_operator, METH_VARARGS | METH_STATIC, NULL},
    {"__format__", value_format, METH_O, NULL},
    {"__round__", value_round, METH_VARARGS, NULL},
    {"__floor__", method_floor, METH_NOARGS, NULL},
    {"__ceil__", method_ceil, METH_NOARGS, NULL},
    {"__complex__", refuse_complex, METH_NOARGS, NULL},
    {"__copy__", value_copy, METH_NOARGS, NULL},
    {"__deepcopy__", value_deepcopy, METH_O, NULL},
    {"__reduce__", value_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyNumberMethods value_as_number = {
    NUMBER_SLOTS,
    .nb_power = slot_power,
    .nb_divmod = slot_divmod,
    .nb_positive = value_positive,
    .nb_bool = value_bool,
    .nb_float = refuse_float,
    .nb_int = refuse_float,
};

static PyTypeObject ValueType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "scalargrad.engine.Value",
    .tp_doc = "Value(data, label=\"\")\n--\n\nA float64 that remembers how it was computed.",
    .tp_basicsize = sizeof(Node),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = value_new,
    .tp_vectorcall = value_vectorcall,
    .tp_dealloc = value_dealloc,
    .tp_repr = value_repr,
    .tp_hash = value_hash,
    .tp_richcompare = value_compare,
    .tp_as_number = &value_as_number,
    .tp_methods = value_methods,
    .tp_getset = value_getset,
};

/* ------ the module */

static PyObject *engine_install(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *rows, *operand, *build, *settle_, *backward, *check_record, *deepcopy, *reduce;
    if (!PyArg_ParseTuple(args, "O!OOOOOOO:install", &PyTuple_Type, &rows, &operand, &build,
                          &settle_, &backward, &check_record, &deepcopy, &reduce))
        return NULL;
    if (PyTuple_GET_SIZE(rows) != OP_COUNT)
        return PyErr_Format(PyExc_ImportError,
                            "rules.h knows %d rows, the table has %zd: build the extension anew",
                            (int)OP_COUNT, PyTuple_GET_SIZE(rows));
    Py_INCREF(args); /* for as long as the process lives: it owns all of the hooks */
    hooks.rows = rows;
    hooks.operand = operand;
    hooks.build = build;
    hooks.settle = settle_;
    hooks.backward = backward;
    hooks.check_record = check_record;
    hooks.deepcopy = deepcopy;
    hooks.reduce = reduce;
    Py_RETURN_NONE;
}

static PyObject *engine_set_modes(PyObject *module, PyObject *count)
{
    (void)module;
    long number = PyLong_AsLong(count);
    if (number == -1 && PyErr_Occurred())
        return NULL;
    modes_active = number != 0;
    Py_RETURN_NONE;
}

static PyObject *engine_trim(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    arena_trim();
    Py_RETURN_NONE;
}

static PyObject *engine_chunks(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return Py_BuildValue("nn", (Py_ssize_t)arena.chunks, (Py_ssize_t)arena.chunks_in_use);
}

static PyObject *engine_fail_after(PyObject *module, PyObject *count)
{
    (void)module;
    long number = PyLong_AsLong(count);
    if (number == -1 && PyErr_Occurred())
        return NULL;
    arena.fail_after = number;
    Py_RETURN_NONE;
}

static PyMethodDef engine_functions[] = {
    {"install", engine_install, METH_VARARGS, "Hand over the table's rows and Python's part."},
    {"set_modes", engine_set_modes, METH_O, "Say how many modes are active."},
    {"function", function_of_row, METH_O, "Return the callable that a row is to users."},
    {"trim", engine_trim, METH_NOARGS, "Give memory that holds no node back to the system."},
    {"chunks", engine_chunks, METH_NOARGS, "Chunks of 2 MiB held, and those in use."},
    {"fail_after", engine_fail_after, METH_O,
     "For tests: let all allocations fail after this many; -1 ends it."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef engine_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "scalargrad.native._engine",
    .m_doc = "Value in C.",
    .m_size = -1,
    .m_methods = engine_functions,
};

PyMODINIT_FUNC PyInit__engine(void)
{
    labels = PyDict_New();
    sources = PyDict_New();
    if (!labels || !sources || PyType_Ready(&ValueType) < 0 || PyType_Ready(&FunctionType) < 0)
        return NULL;
    PyObject *module = PyModule_Create(&engine_module);
    if (!module || PyModule_AddObjectRef(module, "Value", (PyObject *)&ValueType) < 0) {
        Py_XDECREF(module);
        return NULL;
    }
    return module;
}
