/* log and what is made of it, powers and roots. Included by functions.h. */

/* ------ logarithms */

/* x = 2^k·(1 + f), √½ ≤ 1 + f < √2, for x > 0 */
typedef struct {
    D k, f;
} NAME(Split);

#if VECTOR_BYTES == 64
INLINE NAME(Split) NAME(split)(D x)
{
    const D k = NAME(exponent)(x), m = NAME(fraction)(x);
    const M upper = LESS(K(SQRT_2), m);
    return (NAME(Split)){SELECT(upper, k + 1.0, k), SELECT(upper, 0.5 * m, m) - 1.0};
}
#else
INLINE NAME(Split) NAME(normal_split)(D x)
{
    const uint64_t root = 0x3fe6a09e667f3bcd, digits = 0x000fffffffffffff;
    const B shifted = BITS(x) - root + (1024ull << 52);
    const D k = (D)((shifted >> 52) | BITS(K(0x1p52))) - (0x1p52 + 1024.0);
    return (NAME(Split)){k, (D)((shifted & digits) + root) - 1.0};
}

INLINE NAME(Split) NAME(split)(D x)
{
    const M tiny = LESS(x, K(0x1p-1022));
    NAME(Split) part = NAME(normal_split)(x);
    if (RARE(ANY(tiny))) {
        part = NAME(normal_split)(SELECT(tiny, x * 0x1p54, x));
        part.k -= SELECT(tiny, K(54.0), K(0.0));
    }
    return part;
}
#endif

/* log(1 + f) = f − f²/2 + s·series, with s = f/(2 + f) */
INLINE D NAME(series)(D s, D half_square)
{
    const D z = s * s;
    return FMA(z, POLYNOMIAL(z, log_terms), half_square);
}

/* x = 2^k·m: log m = hi + lo; for x > 0 */
INLINE Power NAME(logarithm)(D x)
{
    const NAME(Split) part = NAME(split)(x);
    const D f = part.f, s = f / (2.0 + f), half = 0.5 * f, hi = FNMA(half, f, f);
    const D rest = FNMA(half, f, f - hi);
    return (Power){part.k, hi, FMA(s, NAME(series)(s, half * f), rest)};
}

/* log(2^k·m) */
INLINE D NAME(natural)(Power p)
{
    const Pair sum = NAME(fast_sum)(p.k * LN2_HEAD, p.hi);
    return sum.hi + (sum.lo + FMA(p.k, K(LN2_TAIL), p.lo));
}

/* y = log x in any base, with its values at the borders */
INLINE D NAME(bordered)(D y, D x)
{
    const M inside = LESS(K(0.0), x) & LESS(x, K(INFINITY));
    if (RARE(ANY(NOT(inside)))) {
        y = SELECT(EQUAL(x, K(INFINITY)), x, y);
        y = SELECT(EQUAL(x, K(0.0)), K(-INFINITY), y);
        y = SELECT(AT_MOST(K(0.0), x), y, K(NAN));
    }
    return y;
}

/* log(2^k·m) = k·log 2 + (f − (f²/2 − s·series)): f²/2 is small enough not to be a sum of two */
INLINE D NAME(v_log)(D x)
{
    const NAME(Split) part = NAME(split)(x);
    const D f = part.f, s = f / (2.0 + f), half_square = 0.5 * f * f;
    const D rest = FMA(s, NAME(series)(s, half_square), part.k * LN2_TAIL);
    const D y = FMA(part.k, K(LN2_HEAD), f - (half_square - rest));
    return VECTOR_BYTES == 64 ? y : NAME(bordered)(y, x);
}

/* whole + log m·factor, where that has the two parts */
INLINE D NAME(in_base)(D whole, D rest, Power p, double factor, double tail)
{
    const Pair hi = NAME(product)(p.hi, K(factor)), sum = NAME(fast_sum)(whole, hi.hi);
    return sum.hi + (sum.lo + (hi.lo + FMA(p.hi, K(tail), FMA(p.lo, K(factor), rest))));
}

