/* Mathematical functions on vectors of doubles, right to one unit in the last place. Included once
 * for each instruction set, with ISA its name. A function v_NAME is what the machine runs for the
 * row NAME of the operator table, and its special values are those of that row.
 *
 * No operation here is fused or reordered, so that every instruction set gives the same bits. */
#include "polynomials.h"

#ifndef SCALARGRAD_VECTOR_MATH_H
#define SCALARGRAD_VECTOR_MATH_H

#define BITS(x) ((B)(x))
#define SIGN_BIT 0x8000000000000000ull
#define SELECT(mask, x, y) NAME(select)((L)(mask), x, y)
#define K(number) ((number) - (D){0})
#define ABS(x) ((D)(BITS(x) & ~SIGN_BIT))
#define WITH_SIGN_OF(x, y) ((D)(BITS(x) | (BITS(y) & SIGN_BIT)))
/* the first half of the digits: the product of two such is exact */
#define HEAD(x) ((D)(BITS(x) & ~0x7ffffffull))
/* added to a double, leaves it rounded to a whole number, in the last bits */
#define MAGIC 0x1.8p52
#define WHOLE(x) (((x) + MAGIC) - MAGIC)
#define POW2(whole) ((D)(BITS((whole) + (MAGIC + 1023.0)) << 52))
#define POLYNOMIAL(x, terms) NAME(polynomial)(x, terms, (int)(sizeof(terms) / sizeof *(terms)))

/* heads of 41 digits times a whole number are exact, heads of 26 times HEAD(x) */
#define LN2_HEAD 0x1.62e42fefa3000p-1
#define LN2_TAIL 0x1.3de6af278ece6p-42
#define LN2_HEAD26 0x1.62e42f8000000p-1
#define LN2_TAIL26 0x1.be8e7bcd5e4f2p-27
#define LOG2_E 0x1.71547652b82fep+0
#define LOG2_E_HEAD 0x1.7154760000000p+0
#define LOG2_E_TAIL 0x1.4ae0bf85ddf44p-26
#define LOG10_E 0x1.bcb7b1526e50ep-2
#define LOG10_E_HEAD 0x1.bcb7b10000000p-2
#define LOG10_E_TAIL 0x1.49b9438ca9aaep-28
#define LOG10_2_HEAD 0x1.34413509f7000p-2
#define LOG10_2_TAIL 0x1.3fde623e2566bp-43
#define SQRT_PI 0x1.c5bf891b4ef6bp+0
#define SQRT_PI_TAIL -0x1.618f13eb7ca89p-54
#endif

#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX2__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif
typedef double NAME(Doubles) __attribute__((vector_size(VECTOR_BYTES)));
typedef int64_t NAME(Mask) __attribute__((vector_size(VECTOR_BYTES)));
typedef uint64_t NAME(Bits) __attribute__((vector_size(VECTOR_BYTES)));
#define D NAME(Doubles)
#define B NAME(Bits)
#define L NAME(Mask)

/* A number as the sum of two, the second far smaller. */
typedef struct {
    D hi, lo;
} NAME(Pair);
#define Pair NAME(Pair)

/* ------ arithmetic */

/* mask ? x : y in each lane: one instruction, where there is one and the compiler sees it */
INLINE D NAME(select)(L mask, D x, D y)
{
#if VECTOR_BYTES > 16
    D chosen;
    for (unsigned i = 0; i < sizeof(D) / sizeof(double); i++)
        chosen[i] = mask[i] ? x[i] : y[i];
    return chosen;
#else
    return (D)((mask & (L)x) | (~mask & (L)y));
#endif
}

/* Even and odd powers apart, and the sum of both: two chains of half the length are quicker. */
INLINE D NAME(polynomial)(D x, const double *terms, int count)
{
    const D square = x * x;
    D sum = K(terms[count - 1]), other = K(terms[count - 2]);
    _Pragma("GCC unroll 32") for (int i = count - 3; i > 0; i -= 2)
    {
        sum = sum * square + terms[i];
        other = other * square + terms[i - 1];
    }
    return count % 2 ? (sum * square + terms[0]) + other * x : other + sum * x;
}

/* x + y exactly, for |x| ≥ |y| or x = 0 */
INLINE Pair NAME(fast_sum)(D x, D y)
{
    const D sum = x + y;
    return (Pair){sum, (x - sum) + y};
}

INLINE Pair NAME(sum)(D x, D y)
{
    const D sum = x + y, rest = sum - x;
    return (Pair){sum, (x - (sum - rest)) + (y - rest)};
}

INLINE Pair NAME(product)(D x, D y)
{
    const D p = x * y, xh = HEAD(x), yh = HEAD(y), xl = x - xh, yl = y - yh;
    return (Pair){p, (((xh * yh - p) + xh * yl) + xl * yh) + xl * yl};
}

