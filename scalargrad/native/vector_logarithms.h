/* log and what is made of it, powers and roots. A part of vector_math.h. */

/* ------ logarithms */

/* x = 2^k·(1 + f), √½ ≤ 1 + f < √2, for x > 0 */
typedef struct {
    D k, f;
} NAME(Split);

INLINE NAME(Split) NAME(split)(D x)
{
    const uint64_t root = 0x3fe6a09e667f3bcd, digits = 0x000fffffffffffff;
    const L tiny = x < 0x1p-1022;
    const B shifted = BITS(SELECT(tiny, x * 0x1p54, x)) - root + (1024ull << 52);
    const D k = (D)((shifted >> 52) | BITS(K(0x1p52))) - (0x1p52 + 1024.0);
    return (NAME(Split)){k - SELECT(tiny, K(54.0), K(0.0)), (D)((shifted & digits) + root) - 1.0};
}

/* x = 2^k·m: log m = hi + lo, hi with zeros in its second half; for x > 0 */
INLINE Power NAME(logarithm)(D x)
{
    const NAME(Split) part = NAME(split)(x);
    const D f = part.f, s = f / (2.0 + f), z = s * s;
    const D half_square = 0.5 * f * f, hi = HEAD(f - half_square);
    const D series = s * (half_square + z * POLYNOMIAL(z, log_terms));
    return (Power){part.k, hi, ((f - hi) - half_square) + series};
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

/* √x, for x ≥ 0 */
INLINE D NAME(v_sqrt)(D x)
{
    D root;
    for (unsigned i = 0; i < sizeof(D) / sizeof(double); i++)
        root[i] = sqrt(x[i]);
    return root;
}

INLINE Pair NAME(root)(Pair x)
{
    const D s = NAME(v_sqrt)(x.hi);
    const Pair square = NAME(product)(s, s);
    /* the last summand only keeps 0/0 away */
    return (Pair){s, (((x.hi - square.hi) - square.lo) + x.lo) / (2.0 * s + 0x1p-1000)};
}

/* One step of Halley's from a root right to 24 digits, of which the square is exact. */
INLINE D NAME(v_cbrt)(D x)
{
    const D size = ABS(x);
    const NAME(Split) part = NAME(split)(size);
    const D third = WHOLE(part.k * (1.0 / 3.0)), rest = part.k - 3.0 * third;
    const D factor = SELECT(rest > 0.5, K(CBRT_2), SELECT(rest < -0.5, K(1.0 / CBRT_2), K(1.0)));
    const D m = (1.0 + part.f) * POW2(rest);
    const D t = HEAD(factor * POLYNOMIAL(part.f, cbrt_terms)), r = m / (t * t);
    const D y = (t + t * ((r - t) / (t + t + r))) * POW2(third);
    return SELECT((size > 0.0) & (size < INFINITY), WITH_SIGN_OF(y, x), x);
}

/* Scaled so that squares neither overflow nor vanish. */
INLINE D NAME(v_hypot)(D x, D y)
{
    const L swapped = ABS(x) < ABS(y);
    const D large = SELECT(swapped, ABS(y), ABS(x)), small = SELECT(swapped, ABS(x), ABS(y));
    const D scale =
        SELECT(large > 0x1p500, K(0x1p-600), SELECT(large < 0x1p-400, K(0x1p600), K(1.0)));
    const Pair p = NAME(product)(large * scale, large * scale);
    const Pair q = NAME(product)(small * scale, small * scale);
    Pair sum = NAME(fast_sum)(p.hi, q.hi);
    sum.lo += p.lo + q.lo;
    const Pair s = NAME(root)(sum);
    const D out = SELECT(large == INFINITY, large, (s.hi + s.lo) * (1.0 / scale));
    return SELECT((x == x) & (y == y), out, K(NAN));
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
    const L far = x > 0x1p28;
    sum = (Pair){SELECT(far, x, sum.hi), SELECT(far, K(0.0), sum.lo)};
    return NAME(log_of_sum)(SELECT(far, K(1.0), K(0.0)), sum);
}

INLINE D NAME(v_asinh)(D x)
{
    const D size = ABS(x), y = NAME(log_with_root)(size, K(1.0));
    return SELECT(size < 0x1p-28, x, WITH_SIGN_OF(NAME(bordered)(y, 1.0 + size), x));
}

INLINE D NAME(v_acosh)(D x)
{
    const D y = NAME(bordered)(NAME(log_with_root)(x, K(-1.0)), x);
    return SELECT(x >= 1.0, y, K(NAN));
}

INLINE D NAME(v_atanh)(D x)
{
    const D size = ABS(x);
    const Pair q = NAME(quotient)(NAME(fast_sum)(K(1.0), size), NAME(fast_sum)(K(1.0), -size));
    const D y = 0.5 * NAME(log_of_sum)(K(-0.0), q);
    const D border = SELECT(size == 1.0, K(INFINITY), K(NAN));
    return SELECT(size < 0x1p-28, x, WITH_SIGN_OF(SELECT(size < 1.0, y, border), x));
}

/* ------ powers */

/* log x to some 68 digits, for x > 0 */
INLINE Pair NAME(long_logarithm)(D x)
{
    const NAME(Split) part = NAME(split)(x);
    Pair s = NAME(quotient)((Pair){part.f, K(0.0)}, NAME(fast_sum)(K(2.0), part.f));
    s = NAME(fast_sum)(s.hi, s.lo);
    Pair z = NAME(product)(s.hi, s.hi);
    z.lo += 2.0 * s.hi * s.lo;
    Pair c = NAME(fast_sum)(K(TWO_THIRDS), z.hi * POLYNOMIAL(z.hi, pow_terms));
    c.lo += TWO_THIRDS_TAIL;
    Pair t = NAME(product)(z.hi, c.hi);
    t.lo += z.hi * c.lo + z.lo * c.hi;
    Pair u = NAME(product)(s.hi, t.hi);
    u.lo += s.hi * t.lo + s.lo * t.hi;
    const Pair m = NAME(fast_sum)(2.0 * s.hi, u.hi);
    const Pair sum = NAME(fast_sum)(part.k * LN2_HEAD, m.hi);
    return NAME(fast_sum)(sum.hi, sum.lo + (part.k * LN2_TAIL + (m.lo + (u.lo + 2.0 * s.lo))));
}

#define ROUNDED(x) (((x) + 0x1p52) - 0x1p52)

/* x to the power of y by its size, then the sign of an odd power, then where it is undefined */
INLINE D NAME(v_pow)(D x, D y)
{
    const D size = ABS(x), height = ABS(y), half = 0.5 * height;
    Pair ln = NAME(long_logarithm)(size);
    ln.hi = SELECT(size == 0.0, K(-INFINITY), SELECT(size == INFINITY, size, ln.hi));
    const Pair p = NAME(product)(y, ln.hi);
    const D tail = SELECT(ABS(p.hi) < 800.0, -(p.lo + y * ln.lo), K(0.0));
    const Power power = NAME(power)(NAME(clamped)(p.hi, -800.0, 800.0), tail);
    const Pair sum = NAME(fast_sum)(K(1.0), power.hi);
    D out = NAME(scaled)(sum.hi + (sum.lo + power.lo), power.k);
    out = SELECT((size == 1.0) | (y == 0.0), K(1.0), out);
    const L whole = (height >= 0x1p52) | (ROUNDED(height) == height);
    const L odd = whole & (height < 0x1p53) & (ROUNDED(half) != half);
    out = WITH_SIGN_OF(out, (D)(BITS(odd) & BITS(x)));
    const L defined = ((x >= 0.0) | whole | (size == INFINITY)) & (y == y);
    return SELECT(defined & (x == x), out, K(NAN));
}
