/* Functions on doubles that the C library lacks or rounds otherwise than Python: the twins, line
 * by line, of those in ieee.py and special.py, and of Python's own gamma and fsum. Included
 * by engine/folds.h, machine/frame.h, trace/nodes.h. */
#ifndef SCALARGRAD_SPECIAL_H
#define SCALARGRAD_SPECIAL_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Whether a gradient does not flow: it is −0.0 then, which no computed one is. */
static inline int sg_is_nothing(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits == UINT64_C(1) << 63;
}

static inline double sg_chain(double upstream, double partial)
{
    return upstream == 0.0 && signbit(upstream) ? upstream : upstream * partial + 0.0;
}

static inline double sg_choose(double upstream, double partial)
{
    return partial == 0.0 && signbit(partial) ? partial : sg_chain(upstream, partial);
}

static inline double sg_power(double x, double y)
{
    return isnan(x) || isnan(y) ? NAN : pow(x, y);
}

static inline double sg_hypot(double x, double y)
{
    return isnan(x) || isnan(y) ? NAN : hypot(x, y);
}

static inline double sg_exp_difference(double x, double y)
{
    if (x == y && x > -INFINITY)
        return 1.0;
    if (x == -INFINITY && !isnan(y))
        return 0.0;
    double difference = x - y, out = exp(difference);
    if (!(0.0 < out && out < INFINITY))
        return out;
    double back = x - difference;
    return out + out * ((x - (difference + back)) + (back - y));
}

