/* The functions `scalargrad.exp(x)`: a row of the table as a callable, quick for Values. Included
 * by current.h, module.c. */
#ifndef SCALARGRAD_FUNCTION_H
#define SCALARGRAD_FUNCTION_H

#include <structmember.h>
#include "../shared/trace_types.h"
#include "build.h"

/* The quick ways of a row in C; all NULL where the row has to be run in Python. */
typedef struct {
    PyObject *(*node_of_one)(PyObject *);
    Forward1 *forward1;
    PyObject *(*node_of_two)(PyObject *, PyObject *);
    Forward2 *forward2;
    int defaults;    /* 1 if the second of two operands may be left out, */
    double default_; /* and what it is then */
    PyObject *(*node_of_three)(const Edge *);
    Forward3 *forward3;
    int constant_from; /* of three operands, those that must be constants */
    PyObject *(*node_of_list)(PyObject *const *, Py_ssize_t);
} Entry;

/* clang-format off */
static const Entry entries[OP_COUNT] = {
#define ROW(name) [OP_##name] = {.node_of_one = slot_##name, .forward1 = forward_##name},
    UNARY_ROWS(ROW)
#undef ROW
#define ROW(name, beside, given, number, swapped, reflected)                                      \
    [OP_##name] = {.node_of_two = slot_##name, .forward2 = forward_##name, .defaults = given,     \
                   .default_ = number},
    BINARY_ROWS(ROW)
#undef ROW
#define ROW(name, from)                                                                           \
    [OP_##name] = {.node_of_three = triple_##name, .forward3 = forward_##name,                    \
                   .constant_from = from},
    TERNARY_ROWS(ROW)
#undef ROW
#define ROW(name, forward, count, about) [OP_##name] = {.node_of_list = list_##name},
    FOLD_ROWS(ROW)
#undef ROW
};
/* clang-format on */

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *row;
    int code;
} Function;

/* Each quick way returns NULL without an exception where the row itself has to be called. */
static PyObject *quick_one(const Entry *entry, PyObject *x)
{
    if (is_value(x))
        return entry->node_of_one(x);
    return PyFloat_CheckExact(x) ? PyFloat_FromDouble(entry->forward1(PyFloat_AS_DOUBLE(x)))
                                 : traced_row((int)(entry - entries), x);
}

static PyObject *quick_two(const Entry *entry, PyObject *x, PyObject *y)
{
    Edge a, b;
    if (read_plain(x, &a) != READ || read_plain(y, &b) != READ)
        return NULL;
    if (a.parent || b.parent)
        return entry->node_of_two(x, y);
    return PyFloat_FromDouble(entry->forward2(a.partial, b.partial));
}

static PyObject *quick_default(const Entry *entry, PyObject *x)
{
    PyObject *y = PyFloat_FromDouble(entry->default_);
    PyObject *result = y ? quick_two(entry, x, y) : NULL;
    Py_XDECREF(y);
    return result;
}

static PyObject *quick_three(const Entry *entry, PyObject *const *args)
{
    Edge operand[3];
    int any_value = 0;
    for (int i = 0; i < 3; i++) {
        int truth = PyBool_Check(args[i]); /* where's condition */
        if (truth)
            operand[i] = (Edge){NULL, args[i] == Py_True};
        else if (read_plain(args[i], &operand[i]) != READ)
            return NULL;
        any_value |= operand[i].parent != NULL;
        if (operand[i].parent && i >= entry->constant_from)
            return NULL;
    }
    if (any_value)
        return entry->node_of_three(operand);
    return PyFloat_FromDouble(
        entry->forward3(operand[0].partial, operand[1].partial, operand[2].partial));
}

/* NULL without an exception where the row itself has to be called. */
static inline PyObject *quick(const Entry *entry, PyObject *const *args, Py_ssize_t n)
{
    if (n == 1 && entry->node_of_one)
        return quick_one(entry, args[0]);
    if (n == 2 && entry->node_of_two)
        return quick_two(entry, args[0], args[1]);
    if (n == 1 && entry->defaults)
        return quick_default(entry, args[0]);
    if (n == 3 && entry->node_of_three)
        return quick_three(entry, args);
    return NULL;
}

/* The list as a sequence whose items can be read; NULL with an exception if it is none. */
static PyObject *as_items(PyObject *x)
{
    const char *name = Py_TYPE(x)->tp_name, *last = strrchr(name, '.');
    if (Py_TYPE(x)->tp_iter || PySequence_Check(x))
        return PySequence_Fast(x, "");
    return PyErr_Format(PyExc_TypeError, "expected a list of numbers or Values, got %s %.60R",
                        last ? last + 1 : name, x);
}

