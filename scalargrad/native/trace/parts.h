/* Which small functions each output is a weighed sum of, and which of these compute alike: the
 * twins of compiler/parts/linear.py and kinds.py. Included by module.c. */
#ifndef SCALARGRAD_PARTS_H
#define SCALARGRAD_PARTS_H

#include "slots.h"
#include "../shared/buffers.h"
#include "../shared/growing.h"

/* The sorts of nodes of compiler/parts/flat.py. */
enum { OTHER_SORT, SUM_SORT, DIFFERENCE_SORT, NEGATIVE_SORT, PRODUCT_SORT, QUOTIENT_SORT };
enum { STOP_SORT = QUOTIENT_SORT + 1, GIVEN_SORT, NUMBER_SORT, HELD_SORT };
enum { MOST_TERMS = 8 };

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

/* ------ columns that grow, and become bytes */
typedef struct {
    char *item;
    size_t count, room;
} Grown;

static int grown_add(Grown *g, const void *item, size_t size)
{
    if (g->count == g->room && grow(&g->item, &g->room, g->count + 1, size, PyMem_Realloc) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(g->item + g->count++ * size, item, size);
    return 0;
}

static PyObject *grown_bytes(const Grown *g, size_t size)
{
    return PyBytes_FromStringAndSize(g->item, (Py_ssize_t)(g->count * size));
}

/* The columns as a tuple of bytes, and freed. NULL with an exception, also if there was one. */
static PyObject *columns_taken(Grown *columns, const size_t *sizes, Py_ssize_t count, int failed)
{
    PyObject *found = failed ? NULL : PyTuple_New(count);
    for (Py_ssize_t k = 0; k < count; k++) {
        PyObject *column = found ? grown_bytes(&columns[k], sizes[k]) : NULL;
        if (found && !column)
            Py_CLEAR(found);
        if (found)
            PyTuple_SET_ITEM(found, k, column);
        PyMem_Free(columns[k].item);
    }
    return found;
}

/* ------ parts of a sum */
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
    uint8_t *carried;
    int32_t *first;   /* of each node the first term of its weight; −1 where it has none */
    int32_t *waiting; /* the nodes that have one: a heap, the last node on top */
    int32_t waits;
    WeightTerm *term;
    size_t terms, term_room;
    Grown column[LINEAR_COLUMNS];
} LinearWalk;

static int operands_at(const FlatNodes *f, int32_t i)
{
    return (int)(f->begin[i + 1] - f->begin[i]);
}

/* What a node carries: whether derivatives flow through it; whether it is computed from Values that
 * the function closes over. */
enum { ACTIVE = 1, OF_VALUES = 2 };

static void find_carried(LinearWalk *w)
{
    const FlatNodes *f = &w->flat;
    for (int32_t i = 0; i < f->size; i++) {
        int found = (f->variable[i] >= 0 ? ACTIVE : 0) | (f->sort[i] == HELD_SORT ? OF_VALUES : 0);
        if (!found && f->sort[i] < GIVEN_SORT) {
            for (int64_t k = f->begin[i]; k < f->begin[i + 1]; k++)
                found |= w->carried[f->operand[k]];
            found &= f->sort[i] == STOP_SORT ? ~ACTIVE : ~0;
        }
        w->carried[i] = (uint8_t)found;
    }
}

static int is_active(const LinearWalk *w, int32_t i)
{
    return w->carried[i] & ACTIVE;
}

static void push_waiting(LinearWalk *w, int32_t i)
{
    int32_t at = w->waits++;
    for (; at > 0 && w->waiting[(at - 1) / 2] < i; at = (at - 1) / 2)
        w->waiting[at] = w->waiting[(at - 1) / 2];
    w->waiting[at] = i;
}

static int32_t pop_waiting(LinearWalk *w)
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
static int add_weight_term(LinearWalk *w, int32_t i, double number, int32_t factor)
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

static int32_t new_factor(LinearWalk *w, int32_t before, int32_t of, int divides)
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
static int pass_weight(LinearWalk *w, int32_t i, int32_t j, double sign, int32_t beside,
                       int divides)
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

static int is_part(const LinearWalk *w, int32_t i)
{
    const FlatNodes *f = &w->flat;
    const int32_t *operand = f->operand + f->begin[i];
    if (f->variable[i] >= 0 || f->sort[i] == OTHER_SORT)
        return 1;
    if (f->sort[i] == PRODUCT_SORT)
        return w->carried[operand[0]] && w->carried[operand[1]];
    return f->sort[i] == QUOTIENT_SORT && is_active(w, operand[1]);
}

