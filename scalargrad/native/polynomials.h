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

/* ((1 + √π·a)·exp(a²)·erfc(a) − 1)/((1 + v)·(1 − v)) in v = (a − 4)/(a + 4), 0 ≤ a ≤ 28 */
static const double erfc_terms[] = {
    0x1.bb991e7a3ffc2p-4, -0x1.39c6ab294a603p-3, 0x1.2cad215703491p-3, -0x1.c8e84539f539ap-4,
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

#endif
