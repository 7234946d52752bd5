/* Which small functions each output is a weighed sum of: the twin of compiler/parts/linear.py.
 * Included by module.c. */
#ifndef SCALARGRAD_PARTS_LINEAR_H
#define SCALARGRAD_PARTS_LINEAR_H

#include "columns.h"
#include "flat.h"

enum { MOST_TERMS = 8 };

enum {
    PART_OUTPUT,
    PART_NODE,
    PART_NUMBER,
    PART_FACTOR,
    FACTOR_BEFORE,
    FACTOR_OF,
    FACTOR_DIVIDES
};
enum { LINEAR_COLUMNS = FACTOR_DIVIDES + 1 };

static const size_t linear_sizes[] = {4, 4, 8, 4, 4, 4, 1};

/* A term of a weight: a number times a factor, −1 for none. */
typedef struct {
    double number;
    int32_t factor, next;
} WeightTerm;

typedef struct {
    FlatNodes flat;
    uint8_t *traits;
    int32_t *first;   /* of each node the first term of its weight; −1 where it has none */
    int32_t *waiting; /* the nodes that have one: a heap, the last node on top */
    int32_t waits;
    WeightTerm *term;
    size_t terms, term_room;
    Grown column[LINEAR_COLUMNS];
} Weighing;

/* The traits of a node: whether derivatives flow through it; whether it is computed from Values that
 * the function closes over. */
enum { ACTIVE = 1, OF_VALUES = 2 };

static void find_traits(Weighing *w)
{
    const FlatNodes *f = &w->flat;
    for (int32_t i = 0; i < f->size; i++) {
        int found = (f->variable[i] >= 0 ? ACTIVE : 0) | (f->sort[i] == HELD_SORT ? OF_VALUES : 0);
        if (!found && f->sort[i] < GIVEN_SORT) {
            for (int64_t k = f->begin[i]; k < f->begin[i + 1]; k++)
                found |= w->traits[f->operand[k]];
            found &= f->sort[i] == STOP_SORT ? ~ACTIVE : ~0;
        }
        w->traits[i] = (uint8_t)found;
    }
}

static int is_active(const Weighing *w, int32_t i)
{
    return w->traits[i] & ACTIVE;
}

static void push_waiting(Weighing *w, int32_t i)
{
    int32_t at = w->waits++;
    for (; at > 0 && w->waiting[(at - 1) / 2] < i; at = (at - 1) / 2)
        w->waiting[at] = w->waiting[(at - 1) / 2];
    w->waiting[at] = i;
}

static int32_t pop_waiting(Weighing *w)
{
    const int32_t found = w->waiting[0], last = w->waiting[--w->waits];
    int32_t at = 0;
    for (int32_t below = 1; below < w->waits; below = 2 * at + 1) {
        if (below + 1 < w->waits && w->waiting[below + 1] > w->waiting[below])
            below++;
        if (w->waiting[below] <= last)
            break;
        w->waiting[at] = w->waiting[below];
        at = below;
    }
    w->waiting[at] = last;
    return found;
}

/* Add a term to the weight of a node. 1 if it has too many, −1 with an exception. */
static int add_weight_term(Weighing *w, int32_t i, double number, int32_t factor)
{
    int count = 0;
    int32_t *end = &w->first[i];
    for (; *end >= 0; end = &w->term[*end].next, count++)
        if (w->term[*end].factor == factor) {
            w->term[*end].number += number;
            return 0;
        }
    if (!count)
        push_waiting(w, i);
    /* the end may move with the terms */
    const size_t offset = count ? (size_t)((char *)end - (char *)w->term) : SIZE_MAX;
    if (w->terms >= INT32_MAX - 1
        || (w->terms == w->term_room
            && grow(&w->term, &w->term_room, w->terms + 1, sizeof *w->term, PyMem_Realloc) < 0)) {
        PyErr_NoMemory();
        return -1;
    }
    end = offset == SIZE_MAX ? &w->first[i] : (int32_t *)(void *)((char *)w->term + offset);
    w->term[w->terms] = (WeightTerm){number, factor, -1};
    *end = (int32_t)w->terms++;
    return count + 1 > MOST_TERMS;
}

static int32_t new_factor(Weighing *w, int32_t before, int32_t of, int divides)
{
    const int32_t found = (int32_t)w->column[FACTOR_OF].count;
    const uint8_t flag = (uint8_t)divides;
    if (grown_add(&w->column[FACTOR_BEFORE], &before, 4) < 0
        || grown_add(&w->column[FACTOR_OF], &of, 4) < 0
        || grown_add(&w->column[FACTOR_DIVIDES], &flag, 1) < 0)
        return -1;
    return found;
}