static int pass_to_all(LinearWalk *w, int32_t i)
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

static int note_part(LinearWalk *w, int32_t output, int32_t i, double number, int32_t factor)
{
    return grown_add(&w->column[PART_OUTPUT], &output, 4) < 0
                   || grown_add(&w->column[PART_NODE], &i, 4) < 0
                   || grown_add(&w->column[PART_NUMBER], &number, 8) < 0
                   || grown_add(&w->column[PART_FACTOR], &factor, 4) < 0
               ? -1
               : 0;
}

static int note_parts(LinearWalk *w, int32_t output, int32_t i)
{
    for (int32_t at = w->first[i]; at >= 0; at = w->term[at].next)
        if (note_part(w, output, i, w->term[at].number, w->term[at].factor) < 0)
            return -1;
    return 0;
}

/* Let the whole output be one part, and forget what was found of it. */
static int as_one_part(LinearWalk *w, int32_t output, int32_t root, size_t parts, size_t factors)
{
    while (w->waits)
        w->first[w->waiting[--w->waits]] = -1;
    for (int k = PART_OUTPUT; k <= PART_FACTOR; k++)
        w->column[k].count = parts;
    for (int k = FACTOR_BEFORE; k <= FACTOR_DIVIDES; k++)
        w->column[k].count = factors;
    return note_part(w, output, root, 1.0, -1);
}

static int split_output(LinearWalk *w, int32_t output, int32_t root)
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
    LinearWalk w = {.waits = 0};
    if (n != FLAT_CODE)
        return PyErr_Format(PyExc_TypeError, "expected %d arrays", (int)FLAT_CODE);
    if (flat_open(&w.flat, args, FLAT_CODE) < 0)
        return NULL;
    const size_t size = (size_t)w.flat.size + 1;
    w.carried = PyMem_Calloc(size, 1);
    w.first = PyMem_Malloc(size * sizeof *w.first);
    w.waiting = PyMem_Malloc(size * sizeof *w.waiting);
    int failed = !w.carried || !w.first || !w.waiting;
    if (failed)
        PyErr_NoMemory();
    else {
        memset(w.first, 0xFF, size * sizeof *w.first);
        find_carried(&w);
    }
    for (int32_t k = 0; !failed && k < w.flat.count; k++)
        failed = split_output(&w, k, w.flat.wanted[k]) < 0;
    flat_close(&w.flat);
    PyMem_Free(w.carried);
    PyMem_Free(w.first);
    PyMem_Free(w.waiting);
    PyMem_Free(w.term);
    return columns_taken(w.column, linear_sizes, LINEAR_COLUMNS, failed);
}

/* ------ parts that compute alike */
enum { ALIKE_KIND, ALIKE_BEGIN, ALIKE_LEAF, KIND_END, KIND_WORD, ALIKE_COLUMNS };
enum { OF_VARIABLE, OF_INPUT, OF_NUMBER, OF_EXPONENT, OF_VALUE };

static const size_t alike_sizes[] = {4, 8, 4, 8, 4};

typedef struct {
    FlatNodes flat;
    int32_t power;
    int64_t room;
    int32_t *seen;  /* of each node the last part that it was seen for, from 1 on */
    int32_t *place; /* of each node that was: what it is in that part */
    uint8_t *is_exponent;
    int32_t *computed;
    int32_t computes;
    Grown leaf; /* of the part */
    Slots kinds;
    Grown column[ALIKE_COLUMNS];
    size_t begin; /* of the words of the part: behind those of all kinds */
} AlikeWalk;

static int is_leaf_node(const FlatNodes *f, int32_t i)
{
    return f->variable[i] >= 0 || f->sort[i] >= GIVEN_SORT;
}

static int by_number(const void *x, const void *y)
{
    const int32_t i = *(const int32_t *)x, j = *(const int32_t *)y;
    return (i > j) - (i < j);
}

