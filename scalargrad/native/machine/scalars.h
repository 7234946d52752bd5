/* What is the same in all lanes. */
#ifndef SCALARGRAD_SCALARS_H
#define SCALARGRAD_SCALARS_H

#include "kernels.h"

/* ------ what is the same in all lanes: a number at a time */
static void run_scalar_row(double *u, const int32_t *code)
{
    double *out = u + code[2];
    const double x = u[code[3]];
    switch (code[0]) {
#define ROW(name) case OP_##name: *out = forward_##name(x); break;
        MACHINE_UNARY(ROW)
#undef ROW
#define ROW(name) case OP_##name: *out = forward_##name(x, u[code[4]]); break;
        MACHINE_BINARY(ROW)
#undef ROW
#define ROW(name) case OP_##name: *out = forward_##name(x, u[code[4]], u[code[5]]); break;
        MACHINE_TERNARY(ROW)
#undef ROW
    }
}

static double scalar_products(const double *u, const int32_t *code)
{
    double sum = -0.0;
    for (int32_t k = 3; k < code[1]; k += 2)
        sum += u[code[k]] * u[code[k + 1]];
    return sum;
}

/* Return the number of the first guard that does not hold, −1 if all do. */
static int32_t run_scalars(double *u, const int32_t *code, const int32_t *end)
{
    for (; code < end; code += code[1]) {
        switch (code[0]) {
        case OP_PRODUCTS: u[code[2]] = scalar_products(u, code); break;
        case OP_GUARD:
            if (compare(code[2], u[code[3]], u[code[4]]) != code[5])
                return code[6];
            break;
        case OP_PACK:
        case OP_WIDE_PRODUCTS:
        case OP_WIDE_TILE:
        case OP_WIDE_ROW: kernels.run_wide(u, code); break;
        default: run_scalar_row(u, code);
        }
    }
    return -1;
}

#endif