INLINE D NAME(v_log2)(D x)
{
    const Power p = NAME(logarithm)(x);
    return NAME(bordered)(NAME(in_base)(p.k, K(-0.0), p, LOG2_E, LOG2_E_TAIL), x);
}

INLINE D NAME(v_log10)(D x)
{
    const Power p = NAME(logarithm)(x);
    const D whole = p.k * LOG10_2_HEAD, rest = p.k * LOG10_2_TAIL;
    return NAME(bordered)(NAME(in_base)(whole, rest, p, LOG10_E, LOG10_E_TAIL), x);
}

/* log(2^k·x) */
INLINE D NAME(log_of_sum)(D k, Pair x)
{
    Power p = NAME(logarithm)(x.hi);
    p.k += k;
    p.lo += x.lo / x.hi;
    return NAME(natural)(p);
}

INLINE D NAME(v_log1p)(D x)
{
    const D y = NAME(log_of_sum)(K(-0.0), NAME(sum)(K(1.0), x));
    return WITH_SIGN_OF(NAME(bordered)(y, 1.0 + x), x);
}

/* ------ roots */

INLINE D NAME(v_sqrt)(D x)
{
    return NAME(square_root)(x);
}

INLINE Pair NAME(root)(Pair x)
{
    const D s = NAME(square_root)(x.hi);
    /* the last summand only keeps 0/0 away */
    return (Pair){s, (NAME(remainder)(s, s, x.hi) + x.lo) / (2.0 * s + 0x1p-1000)};
}

/* One step of Halley's from a root right to 24 digits, of which the square is exact. */
INLINE D NAME(v_cbrt)(D x)
{
    const D size = ABS(x);
    const NAME(Split) part = NAME(split)(size);
    const D third = WHOLE(part.k * (1.0 / 3.0)), rest = FNMA(K(3.0), third, part.k);
    const D up = SELECT(LESS(K(0.5), rest), K(CBRT_2), K(1.0));
    const D factor = SELECT(LESS(rest, K(-0.5)), K(1.0 / CBRT_2), up);
    const D m = (1.0 + part.f) * POW2(rest);
    const D t = HEAD(factor * POLYNOMIAL(part.f, cbrt_terms)), r = m / (t * t);
    const D y = FMA(t, (r - t) / (t + t + r), t) * POW2(third);
    const M inside = LESS(K(0.0), size) & LESS(size, K(INFINITY));
    return SELECT(inside, WITH_SIGN_OF(y, x), x);
}

/* Scaled so that squares neither overflow nor vanish. */
INLINE D NAME(v_hypot)(D x, D y)
{
    const M swapped = LESS(ABS(x), ABS(y));
    const D large = SELECT(swapped, ABS(y), ABS(x)), small = SELECT(swapped, ABS(x), ABS(y));
    const D up = SELECT(LESS(large, K(0x1p-400)), K(0x1p600), K(1.0));
    const D scale = SELECT(LESS(K(0x1p500), large), K(0x1p-600), up);
    const Pair p = NAME(product)(large * scale, large * scale);
    const Pair q = NAME(product)(small * scale, small * scale);
    Pair sum = NAME(fast_sum)(p.hi, q.hi);
    sum.lo += p.lo + q.lo;
    const Pair s = NAME(root)(sum);
    const D out = SELECT(EQUAL(large, K(INFINITY)), large, (s.hi + s.lo) * (1.0 / scale));
    return SELECT(EQUAL(x, x) & EQUAL(y, y), out, K(NAN));
}

/* ------ inverse hyperbolic functions */

/* log(x + √(x² + one)): above 2^28 that is log 2x */
INLINE D NAME(log_with_root)(D x, D one)
{
    const Pair square = NAME(product)(x, x);
    Pair under = NAME(sum)(square.hi, one);
    under.lo += square.lo;
    const Pair s = NAME(root)(under);
    Pair sum = NAME(sum)(x, s.hi);
    sum.lo += s.lo;
    const M far = LESS(K(0x1p28), x);
    sum = (Pair){SELECT(far, x, sum.hi), SELECT(far, K(0.0), sum.lo)};
    return NAME(log_of_sum)(SELECT(far, K(1.0), K(0.0)), sum);
}