/* Find what is computed for a part, in order. 1 if there is no room. */
static int find_computed(AlikeWalk *w, int32_t part, int32_t root)
{
    const FlatNodes *f = &w->flat;
    int sorted = 1;
    w->computes = 0;
    w->computed[w->computes++] = root;
    w->seen[root] = part;
    for (int32_t at = 0; at < w->computes; at++)
        for (int64_t k = f->begin[w->computed[at]]; k < f->begin[w->computed[at] + 1]; k++) {
            const int32_t j = f->operand[k];
            if (w->seen[j] == part || is_leaf_node(f, j))
                continue;
            w->seen[j] = part;
            sorted = 0;
            w->computed[w->computes++] = j;
        }
    w->room -= w->computes;
    if (!sorted)
        qsort(w->computed, (size_t)w->computes, sizeof *w->computed, by_number);
    for (int32_t k = 0; k < w->computes; k++)
        w->place[w->computed[k]] = 2 * k + 1;
    return w->room < 0;
}

static int add_kind_word(AlikeWalk *w, int32_t word)
{
    return grown_add(&w->column[KIND_WORD], &word, 4);
}

/* The place of an operand, a leaf among them numbered when it is met. −1 with an exception. */
static int32_t place_in_part(AlikeWalk *w, int32_t part, int32_t j)
{
    if (w->seen[j] != part) {
        w->seen[j] = part;
        w->place[j] = 2 * (int32_t)w->leaf.count;
        w->is_exponent[j] = 0;
        if (grown_add(&w->leaf, &j, 4) < 0)
            return -1;
    }
    return w->place[j];
}

static int tell_step(AlikeWalk *w, int32_t part, int32_t i)
{
    const FlatNodes *f = &w->flat;
    if (add_kind_word(w, f->code[i]) < 0 || add_kind_word(w, operands_at(f, i)) < 0)
        return -1;
    for (int64_t k = f->begin[i]; k < f->begin[i + 1]; k++) {
        const int32_t j = f->operand[k], place = place_in_part(w, part, j);
        if (place < 0 || add_kind_word(w, place) < 0)
            return -1;
        if (k == f->begin[i] + 1 && f->code[i] == w->power && f->sort[j] == NUMBER_SORT)
            w->is_exponent[j] = 1;
    }
    return 0;
}

static int tell_leaf(AlikeWalk *w, int32_t i)
{
    const FlatNodes *f = &w->flat;
    int32_t words[3] = {OF_NUMBER, 0, 0};
    if (f->variable[i] >= 0)
        words[0] = OF_VARIABLE;
    else if (f->sort[i] != NUMBER_SORT)
        words[0] = f->sort[i] == GIVEN_SORT ? OF_INPUT : OF_VALUE;
    else if (w->is_exponent[i]) {
        words[0] = OF_EXPONENT;
        memcpy(words + 1, &f->number[i], sizeof f->number[i]);
    }
    return add_kind_word(w, words[0]) < 0 || add_kind_word(w, words[1]) < 0
                   || add_kind_word(w, words[2]) < 0
               ? -1
               : 0;
}

static const int32_t *kind_words(const AlikeWalk *w)
{
    return (const int32_t *)(const void *)w->column[KIND_WORD].item;
}

static size_t kind_end(const AlikeWalk *w, int32_t kind)
{
    int64_t end = 0;
    if (kind >= 0)
        memcpy(&end, w->column[KIND_END].item + 8 * (size_t)kind, sizeof end);
    return (size_t)end;
}

static uint32_t hash_of_words(const int32_t *words, size_t count)
{
    uint64_t hash = count;
    for (size_t k = 0; k < count; k++)
        hash = mixed(hash, (uint32_t)words[k]);
    return (uint32_t)(hash ^ (hash >> 29));
}

static int hash_of_kind(const void *walk, int32_t kind, uint32_t *hash)
{
    const AlikeWalk *w = walk;
    const size_t begin = kind_end(w, kind - 1);
    *hash = hash_of_words(kind_words(w) + begin, kind_end(w, kind) - begin);
    return 1;
}

/* Whether a kind has the words that stand behind those of all kinds. */
static int is_kind(const void *walk, int32_t kind, const void *wanted)
{
    const AlikeWalk *w = walk;
    (void)wanted;
    const size_t begin = kind_end(w, kind - 1), count = kind_end(w, kind) - begin;
    return count == w->column[KIND_WORD].count - w->begin
           && memcmp(kind_words(w) + begin, kind_words(w) + w->begin, 4 * count) == 0;
}

