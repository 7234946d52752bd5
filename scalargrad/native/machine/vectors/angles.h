/* Trigonometric functions and their inverses. Included by functions.h. */

/* ------ angles */

/* x = π/2·quadrant + r, |r| ≤ π/4: sine and cosine of r, and the bits of the quadrant */
typedef struct {
    Pair sine, cosine;
    B quadrant;
} NAME(Turn);
#define Turn NAME(Turn)

INLINE Turn NAME(turn)(D x)
{
    const D shifted = x * (1.0 / HALF_PI) + MAGIC, k = shifted - MAGIC;
    const Pair first = NAME(sum)(FNMA(k, K(HALF_PI_1), x), -(k * HALF_PI_2));
    Pair r = NAME(sum)(first.hi, -(k * HALF_PI_3));
    r.lo += FNMA(k, K(HALF_PI_4), first.lo);
    r = NAME(fast_sum)(r.hi, r.lo);
    const D z = r.hi * r.hi, half = 0.5 * z, w = 1.0 - half;
    const D odd = r.hi * (z * POLYNOMIAL(z, sin_terms)) + (r.lo - half * r.lo);
    const D even = ((1.0 - w) - half) + (z * (z * POLYNOMIAL(z, cos_terms)) - r.hi * r.lo);
    return (Turn){{r.hi, odd}, {w, even}, BITS(shifted)};
}

/* beyond this the parts of π/2 do not suffice: the C library's function, for such lanes alone */
#define FAR 0x1p20

INLINE D NAME(far_lanes)(D y, D x, double (*function)(double))
{
    if (RARE(ANY(LESS(K(FAR), ABS(x)))))
        for (unsigned i = 0; i < sizeof(D) / sizeof(double); i++)
            y[i] = fabs(x[i]) > FAR ? function(x[i]) : y[i];
    return y;
}

INLINE D NAME(v_sin)(D x)
{
    const Turn turn = NAME(turn)(x);
    const M odd = NEGATIVE((D)(turn.quadrant << 63));
    D y = SELECT(odd, turn.cosine.hi + turn.cosine.lo, turn.sine.hi + turn.sine.lo);
    y = (D)(BITS(y) ^ ((turn.quadrant & 2) << 62));
    return NAME(far_lanes)(SELECT(EQUAL(x, K(0.0)), x, y), x, sin);
}

INLINE D NAME(v_cos)(D x)
{
    const Turn turn = NAME(turn)(x);
    const M odd = NEGATIVE((D)(turn.quadrant << 63));
    const D y = SELECT(odd, turn.sine.hi + turn.sine.lo, turn.cosine.hi + turn.cosine.lo);
    return NAME(far_lanes)((D)(BITS(y) ^ (((turn.quadrant + 1) & 2) << 62)), x, cos);
}

/* sine/cosine, or −cosine/sine */
INLINE D NAME(v_tan)(D x)
{
    const Turn turn = NAME(turn)(x);
    const Pair s = NAME(fast_sum)(turn.sine.hi, turn.sine.lo);
    const D square_tail = NAME(product)(turn.sine.hi, turn.sine.hi).lo;
    const Pair c = NAME(fast_sum)(turn.cosine.hi, turn.cosine.lo - 0.5 * square_tail);
    const M odd = NEGATIVE((D)(turn.quadrant << 63));
    const Pair above = {SELECT(odd, c.hi, s.hi), SELECT(odd, c.lo, s.lo)};
    const Pair below = {SELECT(odd, s.hi, c.hi), SELECT(odd, s.lo, c.lo)};
    const Pair q = NAME(quotient)(above, below);
    const D y = (D)(BITS(q.hi + q.lo) ^ (turn.quadrant << 63));
    return NAME(far_lanes)(SELECT(EQUAL(x, K(0.0)), x, y), x, tan);
}

/* atan(y/x), for 0 ≤ y ≤ x: above π/8 it is π/4 + atan((y − x)/(y + x)) */
INLINE Pair NAME(angle)(D y, D x)
{
    const M steep = LESS(x * TAN_PI_8, y);
    const Pair difference = NAME(sum)(y, -x), sum = NAME(sum)(x, y);
    const Pair above = {SELECT(steep, difference.hi, y), SELECT(steep, difference.lo, K(0.0))};
    const Pair below = {SELECT(steep, sum.hi, x), SELECT(steep, sum.lo, K(0.0))};
    const Pair q = NAME(quotient)(above, below);
    const D z = q.hi * q.hi;
    const D rest = q.hi * (z * POLYNOMIAL(z, atan_terms)) + (q.lo - z * q.lo);
    const Pair out = NAME(fast_sum)(SELECT(steep, K(0.5 * HALF_PI), K(0.0)), q.hi);
    const D tail = SELECT(steep, K(0.5 * HALF_PI_TAIL), K(0.0));
    return NAME(fast_sum)(out.hi, out.lo + (rest + tail));
}

