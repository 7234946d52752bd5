/* A rectifier and its gate on vectors. Included by vector_math.h, once for each instruction set. */

INLINE D NAME(v_relu)(D x)
{
    return (D)(BITS(x) & ~(B)(x <= 0.0));
}

/* 1 where x > 0, 0 where x ≤ 0, NaN where x is */
INLINE D NAME(v_step)(D x)
{
    const B positive = (B)(x > 0.0);
    return (D)(((BITS(K(1.0)) & positive) | (BITS(x) & ~positive)) & ~(B)(x <= 0.0));
}
