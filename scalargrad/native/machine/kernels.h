/* The instructions on lanes, compiled for each instruction set, and the choice among them. Included
 * by scalars.h. */
#ifndef SCALARGRAD_KERNELS_H
#define SCALARGRAD_KERNELS_H

#include "frame.h"

#ifdef __clang__
/* rows that have no vectors but a loop over lanes */
#pragma clang diagnostic ignored "-Wpass-failed"
#endif

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

/* ------ the same kernels for each instruction set, and the choice among them */
#if defined(__x86_64__) && defined(__clang__)
#define HAVE_X86 1
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx512bw"))),       \
                             apply_to = function)
#define ISA avx512
#define VECTOR_BYTES 64
#include "block.h"
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define ISA avx2
#define VECTOR_BYTES 32
#include "block.h"
#pragma clang attribute pop
#elif defined(__x86_64__) && defined(__GNUC__)
#define HAVE_X86 1
/* instructions in the order in which their operands come, not as written: vectors then overlap */
#pragma GCC push_options
#pragma GCC optimize("schedule-insns", "sched-pressure")
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw,prefer-vector-width=512")
#define ISA avx512
#define VECTOR_BYTES 64
#include "block.h"
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC optimize("schedule-insns", "sched-pressure")
#pragma GCC target("avx2,fma")
#define ISA avx2
#define VECTOR_BYTES 32
#include "block.h"
#pragma GCC pop_options
#endif
#define ISA baseline
#define VECTOR_BYTES 16
#include "block.h"

typedef struct {
    const char *name;
    void (*run_block)(Frame *);
    void (*run_wide)(double *, const int32_t *);
    int height; /* of a DENSE and a WIDE_TILE: so many sums there are registers for */
} Kernels;

#if defined(__aarch64__)
static const Kernels baseline = {"baseline", run_block_baseline, run_wide_baseline, DENSE_HEIGHT};
#else
static const Kernels baseline = {"baseline", run_block_baseline, run_wide_baseline, FEW_SUMS};
#endif
#ifdef HAVE_X86
static const Kernels avx2 = {"avx2", run_block_avx2, run_wide_avx2, FEW_SUMS};
static const Kernels avx512 = {"avx512", run_block_avx512, run_wide_avx512, DENSE_HEIGHT};
#endif
static Kernels kernels;

static Kernels best_kernels(void)
{
#ifdef HAVE_X86
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
        return avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return avx2;
#endif
    return baseline;
}

#endif
