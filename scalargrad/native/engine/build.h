/* From operands to nodes: the common way of operators, methods and functions. Included by
 * function.h, later.h, optim.h. */
#ifndef SCALARGRAD_BUILD_H
#define SCALARGRAD_BUILD_H

#include "folds.h"
#include "../shared/hooks.h"
#include "../shared/modes.h"

/* The Python half of the engine, where speed does not matter; see native/__init__.py. A hook with a
 * star is called only while a function is traced; its None means that this changes nothing here.
 * "no" is NotImplemented. */
#define ENGINE_HOOKS(HOOK)                                                                        \
    HOOK(rows, &PyTuple_Type)        /* Operators, by code */                                     \
    HOOK(operand, ANYTHING)          /* (x, name of the reflected method) -> float, or "no" */    \
    HOOK(build, ANYTHING)            /* (Operator, operands) -> Value */                          \
    HOOK(settle, ANYTHING)           /* (Value) -> Value, where nodes are observed or traced */   \
    HOOK(backward, ANYTHING)         /* (Value, seed), where nodes are observed */                \
    HOOK(check_record, ANYTHING)     /* (type, Operator, operands, partials) */                   \
    HOOK(deepcopy, ANYTHING)         /* (Value, memo) -> Value */                                 \
    HOOK(reduce, ANYTHING)           /* (Value) -> tuple */                                       \
    HOOK(traced_leaf, ANYTHING)      /* * (number) -> what stands for a leaf */                   \
    HOOK(traced_number, ANYTHING)    /* * (Value) -> what stands for its number */                \
    HOOK(refuse_to_change, ANYTHING) /* * (Value) */                                              \
    HOOK(unwatched, ANYTHING)        /* * (name of an attribute) */                               \
    HOOK(plain, ANYTHING)            /* (Value) -> the name of its operator in micrograd */       \
    HOOK(attribute, ANYTHING)        /* (x, name of an attribute) -> float */                     \
    HOOK(constructed, ANYTHING)      /* (type, arguments, named ones) -> Value */                 \
    HOOK(equal_float, ANYTHING)      /* (x) -> the float that equals what x equals, or "no" */    \
    HOOK(compared, ANYTHING)         /* * (name, Value, x) -> how the comparison comes out */     \
    HOOK(array_ufunc, ANYTHING)      /* what NumPy asks a Value */                                \
    HOOK(linked, ANYTHING)           /* (Value) -> a copy computed from it, or None */            \
    HOOK(decide, ANYTHING)           /* (list of Values whose zeros may stand for NOTHING) */

static struct {
    ENGINE_HOOKS(HOOK_MEMBER)
} hooks;

/* The code of an Operator: OP_CUSTOM outside the table, -1 with an exception if it is none. */
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

/* Apply the modes that hold to a node just built, which nobody else has. Return the node, or what a
 * mode puts in its place. */
COLD PyObject *settle(Node *node)
{
    const int modes = modes_here();
    if (modes == NO_GRAD)
        node_make_leaf(node);
    if (modes == 0 || modes == NO_GRAD)
        return (PyObject *)node;
    PyObject *result = modes < 0 ? NULL : PyObject_CallOneArg(hooks.settle, (PyObject *)node);
    Py_DECREF(node);
    return result;
}

INLINE PyObject *finish(Node *node)
{
    return LIKELY(!modes_active()) ? (PyObject *)node : settle(node);
}

/* ------ reading operands */

typedef enum { FAILED = -1, NOT_OURS, READ } Reading;

/* Whether x is a number of another kind, such as a Tracer. */
static int builds_itself(PyObject *x)
{
    static PyObject *name;
    if (!name && !(name = PyUnicode_InternFromString("__operator__"))) {
        PyErr_Clear();
        return 0;
    }
    return PyObject_HasAttr((PyObject *)Py_TYPE(x), name);
}

static Reading read_by_hook(PyObject *x, const char *reflected, double *number)
{
    if (modes_active() && builds_itself(x))
        return NOT_OURS;
    PyObject *result = PyObject_CallFunction(hooks.operand, "Os", x, reflected);
    if (!result)
        return FAILED;
    Reading reading = result == Py_NotImplemented ? NOT_OURS : READ;
    if (reading == READ) {
        *number = PyFloat_AsDouble(result);
        if (*number == -1.0 && PyErr_Occurred())
            reading = FAILED;
    }
    Py_DECREF(result);
    return reading;
}

COLD Reading read_number(PyObject *x, const char *reflected, double *number)
{
    if (PyFloat_Check(x)) {
        *number = PyFloat_AS_DOUBLE(x);
        return READ;
    }
    if (PyLong_Check(x)) {
        *number = PyLong_AsDouble(x);
        return *number == -1.0 && PyErr_Occurred() ? FAILED : READ;
    }
    return read_by_hook(x, reflected, number);
}

