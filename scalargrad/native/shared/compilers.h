/* Attributes and hints that GCC and Clang know beyond C11. Included by engine/arena.h,
 * machine/nests/run.h, modes.h, trace/hash_table.h, trace_types.h. */
#ifndef SCALARGRAD_COMPILERS_H
#define SCALARGRAD_COMPILERS_H

#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#define APART static __attribute__((noinline))
#define COLD static __attribute__((noinline, cold))
#define PREFETCH(address) __builtin_prefetch((const void *)(address), 1)
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#else
#define INLINE static inline
#define APART static
#define COLD static
#define PREFETCH(address) ((void)0)
#define LIKELY(x) (x)
#define UNLIKELY(x) (x)
#endif

/* For what two files of one extension share: reached without the table of symbols that may be
 * replaced. */
#if defined(__GNUC__) && !defined(_WIN32)
#define WITHIN_EXTENSION __attribute__((visibility("hidden")))
#else
#define WITHIN_EXTENSION
#endif

#endif
