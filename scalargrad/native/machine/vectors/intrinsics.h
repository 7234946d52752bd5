/* Operations that are one instruction on some instruction sets and several on others, on vectors of
 * doubles D, of their bits B and masks M of lanes. Included by vectors.h. */
#define INSTRUCTION(type, name, operands, ...)                                                    \
    INLINE type NAME(name) operands                                                               \
    {                                                                                             \
        return (type)(__VA_ARGS__);                                                               \
    }

#if VECTOR_BYTES == 64
typedef __mmask8 NAME(Mask);
#define M NAME(Mask)
#define P(x) ((__m512d)(x))
INSTRUCTION(M, less, (D x, D y), _mm512_cmp_pd_mask(P(x), P(y), _CMP_LT_OQ))
INSTRUCTION(M, at_most, (D x, D y), _mm512_cmp_pd_mask(P(x), P(y), _CMP_LE_OQ))
INSTRUCTION(M, equal, (D x, D y), _mm512_cmp_pd_mask(P(x), P(y), _CMP_EQ_OQ))
INSTRUCTION(M, negative, (D x), _mm512_movepi64_mask((__m512i)x))
INSTRUCTION(D, select, (M mask, D x, D y), _mm512_mask_blend_pd(mask, P(y), P(x)))
INSTRUCTION(int, any, (M mask), mask != 0)
INSTRUCTION(D, smaller, (D x, D y), _mm512_min_pd(P(x), P(y)))
INSTRUCTION(D, larger, (D x, D y), _mm512_max_pd(P(x), P(y)))
INSTRUCTION(D, square_root, (D x), _mm512_sqrt_pd(P(x)))
INSTRUCTION(D, x_y_plus_z, (D x, D y, D z), _mm512_fmadd_pd(P(x), P(y), P(z)))
INSTRUCTION(D, x_y_less_z, (D x, D y, D z), _mm512_fmsub_pd(P(x), P(y), P(z)))
INSTRUCTION(D, z_less_x_y, (D x, D y, D z), _mm512_fnmadd_pd(P(x), P(y), P(z)))
INSTRUCTION(D, scaled, (D x, D k), _mm512_scalef_pd(P(x), P(k)))
/* x = 2^exponent·fraction, 1 ≤ fraction < 2, NaN for x < 0: of any x, subnormal or infinite */
INSTRUCTION(D, exponent, (D x), _mm512_getexp_pd(P(x)))
INSTRUCTION(D, fraction, (D x), _mm512_getmant_pd(P(x), _MM_MANT_NORM_1_2, _MM_MANT_SIGN_nan))
/* by the class of y, lowest digit first: NaN twice, 0, 1, −∞, +∞, y < 0, y > 0; the digit 0 is x,
 * 1 is y, 7 is −0.0, 8 is 0.0, 9 is −1.0, A is 1.0 */
#define BY_CLASS(x, y, digits) _mm512_fixupimm_pd(P(x), P(y), _mm512_set1_epi64(digits), 0)
INSTRUCTION(D, v_relu, (D x), BY_CLASS(x, x, 0x18181811))
INSTRUCTION(D, v_step, (D x), BY_CLASS(x, x, 0xA8A8A811))
INSTRUCTION(D, v_taken, (D x), BY_CLASS(x, x, 0xA7A7A711))
INSTRUCTION(D, sign, (D x), BY_CLASS(x, x, 0xA9A9A811))
INSTRUCTION(D, v_maximum, (D x, D y), BY_CLASS(_mm512_max_pd(P(y), P(x)), y, 0x11))
INSTRUCTION(D, v_minimum, (D x, D y), BY_CLASS(_mm512_min_pd(P(y), P(x)), y, 0x11))
/* infinities less themselves are NaN: what is equal is not subtracted */
INSTRUCTION(D, v_compare, (D x, D y),
            NAME(sign)((D)_mm512_maskz_sub_pd(~NAME(equal)(x, y), P(x), P(y))))
#undef BY_CLASS
#define FUSED 1
#undef P
#else