INLINE Reading read_operand(PyObject *x, const char *reflected, Edge *operand)
{
    if (LIKELY(is_value(x))) {
        operand->parent = (Node *)x;
        operand->partial = ((Node *)x)->data;
        return READ;
    }
    operand->parent = NULL;
    if (LIKELY(PyFloat_CheckExact(x))) {
        operand->partial = PyFloat_AS_DOUBLE(x);
        return READ;
    }
    return read_number(x, reflected, &operand->partial);
}

/* Like read_operand, for what can be read without running Python code. */
static inline Reading read_plain(PyObject *x, Edge *operand)
{
    if (is_value(x) || PyFloat_Check(x) || PyLong_CheckExact(x))
        return read_operand(x, "", operand);
    return NOT_OURS;
}

static int read_real(PyObject *x, double *number)
{
    return read_number(x, "", number) == READ ? 0 : -1;
}

/* Read the number that an attribute is set to; an error names the attribute. */
static int read_attribute(PyObject *x, const char *name, double *number)
{
    if (PyFloat_CheckExact(x)) {
        *number = PyFloat_AS_DOUBLE(x);
        return 0;
    }
    PyObject *found = PyObject_CallFunction(hooks.attribute, "Os", x, name);
    *number = found ? PyFloat_AsDouble(found) : 0.0;
    Py_XDECREF(found);
    return PyErr_Occurred() ? -1 : 0;
}

/* ------ one and two operands */

typedef double Forward1(double);
typedef double Partial1(double, double);
typedef double Forward2(double, double);
typedef double Partial2(double, double, double);

INLINE PyObject *node_of_one(uint8_t op, Node *x, Forward1 *forward, Partial1 *partial)
{
    double out = forward(x->data);
    Node *node = node_new(op, UNARY, out);
    if (UNLIKELY(!node))
        return NULL;
    Py_INCREF(x);
    node->parent[0] = x;
    node->parent[1] = NULL;
    node->partial[0] = partial(out, x->data);
    node->partial[1] = 0.0;
    return finish(node);
}

/* The operands' numbers come in `partial`, and so they stay where the operand is a constant. */
INLINE PyObject *node_of_two(uint8_t op, Edge a, Edge b, Forward2 *forward, Partial2 *partial0,
                             Partial2 *partial1, Partial2 *beside0, Partial2 *beside1)
{
    double x = a.partial, y = b.partial;
    double out = forward(x, y);
    Node *node = node_new(op, BINARY, out);
    if (UNLIKELY(!node))
        return NULL;
    Py_XINCREF(a.parent);
    Py_XINCREF(b.parent);
    node->parent[0] = a.parent;
    node->parent[1] = b.parent;
    if (LIKELY(a.parent && b.parent)) {
        node->partial[0] = partial0(out, x, y);
        node->partial[1] = partial1(out, x, y);
    } else {
        node->partial[0] = a.parent ? beside0(out, x, y) : x;
        node->partial[1] = b.parent ? beside1(out, x, y) : y;
    }
    return finish(node);
}

