/* The nodes of a Flat, in arrays of Python's: the twin of compiler/parts/flat.py. Included by
 * kinds.h, linear.h. */
#ifndef SCALARGRAD_PARTS_FLAT_H
#define SCALARGRAD_PARTS_FLAT_H

#include "../../shared/buffers.h"

/* The sorts of nodes of compiler/parts/flat.py. */
enum { OTHER_SORT, SUM_SORT, DIFFERENCE_SORT, NEGATIVE_SORT, PRODUCT_SORT, QUOTIENT_SORT };
enum { STOP_SORT = QUOTIENT_SORT + 1, GIVEN_SORT, NUMBER_SORT, HELD_SORT };

/* ------ the nodes, in arrays of Python's */
enum { FLAT_SORT, FLAT_BEGIN, FLAT_OPERAND, FLAT_NUMBER, FLAT_VARIABLE, FLAT_WANTED, FLAT_CODE };

typedef struct {
    Py_buffer view[FLAT_CODE + 1];
    int opened;
    const uint8_t *sort;
    const int64_t *begin;
    const int32_t *operand;
    const double *number;
    const int32_t *variable, *wanted, *code;
    int32_t size, count; /* of nodes; of those that are wanted */
} FlatNodes;

static void flat_close(FlatNodes *f)
{
    while (f->opened)
        PyBuffer_Release(&f->view[--f->opened]);
}

static const size_t flat_item[] = {1, 8, 4, 8, 4, 4, 4};

/* Whether all operands and all that is wanted are nodes, and no operand comes after its node. */
static int flat_is_sound(const FlatNodes *f)
{
    const Py_ssize_t operands = f->view[FLAT_OPERAND].len / 4;
    int good = f->begin[0] == 0 && f->begin[f->size] == operands;
    for (int32_t i = 0; good && i < f->size; i++)
        good = f->begin[i] <= f->begin[i + 1] && f->begin[i + 1] <= operands;
    for (int32_t i = 0; good && i < f->size; i++)
        for (int64_t k = f->begin[i]; good && k < f->begin[i + 1]; k++) {
            const int32_t j = f->operand[k];
            good = j >= 0 && j < f->size && (j < i || f->begin[j] == f->begin[j + 1]);
        }
    for (int32_t k = 0; good && k < f->count; k++)
        good = f->wanted[k] >= 0 && f->wanted[k] < f->size;
    return good;
}

/* Whether each node has as many operands as its sort takes. */
static int flat_has_arities(const FlatNodes *f)
{
    static const int arity[] = {-1, -1, 2, 1, 2, 2, -1, 0, 0, 0};
    for (int32_t i = 0; i < f->size; i++) {
        if (f->sort[i] > HELD_SORT)
            return 0;
        const int wanted = arity[f->sort[i]];
        if (wanted >= 0 && f->begin[i + 1] - f->begin[i] != wanted)
            return 0;
    }
    return 1;
}

/* Open the arrays: so many of them, in the order of their names. −1 with an exception. */
static int flat_open(FlatNodes *f, PyObject *const *arrays, int count)
{
    *f = (FlatNodes){.opened = 0};
    for (int k = 0; k < count; k++) {
        if (PyObject_GetBuffer(arrays[k], &f->view[k], PyBUF_C_CONTIGUOUS) < 0)
            return flat_close(f), -1;
        f->opened++;
    }
    const Py_ssize_t size = f->view[FLAT_SORT].len;
    int good = size < INT32_MAX / 2 && f->view[FLAT_BEGIN].len == 8 * (size + 1)
               && f->view[FLAT_NUMBER].len == 8 * size && f->view[FLAT_VARIABLE].len == 4 * size
               && f->view[FLAT_WANTED].len / 4 < INT32_MAX
               && (count <= FLAT_CODE || f->view[FLAT_CODE].len == 4 * size);
    for (int k = 0; k < count; k++)
        good = good && (size_t)f->view[k].itemsize == flat_item[k]
               && is_aligned(&f->view[k], flat_item[k]);
    if (good) {
        f->sort = f->view[FLAT_SORT].buf;
        f->begin = f->view[FLAT_BEGIN].buf;
        f->operand = f->view[FLAT_OPERAND].buf;
        f->number = f->view[FLAT_NUMBER].buf;
        f->variable = f->view[FLAT_VARIABLE].buf;
        f->wanted = f->view[FLAT_WANTED].buf;
        f->code = count > FLAT_CODE ? f->view[FLAT_CODE].buf : NULL;
        f->size = (int32_t)size;
        f->count = (int32_t)(f->view[FLAT_WANTED].len / 4);
        good = flat_is_sound(f) && flat_has_arities(f);
    }
    if (good)
        return 0;
    PyErr_SetString(PyExc_ValueError, "expected the arrays of a Flat");
    return flat_close(f), -1;
}

static int operands_at(const FlatNodes *f, int32_t i)
{
    return (int)(f->begin[i + 1] - f->begin[i]);
}

#endif
