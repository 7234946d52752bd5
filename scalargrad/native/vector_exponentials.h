/* exp and what is made of it: hyperbolic functions and the error function. A part of
 * vector_math.h. */

/* ------ exponentials */

/* exp(x − tail) = 2^k·(1 + hi + lo), |hi| ≤ ln 2/2 */
typedef struct {
    D k, hi, lo;
} NAME(Power);
#define Power NAME(Power)

INLINE D NAME(clamped)(D x, double low, double high)
{
    const L below = x < low;
    x = SELECT(x > high, K(high), x);
    return SELECT(below, K(low), x);
}

/* lo of a power, given its exponent hi − tail */
INLINE D NAME(beyond)(D hi, D tail)
{
    const D r = hi - tail, half_square = 0.5 * r * r;
    const D rest = half_square * (r * POLYNOMIAL(r, exp_terms)) + r * ((hi - r) - tail);
    return half_square + (rest - tail);
}

INLINE Power NAME(power)(D x, D tail)
{
    const D k = WHOLE(x * LOG2_E), hi = x - k * LN2_HEAD;
    return (Power){k, hi, NAME(beyond)(hi, k * LN2_TAIL + tail)};
}

INLINE D NAME(v_exp)(D x)
{
    const Power p = NAME(power)(NAME(clamped)(x, -800.0, 800.0), K(-0.0));
    const Pair sum = NAME(fast_sum)(K(1.0), p.hi);
    return NAME(scaled)(sum.hi + (sum.lo + p.lo), p.k);
}

INLINE D NAME(v_exp2)(D x)
{
    x = NAME(clamped)(x, -1200.0, 1200.0);
    const D k = WHOLE(x), r = x - k, head = HEAD(r);
    const D hi = head * LN2_HEAD26, lo = head * LN2_TAIL26 + (r - head) * LN2;
    const Pair sum = NAME(fast_sum)(K(1.0), hi);
    return NAME(scaled)(sum.hi + (sum.lo + NAME(beyond)(hi, -lo)), k);
}

/* expm1(x) = 2^k·(hi + lo), and 2^−k is given too, for x ≥ −40 */
typedef struct {
    D k, inverse;
    Pair sum;
} NAME(PowerLess1);
#define PowerLess1 NAME(PowerLess1)

INLINE PowerLess1 NAME(power_less_1)(D x)
{
    const Power p = NAME(power)(x, K(-0.0));
    const D half = WHOLE(0.5 * p.k), inverse = POW2(-half) * POW2(half - p.k);
    const Pair whole = NAME(sum)(K(1.0), -inverse);
    const Pair sum = NAME(sum)(whole.hi, p.hi);
    return (PowerLess1){p.k, inverse, NAME(fast_sum)(sum.hi, (sum.lo + whole.lo) + p.lo)};
}

INLINE D NAME(v_expm1)(D x)
{
    const PowerLess1 p = NAME(power_less_1)(NAME(clamped)(x, -40.0, 800.0));
    return WITH_SIGN_OF(NAME(scaled)(p.sum.hi, p.k), x);
}

/* ------ hyperbolic functions, with w = 2^−k and M = w·(exp(|x|) − 1) */
INLINE D NAME(v_tanh)(D x)
{
    const D size = ABS(x);
    const PowerLess1 p = NAME(power_less_1)(2.0 * SELECT(size > 20.0, K(20.0), size));
    Pair below = NAME(sum)(p.sum.hi, 2.0 * p.inverse);
    below.lo += p.sum.lo;
    const Pair q = NAME(quotient)(p.sum, below);
    return WITH_SIGN_OF(q.hi + q.lo, x);
}

/* 2 sinh x = 2^k·(M + w·M/(M + w)) */
INLINE D NAME(v_sinh)(D x)
{
    const D size = ABS(x);
    const PowerLess1 p = NAME(power_less_1)(SELECT(size > 800.0, K(800.0), size));
    Pair below = NAME(sum)(p.sum.hi, p.inverse);
    below.lo += p.sum.lo;
    const Pair q = NAME(quotient)(p.sum, below);
    const Pair sum = NAME(fast_sum)(p.sum.hi, q.hi * p.inverse);
    const D y = sum.hi + (sum.lo + (p.sum.lo + q.lo * p.inverse));
    return WITH_SIGN_OF(NAME(scaled)(y, p.k - 1.0), x);
}

/* 2 cosh x = 2^k·(E + w²/E), with E = M + w */
INLINE D NAME(v_cosh)(D x)
{
    const D size = ABS(x);
    const Power p = NAME(power)(SELECT(size > 800.0, K(800.0), size), K(-0.0));
    const D half = WHOLE(0.5 * p.k), inverse = POW2(-half) * POW2(half - p.k);
    Pair e = NAME(fast_sum)(K(1.0), p.hi);
    e = NAME(fast_sum)(e.hi, e.lo + p.lo);
    const Pair q = NAME(quotient)((Pair){inverse * inverse, K(0.0)}, e);
    const Pair sum = NAME(fast_sum)(e.hi, q.hi);
    return NAME(scaled)(sum.hi + (sum.lo + (e.lo + q.lo)), p.k - 1.0);
}

/* ------ the error function */

/* erfc(a) = 2^k·sum, for a ≥ 0 */
typedef struct {
    D k;
    Pair sum;
} NAME(Scaled);
#define Scaled NAME(Scaled)

INLINE Scaled NAME(complement)(D a)
{
    const Pair square = NAME(product)(a, a), root = NAME(product)(a, K(SQRT_PI));
    Pair below = NAME(sum)(K(1.0), root.hi);
    below.lo += root.lo + a * SQRT_PI_TAIL;
    const Power p = NAME(power)(-square.hi, square.lo);
    Pair e = NAME(fast_sum)(K(1.0), p.hi);
    e = NAME(fast_sum)(e.hi, e.lo + p.lo);
    /* v = u − 1, 1 − v² = u·(2 − u) */
    const D u = 2.0 * a / (a + 4.0), more = POLYNOMIAL(u - 1.0, erfc_terms);
    const Pair rest = NAME(fast_sum)(K(2.0), -u);
    Pair weight = NAME(product)(u, rest.hi);
    weight.lo += u * rest.lo;
    Pair above = NAME(fast_sum)(K(1.0), 0.125 * weight.hi);
    const D extra = weight.hi * more + weight.lo * (more + 0.125);
    above = NAME(fast_sum)(above.hi, above.lo + extra);
    Pair top = NAME(product)(e.hi, above.hi);
    top.lo += e.hi * above.lo + e.lo * above.hi;
    return (Scaled){p.k, NAME(quotient)(top, below)};
}

INLINE D NAME(v_erfc)(D x)
{
    const D size = ABS(x);
    const Scaled p = NAME(complement)(SELECT(size > 28.0, K(28.0), size));
    const D y = NAME(scaled)(p.sum.hi + p.sum.lo, p.k);
    return SELECT(x < 0.0, 2.0 - y, y);
}

INLINE D NAME(v_erf)(D x)
{
    const D size = ABS(x);
    const Scaled p = NAME(complement)(SELECT(size > 6.0, K(6.0), size));
    const Pair far = NAME(fast_sum)(K(1.0), -p.sum.hi * POW2(p.k));
    const D near = x + x * POLYNOMIAL(x * x, erf_terms);
    return SELECT(size < 0.65625, near, WITH_SIGN_OF(far.hi + (far.lo - p.sum.lo * POW2(p.k)), x));
}