typedef int64_t NAME(Mask) __attribute__((vector_size(VECTOR_BYTES)));
#define M NAME(Mask)
INSTRUCTION(M, less, (D x, D y), x < y)
INSTRUCTION(M, at_most, (D x, D y), x <= y)
INSTRUCTION(M, equal, (D x, D y), x == y)
INSTRUCTION(M, negative, (D x), 0 - (BITS(x) >> 63))
INSTRUCTION(D, v_relu, (D x), (M)x & ~(M)(x <= 0.0))
INSTRUCTION(D, v_step, (D x), (((M)K(1.0) & (x > 0.0)) | ((M)x & ~(x > 0.0))) & ~(x <= 0.0))
INSTRUCTION(D, v_taken, (D x), (M)NAME(v_step)(x) | ((M)K(-0.0) & (x <= 0.0)))
#define CHOSEN(mask, x, y) (((mask) & (M)(x)) | (~(mask) & (M)(y)))
INSTRUCTION(D, v_maximum, (D x, D y), CHOSEN((x >= y) | (x != x), x, y))
INSTRUCTION(D, v_minimum, (D x, D y), CHOSEN((x <= y) | (x != x), x, y))
/* 1.0 with the sign of the difference; where neither is larger NaN, or 0.0 if they are equal */
INSTRUCTION(D, v_compare, (D x, D y),
            CHOSEN((x > y) | (x < y), ((M)K(1.0) | ((M)K(-0.0) & (x < y))), (M)(x + y) & (x != y)))
#undef CHOSEN

#if VECTOR_BYTES == 32
#define P(x) ((__m256d)(x))
INSTRUCTION(D, select, (M mask, D x, D y), _mm256_blendv_pd(P(y), P(x), P(mask)))
INSTRUCTION(int, any, (M mask), _mm256_movemask_pd(P(mask)))
INSTRUCTION(D, smaller, (D x, D y), _mm256_min_pd(P(x), P(y)))
INSTRUCTION(D, larger, (D x, D y), _mm256_max_pd(P(x), P(y)))
INSTRUCTION(D, square_root, (D x), _mm256_sqrt_pd(P(x)))
INSTRUCTION(D, x_y_plus_z, (D x, D y, D z), _mm256_fmadd_pd(P(x), P(y), P(z)))
INSTRUCTION(D, x_y_less_z, (D x, D y, D z), _mm256_fmsub_pd(P(x), P(y), P(z)))
INSTRUCTION(D, z_less_x_y, (D x, D y, D z), _mm256_fnmadd_pd(P(x), P(y), P(z)))
#define FUSED 1
#undef P
#else
INSTRUCTION(D, select, (M mask, D x, D y), (mask & (M)x) | (~mask & (M)y))

#if defined(__aarch64__)
#define P(x) ((float64x2_t)(x))
INSTRUCTION(int, any, (M mask), (mask[0] | mask[1]) != 0)
INSTRUCTION(D, smaller, (D x, D y), vminq_f64(P(x), P(y)))
INSTRUCTION(D, larger, (D x, D y), vmaxq_f64(P(x), P(y)))
INSTRUCTION(D, square_root, (D x), vsqrtq_f64(P(x)))
INSTRUCTION(D, x_y_plus_z, (D x, D y, D z), vfmaq_f64(P(z), P(x), P(y)))
INSTRUCTION(D, x_y_less_z, (D x, D y, D z), vfmaq_f64(P(-z), P(x), P(y)))
INSTRUCTION(D, z_less_x_y, (D x, D y, D z), vfmsq_f64(P(z), P(x), P(y)))
#define FUSED 1
#undef P
#else
#if defined(__SSE2__)
#define P(x) ((__m128d)(x))
INSTRUCTION(int, any, (M mask), _mm_movemask_pd(P(mask)))
INSTRUCTION(D, smaller, (D x, D y), _mm_min_pd(P(x), P(y)))
INSTRUCTION(D, larger, (D x, D y), _mm_max_pd(P(x), P(y)))
INSTRUCTION(D, square_root, (D x), _mm_sqrt_pd(P(x)))
#undef P
#else
INSTRUCTION(int, any, (M mask), (mask[0] | mask[1]) != 0)
INSTRUCTION(D, smaller, (D x, D y), NAME(select)(x < y, x, y))
INSTRUCTION(D, larger, (D x, D y), NAME(select)(x > y, x, y))
INSTRUCTION(D, square_root, (D x), (D){sqrt(x[0]), sqrt(x[1])})
#endif
INSTRUCTION(D, x_y_plus_z, (D x, D y, D z), x *y + z)
INSTRUCTION(D, x_y_less_z, (D x, D y, D z), x *y - z)
INSTRUCTION(D, z_less_x_y, (D x, D y, D z), z - x * y)
#define FUSED 0
#endif
#endif

/* x·2^k for whole |k| ≤ 1500: in two steps, so as to reach subnormals, zero and infinity */
INLINE D NAME(scaled)(D x, D k)
{
    if (RARE(NAME(any)(NAME(less)(K(1000.0), ABS(k))))) {
        const D half = WITH_SIGN_OF(K(600.0), k - 0.5);
        return x * POW2(k - half) * POW2(half);
    }
    return x * POW2(k);
}
#endif
#undef INSTRUCTION
