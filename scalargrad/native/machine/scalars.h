/* Instructions on uniform numbers. Included by checked.h. */
#ifndef SCALARGRAD_SCALARS_H
#define SCALARGRAD_SCALARS_H

#include "kernels.h"

/* ------ a number at a time */
static void run_scalar_row(double *u, const int32_t *code)
{
    const RowWords row = row_words(code);
    double *out = u + row.terms[0];
    const double x = u[row.terms[1]];
    switch (row.op) {
#define ROW(name)                                                                                 \
    case OP_##name: *out = forward_##name(x); break;
        MACHINE_UNARY(ROW)
#undef ROW
#define ROW(name)                                                                                 \
    case OP_##name: *out = forward_##name(x, u[row.terms[2]]); break;
        MACHINE_BINARY(ROW)
#undef ROW
#define ROW(name)                                                                                 \
    case OP_##name: *out = forward_##name(x, u[row.terms[2]], u[row.terms[3]]); break;
        MACHINE_TERNARY(ROW)
#undef ROW
    }
}

static void run_scalar_products(double *u, const int32_t *code)
{
    const ProductsWords words = products_words(code);
    double sum = -0.0;
    for (const int32_t *term = words.terms; term < words.end; term += 2)
        sum += u[term[0]] * u[term[1]];
    u[words.out] = sum;
}

static int holds(const double *u, const GuardWords *guard)
{
    return compare(guard->how, u[guard->x], u[guard->y]) == guard->outcome;
}

/* Return the number of the first guard that does not hold, ALL_HOLD if all do. */
static int32_t run_scalars(double *u, const int32_t *code, const int32_t *end)
{
    for (; code < end; code = next_instruction(code)) {
        switch (code[0]) {
        case OP_PRODUCTS: run_scalar_products(u, code); break;
        case OP_GUARD: {
            const GuardWords guard = guard_words(code);
            if (!holds(u, &guard))
                return guard.number;
            break;
        }
#define ROW(CODE, name) case OP_##CODE:
            WIDE_INSTRUCTIONS(ROW) kernels.run_wide(u, code);
            break;
#undef ROW
        default: run_scalar_row(u, code);
        }
    }
    return ALL_HOLD;
}

#endif