/* Pass the weight of node i on to operand j, times the sign and the node beside it, −1 for none. */
static int pass_weight(Weighing *w, int32_t i, int32_t j, double sign, int32_t beside, int divides)
{
    if (!is_active(w, j))
        return 0;
    for (int32_t at = w->first[i]; at >= 0; at = w->term[at].next) {
        double number = w->term[at].number;
        int32_t factor = w->term[at].factor;
        if (beside < 0)
            number *= sign;
        else if (w->flat.sort[beside] == NUMBER_SORT)
            number = divides ? number / w->flat.number[beside] : number * w->flat.number[beside];
        else if ((factor = new_factor(w, factor, beside, divides)) < 0)
            return -1;
        const int found = add_weight_term(w, j, number, factor);
        if (found)
            return found;
    }
    return 0;
}

static int is_part(const Weighing *w, int32_t i)
{
    const FlatNodes *f = &w->flat;
    const int32_t *operand = f->operand + f->begin[i];
    if (f->variable[i] >= 0 || f->sort[i] == OTHER_SORT)
        return 1;
    if (f->sort[i] == PRODUCT_SORT)
        return w->traits[operand[0]] && w->traits[operand[1]];
    return f->sort[i] == QUOTIENT_SORT && is_active(w, operand[1]);
}

static int pass_to_all(Weighing *w, int32_t i)
{
    const int32_t *x = w->flat.operand + w->flat.begin[i];
    int found = 0;
    switch (w->flat.sort[i]) {
    case DIFFERENCE_SORT:
        found = pass_weight(w, i, x[0], 1.0, -1, 0);
        return found ? found : pass_weight(w, i, x[1], -1.0, -1, 0);
    case NEGATIVE_SORT: return pass_weight(w, i, x[0], -1.0, -1, 0);
    case PRODUCT_SORT:
        found = pass_weight(w, i, x[0], 1.0, x[1], 0);
        return found ? found : pass_weight(w, i, x[1], 1.0, x[0], 0);
    case QUOTIENT_SORT: return pass_weight(w, i, x[0], 1.0, x[1], 1);
    }
    for (int k = 0; !found && k < operands_at(&w->flat, i); k++)
        found = pass_weight(w, i, x[k], 1.0, -1, 0);
    return found;
}

static int note_part(Weighing *w, int32_t output, int32_t i, double number, int32_t factor)
{
    return grown_add(&w->column[PART_OUTPUT], &output, 4) < 0
                   || grown_add(&w->column[PART_NODE], &i, 4) < 0
                   || grown_add(&w->column[PART_NUMBER], &number, 8) < 0
                   || grown_add(&w->column[PART_FACTOR], &factor, 4) < 0
               ? -1
               : 0;
}

static int note_parts(Weighing *w, int32_t output, int32_t i)
{
    for (int32_t at = w->first[i]; at >= 0; at = w->term[at].next)
        if (note_part(w, output, i, w->term[at].number, w->term[at].factor) < 0)
            return -1;
    return 0;
}

/* Let the whole output be one part, and forget what was found of it. */
static int as_one_part(Weighing *w, int32_t output, int32_t root, size_t parts, size_t factors)
{
    while (w->waits)
        w->first[w->waiting[--w->waits]] = -1;
    for (int k = PART_OUTPUT; k <= PART_FACTOR; k++)
        w->column[k].count = parts;
    for (int k = FACTOR_BEFORE; k <= FACTOR_DIVIDES; k++)
        w->column[k].count = factors;
    return note_part(w, output, root, 1.0, -1);
}

static int split_output(Weighing *w, int32_t output, int32_t root)
{
    const size_t parts = w->column[PART_NODE].count, factors = w->column[FACTOR_OF].count;
    w->terms = 0;
    if (!is_active(w, root))
        return 0;
    int found = add_weight_term(w, root, 1.0, -1);
    while (!found && w->waits) {
        const int32_t i = pop_waiting(w);
        found = is_part(w, i) ? note_parts(w, output, i) : pass_to_all(w, i);
        w->first[i] = -1;
    }
    return found > 0 ? as_one_part(w, output, root, parts, factors) : found;
}

/* linear_parts(sort, begin, operand, number, variable, outputs): the columns of Linear. */
static PyObject *linear_parts(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    Weighing w = {.waits = 0};
    if (n != FLAT_CODE)
        return PyErr_Format(PyExc_TypeError, "expected %d arrays", (int)FLAT_CODE);
    if (flat_open(&w.flat, args, FLAT_CODE) < 0)
        return NULL;
    const size_t size = (size_t)w.flat.size + 1;
    w.traits = PyMem_Calloc(size, 1);
    w.first = PyMem_Malloc(size * sizeof *w.first);
    w.waiting = PyMem_Malloc(size * sizeof *w.waiting);
    int failed = !w.traits || !w.first || !w.waiting;
    if (failed)
        PyErr_NoMemory();
    else {
        memset(w.first, 0xFF, size * sizeof *w.first);
        find_traits(&w);
    }
    for (int32_t k = 0; !failed && k < w.flat.count; k++)
        failed = split_output(&w, k, w.flat.wanted[k]) < 0;
    flat_close(&w.flat);
    PyMem_Free(w.traits);
    PyMem_Free(w.first);
    PyMem_Free(w.waiting);
    PyMem_Free(w.term);
    return columns_taken(w.column, linear_sizes, LINEAR_COLUMNS, failed);
}

#endif
