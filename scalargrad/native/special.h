/* Functions on doubles that the C library lacks or rounds otherwise than Python: the twins, line by
 * line, of those in ieee.py. */
#ifndef SCALARGRAD_SPECIAL_H
#define SCALARGRAD_SPECIAL_H

#include <math.h>

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

#endif
