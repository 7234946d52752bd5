/* The number of a node: a row's forward function on the numbers of its operands. Included by
 * rolled/events.h, templates.h. */
#ifndef SCALARGRAD_FORWARD_H
#define SCALARGRAD_FORWARD_H

#include "objects.h"

/* Operands of each row that is run in C; −1 where any number of them will do, −2 for the others. */
static int8_t arity[KNOWN_ROWS];

static void know_arities(void)
{
    memset(arity, -2, sizeof arity);
#define ROW(name, ...) arity[OP_##name] = 1;
    UNARY_ROWS(ROW)
#undef ROW
#define ROW(name, ...) arity[OP_##name] = 2;
    BINARY_ROWS(ROW)
#undef ROW
#define ROW(name, ...) arity[OP_##name] = 3;
    TERNARY_ROWS(ROW)
#undef ROW
    arity[OP_sum] = arity[OP_dot] = arity[PRODUCTS] = arity[ACCUMULATE] = -1;
    arity[STOP_GRADIENT] = arity[LANES_SUM] = arity[HANDED_ON] = 1;
    arity[MOVED_SUM] = 2;
}

static double number_at(const Trace *t, int32_t i)
{
    return t->node[i].number;
}

static double sum_of(const double *xs, int32_t count)
{
    double total = 0.0;
    for (int32_t k = 0; k < count; k++)
        total += xs[k];
    return total;
}

static double dot_of(const double *operands, int32_t count)
{
    const int32_t n = count / 2;
    double total = count % 2 ? operands[count - 1] : 0.0;
    for (int32_t k = 0; k < n; k++)
        total += operands[k] * operands[n + k];
    return total;
}

/* The sum begins with the first product, not with 0.0: that would turn a −0.0 into 0.0. */
static double products_of(int32_t row, const double *pairs, int32_t count)
{
    double total = 0.0;
    for (int32_t k = 0; k + 1 < count; k += 2) {
        const double x = pairs[k], y = pairs[k + 1];
        const double product = row == PRODUCTS ? forward_mul(x, y) : forward_chain(x, y);
        total = k ? total + product : product;
    }
    return total;
}

/* clang-format off */
static double forward_of(int32_t row, double x, double y, double z)
{
    switch (row) {
#define ROW(name) case OP_##name: return forward_##name(x);
    UNARY_ROWS(ROW)
#undef ROW
#define ROW(name, ...) case OP_##name: return forward_##name(x, y);
    BINARY_ROWS(ROW)
#undef ROW
#define ROW(name, ...) case OP_##name: return forward_##name(x, y, z);
    TERNARY_ROWS(ROW)
#undef ROW
    default: return x;
    }
}
/* clang-format on */

/* The forward of a row that has to be run in Python. */
static int number_in_python(Trace *t, int32_t row, const double *numbers, int32_t count,
                            double *number)
{
    PyObject *args = PyTuple_New(count), *result = NULL;
    for (int32_t k = 0; args && k < count; k++) {
        PyObject *x = PyFloat_FromDouble(numbers[k]);
        if (!x)
            Py_CLEAR(args);
        else
            PyTuple_SET_ITEM(args, k, x);
    }
    PyObject *op = args ? operator_by_code(t, row) : NULL;
    if (op)
        result = PyObject_CallFunctionObjArgs(trace_hooks.forward, op, args, NULL);
    Py_XDECREF(op);
    Py_XDECREF(args);
    *number = result ? PyFloat_AsDouble(result) : 0.0;
    Py_XDECREF(result);
    return PyErr_Occurred() ? -1 : 0;
}

static double number_of_many(int32_t row, const double *numbers, int32_t count)
{
    switch (row) {
    case OP_sum: return sum_of(numbers, count);
    case OP_dot: return dot_of(numbers, count);
    default: return products_of(row, numbers, count);
    }
}

/* A row on numbers. */
static int forward_on(Trace *t, int32_t row, const double *numbers, int32_t count, double *number)
{
    const int known = row < KNOWN_ROWS ? arity[row] : -2;
    if (known == count)
        *number = forward_of(row, numbers[0], numbers[count > 1], numbers[count - 1]);
    else if (known == -1 && count > 1)
        *number = number_of_many(row, numbers, count);
    else
        return number_in_python(t, row, numbers, count, number);
    return 0;
}

/* A row on the numbers of nodes. */
static int number_of(Trace *t, int32_t row, const int32_t *operands, int32_t count, double *number)
{
    if (row < KNOWN_ROWS && arity[row] == count) {
        *number = forward_of(row, number_at(t, operands[0]), number_at(t, operands[count > 1]),
                             number_at(t, operands[count - 1]));
        return 0;
    }
    double few[FEW] = {0.0}, *numbers = few_or_more(few, count, sizeof *numbers);
    if (!numbers)
        return -1;
    for (int32_t k = 0; k < count; k++)
        numbers[k] = number_at(t, operands[k]);
    const int failed = forward_on(t, row, numbers, count, number);
    free_more(numbers, few);
    return failed;
}

/* ------ computing */

/* Where a node was looked for: the cell for it, as long as the table has so many cells, and the trace
 * so many nodes. */
typedef struct {
    uint32_t at, cells;
    int32_t size;
} Looked;

static int is_as_looked(const Trace *t, Looked looked)
{
    return looked.cells && t->known.cells == looked.cells && t->size == looked.size;
}

static int32_t new_node(Trace *t, int32_t row, const int32_t *operands, int32_t count,
                        Looked looked)
{
    double number;
    if (number_of(t, row, operands, count, &number) < 0)
        return -1;
    int is_fixed = row != OP_identity, lane = 0;
    for (int32_t k = 0; k < count; k++) {
        is_fixed &= is_constant(t, operands[k]);
        lane |= t->node[operands[k]].lane;
    }
    if (is_fixed)
        return constant(t, number);
    lane &= row != LANES_SUM;
    if (row == OP_identity)
        return append_node(t, row, operands, count, number, lane);
    /* Python code may have run since it was looked for */
    if (reserve_cell(t) < 0)
        return -1;
    const uint32_t at = is_as_looked(t, looked) ? looked.at
                                                : cell_of_node(t, row, operands, count);
    const int32_t known = t->known.item[at];
    return known >= 0 ? known : append_known(t, at, row, operands, count, number, lane);
}

/* The node for a row applied to nodes, the known one if there is one; −1 with an exception.
 * `operands` must not point into the trace: its memory moves. */
static int32_t computed(Trace *t, int32_t row, const int32_t *operands, int32_t count)
{
    Looked looked = {0, 0, t->size};
    if (row != OP_identity && t->known.cells) {
        looked.at = cell_of_node(t, row, operands, count);
        looked.cells = t->known.cells;
        if (t->known.item[looked.at] >= 0)
            return t->known.item[looked.at];
    }
    return new_node(t, row, operands, count, looked);
}

#endif
