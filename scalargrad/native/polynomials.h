/* The polynomials of vector_math.h, lowest power first: each goes through its function at the
 * Chebyshev nodes of its interval, which all but minimises the greatest error. */
#ifndef SCALARGRAD_POLYNOMIALS_H
#define SCALARGRAD_POLYNOMIALS_H

/* (exp(r) − 1 − r − r²/2)/(r³/2), |r| ≤ ln 2/2 */
static const double exp_terms[] = {
    0x1.5555555555556p-2, 0x1.5555555555555p-4, 0x1.11111111109b3p-6, 0x1.6c16c16c167e1p-9,
    0x1.a01a01a7c41d5p-12, 0x1.a01a01a47b054p-15, 0x1.71de0dae63bb3p-18, 0x1.27e4e1f48534fp-21,
    0x1.af38a9b0ec855p-25, 0x1.1f66df7fca49fp-28,
};

/* (log((1 + s)/(1 − s)) − 2s)/s³ in z = s², |s| ≤ (√2 − 1)/(√2 + 1) */
static const double log_terms[] = {
    0x1.5555555555558p-1, 0x1.99999999952d7p-2, 0x1.2492492df281ap-2, 0x1.c71c62e3f11e6p-3,
    0x1.7462b51cb66b1p-3, 0x1.39fe51a7c18f9p-3, 0x1.2b5900de53b32p-3,
};

/* ((1 + √π·a)·exp(a²)·erfc(a) − 1)/(1 − v²) − 1/4 in v = (a − 4)/(a + 4), 0 ≤ a ≤ 28 */
static const double erfc_terms[] = {
    -0x1.223370c2e001fp-3, -0x1.39c6ab294a603p-3, 0x1.2cad215703491p-3, -0x1.c8e84539f539ap-4,
    0x1.1d5c5421a7b4fp-4, -0x1.2422a0e04c40cp-5, 0x1.d9587d7e21258p-7, -0x1.122b3dbbb8ccep-8,
    0x1.21a3c55217195p-11, 0x1.841ab8f9f7c7ap-13, -0x1.fdfd77c918e19p-14, 0x1.24f71ccb3f45ep-16,
    0x1.38fd9637fce04p-17, -0x1.25c69ebce0f2fp-18, -0x1.2fd2b89640af0p-22, 0x1.554f05c0a9906p-21,
    -0x1.d135821be41b0p-25, -0x1.6a13b69030dccp-24, 0x1.ebcbdadaa9af2p-27, 0x1.77ce6ad48b715p-27,
    -0x1.c86c74d31079dp-30, -0x1.258bb773243bdp-30,
};

/* erf(x)/x − 1 in z = x², |x| ≤ 21/32 */
static const double erf_terms[] = {
    0x1.06eba8214db69p-3, -0x1.812746b0379e6p-2, 0x1.ce2f21a042b34p-4, -0x1.b82ce312828afp-6,
    0x1.565bcd0c9f5a6p-8, -0x1.c02db3645e197p-11, 0x1.f9a305ed30c95p-14, -0x1.f4cdd9f8f8b33p-17,
    0x1.b98144fbc8e27p-20, -0x1.59ded848f5748p-23, 0x1.a25cd96791544p-27,
};

/* ((log((1 + s)/(1 − s)) − 2s)/s³ − 2/3)/s² in z = s², |s| ≤ (√2 − 1)/(√2 + 1) */
static const double pow_terms[] = {
    0x1.999999999999ap-2, 0x1.2492492492521p-2, 0x1.c71c71c6eaa10p-3, 0x1.745d177a96056p-3,
    0x1.3b1395d2190c1p-3, 0x1.1118c7e4b0917p-3, 0x1.df7cc8e5fa539p-4, 0x1.e02e6fff27908p-4,
};

/* ∛(1 + f), √½ ≤ 1 + f ≤ √2 */
static const double cbrt_terms[] = {
    0x1.0000001397673p+0, 0x1.5555795c062f2p-2, -0x1.c71e53966e373p-4, 0x1.f9504e30d336ap-5,
    -0x1.501eee4ef0d4bp-5, 0x1.fce6e32eab565p-6, -0x1.ab1b343d17889p-6, 0x1.ef6684e7ec74ap-7,
};

/* (sin(r) − r)/r³ in z = r², |r| ≤ π/4 */
static const double sin_terms[] = {
    -0x1.5555555555555p-3, 0x1.1111111111110p-7, -0x1.a01a01a019936p-13, 0x1.71de3a54605eep-19,
    -0x1.ae64541266378p-26, 0x1.61217ec01749dp-33, -0x1.ab17a79237a19p-41,
};

/* (cos(r) − 1 + z/2)/z² in z = r², |r| ≤ π/4 */
static const double cos_terms[] = {
    0x1.5555555555555p-5, -0x1.6c16c16c16966p-10, 0x1.a01a019f4e867p-16, -0x1.27e4fa17a41b4p-22,
    0x1.1eeb68b109173p-29, -0x1.907d7aebd5e3dp-37,
};

/* (atan(q) − q)/q³ in z = q², |q| ≤ √2 − 1 */
static const double atan_terms[] = {
    -0x1.5555555555555p-2, 0x1.9999999999953p-3, -0x1.249249248d7dcp-3, 0x1.c71c71c303dbbp-4,
    -0x1.745d165dc9713p-4, 0x1.3b1392d519db1p-4, -0x1.110e87b4357d2p-4, 0x1.e19a0bfa3eef9p-5,
    -0x1.ac7a5a79b3f26p-5, 0x1.74dccfb93fff0p-5, -0x1.1b311bb48c215p-5, 0x1.0acd9e91a5a35p-6,
};

/* (asin(x) − x)/x³ in z = x², |x| ≤ 1/2 */
static const double asin_terms[] = {
    0x1.5555555555556p-3, 0x1.3333333332ec4p-4, 0x1.6db6db6e3292ep-5, 0x1.f1c71c1d4aa0dp-6,
    0x1.6e8bb1d89492bp-6, 0x1.1c4d343fa57f6p-6, 0x1.c9cf3759fd8ffp-7, 0x1.78246f32d075cp-7,
    0x1.524ea8b3aad31p-7, 0x1.653a8f8cfd43cp-8, 0x1.1d661531b222ep-6, -0x1.e7a24f548c99fp-7,
    0x1.d78189767524ep-6,
};

#endif