INLINE D NAME(v_asinh)(D x)
{
    const D size = ABS(x), y = NAME(log_with_root)(size, K(1.0));
    return SELECT(LESS(size, K(0x1p-28)), x, WITH_SIGN_OF(NAME(bordered)(y, 1.0 + size), x));
}

INLINE D NAME(v_acosh)(D x)
{
    const D y = NAME(bordered)(NAME(log_with_root)(x, K(-1.0)), x);
    return SELECT(AT_MOST(K(1.0), x), y, K(NAN));
}

INLINE D NAME(v_atanh)(D x)
{
    const D size = ABS(x);
    const Pair q = NAME(quotient)(NAME(fast_sum)(K(1.0), size), NAME(fast_sum)(K(1.0), -size));
    const D y = 0.5 * NAME(log_of_sum)(K(-0.0), q);
    const D border = SELECT(EQUAL(size, K(1.0)), K(INFINITY), K(NAN));
    const D out = SELECT(LESS(size, K(1.0)), y, border);
    return SELECT(LESS(size, K(0x1p-28)), x, WITH_SIGN_OF(out, x));
}

/* ------ powers */

/* log x to some 68 digits, for x > 0 */
INLINE Pair NAME(long_logarithm)(D x)
{
    const NAME(Split) part = NAME(split)(x);
    Pair s = NAME(quotient)((Pair){part.f, K(0.0)}, NAME(fast_sum)(K(2.0), part.f));
    s = NAME(fast_sum)(s.hi, s.lo);
    const Pair z = NAME(long_product)(s, s);
    Pair c = NAME(fast_sum)(K(TWO_THIRDS), z.hi * POLYNOMIAL(z.hi, pow_terms));
    c.lo += TWO_THIRDS_TAIL;
    const Pair u = NAME(long_product)(s, NAME(long_product)(z, c));
    const Pair m = NAME(fast_sum)(2.0 * s.hi, u.hi);
    const Pair sum = NAME(fast_sum)(part.k * LN2_HEAD, m.hi);
    const D rest = FMA(part.k, K(LN2_TAIL), m.lo + FMA(K(2.0), s.lo, u.lo));
    return NAME(fast_sum)(sum.hi, sum.lo + rest);
}

#define ROUNDED(x) (((x) + 0x1p52) - 0x1p52)

/* exp(y·ln), within the range of exp */
INLINE D NAME(exponential)(D y, Pair ln)
{
    const Pair p = NAME(product)(y, ln.hi);
    const D more = SELECT(LESS(ABS(p.hi), K(800.0)), FMA(y, ln.lo, p.lo), K(0.0));
    const Power power = NAME(power)(NAME(clamped)(p.hi, -800.0, 800.0), more);
    const Pair sum = NAME(fast_sum)(K(1.0), power.hi);
    return NAME(scaled)(sum.hi + (sum.lo + power.lo), power.k);
}

/* x to the power of y by its size, then the sign of an odd power, then where it is undefined */
INLINE D NAME(v_pow)(D x, D y)
{
    const D size = ABS(x), height = ABS(y), half = 0.5 * height;
    Pair ln = NAME(long_logarithm)(size);
    const M infinite = EQUAL(size, K(INFINITY));
    ln.hi = SELECT(EQUAL(size, K(0.0)), K(-INFINITY), SELECT(infinite, size, ln.hi));
    D out = NAME(exponential)(y, ln);
    out = SELECT(EQUAL(size, K(1.0)) | EQUAL(y, K(0.0)), K(1.0), out);
    const M whole = AT_MOST(K(0x1p52), height) | EQUAL(ROUNDED(height), height);
    const M odd = whole & LESS(height, K(0x1p53)) & NOT(EQUAL(ROUNDED(half), half));
    out = SELECT(odd, WITH_SIGN_OF(out, x), out);
    const M defined = AT_MOST(K(0.0), x) | whole | infinite;
    return SELECT(defined & EQUAL(y, y) & EQUAL(x, x), out, K(NAN));
}