static inline double sg_exp_square(double x, double factor)
{
    double size = fabs(x);
    if (size > 40.0)
        size = 40.0;
    double near = size * size, shifted = 134217729.0 * size;
    double head = shifted - (shifted - size), tail = size - head;
    double rest = ((head * head - near) + 2.0 * (head * tail)) + tail * tail;
    double out = exp(-factor * near);
    return out - out * (factor * rest);
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

/* ------ the gamma function and sinc */

/* Python's fsum: the exact sum, rounded once. The terms are overwritten. Source: Shewchuk, Adaptive
 * Precision Floating-Point Arithmetic (1997). */
static inline double sg_sum_of_finite(double *terms, int count)
{
    int parts = 0;
    for (int k = 0; k < count; k++) {
        double x = terms[k];
        int kept = 0;
        for (int j = 0; j < parts; j++) {
            double y = terms[j];
            double large = fabs(x) < fabs(y) ? y : x, small = fabs(x) < fabs(y) ? x : y;
            x = large + small;
            double rest = small - (x - large);
            if (rest != 0.0)
                terms[kept++] = rest;
        }
        parts = kept;
        if (x != 0.0)
            terms[parts++] = x;
    }
    double sum = 0.0, rest = 0.0;
    while (parts > 0 && rest == 0.0) {
        double x = sum;
        sum = x + terms[--parts];
        rest = terms[parts] - (sum - x);
    }
    /* a tie is broken by what is left */
    if (parts > 0 && (rest < 0.0) == (terms[parts - 1] < 0.0)) {
        double next = sum + 2.0 * rest;
        if (next - sum == 2.0 * rest)
            return next;
    }
    return sum;
}

/* The same of any terms, those too whose sum leaves the floats on the way. */
static inline double sg_exact_sum(double *terms, int count)
{
    double plain = 0.0;
    int finite = 1;
    for (int k = 0; k < count; k++) {
        plain += terms[k];
        finite &= isfinite(terms[k]) != 0;
    }
    if (!finite)
        return plain;
    if (isfinite(plain))
        return sg_sum_of_finite(terms, count);
    for (int k = 0; k < count; k++)
        terms[k] /= 256.0;
    return 256.0 * sg_sum_of_finite(terms, count);
}

/* Γ(x)·exp(x + g − ½)/(x + g − ½)^(x − ½), g = 6.0246…: Lanczos' approximation, as in Python. */
static inline double sg_lanczos_sum(double x)
{
    static const double above[13] = {
        23531376880.410759688572007674451636754734846804940,
        42919803642.649098768957899047001988850926355848959,
        35711959237.355668049440185451547166705960488635843,
        17921034426.037209699919755754458931112671403265390,
        6039542586.3520280050642916443072979210699388420708,
        1439720407.3117216736632230727949123939715485786372,
        248874557.86205415651146038641322942321632125127801,
        31426415.585400194380614231628318205362874684987640,
        2876370.6289353724412254090516208496135991145378768,
        186056.26539522349504029498971604569928220784236328,
        8071.6720023658162106380029022722506138218516325024,
        210.82427775157934587250973392071336271166969580291,
        2.5066282746310002701649081771338373386264310793408,
    };
    static const double below[13] = {
        0.0,       39916800.0, 120543840.0, 150917976.0, 105258076.0, 45995730.0, 13339535.0,
        2637558.0, 357423.0,   32670.0,     1925.0,      66.0,        1.0,
    };
    double num = 0.0, den = 0.0;
    for (int i = 0; i < 13; i++) {
        num = x < 5.0 ? num * x + above[12 - i] : num / x + above[i];
        den = x < 5.0 ? den * x + below[12 - i] : den / x + below[i];
    }
    return num / den;
}

/* sin(π·(x + quarters/2)), exact at whole and half numbers */
static inline double sg_sin_pi(double x, int quarters)
{
    double turn = fmod(x, 2.0), nearest = rint(2.0 * turn) + 0.0;
    double r = 3.141592653589793 * (turn - 0.5 * nearest);
    int turned = (int)nearest + quarters + 8;
    double size = turned % 2 ? cos(r) : sin(r);
    return turned % 4 < 2 ? size : -size;
}

/* coefficients, highest power first */
static inline double sg_horner(const double *coefficients, int count, double x)
{
    double total = 0.0;
    for (int k = 0; k < count; k++)
        total = total * x + coefficients[k];
    return total;
}

/* ln Γ(1 + w), 1/4 ≤ w ≤ 3/4, by the distance t from where it is least */
static inline double sg_lgamma_about_least(double w)
{
    static const double above[15] = {
        0.00010973226486910339, -0.0002343914920697584, 0.00035826827189652354,
        -0.0005540655841519184, 0.0008778157119471028,  -0.00140223306820108,
        0.0022597782161759656,  -0.003684570474943473,  0.006100535797768679,
        -0.010314223022146999,  0.01797067511701078,    -0.03278854108857478,
        0.06462494023890714,    -0.14758772299453055,   0.4838361227238106,
    };
    double t = (w - 0.46163214496836236) - -1.5522348162858677e-17;
    return -0.12148629053584961 + t * t * sg_horner(above, 15, t);
}

/* ln Γ(1 + w), −1/4 ≤ w ≤ 2: about 1 it is z·(c + z·P(z)/Q(z)), about 2 (1 + z) times that */
static inline double sg_lgamma_of_1_and(double w)
{
    static const double over_1[7] = {
        -2.8744936838542233e-05, 0.0012279540868047392, 0.07913435417742323, 0.6201440245327001,
        1.7318478694513404,      2.0071553078603683,    0.8224670334241132,
    };
    static const double under_1[6] = {
        0.026489933055332326, 0.35566932832086917, 1.6034093694243736,
        3.20293412198113,     2.927583531491253,   1.0,
    };
    static const double over_2[8] = {
        1.2367646500179897e-09, -8.284684273385309e-08, -9.708822536373465e-05,
        -0.0023809631622399166, -0.020579843849575227,  -0.08066317153441277,
        -0.14657124759994133,   -0.10031730167435392,
    };
    static const double under_2[7] = {
        0.0002427743993337192,
        0.007456460828137559,
        0.08345800643369018,
        0.4509540432108607,
        1.2687333522782187,
        1.7896837855936423,
        1.0,
    };
    double z = w < 0.25 ? w : w - 1.0;
    if (w < 0.25)
        return z * (-0.5772156649015329 + z * sg_horner(over_1, 7, z) / sg_horner(under_1, 6, z))
               + 0.0;
    if (w < 0.75)
        return sg_lgamma_about_least(w);
    return w
           * (z * (0.42278433509846713 + z * sg_horner(over_2, 8, z) / sg_horner(under_2, 7, z)));
}

static inline double sg_lgamma_far(double x)
{
    static const double stirling[7] = {
        1.0 / 156.0,  -691.0 / 360360.0, 1.0 / 1188.0, -1.0 / 1680.0,
        1.0 / 1260.0, -1.0 / 360.0,      1.0 / 12.0,
    };
    double rest = sg_horner(stirling, 7, 1.0 / x / x) / x + 0.4189385332046727;
    return (x - 0.5) * (log(x) - 1.0) + rest;
}

static inline double sg_lgamma_right(double x)
{
    if (x < 0.75)
        return sg_lgamma_of_1_and(x) - log(x);
    if (x >= 8.0)
        return sg_lgamma_far(x);
    double product = 1.0;
    while (x > 3.0) {
        x -= 1.0;
        product *= x;
    }
    double near = sg_lgamma_of_1_and(x - 1.0);
    return product > 1.0 ? near + log(product) : near;
}

static inline double sg_lgamma(double x)
{
    double size = fabs(x);
    if (!isfinite(x))
        return size;
    if (x <= 0.0 && x == floor(x))
        return INFINITY;
    if (size < 1e-20)
        return -log(size);
    if (x > 0.0)
        return sg_lgamma_right(x);
    return log(3.141592653589793 / (size * fabs(sg_sin_pi(size, 0)))) - sg_lgamma_right(size);
}

/* Γ(x) for whole x from 1 to 140 */
static inline double sg_whole_gamma(double x)
{
    double product = 1.0;
    for (double k = 2.0; k < x && x <= 23.0; k += 1.0)
        product *= k;
    if (x <= 23.0)
        return product;
    double y = x + 5.524680040776729583740234375;
    double rest = ((y - x) - 5.524680040776729583740234375) * 6.024680040776729583740234375 / y;
    double size = sg_lanczos_sum(x) / exp(y);
    size -= rest * size;
    if (x < 140.0)
        return size * pow(y, x - 0.5);
    double root = pow(y, x / 2.0 - 0.25);
    return size * root * root;
}

/* ψₙ(x) for x > 0 */
static inline double sg_polygamma_right(int n, double x)
{
    static const double bernoulli[8] = {
        1.0 / 6.0,  -1.0 / 30.0,     1.0 / 42.0, -1.0 / 30.0,
        5.0 / 66.0, -691.0 / 2730.0, 7.0 / 6.0,  -3617.0 / 510.0,
    };
    double terms[128], factorial = sg_whole_gamma(n + 1.0);
    int count = 0;
    for (; x < 15.0 + n; x += 1.0)
        terms[count++] = factorial / pow(x, n + 1.0);
    terms[count++] = n ? sg_whole_gamma(n) / pow(x, n) : -log(x);
    terms[count++] = factorial / (2.0 * pow(x, n + 1.0));
    for (int k = 1; k <= 8; k++) {
        double scale = sg_whole_gamma(2.0 * k + n) / sg_whole_gamma(2.0 * k + 1.0);
        terms[count++] = bernoulli[k - 1] * scale / pow(x, 2.0 * k + n);
    }
    double value = sg_exact_sum(terms, count);
    return n % 2 ? value : -value;
}

/* cot(πx), `off` a whole number from x: beside its zeros by the distance from them */
static inline double sg_cot_pi(double off)
{
    double size = fabs(off), pi = 3.141592653589793;
    return size <= 0.25 ? 1.0 / tan(pi * off) : copysign(tan(pi * (0.5 - size)), off);
}

/* dⁿ/dxⁿ cot(πx), as a polynomial in c = cot(πx) */
static inline double sg_cot_derivative(int n, double x)
{
    double pi = 3.141592653589793, c = sg_cot_pi(x - rint(x));
    double terms[104] = {0.0, 1.0};
    for (int degree = 1; degree <= n; degree++) {
        double before = 0.0, two_before = 0.0;
        for (int j = 0; j <= degree + 1; j++) {
            double slope = j < degree ? -pi * (j + 1) * terms[j + 1] : 0.0;
            terms[j] = slope + two_before;
            two_before = before;
            before = slope;
        }
    }
    int count = 0;
    for (int k = 0; k <= n + 1; k++)
        if (terms[k] != 0.0)
            terms[count++] = terms[k] * pow(c, k);
    return sg_exact_sum(terms, count);
}

static inline double sg_polygamma(double order, double x)
{
    if (!(order >= 0.0 && order <= 100.0 && order == floor(order)))
        return NAN;
    if (isnan(x) || x == -INFINITY || (x <= 0.0 && x == floor(x)))
        return NAN;
    int n = (int)order;
    if (x == INFINITY)
        return n ? 0.0 : INFINITY;
    if (x > 0.0)
        return sg_polygamma_right(n, x);
    double reflected = sg_polygamma_right(n, 1.0 - x);
    return (n % 2 ? -reflected : reflected) - 3.141592653589793 * sg_cot_derivative(n, x);
}

/* dⁿ/dtⁿ sin(t)/t by its Taylor series */
static inline double sg_sinc_taylor(int n, double t)
{
    int k = (n + 1) / 2, count = 1;
    double term = (k % 2 ? -1.0 : 1.0) * (n % 2 ? t : 1.0) / (2.0 * k + 1.0), terms[512] = {term};
    double least = 1e-18 * fabs(term);
    for (; fabs(term) > least && count < 512; k++) {
        double below = (2.0 * k + 3.0) * (2.0 * k + 1.0 - n) * (2.0 * k + 2.0 - n);
        term *= -t * t * (2.0 * k + 1.0) / below;
        terms[count++] = term;
    }
    return sg_exact_sum(terms, count);
}

static inline double sg_sinc_derivative(double order, double x)
{
    if (!(order >= 0.0 && order <= 100.0 && order == floor(order)) || isnan(x))
        return NAN;
    if (isinf(x))
        return 0.0;
    int n = (int)order;
    double t = 3.141592653589793 * x, scale = pow(3.141592653589793, n);
    if (fabs(t) < n + 1.0)
        return scale * sg_sinc_taylor(n, t);
    double value = sg_sin_pi(x, 0) / t + 0.0;
    for (int k = 1; k <= n; k++)
        value = (sg_sin_pi(x, k % 4) - k * value) / t;
    return scale * value;
}

#endif