/* The kind of the words that stand behind those of all kinds, a new one if need be. */
static int32_t kind_of_words(AlikeWalk *w)
{
    const int32_t kinds = (int32_t)w->column[KIND_END].count;
    if (slots_reserve(&w->kinds, kinds, hash_of_kind, w) < 0)
        return -1;
    const uint32_t hash = hash_of_words(kind_words(w) + w->begin,
                                        w->column[KIND_WORD].count - w->begin);
    const uint32_t at = find_slot(&w->kinds, hash, is_kind, w, NULL);
    if (w->kinds.item[at] >= 0) {
        w->column[KIND_WORD].count = w->begin;
        return w->kinds.item[at];
    }
    const int64_t end = (int64_t)w->column[KIND_WORD].count;
    if (grown_add(&w->column[KIND_END], &end, 8) < 0)
        return -1;
    w->begin = w->column[KIND_WORD].count;
    fill_slot(&w->kinds, at, kinds);
    return kinds;
}

/* Find the kind of a part. 1 if there is no room, −1 with an exception. */
static int tell_part(AlikeWalk *w, int32_t part, int32_t root)
{
    if (find_computed(w, part, root))
        return 1;
    w->leaf.count = 0;
    w->begin = kind_end(w, (int32_t)w->column[KIND_END].count - 1);
    int failed = add_kind_word(w, 0) < 0 || add_kind_word(w, w->computes) < 0;
    for (int32_t k = 0; !failed && k < w->computes; k++)
        failed = tell_step(w, part, w->computed[k]) < 0;
    for (size_t k = 0; !failed && k < w->leaf.count; k++) {
        int32_t i;
        memcpy(&i, w->leaf.item + 4 * k, sizeof i);
        failed = tell_leaf(w, i) < 0 || grown_add(&w->column[ALIKE_LEAF], &i, 4) < 0;
    }
    if (failed)
        return -1;
    const int32_t leaves = (int32_t)w->leaf.count;
    memcpy(w->column[KIND_WORD].item + 4 * w->begin, &leaves, sizeof leaves);
    const int32_t kind = kind_of_words(w);
    const int64_t end = (int64_t)w->column[ALIKE_LEAF].count;
    if (kind < 0 || grown_add(&w->column[ALIKE_KIND], &kind, 4) < 0)
        return -1;
    return grown_add(&w->column[ALIKE_BEGIN], &end, 8);
}

static int alike_begin(AlikeWalk *w)
{
    const size_t size = (size_t)w->flat.size + 1;
    const int64_t zero = 0;
    w->seen = PyMem_Calloc(size, sizeof *w->seen);
    w->place = PyMem_Malloc(size * sizeof *w->place);
    w->is_exponent = PyMem_Calloc(size, 1);
    w->computed = PyMem_Malloc(size * sizeof *w->computed);
    if (w->seen && w->place && w->is_exponent && w->computed)
        return grown_add(&w->column[ALIKE_BEGIN], &zero, 8);
    PyErr_NoMemory();
    return -1;
}

static void alike_free(AlikeWalk *w)
{
    flat_close(&w->flat);
    PyMem_Free(w->seen);
    PyMem_Free(w->place);
    PyMem_Free(w->is_exponent);
    PyMem_Free(w->computed);
    PyMem_Free(w->leaf.item);
    PyMem_Free(w->kinds.item);
}

/* alike_parts(sort, begin, operand, number, variable, parts, code, power, room): of each part its
 * kind, and where its leaves begin; all leaves; of each kind where its words end; all words. None
 * if there are more steps than there is room for. */
static PyObject *alike_parts(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    AlikeWalk w = {.room = 0};
    if (n != FLAT_CODE + 3)
        return PyErr_Format(PyExc_TypeError, "expected %d arguments", (int)FLAT_CODE + 3);
    w.power = (int32_t)PyLong_AsLong(args[FLAT_CODE + 1]);
    if (!PyErr_Occurred())
        w.room = PyLong_AsLongLong(args[FLAT_CODE + 2]);
    if (PyErr_Occurred() || flat_open(&w.flat, args, FLAT_CODE + 1) < 0)
        return NULL;
    int found = alike_begin(&w);
    for (int32_t k = 0; !found && k < w.flat.count; k++)
        found = tell_part(&w, k + 1, w.flat.wanted[k]);
    alike_free(&w);
    PyObject *columns = columns_taken(w.column, alike_sizes, ALIKE_COLUMNS, found != 0);
    return found > 0 ? Py_NewRef(Py_None) : columns;
}

#endif
