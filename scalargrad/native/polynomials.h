/* The polynomials of vector_math.h, lowest power first: each goes through its function at the
 * Chebyshev nodes of its interval, which all but minimises the greatest error. */
#ifndef SCALARGRAD_POLYNOMIALS_H
#define SCALARGRAD_POLYNOMIALS_H

/* (exp(r) − 1 − r)/r², |r| ≤ ln 2/2 */
static const double exp_terms[] = {
    0x1.0000000000000p-1, 0x1.5555555555557p-3, 0x1.5555555555556p-5, 0x1.11111111100dcp-7,
    0x1.6c16c16c162d4p-10, 0x1.a01a01abe7fe1p-13, 0x1.a01a01a6d889cp-16, 0x1.71de0231960ebp-19,
    0x1.27e4db646b17ep-22, 0x1.af4de97ca4194p-26, 0x1.1f730349868cep-29,
};

/* (log((1 + s)/(1 − s)) − 2s)/s³ in z = s², |s| ≤ (√2 − 1)/(√2 + 1) */
static const double log_terms[] = {
    0x1.5555555555558p-1, 0x1.99999999952d7p-2, 0x1.2492492df281ap-2, 0x1.c71c62e3f11e6p-3,
    0x1.7462b51cb66b1p-3, 0x1.39fe51a7c18f9p-3, 0x1.2b5900de53b32p-3,
};

/* (1 + 2a)·exp(a²)·erfc(a) − 1 in q = (a − 4)/(a + 4), 0 ≤ a ≤ 28 */
static const double erfc_terms[] = {
    0x1.dd2c8b74febf6p-3, -0x1.1df1ad154a29cp-3, 0x1.f7f5df66fd951p-7, 0x1.16ecefcfa6077p-4,
    -0x1.9ddb23c3e98a6p-4, 0x1.7fee004df6263p-4, -0x1.0fb06dfe46987p-4, 0x1.3079edfa1033fp-5,
    -0x1.0962388367b2fp-6, 0x1.49c671893963fp-8, -0x1.8d4a9dc0d22f3p-11, -0x1.a1de7c6e9ac9cp-13,
    0x1.3be0b393ee921p-13, -0x1.996ad056e530bp-16, -0x1.78a43458cca4bp-17, 0x1.7fb88e391a9fep-18,
    0x1.4392983419eddp-22, -0x1.c05fc977974eap-21, 0x1.0d535fce28f99p-24, 0x1.ef6c0c38d1a2bp-24,
    -0x1.09198a32cd9a9p-27, -0x1.d5bb4c6d5b92dp-27, -0x1.f47207b168acdp-30,
};

/* erf(x)/x − 1 in z = x², |x| ≤ 1 */
static const double erf_terms[] = {
    0x1.06eba8214db69p-3, -0x1.812746b0379e6p-2, 0x1.ce2f21a042b30p-4, -0x1.b82ce31284e00p-6,
    0x1.565bcd0dbaa38p-8, -0x1.c02db3dac435fp-11, 0x1.f9a321d5b8e1ep-14, -0x1.f4d1e3183f7aep-17,
    0x1.b9df224ca4b97p-20, -0x1.5f1ecb6f0764cp-23, 0x1.f7b4bf3b13964p-27, -0x1.389d4f2641625p-30,
    0x1.05ffd737fb32ep-34,
};

#endif
