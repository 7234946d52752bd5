/* Which parts of sums compute alike: the twin of compiler/parts/kinds.py. Included by module.c. */
#ifndef SCALARGRAD_PARTS_KINDS_H
#define SCALARGRAD_PARTS_KINDS_H

#include "../hash_table.h"
#include "columns.h"
#include "flat.h"

enum { ALIKE_KIND, ALIKE_BEGIN, ALIKE_LEAF, KIND_END, KIND_WORD, ALIKE_COLUMNS };
enum { OF_VARIABLE, OF_INPUT, OF_NUMBER, OF_EXPONENT, OF_VALUE };

static const size_t alike_sizes[] = {4, 8, 4, 8, 4};

typedef struct {
    FlatNodes flat;
    int32_t power;
    int64_t room;
    int32_t *seen; /* of each node the last part that it was seen for, from 1 on */
    int32_t *slot; /* of each node that was: what it is in that part */
    uint8_t *is_exponent;
    int32_t *computed;
    int32_t computes;
    Grown leaf; /* of the part */
    HashTable kinds;
    Grown column[ALIKE_COLUMNS];
    size_t begin; /* of the words of the part: behind those of all kinds */
} Comparing;

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
static int find_computed(Comparing *w, int32_t part, int32_t root)
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
        w->slot[w->computed[k]] = 2 * k + 1;
    return w->room < 0;
}

static int add_kind_word(Comparing *w, int32_t word)
{
    return grown_add(&w->column[KIND_WORD], &word, 4);
}

/* The slot of an operand, a leaf among them numbered when it is met. −1 with an exception. */
static int32_t slot_in_part(Comparing *w, int32_t part, int32_t j)
{
    if (w->seen[j] != part) {
        w->seen[j] = part;
        w->slot[j] = 2 * (int32_t)w->leaf.count;
        w->is_exponent[j] = 0;
        if (grown_add(&w->leaf, &j, 4) < 0)
            return -1;
    }
    return w->slot[j];
}

static int tell_step(Comparing *w, int32_t part, int32_t i)
{
    const FlatNodes *f = &w->flat;
    if (add_kind_word(w, f->code[i]) < 0 || add_kind_word(w, operands_at(f, i)) < 0)
        return -1;
    for (int64_t k = f->begin[i]; k < f->begin[i + 1]; k++) {
        const int32_t j = f->operand[k], slot = slot_in_part(w, part, j);
        if (slot < 0 || add_kind_word(w, slot) < 0)
            return -1;
        if (k == f->begin[i] + 1 && f->code[i] == w->power && f->sort[j] == NUMBER_SORT)
            w->is_exponent[j] = 1;
    }
    return 0;
}

static int tell_leaf(Comparing *w, int32_t i)
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

static const int32_t *kind_words(const Comparing *w)
{
    return (const int32_t *)(const void *)w->column[KIND_WORD].item;
}

static size_t kind_end(const Comparing *w, int32_t kind)
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

static int hash_of_kind(const void *comparing, int32_t kind, Hash *hash)
{
    const Comparing *w = comparing;
    const size_t begin = kind_end(w, kind - 1);
    *hash = same_hash(hash_of_words(kind_words(w) + begin, kind_end(w, kind) - begin));
    return 1;
}

/* Whether a kind has the words that stand behind those of all kinds. */
static int is_kind(const void *comparing, int32_t kind, const void *wanted)
{
    const Comparing *w = comparing;
    (void)wanted;
    const size_t begin = kind_end(w, kind - 1), count = kind_end(w, kind) - begin;
    return count == w->column[KIND_WORD].count - w->begin
           && memcmp(kind_words(w) + begin, kind_words(w) + w->begin, 4 * count) == 0;
}

/* The kind of the words that stand behind those of all kinds, a new one if need be. */
static int32_t kind_of_words(Comparing *w)
{
    const int32_t kinds = (int32_t)w->column[KIND_END].count;
    if (cells_reserve(&w->kinds, kinds, hash_of_kind, w) < 0)
        return -1;
    const uint32_t hash = hash_of_words(kind_words(w) + w->begin,
                                        w->column[KIND_WORD].count - w->begin);
    const uint32_t at = find_cell(&w->kinds, same_hash(hash), is_kind, w, NULL);
    if (w->kinds.item[at] >= 0) {
        w->column[KIND_WORD].count = w->begin;
        return w->kinds.item[at];
    }
    const int64_t end = (int64_t)w->column[KIND_WORD].count;
    if (grown_add(&w->column[KIND_END], &end, 8) < 0)
        return -1;
    w->begin = w->column[KIND_WORD].count;
    fill_cell(&w->kinds, at, kinds);
    return kinds;
}

/* Find the kind of a part. 1 if there is no room, −1 with an exception. */
static int tell_part(Comparing *w, int32_t part, int32_t root)
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

static int alike_begin(Comparing *w)
{
    const size_t size = (size_t)w->flat.size + 1;
    const int64_t zero = 0;
    w->seen = PyMem_Calloc(size, sizeof *w->seen);
    w->slot = PyMem_Malloc(size * sizeof *w->slot);
    w->is_exponent = PyMem_Calloc(size, 1);
    w->computed = PyMem_Malloc(size * sizeof *w->computed);
    if (w->seen && w->slot && w->is_exponent && w->computed)
        return grown_add(&w->column[ALIKE_BEGIN], &zero, 8);
    PyErr_NoMemory();
    return -1;
}

static void alike_free(Comparing *w)
{
    flat_close(&w->flat);
    PyMem_Free(w->seen);
    PyMem_Free(w->slot);
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
    Comparing w = {.room = 0};
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
