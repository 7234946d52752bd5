/* The polynomials of functions.h, lowest power first: each goes through its function at the
 * Chebyshev nodes of its interval, which all but minimises the greatest error. Included by
 * functions.h. */
#ifndef SCALARGRAD_POLYNOMIALS_H
#define SCALARGRAD_POLYNOMIALS_H

/* (exp(r) − 1 − r)/r², |r| ≤ ln 2/2 */
static const double exp_terms[] = {
    0x1.0000000000000p-1,  0x1.5555555555557p-3,  0x1.5555555555556p-5,  0x1.11111111100dfp-7,
    0x1.6c16c16c162d6p-10, 0x1.a01a01abe62ddp-13, 0x1.a01a01a6d7808p-16, 0x1.71de02375656cp-19,
    0x1.27e4db67b4303p-22, 0x1.af4ddd84882fep-26, 0x1.1f72fc730b4ffp-29,
};

/* (log((1 + s)/(1 − s)) − 2s)/s³ in z = s², |s| ≤ (√2 − 1)/(√2 + 1) */
static const double log_terms[] = {
    0x1.5555555555558p-1, 0x1.99999999952e2p-2, 0x1.2492492df148dp-2, 0x1.c71c62e5800a1p-3,
    0x1.7462b4ab2ef6bp-3, 0x1.39fe606542ddep-3, 0x1.2b584aae78a57p-3,
};

/* ((1 + √π·a)·exp(a²)·erfc(a) − 1)/(1 − v²) in v = (a − 4)/(a + 4), 0 ≤ a ≤ 28 */
static const double erfc_terms[] = {
    0x1.bb991e7a3ffc2p-4,   -0x1.39c6ab294a603p-3,  0x1.2cad215703491p-3,   -0x1.c8e84539f539ap-4,
    0x1.1d5c5421a7b4fp-4,   -0x1.2422a0e04c40cp-5,  0x1.d9587d7e21258p-7,   -0x1.122b3dbbb8ccep-8,
    0x1.21a3c55217195p-11,  0x1.841ab8f9f7c7ap-13,  -0x1.fdfd77c918e19p-14, 0x1.24f71ccb3f45ep-16,
    0x1.38fd9637fce04p-17,  -0x1.25c69ebce0f2fp-18, -0x1.2fd2b89640af0p-22, 0x1.554f05c0a9906p-21,
    -0x1.d135821be41b0p-25, -0x1.6a13b69030dccp-24, 0x1.ebcbdadaa9af2p-27,  0x1.77ce6ad48b715p-27,
    -0x1.c86c74d31079dp-30, -0x1.258bb773243bdp-30,
};

/* erf(x)/x − 1 in z = x², |x| ≤ 21/32 */
static const double erf_terms[] = {
    0x1.06eba8214db69p-3,  -0x1.812746b0379e6p-2,  0x1.ce2f21a042b34p-4,  -0x1.b82ce312828afp-6,
    0x1.565bcd0c9f5a6p-8,  -0x1.c02db3645e197p-11, 0x1.f9a305ed30c95p-14, -0x1.f4cdd9f8f8b33p-17,
    0x1.b98144fbc8e27p-20, -0x1.59ded848f5748p-23, 0x1.a25cd96791544p-27,
};

/* ((log((1 + s)/(1 − s)) − 2s)/s³ − 2/3)/s² in z = s², |s| ≤ (√2 − 1)/(√2 + 1) */
static const double pow_terms[] = {
    0x1.999999999999ap-2, 0x1.2492492492521p-2, 0x1.c71c71c6eaa8dp-3, 0x1.745d177a8f200p-3,
    0x1.3b1395d4f9e5fp-3, 0x1.1118c74823a2ep-3, 0x1.df7ce9a6bcccbp-4, 0x1.e02d197c00c78p-4,
};

/* ∛(1 + f), √½ ≤ 1 + f ≤ √2 */
static const double cbrt_terms[] = {
    0x1.0000001397673p+0,  0x1.5555795c062f2p-2, -0x1.c71e53966e373p-4, 0x1.f9504e30d336ap-5,
    -0x1.501eee4ef0d4bp-5, 0x1.fce6e32eab565p-6, -0x1.ab1b343d17889p-6, 0x1.ef6684e7ec74ap-7,
};

/* (sin(r) − r)/r³ in z = r², |r| ≤ π/4 */
static const double sin_terms[] = {
    -0x1.5555555555555p-3,  0x1.1111111111110p-7,  -0x1.a01a01a019938p-13, 0x1.71de3a546095bp-19,
    -0x1.ae645412c560cp-26, 0x1.61217f0b800d5p-33, -0x1.ab17d404de5b3p-41,
};

/* (cos(r) − 1 + z/2)/z² in z = r², |r| ≤ π/4 */
static const double cos_terms[] = {
    0x1.5555555555555p-5,   -0x1.6c16c16c16967p-10, 0x1.a01a019f4eb01p-16,
    -0x1.27e4fa17da09ep-22, 0x1.1eeb68e93b64cp-29,  -0x1.907da367a37cbp-37,
};

/* (atan(q) − q)/q³ in z = q², |q| ≤ √2 − 1 */
static const double atan_terms[] = {
    -0x1.5555555555555p-2, 0x1.9999999999953p-3, -0x1.249249248d7eep-3, 0x1.c71c71c304b68p-4,
    -0x1.745d165df3f95p-4, 0x1.3b1392d9e785cp-4, -0x1.110e880a7a521p-4, 0x1.e19a13b9fc6dfp-5,
    -0x1.ac7a938b69c93p-5, 0x1.74ddd408bb4c1p-5, -0x1.1b33b923aa954p-5, 0x1.0ad36a455cafbp-6,
};

/* (asin(x) − x)/x³ in z = x², |x| ≤ 1/2 */
static const double asin_terms[] = {
    0x1.5555555555556p-3, 0x1.3333333332ecap-4, 0x1.6db6db6e31f13p-5, 0x1.f1c71c1db0623p-6,
    0x1.6e8bb1c8209a2p-6, 0x1.1c4d35cf95421p-6, 0x1.c9cf07674736ap-7, 0x1.782651caa6547p-7,
    0x1.52420b04b37bep-7, 0x1.65a9c4dfcf8b2p-8, 0x1.1d189408314eep-6, -0x1.e6aaa8a0a04ccp-7,
    0x1.d72b2bc8155f8p-6,
};

#endif