INLINE Pair NAME(quotient)(Pair x, Pair y)
{
    const D q = x.hi / y.hi;
    const Pair p = NAME(product)(q, y.hi);
    return (Pair){q, ((((x.hi - p.hi) - p.lo) + x.lo) - q * y.lo) / y.hi};
}

/* x·2^k for whole |k| ≤ 2000: in two steps, so as to reach subnormals, zero and infinity */
INLINE D NAME(scaled)(D x, D k)
{
    const D half = WHOLE(0.5 * k);
    return x * POW2(half) * POW2(k - half);
}

/* ------ exponentials */

/* exp(x − tail) = 2^k·(1 + hi + lo), |hi| ≤ ln 2/2 */
typedef struct {
    D k, hi, lo;
} NAME(Power);
#define Power NAME(Power)

INLINE D NAME(clamped)(D x, double low, double high)
{
    x = SELECT(x > high, K(high), x);
    return SELECT(x < low, K(low), x);
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
    const D hi = head * LN2_HEAD26, tail = -(head * LN2_TAIL26 + (r - head) * (LN2_HEAD26 + LN2_TAIL26));
    const Pair sum = NAME(fast_sum)(K(1.0), hi);
    return NAME(scaled)(sum.hi + (sum.lo + NAME(beyond)(hi, tail)), k);
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

/* ------ logarithms */

/* x = 2^k·m: log m = hi + lo, hi with zeros in its second half, √½ ≤ m < √2; for x > 0 */
INLINE Power NAME(logarithm)(D x)
{
    const uint64_t root = 0x3fe6a09e667f3bcd, digits = 0x000fffffffffffff;
    const L tiny = x < 0x1p-1022;
    const B shifted = BITS(SELECT(tiny, x * 0x1p54, x)) - root + (1024ull << 52);
    const D k = (D)((shifted >> 52) | BITS(K(0x1p52))) - (0x1p52 + 1024.0);
    const D f = (D)((shifted & digits) + root) - 1.0, s = f / (2.0 + f), z = s * s;
    const D half_square = 0.5 * f * f, hi = HEAD(f - half_square);
    const D series = s * (half_square + z * POLYNOMIAL(z, log_terms));
    return (Power){k - SELECT(tiny, K(54.0), K(0.0)), hi, ((f - hi) - half_square) + series};
}

/* log(2^k·m) */
INLINE D NAME(natural)(Power p)
{
    const Pair sum = NAME(fast_sum)(p.k * LN2_HEAD, p.hi);
    return sum.hi + (sum.lo + (p.lo + p.k * LN2_TAIL));
}

/* y = log x in any base, with its values at the borders */
INLINE D NAME(bordered)(D y, D x)
{
    y = SELECT(x == INFINITY, x, y);
    y = SELECT(x == 0.0, K(-INFINITY), y);
    return SELECT(x >= 0.0, y, K(NAN));
}

INLINE D NAME(v_log)(D x)
{
    return NAME(bordered)(NAME(natural)(NAME(logarithm)(x)), x);
}

INLINE D NAME(v_log2)(D x)
{
    const Power p = NAME(logarithm)(x);
    const Pair sum = NAME(fast_sum)(p.k, p.hi * LOG2_E_HEAD);
    return NAME(bordered)(sum.hi + (sum.lo + (p.hi * LOG2_E_TAIL + p.lo * LOG2_E)), x);
}

INLINE D NAME(v_log10)(D x)
{
    const Power p = NAME(logarithm)(x);
    const Pair sum = NAME(fast_sum)(p.k * LOG10_2_HEAD, p.hi * LOG10_E_HEAD);
    const D rest = p.hi * LOG10_E_TAIL + p.lo * LOG10_E + p.k * LOG10_2_TAIL;
    return NAME(bordered)(sum.hi + (sum.lo + rest), x);
}

/* log(x + tail), for a tail far smaller than x */
INLINE D NAME(log_of_sum)(Pair x)
{
    Power p = NAME(logarithm)(x.hi);
    p.lo += x.lo / x.hi;
    return NAME(natural)(p);
}

INLINE D NAME(v_log1p)(D x)
{
    const D y = NAME(log_of_sum)(NAME(sum)(K(1.0), x));
    return WITH_SIGN_OF(NAME(bordered)(y, 1.0 + x), x);
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
    const D u = 2.0 * a / (a + 4.0);
    const Pair extra = NAME(product)(u * (2.0 - u), POLYNOMIAL(u - 1.0, erfc_terms));
    Pair above = NAME(fast_sum)(K(1.0), extra.hi);
    above.lo += extra.lo;
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

#undef VECTOR_BYTES
#undef D
#undef B
#undef L
#undef Pair
#undef Power
#undef PowerLess1
#undef Scaled
