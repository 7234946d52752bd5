/* Re-rolling: the code of the uniform numbers, and their places. The twin
 * of machine/reroll.py's Rerolled, word for word. Included by rerolled.h. */
#ifndef SCALARGRAD_REROLL_CODE_H
#define SCALARGRAD_REROLL_CODE_H

#include "../../shared/instructions.h"
#include "layout.h"

/* ------ packing */

/* Whether most numbers that wide bundles read stand side by side, or will be read again: 1 or 0. */
static int is_worth_packing(Rerolled *r, Layout *l, int32_t row)
{
    int64_t packed = 0, all = 0;
    r->packs.round++;
    for (int32_t k = 0; k < l->bundles; k++) {
        const int32_t length = length_of(l->bundle[k]);
        for (int32_t n = 0; length >= r->few && n < l->width - 1; n++) {
            const int32_t *column = column_of_bundle(l, l->bundle[k], n);
            all += length;
            if (kind_of(column, length) != SCATTERED)
                continue;
            Pack *pack = pack_of(&r->packs, column, length);
            if (!pack)
                return -1;
            if (pack->place < 0 && pack->round != r->packs.round)
                packed += length;
            pack->round = r->packs.round;
        }
    }
    /* packing a number takes a third of the time of an instruction on its own, and as long as a
     * term of a sum */
    return row != PRODUCTS || 2 * packed <= all;
}

static int pack_column(Rerolled *r, Words *code, const int32_t *column, int32_t length)
{
    Pack *pack = pack_of(&r->packs, column, length);
    if (!pack)
        return -1;
    if (pack->place >= 0)
        return 0;
    const int32_t at = r->at.size;
    if (add_places(&r->at, (int64_t)length + REACH - 1) < 0)
        return -1;
    pack->place = at;
    if (all_fixed(&r->at, column, length)) {
        copy_fixed(&r->at, at, column, length);
        return 0;
    }
    const int32_t head[] = {OP_PACK, length + PACK_HEAD, at};
    return add_words(code, head, PACK_HEAD) < 0 ? -1 : add_words(code, column, length);
}

static int pack_bundle(Rerolled *r, Layout *l, Words *code, Bundle bundle)
{
    for (int32_t k = 0; k < l->width - 1; k++) {
        const int32_t *column = column_of_bundle(l, bundle, k);
        if (kind_of(column, length_of(bundle)) == SCATTERED
            && pack_column(r, code, column, length_of(bundle)) < 0)
            return -1;
    }
    return 0;
}

/* ------ instructions */

static int32_t operation_of(int32_t row, int wide)
{
    if (row == PRODUCTS)
        return wide ? OP_WIDE_PRODUCTS : OP_PRODUCTS;
    return wide ? OP_WIDE_ROW : row;
}

static int add_singles(const Rerolled *r, const Layout *l, Words *code, int32_t row, Bundle bundle)
{
    for (int32_t at = bundle.begin; at < bundle.end; at++) {
        const int32_t *read = l->read + (int64_t)at * l->width;
        const int32_t head[] = {operation_of(row, 0), l->width + 2, r->place[read[l->width - 1]]};
        if (add_words(code, head, 3) < 0 || add_words(code, read, l->width - 1) < 0)
            return -1;
    }
    return 0;
}

/* The kinds and places of a bundle's columns: {kind, place} each, into `found`. */
static int find_operand_columns(Rerolled *r, Layout *l, Bundle bundle, Words *found)
{
    found->count = 0;
    for (int32_t k = 0; k < l->width - 1; k++) {
        const int32_t *column = column_of_bundle(l, bundle, k);
        const int kind = kind_of(column, length_of(bundle));
        int32_t place = column[0];
        if (kind == SCATTERED) {
            const Pack *pack = pack_of(&r->packs, column, length_of(bundle));
            if (!pack)
                return -1;
            place = pack->place >= 0 ? pack->place : place;
        }
        if (add_word(found, kind != NUMBER) < 0 || add_word(found, place) < 0)
            return -1;
    }
    return 0;
}

