/* Operators over a list of edges: the twins, line by line, of those in folds.py. The operands
 * stand in the edges' `partial` until that is computed. Included by backward.h, build.h. */
#ifndef SCALARGRAD_FOLDS_H
#define SCALARGRAD_FOLDS_H

#include "node.h"
#include "../shared/special.h"
#include "../shared/rules.h"

static double fold_sum(const Edge *edge, Py_ssize_t n)
{
    double total = 0.0;
    for (Py_ssize_t i = 0; i < n; i++)
        total += edge[i].partial;
    return total;
}

static double fold_mean(const Edge *edge, Py_ssize_t n)
{
    return fold_sum(edge, n) / (double)n;
}

#define EXTREME(name, better)                                                                     \
    static double name(const Edge *edge, Py_ssize_t n)                                            \
    {                                                                                             \
        double best = edge[0].partial;                                                            \
        for (Py_ssize_t i = 0; i < n; i++)                                                        \
            best = better(best, edge[i].partial);                                                 \
        return best;                                                                              \
    }

EXTREME(fold_max, forward_maximum)
EXTREME(fold_min, forward_minimum)
#undef EXTREME

static Py_ssize_t index_of_number(double x, const Edge *edge)
{
    Py_ssize_t i = 0;
    while (edge[i].partial != x)
        i++;
    return i;
}

/* The largest operand is the 1 of log1p: the others count however small they are beside it. */
static double fold_logsumexp(const Edge *edge, Py_ssize_t n)
{
    double largest = fold_max(edge, n);
    double others = 0.0;
    if (!isfinite(largest))
        return largest;
    Py_ssize_t at = index_of_number(largest, edge);
    for (Py_ssize_t i = 0; i < n; i++)
        if (i != at)
            others += forward_exp_difference(edge[i].partial, largest);
    return largest + log1p(others);
}

static double count_length(double out, const Edge *edge, Py_ssize_t n)
{
    (void)out;
    (void)edge;
    return (double)n;
}

static double count_shares(double out, const Edge *edge, Py_ssize_t n)
{
    double total = 0.0;
    for (Py_ssize_t i = 0; i < n; i++)
        total += forward_exp_difference(edge[i].partial, out);
    return forward_where(total, total, 1.0);
}

static double count_ties(double out, const Edge *edge, Py_ssize_t n)
{
    double tied = 0.0;
    for (Py_ssize_t i = 0; i < n; i++)
        if (edge[i].partial == out) {
            if (!edge[i].parent)
                return INFINITY;
            tied += 1.0;
        }
    return tied;
}

#endif
