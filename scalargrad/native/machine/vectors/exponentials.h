/* exp and what is made of it: hyperbolic functions and the error function. Included by
 * functions.h. */

/* ------ exponentials */

/* exp(x + more) = 2^k·(1 + hi + lo), |hi| ≤ ln 2/2 */
typedef struct {
    D k, hi, lo;
} NAME(Power);
#define Power NAME(Power)

INLINE D NAME(clamped)(D x, double low, double high)
{
    return LARGER(K(low), SMALLER(K(high), x));
}

INLINE D NAME(whole_power)(D x)
{
    return FMA(x, K(LOG2_E), K(MAGIC)) - MAGIC;
}

/* exp(hi + more) = 1 + (hi + lo), the sum right but for its rounding */
INLINE D NAME(rounded_power)(D hi, D more)
{
    const D r = hi + more;
    return 1.0 + (hi + FMA(r * r, POLYNOMIAL(r, exp_terms), more));
}

/* exp(x + more), |x| ≤ 800 */
INLINE D NAME(near_exp)(D x, D more)
{
    const D k = NAME(whole_power)(x);
    const D tail = FMA(k, K(-LN2_TAIL), more);
    return NAME(scaled)(NAME(rounded_power)(FMA(k, K(-LN2_HEAD), x), tail), k);
}

INLINE D NAME(v_exp)(D x)
{
    return NAME(near_exp)(NAME(clamped)(x, -800.0, 800.0), K(-0.0));
}

/* x − y, where both are +∞ 0, where both are −∞ that */
INLINE D NAME(difference)(D x, D y)
{
    return SELECT(EQUAL(x, y), SELECT(EQUAL(x, K(-INFINITY)), x, K(0.0)), x - y);
}

INLINE D NAME(v_exp_difference)(D x, D y)
{
    const D back = x - (x - y);
    D distance = x - y, rest = (x - (distance + back)) + (back - y);
    /* a share of nothing, or an infinite one; a fifth quicker than to clamp every distance */
    if (RARE(ANY(NOT(LESS(ABS(distance), K(700.0)))))) {
        rest = SELECT(LESS(ABS(distance), K(800.0)), rest, K(0.0));
        distance = NAME(clamped)(NAME(difference)(x, y), -800.0, 800.0);
    }
    return NAME(near_exp)(distance, rest);
}

INLINE D NAME(v_exp2)(D x)
{
    x = NAME(clamped)(x, -1200.0, 1200.0);
    const D k = WHOLE(x);
    const Pair r = NAME(product)(x - k, K(LN2));
    return NAME(scaled)(NAME(rounded_power)(r.hi, r.lo), k);
}

/* −x² as a sum of two, and from ±`far` on no more */
INLINE Pair NAME(less_square)(D x, double far)
{
    const D size = SMALLER(K(far), ABS(x));
    const Pair square = NAME(product)(size, size);
    return (Pair){-square.hi, -square.lo};
}

/* exp(−x²/2 − ln √2π): a quotient would be rounded once more */
INLINE D NAME(v_normal)(D x)
{
    const Pair power = NAME(less_square)(x, 39.0);
    const Pair sum = NAME(sum)(0.5 * power.hi, K(-LN_SQRT_2PI));
    return NAME(near_exp)(sum.hi, 0.5 * power.lo + (sum.lo - LN_SQRT_2PI_TAIL));
}

#define EXP_TERMS (int)(sizeof exp_terms / sizeof *exp_terms)

/* to more digits than a double has: exp(hi + more) = (1 + hi + hi²/2 + …)·(1 + more) */
INLINE Power NAME(power)(D x, D more)
{
    const D k = NAME(whole_power)(x), hi = FMA(k, K(-LN2_HEAD), x);
    const D square = hi * hi, cube = square * hi;
    const D rest = FMA(cube, NAME(polynomial)(hi, exp_terms + 1, EXP_TERMS - 1), 0.5 * square);
    return (Power){k, hi, FMA(FMA(k, K(-LN2_TAIL), more), 1.0 + hi + rest, rest)};
}

/* expm1(x) = 2^k·(hi + lo), and 2^−k is given too, for x ≥ −40 */
typedef struct {
    D k, inverse;
    Pair sum;
} NAME(PowerLess1);
#define PowerLess1 NAME(PowerLess1)

/* 1 − 2^−k is exact where it is less than −1, and 0 or at least ½ elsewhere */
INLINE PowerLess1 NAME(power_less_1)(D x)
{
    const Power p = NAME(power)(x, K(-0.0));
    const D inverse = NAME(scaled)(K(1.0), -p.k);
    const Pair whole = NAME(fast_sum)(K(1.0), -inverse);
    const Pair sum = NAME(fast_sum)(whole.hi, p.hi);
    return (PowerLess1){p.k, inverse, NAME(fast_sum)(sum.hi, (sum.lo + whole.lo) + p.lo)};
}

INLINE D NAME(v_expm1)(D x)
{
    const PowerLess1 p = NAME(power_less_1)(NAME(clamped)(x, -40.0, 800.0));
    return WITH_SIGN_OF(NAME(scaled)(p.sum.hi, p.k), x);
}

