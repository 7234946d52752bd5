/* The partial derivatives of a node in its operands, and what these contribute. Included by
 * adjoints.h. */
#ifndef SCALARGRAD_ADJOINTS_PARTIALS_H
#define SCALARGRAD_ADJOINTS_PARTIALS_H

#include "contributions.h"

/* Whether an operand of a node is no variable. */
static int has_plain_operand(const Trace *t, int32_t i)
{
    int is = 0;
    for (int32_t k = 0; k < t->node[i].count; k++)
        is |= t->node[operands_of(t, i)[k]].plain;
    return is;
}

/* Find the templates for the partials of a node: 1, or 0 where the row has none. */
static int templates_of(Trace *t, int32_t i, const Template **templates)
{
    const TraceNode node = t->node[i];
    if (node.row < 0 || node.row >= OP_COUNT || node.count > MOST_OPERANDS)
        return 0;
    const int beside = has_plain_operand(t, i);
    if (!known_templates[node.row][beside].is_known && learn_templates(node.row, beside) < 0)
        return -1;
    *templates = known_templates[node.row][beside].templates;
    return *templates && node.count == (*templates)->operands;
}

/* The partial derivative of node i in one operand. */
static int partial_from(Trace *t, int32_t i, const Template *template, Term *partial)
{
    Term slot[SLOTS];
    slot[0] = term_at(t, i);
    for (int32_t k = 0; k < t->node[i].count; k++)
        slot[1 + k] = term_at(t, operands_of(t, i)[k]);
    if (take_steps(t, template, slot) < 0)
        return -1;
    *partial = slot[template->result];
    if (is_number_term(*partial) && !template->selects)
        partial->number += 0.0;
    return 0;
}

static int partials_in_python(Reverse *r, int32_t i, Term upstream)
{
    Trace *t = r->trace;
    PyObject *node = tracer_of(t, i);
    PyObject *found = node ? PyObject_CallOneArg(trace_hooks.local, node) : NULL;
    Py_XDECREF(node);
    PyObject *local = found ? own_tuple(found) : NULL;
    Py_XDECREF(found);
    int failed = !local;
    for (int32_t k = 0; !failed && k < t->node[i].count && k < PyTuple_GET_SIZE(local); k++) {
        PyObject *x;
        int selects;
        const int32_t j = operands_of(t, i)[k];
        Term partial;
        failed = !PyArg_ParseTuple(PyTuple_GET_ITEM(local, k), "Op", &x, &selects);
        if (!failed && x != Py_None && is_leading(r, j))
            failed = term_of(t, x, &partial) < 0
                     || contribute(r, j, upstream, partial, selects) < 0;
    }
    Py_XDECREF(local);
    return failed ? -1 : 0;
}

/* The number of an operand as a factor: its −0.0 is a zero. */
static Term factor_at(const Trace *t, int32_t i)
{
    Term x = term_at(t, i);
    if (is_number_term(x))
        x.number += 0.0;
    return x;
}

/* The twin of as_factor in ops.py for a factor that is no variable, beside others that are. */
static int constant_factor(Trace *t, int32_t i, Term *factor)
{
    const Term x = term_at(t, i);
    return found_from(t, OP_start, &x, 1, factor);
}

/* Read the factors of a dot. Those that are no variables may be nothing. */
static int read_factors(Reverse *r, int32_t i, Term *factor)
{
    Trace *t = r->trace;
    const int beside = has_plain_operand(t, i);
    for (int32_t k = 0; k < t->node[i].count; k++) {
        const int32_t j = operands_of(t, i)[k];
        factor[k] = factor_at(t, j);
        if (beside && t->node[j].plain && constant_factor(t, j, &factor[k]) < 0)
            return -1;
    }
    return 0;
}

/* The partial in a factor of a dot is the other factor; in the bias, 1. */
static int partials_of_dot(Reverse *r, int32_t i, Term upstream)
{
    const Trace *t = r->trace;
    const int32_t count = t->node[i].count, n = count / 2;
    Term few[FEW], *factor = few_or_more(few, count, sizeof *factor);
    int failed = !factor || read_factors(r, i, factor) < 0;
    for (int32_t k = 0; !failed && k < count; k++) {
        const int32_t j = operands_of(t, i)[k], other = k < n ? k + n : k - n;
        const Term partial = k < 2 * n ? factor[other] : number_term(1.0);
        const int selects = k < 2 * n && t->node[operands_of(t, i)[other]].plain;
        if (is_leading(r, j))
            failed = contribute(r, j, upstream, partial, selects) < 0;
    }
    if (factor)
        free_more(factor, few);
    return failed ? -1 : 0;
}

/* In each operand of a sum or a mean that is a variable the partial is one number. */
static int partials_of_sum(Reverse *r, int32_t i, Term upstream, double partial)
{
    const Trace *t = r->trace;
    for (int32_t k = 0; k < t->node[i].count; k++) {
        const int32_t j = operands_of(t, i)[k];
        if (is_leading(r, j) && !t->node[j].plain
            && contribute(r, j, upstream, number_term(partial), 0) < 0)
            return -1;
    }
    return 0;
}

/* Of a sum of upstream · partial: the other one of the pair, and what comes from upstream may be
 * nothing. */
static int partials_of_accumulated(Reverse *r, int32_t i, Term upstream)
{
    const Trace *t = r->trace;
    const int32_t in_pairs = t->node[i].count - t->node[i].count % 2;
    for (int32_t k = 0; k < in_pairs; k++) {
        const int32_t j = operands_of(t, i)[k];
        if (is_leading(r, j)
            && contribute(r, j, upstream, factor_at(t, operands_of(t, i)[k ^ 1]), k % 2) < 0)
            return -1;
    }
    return 0;
}

/* Rows over lists of which there are many; Python knows them all. */
static int partials_over_list(Reverse *r, int32_t i, Term upstream)
{
    const TraceNode node = r->trace->node[i];
    switch (node.row) {
    case OP_dot: return partials_of_dot(r, i, upstream);
    case OP_sum: return partials_of_sum(r, i, upstream, 1.0);
    case OP_mean: return partials_of_sum(r, i, upstream, 1.0 / node.count);
    case ACCUMULATE: return partials_of_accumulated(r, i, upstream);
    }
    return partials_in_python(r, i, upstream);
}

static int partials_from_template(Reverse *r, int32_t i, const Template *templates, Term upstream)
{
    Trace *t = r->trace;
    Term partial[MOST_OPERANDS];
    const int32_t count = t->node[i].count;
    for (int32_t k = 0; k < count; k++)
        if (!t->node[operands_of(t, i)[k]].plain
            && partial_from(t, i, &templates[k], &partial[k]) < 0)
            return -1;
    for (int32_t k = 0; k < count; k++) {
        const int32_t j = operands_of(t, i)[k];
        if (is_leading(r, j) && !t->node[j].plain
            && contribute(r, j, upstream, partial[k], templates[k].selects) < 0)
            return -1;
    }
    return 0;
}

static int pass_to_operands(Reverse *r, int32_t i, Term upstream)
{
    const Template *templates;
    const int found = templates_of(r->trace, i, &templates);
    if (found <= 0)
        return found < 0 ? -1 : partials_over_list(r, i, upstream);
    return partials_from_template(r, i, templates, upstream);
}

#endif