static PyObject *quick_list(const Entry *entry, PyObject *list)
{
    Py_ssize_t n = PySequence_Fast_GET_SIZE(list);
    return n ? entry->node_of_list(PySequence_Fast_ITEMS(list), n) : NULL;
}

static PyObject *call_slowly(Function *self, PyObject *const *args, size_t nargsf,
                             PyObject *kwnames)
{
    return PyErr_Occurred() ? NULL : PyObject_Vectorcall(self->row, args, nargsf, kwnames);
}

static PyObject *call_fold(Function *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (PyVectorcall_NARGS(nargsf) != 1 || kwnames)
        return call_slowly(self, args, nargsf, kwnames);
    PyObject *list = as_items(args[0]); /* an iterator is used up here: go on with the list */
    if (!list)
        return NULL;
    PyObject *result = quick_list(&entries[self->code], list);
    if (!result)
        result = call_slowly(self, &list, 1, NULL);
    Py_DECREF(list);
    return result;
}

static PyObject *dot_of_items(Function *self, PyObject *ws, PyObject *xs, PyObject *bias)
{
    Py_ssize_t n = PySequence_Fast_GET_SIZE(ws);
    PyObject *result = NULL;
    if (n == PySequence_Fast_GET_SIZE(xs))
        result = dot_node(PySequence_Fast_ITEMS(ws), PySequence_Fast_ITEMS(xs), n,
                          bias == Py_None ? NULL : bias);
    PyObject *all[] = {ws, xs, bias};
    return result ? result : call_slowly(self, all, 3, NULL);
}

static int is_bias(PyObject *kwnames)
{
    return PyTuple_GET_SIZE(kwnames) == 1
           && PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(kwnames, 0), "bias") == 0;
}

static PyObject *call_dot(Function *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t n = PyVectorcall_NARGS(nargsf);
    int third = n == 3 ? !kwnames : n == 2 && kwnames && is_bias(kwnames);
    if (!third && (n != 2 || kwnames))
        return call_slowly(self, args, nargsf, kwnames);
    PyObject *ws = as_items(args[0]), *xs = ws ? as_items(args[1]) : NULL;
    PyObject *result = xs ? dot_of_items(self, ws, xs, third ? args[2] : Py_None) : NULL;
    Py_XDECREF(ws);
    Py_XDECREF(xs);
    return result;
}

static PyObject *function_call(PyObject *callable, PyObject *const *args, size_t nargsf,
                               PyObject *kwnames)
{
    Function *self = (Function *)callable;
    const Entry *entry = &entries[self->code];
    if (entry->node_of_list)
        return call_fold(self, args, nargsf, kwnames);
    if (self->code == OP_dot)
        return call_dot(self, args, nargsf, kwnames);
    PyObject *result = kwnames ? NULL : quick(entry, args, PyVectorcall_NARGS(nargsf));
    return result ? result : call_slowly(self, args, nargsf, kwnames);
}

static void function_dealloc(PyObject *self)
{
    Py_DECREF(((Function *)self)->row);
    PyObject_Free(self);
}

static PyObject *function_repr(PyObject *self)
{
    return PyObject_Repr(((Function *)self)->row);
}

/* Everything but the call is the row's: name, documentation, class. */
static PyObject *function_getattro(PyObject *self, PyObject *name)
{
    return PyObject_GetAttr(((Function *)self)->row, name);
}

/* `help` looks for it here alone, past the other attributes of the row. */
static PyObject *function_doc(PyObject *self, void *closure)
{
    (void)closure;
    return PyObject_GetAttrString(((Function *)self)->row, "__doc__");
}

static PyGetSetDef function_getset[] = {{.name = "__doc__", .get = function_doc}, {0}};

static PyTypeObject FunctionType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "scalargrad.native._engine.Function",
    .tp_doc = "A row of the operator table, as a function of floats and Values.",
    .tp_basicsize = sizeof(Function),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(Function, vectorcall),
    .tp_call = PyVectorcall_Call,
    .tp_dealloc = function_dealloc,
    .tp_repr = function_repr,
    .tp_getattro = function_getattro,
    .tp_getset = function_getset,
};

static PyObject *function_of_row(PyObject *module, PyObject *row)
{
    (void)module;
    int code = code_of(row);
    if (code < 0 || code == OP_CUSTOM)
        return code < 0 ? NULL : PyErr_Format(PyExc_TypeError, "expected a row of the table");
    Function *self = PyObject_New(Function, &FunctionType);
    if (!self)
        return NULL;
    self->vectorcall = function_call;
    self->row = Py_NewRef(row);
    self->code = code;
    return (PyObject *)self;
}

#endif
