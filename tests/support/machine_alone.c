/* The machine without Python: each row that it has on vectors, at the points that stand in the
 * arguments as hexadecimal floats. Prints a line for a row: its name, then the bits of its values. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef ptrdiff_t Py_ssize_t;
#include "machine/kernels.h"

static _Alignas(64) double registers[3 * BLOCK_LANES];

static void print_row(const char *name, int operation, int arity, int count)
{
    const int32_t code[] = {operation, 3 + arity, 2, 0, 1};
    Frame frame = {.lanes = registers, .code = code, .code_end = code + code[1],
                   .bits = BLOCK_BITS, .count = BLOCK_LANES, .parts = BLOCK_LANES / WIDTH};
    kernels.run_block(&frame);
    printf("%s", name);
    for (int i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, &registers[2 * BLOCK_LANES + i], sizeof bits);
        printf(" %016" PRIx64, bits);
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    kernels = best_kernels();
    const int count = argc - 1 < BLOCK_LANES ? argc - 1 : BLOCK_LANES;
    for (int i = 0; i < count; i++) {
        registers[i] = strtod(argv[1 + i], NULL);
        registers[BLOCK_LANES + count - 1 - i] = registers[i];
    }
#define ROW(name) print_row(#name, OP_##name, 1, count);
    VECTOR_UNARY(ROW)
#undef ROW
#define ROW(name) print_row(#name, OP_##name, 2, count);
    VECTOR_BINARY(ROW)
#undef ROW
    return 0;
}