/* quarters·π/2 + x */
INLINE D NAME(turned)(D quarters, Pair x)
{
    const Pair sum = NAME(fast_sum)(quarters * HALF_PI, x.hi);
    return sum.hi + (sum.lo + (x.lo + quarters * HALF_PI_TAIL));
}

INLINE D NAME(v_atan)(D x)
{
    const D size = SMALLER(K(0x1p60), ABS(x));
    const M steep = LESS(K(1.0), size);
    Pair y = NAME(angle)(SELECT(steep, K(1.0), size), SELECT(steep, size, K(1.0)));
    y = (Pair){SELECT(steep, -y.hi, y.hi), SELECT(steep, -y.lo, y.lo)};
    return WITH_SIGN_OF(NAME(turned)(SELECT(steep, K(1.0), K(0.0)), y), x);
}

INLINE D NAME(v_atan2)(D y, D x)
{
    const M steep = LESS(ABS(x), ABS(y)), left = NEGATIVE(x), turned = steep ^ left;
    D above = SELECT(steep, ABS(x), ABS(y)), below = SELECT(steep, ABS(y), ABS(x));
    const M far = EQUAL(below, K(INFINITY)), nowhere = EQUAL(below, K(0.0));
    above = SELECT(far, SELECT(EQUAL(above, K(INFINITY)), K(1.0), K(0.0)), above);
    below = SELECT(far | nowhere, K(1.0), below);
    const D scale = SELECT(LESS(K(0x1p500), below), K(0x1p-400), K(0x1p500));
    Pair angle = NAME(angle)(above * scale, below * scale);
    angle = (Pair){SELECT(turned, -angle.hi, angle.hi), SELECT(turned, -angle.lo, angle.lo)};
    const D quarters = SELECT(steep, K(1.0), SELECT(left, K(2.0), K(0.0)));
    const D out = WITH_SIGN_OF(NAME(turned)(quarters, angle), y);
    return SELECT(EQUAL(x, x) & EQUAL(y, y), out, K(NAN));
}

/* asin x = x + rest for |x| ≤ 1/2; beyond, π/2 − 2(s + rest) with s = √((1 − |x|)/2) */
typedef struct {
    M far;
    Pair sum;
} NAME(Arc);

INLINE NAME(Arc) NAME(arc)(D size)
{
    const M far = LESS(K(0.5), size);
    const D z = SELECT(far, 0.5 * (1.0 - size), size * size);
    const Pair root = NAME(root)((Pair){z, K(0.0)});
    const D s = SELECT(far, root.hi, size), tail = SELECT(far, root.lo, K(0.0));
    return (NAME(Arc)){far, {s, s * (z * POLYNOMIAL(z, asin_terms)) + tail}};
}

INLINE D NAME(v_asin)(D x)
{
    const NAME(Arc) arc = NAME(arc)(ABS(x));
    const D factor = SELECT(arc.far, K(-2.0), K(1.0));
    const Pair scaled = {factor * arc.sum.hi, factor * arc.sum.lo};
    return WITH_SIGN_OF(NAME(turned)(SELECT(arc.far, K(1.0), K(0.0)), scaled), x);
}

/* π/2 − asin x; beyond ±1/2, 2(s + rest) or π less that */
INLINE D NAME(v_acos)(D x)
{
    const NAME(Arc) arc = NAME(arc)(ABS(x));
    const D right = SELECT(arc.far, K(0.0), K(1.0)), left = SELECT(arc.far, K(2.0), K(1.0));
    const D size = SELECT(arc.far, K(2.0), K(1.0));
    const D factor = SELECT(NEGATIVE(x) ^ arc.far, size, -size);
    const Pair scaled = {factor * arc.sum.hi, factor * arc.sum.lo};
    return NAME(turned)(SELECT(NEGATIVE(x), left, right), scaled);
}
