/* Rows applied to terms: as they are, rewritten, or by the steps of a template. Included by
 * adjoints/reverse.h, passes.h, scans/body.h, tracer.h. */
#ifndef SCALARGRAD_APPLYING_H
#define SCALARGRAD_APPLYING_H

#include "operands.h"
#include "templates.h"

/* Apply a row by `compute` of the trace's class, which may rewrite it. */
static int applied_in_python(Trace *t, int32_t row, const Term *terms, int32_t count, Term *result)
{
    PyObject *operands = PyTuple_New(count), *found = NULL;
    for (int32_t k = 0; operands && k < count; k++) {
        PyObject *x = object_of(t, terms[k]);
        if (!x)
            Py_CLEAR(operands);
        else
            PyTuple_SET_ITEM(operands, k, x);
    }
    PyObject *op = operands ? operator_by_code(t, row) : NULL;
    if (op)
        found = PyObject_CallMethod((PyObject *)t, "compute", "OO", op, operands);
    Py_XDECREF(op);
    Py_XDECREF(operands);
    const int failed = !found || term_of(t, found, result) < 0;
    Py_XDECREF(found);
    return failed ? -1 : 0;
}

/* Compute a row, as it is, of terms. */
static int kept(Trace *t, int32_t row, const Term *terms, int32_t count, Term *result)
{
    int32_t few[FEW] = {0}, *operands = few_or_more(few, count, sizeof *operands);
    if (!operands)
        return -1;
    int32_t index = 0;
    for (int32_t k = 0; index >= 0 && k < count; k++)
        index = operands[k] = node_of(t, terms[k]);
    if (index >= 0)
        index = computed(t, row, operands, count);
    if (index >= 0)
        note_call(t, row, operands, count, index);
    free_more(operands, few);
    if (index >= 0)
        *result = term_at(t, index);
    return index < 0 ? -1 : 0;
}

static int term_has_lanes(const Trace *t, Term x)
{
    return !is_number_term(x) && t->node[x.node].lane;
}

/* Whether some, but not all, of the products of a dot are uniform. */
static int has_uniform_part(const Trace *t, const Term *terms, int32_t count)
{
    const int32_t n = count / 2;
    int32_t varying = 0;
    for (int32_t k = 0; k < n; k++)
        varying += term_has_lanes(t, terms[k]) || term_has_lanes(t, terms[k + n]);
    return varying < n && (varying || (count % 2 && term_has_lanes(t, terms[count - 1])));
}

/* Whether some, but not all, of the products of a sum are uniform; of a number alone the second
 * factor is 1. */
static int has_uniform_product(const Trace *t, const Term *terms, int32_t count)
{
    int uniform = 0, varying = 0;
    for (int32_t k = 0; k < count; k += 2) {
        const int varies = term_has_lanes(t, terms[k]) || term_has_lanes(t, terms[k + 1]);
        const int is_alone = is_number_term(terms[k + 1]) && terms[k + 1].number == 1.0;
        varying |= varies;
        uniform |= !varies && !is_alone;
    }
    return uniform && varying;
}

static int is_asking(const Trace *t, int32_t row, const Term *terms, int32_t count)
{
    /* an operand may have lost its lanes: its sum over lanes is then a product with their count */
    if (row == LANES_SUM && t->is_rewriting)
        return !term_has_lanes(t, terms[0]);
    if (row == OP_dot && t->is_rewriting)
        return has_uniform_part(t, terms, count);
    if (row == PRODUCTS && t->is_rewriting)
        return has_uniform_product(t, terms, count);
    const int asks = row < KNOWN_ROWS ? t->asks[row] : NEVER;
    for (int32_t k = 0; asks == BESIDE_NUMBER && k < count; k++)
        if (is_number_term(terms[k]))
            return 1;
    return asks == ALWAYS;
}

/* ------ products: the twins of the rules in rules.py, by the same names */

/* The factors of a term: a number, and the rest. */
typedef struct {
    double number;
    Term rest;
} Factors;

static Factors factors(const Trace *t, Term y)
{
    if (is_number_term(y))
        return (Factors){1.0, y};
    const TraceNode *node = &t->node[y.node];
    const int32_t *operands = operands_of(t, y.node);
    if (node->row == OP_neg)
        return (Factors){-1.0, term_at(t, operands[0])};
    if (node->row == OP_mul && is_constant(t, operands[0]))
        return (Factors){t->node[operands[0]].number, term_at(t, operands[1])};
    return (Factors){1.0, y};
}

static int is_halving(double x)
{
    int exponent;
    return fabs(x) <= 1.0 && fabs(frexp(x, &exponent)) == 0.5;
}

static int multiplied(Trace *t, Term x, Term y, Term *result)
{
    const Term both[] = {x, y};
    return kept(t, OP_mul, both, 2, result);
}

static int scaled(Trace *t, Term x, Term y, Term *result)
{
    if (!is_number_term(x))
        return multiplied(t, x, y, result);
    const Factors inner = factors(t, y);
    const double both = x.number * inner.number;
    if (inner.number != 1.0 && is_halving(inner.number) && isfinite(x.number)
        && both / inner.number == x.number) {
        x = number_term(both);
        y = inner.rest;
    }
    *result = y;
    if (x.number == 1.0)
        return 0;
    return x.number == -1.0 ? kept(t, OP_neg, &y, 1, result) : multiplied(t, x, y, result);
}