/* as precisely as the error function needs it: together they need it once */
INLINE Power NAME(gaussian_power)(D x)
{
    const Pair power = NAME(less_square)(x, 28.0);
    return NAME(power)(power.hi, power.lo);
}

INLINE D NAME(v_gaussian)(D x)
{
    const Power p = NAME(gaussian_power)(x);
    return NAME(scaled)(1.0 + (p.hi + p.lo), p.k);
}

/* ------ hyperbolic functions, with w = 2^−k and M = w·(exp(|x|) − 1) */

/* (M + lo)/(M + lo + more·w) */
INLINE Pair NAME(share)(PowerLess1 p, double more)
{
    Pair below = NAME(sum)(p.sum.hi, more * p.inverse);
    below.lo += p.sum.lo;
    return NAME(quotient)(p.sum, below);
}

INLINE D NAME(v_tanh)(D x)
{
    const Pair q = NAME(share)(NAME(power_less_1)(2.0 * SMALLER(K(20.0), ABS(x))), 2.0);
    return WITH_SIGN_OF(q.hi + q.lo, x);
}

/* 2 sinh x = 2^k·(M + w·M/(M + w)) */
INLINE D NAME(v_sinh)(D x)
{
    const PowerLess1 p = NAME(power_less_1)(SMALLER(K(800.0), ABS(x)));
    const Pair q = NAME(share)(p, 1.0);
    const Pair sum = NAME(fast_sum)(p.sum.hi, q.hi * p.inverse);
    const D y = sum.hi + (sum.lo + FMA(q.lo, p.inverse, p.sum.lo));
    return WITH_SIGN_OF(NAME(scaled)(y, p.k - 1.0), x);
}

/* 1 + hi + lo as a sum of two */
INLINE Pair NAME(mantissa)(Power p)
{
    const Pair e = NAME(fast_sum)(K(1.0), p.hi);
    return NAME(fast_sum)(e.hi, e.lo + p.lo);
}

/* 2 cosh x = 2^k·(E + w²/E), with E = M + w */
INLINE D NAME(v_cosh)(D x)
{
    const Power p = NAME(power)(SMALLER(K(800.0), ABS(x)), K(-0.0));
    const D inverse = NAME(scaled)(K(1.0), -p.k);
    const Pair e = NAME(mantissa)(p);
    const Pair q = NAME(quotient)((Pair){inverse * inverse, K(0.0)}, e);
    const Pair sum = NAME(fast_sum)(e.hi, q.hi);
    return NAME(scaled)(sum.hi + (sum.lo + (e.lo + q.lo)), p.k - 1.0);
}

/* ------ the error function */

/* erfc(|x|) = 2^k·sum */
typedef struct {
    D k;
    Pair sum;
} NAME(Scaled);
#define Scaled NAME(Scaled)

/* 1 + √π·a */
INLINE Pair NAME(asymptote)(D a)
{
    const D hi = FMA(a, K(SQRT_PI), K(1.0));
    return (Pair){hi, FMA(a, K(SQRT_PI_TAIL), -NAME(remainder)(a, K(SQRT_PI), hi - 1.0))};
}

/* (1 + √π·a)·exp(a²)·erfc(a), with v = u − 1, 1 − v² = 2u − u² */
INLINE Pair NAME(surplus)(D a)
{
    const D u = (a + a) / (a + 4.0), weight = FNMA(u, u, u + u);
    const D more = POLYNOMIAL(u - 1.0, erfc_terms), hi = FMA(weight, more, K(1.0));
    return (Pair){hi, FMA(weight, more, 1.0 - hi)};
}

INLINE Scaled NAME(complement)(D x)
{
    const D a = SMALLER(K(28.0), ABS(x));
    const Power p = NAME(gaussian_power)(x);
    const Pair top = NAME(long_product)(NAME(mantissa)(p), NAME(surplus)(a));
    return (Scaled){p.k, NAME(quotient)(top, NAME(asymptote)(a))};
}

INLINE D NAME(v_erfc)(D x)
{
    const Scaled p = NAME(complement)(x);
    const D y = NAME(scaled)(p.sum.hi + p.sum.lo, p.k);
    return SELECT(LESS(x, K(0.0)), 2.0 - y, y);
}

INLINE D NAME(far_erf)(D x)
{
    const Scaled p = NAME(complement)(x);
    /* POW2 has no smaller powers: these leave 1 as it is */
    const D factor = POW2(LARGER(K(-1000.0), p.k));
    const Pair far = NAME(fast_sum)(K(1.0), -p.sum.hi * factor);
    return far.hi + (far.lo - p.sum.lo * factor);
}

INLINE D NAME(v_erf)(D x)
{
    const D size = ABS(x), near = FMA(x, POLYNOMIAL(x * x, erf_terms), x);
    return SELECT(LESS(size, K(0.65625)), near, WITH_SIGN_OF(NAME(far_erf)(x), x));
}