#define ROW(name)                                                                                 \
    static PyObject *slot_##name(PyObject *x)                                                     \
    {                                                                                             \
        return node_of_one(OP_##name, (Node *)x, forward_##name, partial0_##name);                \
    }
UNARY_ROWS(ROW)
#undef ROW

INLINE Edge edge_of(PyObject *value)
{
    return (Edge){(Node *)value, ((Node *)value)->data};
}

/* Two Values, and a slot at hand for the node, are the common case and have a way of their own, on
 * which all stays in registers. */
#define ROW(name, beside, defaults, default_, swapped, reflected)                                 \
    APART PyObject *mixed_##name(PyObject *x, PyObject *y)                                        \
    {                                                                                             \
        Edge a, b;                                                                                \
        Reading reading = read_operand(x, swapped, &a);                                           \
        if (reading == READ)                                                                      \
            reading = read_operand(y, reflected, &b);                                             \
        if (reading == FAILED)                                                                    \
            return NULL;                                                                          \
        if (reading == NOT_OURS)                                                                  \
            Py_RETURN_NOTIMPLEMENTED;                                                             \
        return node_of_two(OP_##name, a, b, forward_##name, partial0_##name, partial1_##name,     \
                           beside##0_##name, beside##1_##name);                                   \
    }                                                                                             \
    static PyObject *slot_##name(PyObject *x, PyObject *y)                                        \
    {                                                                                             \
        if (UNLIKELY(!is_value(x) || !is_value(y) || !slot_at_hand()))                            \
            return mixed_##name(x, y);                                                            \
        return node_of_two(OP_##name, edge_of(x), edge_of(y), forward_##name, partial0_##name,    \
                           partial1_##name, beside##0_##name, beside##1_##name);                  \
    }
BINARY_ROWS(ROW)
#undef ROW

/* ------ three operands */

typedef double Forward3(double, double, double);
typedef double Partial3(double, double, double, double);

static PyObject *many_node(uint8_t op, double out, Edges *edges);

/* The operands' numbers come in `partial`, as for two. */
INLINE PyObject *node_of_three(uint8_t op, const Edge *operand, Forward3 *forward,
                               Partial3 *partial0, Partial3 *partial1, Partial3 *partial2)
{
    Partial3 *const partials[] = {partial0, partial1, partial2};
    double x = operand[0].partial, y = operand[1].partial, z = operand[2].partial;
    double out = forward(x, y, z);
    Edges *edges = edges_new(PyTuple_GET_ITEM(hooks.rows, op), 3);
    if (!edges)
        return NULL;
    for (int i = 0; i < 3; i++) {
        edges->edge[i] = operand[i];
        Py_XINCREF(operand[i].parent);
        if (operand[i].parent)
            edges->edge[i].partial = partials[i](out, x, y, z);
    }
    return many_node(op, out, edges);
}

#define ROW(name, constant_from)                                                                  \
    static PyObject *triple_##name(const Edge *operand)                                           \
    {                                                                                             \
        return node_of_three(OP_##name, operand, forward_##name, partial0_##name,                 \
                             partial1_##name, partial2_##name);                                   \
    }
TERNARY_ROWS(ROW)
#undef ROW

/* ------ lists of operands */

typedef double FoldForward(const Edge *, Py_ssize_t);
typedef double FoldCount(double, const Edge *, Py_ssize_t);

/* Read a list's items into edges, a reference to each node; returns how many were read. */
static Py_ssize_t edges_read(Edge *edge, PyObject *const *items, Py_ssize_t n, int *any_value)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        if (read_plain(items[i], &edge[i]) != READ)
            return i;
        *any_value |= edge[i].parent != NULL;
        Py_XINCREF(edge[i].parent);
    }
    return n;
}

static PyObject *many_node(uint8_t op, double out, Edges *edges)
{
    Node *node = node_new(op, MANY, out);
    if (!node) {
        edges_abandon(edges, edges->length);
        return NULL;
    }
    node->edges = edges;
    return finish(node);
}

/* `about` gives the number that the partials are relative to, instead of the output, if it is not
 * NULL. Each fold returns NULL without an exception where the row has to be run in Python. */
INLINE PyObject *fold_node(uint8_t op, PyObject *const *items, Py_ssize_t n, FoldForward *forward,
                           FoldCount *count, FoldForward *about, Partial2 *partial)
{
    Edges *edges = edges_new(PyTuple_GET_ITEM(hooks.rows, op), n);
    if (!edges)
        return NULL;
    int any_value = 0;
    Py_ssize_t filled = edges_read(edges->edge, items, n, &any_value);
    if (filled < n || !any_value) {
        edges_abandon(edges, filled);
        return NULL;
    }
    double out = forward(edges->edge, n);
    double reference = about ? about(edges->edge, n) : out;
    double counted = count(reference, edges->edge, n);
    for (Edge *e = edges->edge; e < edges->edge + n; e++)
        if (e->parent)
            e->partial = partial(reference, e->partial, counted);
    return many_node(op, out, edges);
}

#define ROW(name, forward, count, about)                                                          \
    static PyObject *list_##name(PyObject *const *items, Py_ssize_t n)                            \
    {                                                                                             \
        return fold_node(OP_##name, items, n, forward, count, about, partial_##name);             \
    }
FOLD_ROWS(ROW)
#undef ROW

/* A dot is a sum of multiplications, hence mul's partials. Returns the sum, from `total` on. */
static double dot_edges(Edge *w, Edge *x, Py_ssize_t n, double total)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        double wi = w[i].partial, xi = x[i].partial, product = forward_mul(wi, xi);
        total += product;
        const int both = w[i].parent && x[i].parent;
        if (w[i].parent)
            w[i].partial = both ? partial0_mul(product, wi, xi) : beside0_mul(product, wi, xi);
        if (x[i].parent)
            x[i].partial = both ? partial1_mul(product, wi, xi) : beside1_mul(product, wi, xi);
    }
    return total;
}

static PyObject *dot_node(PyObject *const *ws, PyObject *const *xs, Py_ssize_t n, PyObject *bias)
{
    Py_ssize_t length = 2 * n + (bias != NULL);
    Edges *edges = edges_new(PyTuple_GET_ITEM(hooks.rows, OP_dot), length);
    if (!edges)
        return NULL;
    Edge *edge = edges->edge;
    int any_value = 0;
    Py_ssize_t filled = edges_read(edge, ws, n, &any_value);
    if (filled == n)
        filled += edges_read(edge + n, xs, n, &any_value);
    if (filled == 2 * n && bias)
        filled += edges_read(edge + 2 * n, &bias, 1, &any_value);
    if (filled < length || !any_value) {
        edges_abandon(edges, filled);
        return NULL;
    }
    double out = dot_edges(edge, edge + n, n, bias ? edge[2 * n].partial : 0.0);
    if (bias && edge[2 * n].parent)
        edge[2 * n].partial = partial0_add(out, out, 0.0);
    return many_node(OP_dot, out, edges);
}

#endif
