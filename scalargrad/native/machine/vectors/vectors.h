/* Vectors of doubles, and arithmetic on them to more digits than a double has. Included by
 * functions.h. */
#ifndef SCALARGRAD_VECTORS_H
#define SCALARGRAD_VECTORS_H

#define BITS(x) ((B)(x))
#define SIGN_BIT 0x8000000000000000ull
#define K(number) ((number) - (D){0})
#define ABS(x) ((D)(BITS(x) & ~SIGN_BIT))
#define WITH_SIGN_OF(x, y) ((D)(BITS(x) | (BITS(y) & SIGN_BIT)))
/* the first half of the digits: the product of two such is exact */
#define HEAD(x) ((D)(BITS(x) & ~0x7ffffffull))
#define RARE(condition) __builtin_expect(condition, 0)
/* added to a double, leaves it rounded to a whole number, in the last bits */
#define MAGIC 0x1.8p52
#define WHOLE(x) (((x) + MAGIC) - MAGIC)
#define POW2(whole) ((D)(BITS((whole) + (MAGIC + 1023.0)) << 52))
/* comparisons give masks; where a NaN is y, SMALLER and LARGER give it */
#define LESS(x, y) NAME(less)(x, y)
#define AT_MOST(x, y) NAME(at_most)(x, y)
#define EQUAL(x, y) NAME(equal)(x, y)
#define NEGATIVE(x) NAME(negative)(x)
#define NOT(mask) ((M) ~(mask))
#define ANY(mask) NAME(any)(mask)
#define SELECT(mask, x, y) NAME(select)(mask, x, y)
#define SMALLER(x, y) NAME(smaller)(x, y)
#define LARGER(x, y) NAME(larger)(x, y)
/* x·y + z, x·y − z, z − x·y: rounded once where the instruction set can */
#define FMA(x, y, z) NAME(x_y_plus_z)(x, y, z)
#define FMS(x, y, z) NAME(x_y_less_z)(x, y, z)
#define FNMA(x, y, z) NAME(z_less_x_y)(x, y, z)
#define POLYNOMIAL(x, terms) NAME(polynomial)(x, terms, (int)(sizeof(terms) / sizeof *(terms)))

/* heads of 41 digits times a whole number are exact */
#define LN2 0x1.62e42fefa39efp-1
#define LN2_HEAD 0x1.62e42fefa3000p-1
#define LN2_TAIL 0x1.3de6af278ece6p-42
#define LOG2_E 0x1.71547652b82fep+0
#define LOG10_E 0x1.bcb7b1526e50ep-2
#define LOG10_E_TAIL 0x1.95355baaafad3p-57
#define LOG2_E_TAIL 0x1.777d0ffda0d24p-56
#define LOG10_2_HEAD 0x1.34413509f7000p-2
#define LOG10_2_TAIL 0x1.3fde623e2566bp-43
#define TWO_THIRDS 0x1.5555555555555p-1
#define TWO_THIRDS_TAIL 0x1.5555555555555p-55
#define SQRT_2 0x1.6a09e667f3bcdp+0
#define CBRT_2 0x1.428a2f98d728bp+0
#define TAN_PI_8 0x1.a827999fcef32p-2
#define HALF_PI 0x1.921fb54442d18p+0
#define HALF_PI_TAIL 0x1.1a62633145c07p-54
/* π/2 in three parts of 33 digits and the rest: multiples up to 2^20 are exact */
#define HALF_PI_1 0x1.921fb54400000p+0
#define HALF_PI_2 0x1.0b4611a600000p-34
#define HALF_PI_3 0x1.3198a2e000000p-69
#define HALF_PI_4 0x1.b839a252049c1p-104
#define SQRT_PI 0x1.c5bf891b4ef6bp+0
#define SQRT_PI_TAIL -0x1.618f13eb7ca89p-54
#define LN_SQRT_2PI 0x1.d67f1c864beb5p-1
#define LN_SQRT_2PI_TAIL -0x1.65b5a1b7ff5dfp-55
#endif

/* VECTOR_BYTES says how wide a vector is on this instruction set */
typedef double NAME(Doubles) __attribute__((vector_size(VECTOR_BYTES)));
typedef uint64_t NAME(Bits) __attribute__((vector_size(VECTOR_BYTES)));
#define D NAME(Doubles)
#define B NAME(Bits)
#include "intrinsics.h"

/* A number as the sum of two, the second far smaller. */
typedef struct {
    D hi, lo;
} NAME(Pair);
#define Pair NAME(Pair)

/* ------ arithmetic */

/* Even and odd powers apart, and the sum of both: two chains of half the length are quicker. */
INLINE D NAME(polynomial)(D x, const double *terms, int count)
{
    const D square = x * x;
    D sum = K(terms[count - 1]), other = K(terms[count - 2]);
    _Pragma("GCC unroll 32") for (int i = count - 3; i > 0; i -= 2)
    {
        sum = FMA(sum, square, K(terms[i]));
        other = FMA(other, square, K(terms[i - 1]));
    }
    return count % 2 ? FMA(other, x, FMA(sum, square, K(terms[0]))) : FMA(sum, x, other);
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

#if FUSED
INLINE Pair NAME(product)(D x, D y)
{
    const D p = x * y;
    return (Pair){p, FMS(x, y, p)};
}

/* z − x·y exactly, where that is a double */
INLINE D NAME(remainder)(D x, D y, D z)
{
    return FNMA(x, y, z);
}
#else
INLINE Pair NAME(product)(D x, D y)
{
    const D p = x * y, xh = HEAD(x), yh = HEAD(y), xl = x - xh, yl = y - yh;
    return (Pair){p, (((xh * yh - p) + xh * yl) + xl * yh) + xl * yl};
}

INLINE D NAME(remainder)(D x, D y, D z)
{
    const Pair p = NAME(product)(x, y);
    return (z - p.hi) - p.lo;
}
#endif

/* x·y for sums of two */
INLINE Pair NAME(long_product)(Pair x, Pair y)
{
    const Pair p = NAME(product)(x.hi, y.hi);
    return (Pair){p.hi, FMA(x.hi, y.lo, FMA(x.lo, y.hi, p.lo))};
}

INLINE Pair NAME(quotient)(Pair x, Pair y)
{
    const D inverse = 1.0 / y.hi, q = x.hi * inverse;
    const D rest = FNMA(q, y.lo, NAME(remainder)(q, y.hi, x.hi) + x.lo);
    return (Pair){q, rest * inverse};
}
