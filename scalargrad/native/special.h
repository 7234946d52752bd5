/* Functions on doubles that the C library lacks or rounds otherwise than Python: the twins, line by
 * line, of those in ieee.py and folds.py. */
#ifndef SCALARGRAD_SPECIAL_H
#define SCALARGRAD_SPECIAL_H

#include <math.h>
#include "node.h"

static inline double sg_power(double x, double y)
{
    return isnan(x) || isnan(y) ? NAN : pow(x, y);
}

static inline double sg_hypot(double x, double y)
{
    return isnan(x) || isnan(y) ? NAN : hypot(x, y);
}

static inline double sg_cbrt(double x)
{
    if (x == 0.0 || !isfinite(x))
        return x;
    double size = fabs(x);
    double root = pow(size, 1.0 / 3.0);
    return copysign(root - (root - size / (root * root)) / 3.0, x);
}

/* Python's %: the remainder has the sign of the divisor. */
static inline double sg_modulo(double x, double y)
{
    if (y == 0.0)
        return NAN;
    double remainder = fmod(x, y);
    if (remainder == 0.0)
        return copysign(0.0, y);
    return (y < 0.0) != (remainder < 0.0) ? remainder + y : remainder;
}

/* Python's //, which is consistent with its %. */
static inline double sg_floor_divide(double x, double y)
{
    if (y == 0.0)
        return x / y;
    double remainder = fmod(x, y);
    double quotient = (x - remainder) / y;
    if (remainder != 0.0 && (y < 0.0) != (remainder < 0.0))
        quotient -= 1.0;
    if (quotient == 0.0)
        return copysign(0.0, x / y);
    double whole = floor(quotient);
    return quotient - whole > 0.5 ? whole + 1.0 : whole;
}

/* ------ folds: the operands stand in the edges' `partial` until it is computed */

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

static inline double forward_maximum(double x, double y);
static inline double forward_minimum(double x, double y);
EXTREME(fold_max, forward_maximum)
EXTREME(fold_min, forward_minimum)
#undef EXTREME

static Py_ssize_t index_of(double x, const Edge *edge)
{
    Py_ssize_t i = 0;
    while (edge[i].partial != x)
        i++;
    return i;
}

/* The largest itself is the 1 of log1p: the others count however small they are beside it. */
static double fold_logsumexp(const Edge *edge, Py_ssize_t n)
{
    double largest = fold_max(edge, n);
    double others = 0.0;
    if (!isfinite(largest))
        return largest;
    Py_ssize_t at = index_of(largest, edge);
    for (Py_ssize_t i = 0; i < n; i++)
        if (i != at)
            others += exp(edge[i].partial - largest);
    return largest + log1p(others);
}

static double count_length(double out, const Edge *edge, Py_ssize_t n)
{
    (void)out;
    (void)edge;
    return (double)n;
}

static inline double forward_exp_difference(double x, double y);

static double count_shares(double out, const Edge *edge, Py_ssize_t n)
{
    double total = 0.0;
    for (Py_ssize_t i = 0; i < n; i++)
        total += forward_exp_difference(edge[i].partial, out);
    return total;
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