/* The terms of a sum, those of the same kinds together: {kind, count, then two places each}. */
static int add_runs(Words *code, const Words *columns)
{
    int32_t begin = -1, last = -1;
    for (int32_t k = 0; k + 3 < columns->count; k += 4) {
        const int32_t *x = columns->item + k, kind = 2 * x[0] + x[2];
        if (kind != last) {
            begin = code->count;
            last = kind;
            if (add_word(code, kind) < 0 || add_word(code, 0) < 0)
                return -1;
        }
        code->item[begin + 1]++;
        if (add_word(code, x[1]) < 0 || add_word(code, x[3]) < 0)
            return -1;
    }
    return 0;
}

static int add_row(Words *code, int32_t row, const Words *columns)
{
    int32_t stretches = 0;
    for (int32_t k = 0; k < columns->count / 2 && k < 31; k++)
        stretches |= columns->item[2 * k] << k;
    int failed = add_word(code, row) < 0 || add_word(code, stretches) < 0;
    for (int32_t k = 1; !failed && k < columns->count; k += 2)
        failed = add_word(code, columns->item[k]) < 0;
    return failed ? -1 : 0;
}

static int add_wide(Rerolled *r, Layout *l, Words *code, int32_t row, Bundle bundle,
                    Words *columns)
{
    const int32_t begin = code->count;
    const int32_t first = l->read[(int64_t)bundle.begin * l->width + l->width - 1];
    const int32_t head[] = {operation_of(row, 1), 0, r->place[first], length_of(bundle)};
    if (find_operand_columns(r, l, bundle, columns) < 0
        || add_words(code, head, WIDE_PRODUCTS_HEAD) < 0
        || (row == PRODUCTS ? add_runs(code, columns) : add_row(code, row, columns)) < 0)
        return -1;
    code->item[begin + 1] = code->count - begin;
    return 0;
}

/* ------ groups */

static int put_node(Rerolled *r, int32_t i)
{
    r->place[i] = r->at.size;
    return add_places(&r->at, 1);
}

static int put_bundle(Rerolled *r, const Layout *l, Bundle bundle)
{
    for (int32_t at = bundle.begin; at < bundle.end; at++)
        if (put_node(r, l->read[(int64_t)at * l->width + l->width - 1]) < 0)
            return -1;
    return 0;
}

static int add_group(Rerolled *r, Layout *l, Words *code, int32_t row, Words *columns)
{
    const int is_wide = is_worth_packing(r, l, row);
    int failed = is_wide < 0;
    for (int32_t k = 0; !failed && is_wide && k < l->bundles; k++)
        if (length_of(l->bundle[k]) >= r->few)
            failed = pack_bundle(r, l, code, l->bundle[k]) < 0;
    failed = failed || add_places(&r->at, (REACH - r->at.size % REACH) % REACH) < 0;
    for (int32_t k = 0; !failed && k < l->bundles; k++) {
        const Bundle bundle = l->bundle[k];
        const int wide = is_wide && length_of(bundle) >= r->few;
        failed = put_bundle(r, l, bundle) < 0;
        if (!failed && wide)
            failed = add_wide(r, l, code, row, bundle, columns) < 0;
        else if (!failed)
            failed = add_singles(r, l, code, row, bundle) < 0;
    }
    /* a vector reaches over numbers that are computed later, never over numbers that are there */
    return failed || add_places(&r->at, REACH - 1) < 0 ? -1 : 0;
}

static int add_groups(Rerolled *r, const Groups *g, Words *code)
{
    Sharers sharers;
    Layout layout = {0};
    Words columns = {0};
    int failed = sharers_new(&sharers, r->trace) < 0;
    for (int32_t level = 1; !failed && level <= g->levels; level++)
        for (int32_t at = g->first[level]; !failed && at >= 0; at = g->group[at].next)
            failed = find_sharers(&sharers, g, &g->group[at], r->few) < 0
                     || lay_out(r, &layout, &g->group[at], &sharers) < 0
                     || add_group(r, &layout, code, g->group[at].row, &columns) < 0;
    sharers_free(&sharers);
    layout_free(&layout);
    PyMem_Free(columns.item);
    return failed ? -1 : 0;
}

#endif