static int product(Trace *t, Term x, Term y, Term *result)
{
    const Factors of_y = factors(t, y);
    if (of_y.number == 2.0 && term_has_lanes(t, x)) {
        /* a node is no number: a number has no lanes */
        if (scaled(t, number_term(2.0), x, &x) < 0)
            return -1;
        y = of_y.rest;
    }
    return is_number_term(y) ? scaled(t, y, x, result) : scaled(t, x, y, result);
}

static int difference(Trace *t, Term x, Term y, Term *result)
{
    const Factors of_y = factors(t, y);
    Term both[] = {x, y};
    if (fabs(of_y.number) == 1.0)
        return kept(t, OP_sub, both, 2, result);
    if (product(t, number_term(-of_y.number), of_y.rest, &both[1]) < 0)
        return -1;
    return kept(t, OP_add, both, 2, result);
}

static int is_of_products(int32_t row, int32_t count)
{
    return row == OP_neg ? count == 1 : (row == OP_mul || row == OP_sub) && count == 2;
}

static int product_of_row(Trace *t, int32_t row, const Term *terms, Term *result)
{
    if (row == OP_sub)
        return difference(t, terms[0], terms[1], result);
    const Term minus_one = number_term(-1.0);
    return row == OP_neg ? product(t, minus_one, terms[0], result)
                         : product(t, terms[0], terms[1], result);
}

static int applied(Trace *t, int32_t row, const Term *terms, int32_t count, Term *result);

/* ------ templates */

/* Apply a row to terms; numbers alone give a number, and no node. */
static int found_from(Trace *t, int32_t row, const Term *terms, int32_t count, Term *result)
{
    int any_node = arity[row] != count;
    for (int32_t k = 0; k < count; k++)
        any_node |= !is_number_term(terms[k]);
    if (any_node)
        return applied(t, row, terms, count, result);
    *result = number_term(
        forward_of(row, terms[0].number, terms[count > 1].number, terms[count - 1].number));
    return 0;
}

/* Apply the steps of a template; what they start from stands in the first slots. */
static int take_steps(Trace *t, const Template *template, Term *slot)
{
    for (int k = 0; k < template->steps; k++) {
        const Step *step = &template->step[k];
        Term operands[MOST_OPERANDS], *here = &slot[1 + template->operands + k];
        for (int n = 0; n < step->count; n++)
            operands[n] = slot[step->operand[n]];
        if (step->row == CONSTANT)
            *here = number_term(step->number);
        else if (found_from(t, step->row, operands, step->count, here) < 0)
            return -1;
    }
    return 0;
}

/* Compute a row of the table in its elementary form, which does not read the output. */
static int written_out(Trace *t, int32_t row, const Term *terms, int32_t count, Term *result)
{
    if (!known_elementary[row].is_known && learn_elementary(row) < 0)
        return -1;
    const Template *elementary = &known_elementary[row].template;
    if (count != elementary->operands) {
        PyErr_SetString(PyExc_ValueError, "a row has another number of operands");
        return -1;
    }
    Term slot[SLOTS];
    slot[0] = number_term(0.0);
    memcpy(slot + 1, terms, (size_t)count * sizeof *terms);
    if (take_steps(t, elementary, slot) < 0)
        return -1;
    *result = slot[elementary->result];
    return 0;
}

/* ------ rows */

static int is_quick(const Trace *t)
{
    return t->instead[OP_chain] != 0;
}

/* The rules of `handed_on` in rules.py: a quick program loses the sign of a zero. */
static int handed_on(Trace *t, Term x, Term *result)
{
    const Term sum[] = {x, number_term(0.0)};
    *result = x;
    return is_quick(t) ? applied(t, OP_add, sum, 2, result) : 0;
}

/* Which operand a row is, by the rules `operand` and `second` in rules.py; −1 where it is none. */
static int operand_in_place(const Trace *t, int32_t row)
{
    if (row == OP_identity || row == STOP_GRADIENT)
        return 0;
    if (row == OP_start)
        return is_quick(t) ? 0 : -1;
    return row == MOVED_SUM ? is_quick(t) : -1;
}

/* Apply a row to terms, at least one of them a node. */
static int applied(Trace *t, int32_t row, const Term *terms, int32_t count, Term *result)
{
    if (row < KNOWN_ROWS && t->instead[row])
        row = t->instead[row] - 1;
    if (row == HANDED_ON && t->is_rewriting)
        return handed_on(t, terms[0], result);
    const int in_place = t->is_rewriting ? operand_in_place(t, row) : -1;
    if (in_place >= 0 && in_place < count) {
        *result = terms[in_place];
        return 0;
    }
    if (is_of_products(row, count) && t->is_rewriting)
        return product_of_row(t, row, terms, result);
    if (row < OP_COUNT && t->asks[row] == WRITTEN_OUT)
        return written_out(t, row, terms, count, result);
    if (is_asking(t, row, terms, count))
        return applied_in_python(t, row, terms, count, result);
    return kept(t, row, terms, count, result);
}

#endif
