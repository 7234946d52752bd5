/* Three rounds of items that follow one law become a loop. The twin of
 * compiler/loops/folding.py. Included by cursor.h. */
#ifndef SCALARGRAD_LOOPS_FOLDING_H
#define SCALARGRAD_LOOPS_FOLDING_H

#include "periods.h"

/* ------ whether there is a law */

static int operands_alike(const Operand *x, const Operand *y, const Operand *z)
{
    if (x->kind != y->kind || y->kind != z->kind || x->step != y->step || y->step != z->step
        || x->count != y->count || y->count != z->count)
        return 0;
    return x->kind != NODE_OPERAND || y->at.id - x->at.id == z->at.id - y->at.id;
}

static int same_head(const Item *a, const Item *b)
{
    return a->code == b->code && a->outcome == b->outcome && a->count == b->count;
}

static int same_strides(const Law *x, const Law *y, int depth)
{
    return memcmp(x->strides, y->strides, (size_t)depth * sizeof *x->strides) == 0;
}

static int in_line(const Law *x, const Law *y, const Law *z, int depth)
{
    return y->base - x->base == z->base - y->base && same_strides(x, y, depth)
           && same_strides(y, z, depth);
}

static int same_form(const Law *x, const Law *y)
{
    return x->kind == y->kind && x->step == y->step && x->count == y->count;
}

static int laws_alike(const Law *x, const Law *y, const Law *z, int depth)
{
    return same_form(x, y) && same_form(y, z)
           && (x->kind != NODE_OPERAND || in_line(x, y, z, depth));
}

/* Whether three items of bodies are the same thing in successive iterations of a loop `depth`
 * levels above, which may not be too many. */
static int bodies_alike(const Item *a, const Item *b, const Item *c, int depth)
{
    if (!same_head(a, b) || !same_head(b, c) || depth >= DEEPEST)
        return 0;
    for (int32_t k = 0; !is_loop(a) && k < a->count; k++)
        if (!laws_alike(&a->of.laws[k], &b->of.laws[k], &c->of.laws[k], depth))
            return 0;
    if (!is_loop(a))
        return 1;
    const Loop *x = a->of.loop, *y = b->of.loop, *z = c->of.loop;
    if (x->trips != y->trips || y->trips != z->trips || x->size != y->size || y->size != z->size)
        return 0;
    for (int32_t k = 0; k < x->size; k++)
        if (!bodies_alike(&x->body[k], &y->body[k], &z->body[k], depth + 1))
            return 0;
    return 1;
}

/* The same of three items that stand in a recorder. */
static int items_alike(const Operand *operand, const Item *a, const Item *b, const Item *c)
{
    if (is_loop(a) || is_loop(b) || is_loop(c))
        return bodies_alike(a, b, c, 0);
    if (!same_head(a, b) || !same_head(b, c))
        return 0;
    for (int32_t k = 0; k < a->count; k++)
        if (!operands_alike(&operand[a->begin + k], &operand[b->begin + k],
                            &operand[c->begin + k]))
            return 0;
    return 1;
}

/* ------ the newest node that every iteration reads */

static int64_t larger_of(int64_t x, int64_t y)
{
    return x > y ? x : y;
}

static int64_t last_in_run(int64_t id, int32_t step, uint32_t count)
{
    return step > 0 ? id + step * (int64_t)(count - 1) : id;
}

static int64_t last_id(const Law *x, const int64_t *trips, int depth)
{
    int64_t id = x->base;
    for
        EACH_LEVEL(l, depth)
    if (x->strides[l] > 0)
        id += x->strides[l] * (trips[l] - 1);
    return last_in_run(id, x->step, x->count);
}

static int64_t newest_in_body(const Item *a, const Item *b, const int64_t *trips, int depth)
{
    int64_t newest = -1, inner[DEEPEST];
    if (is_loop(a)) {
        go_in(inner, a->of.loop->trips, trips, depth);
        for (int32_t k = 0; k < a->of.loop->size; k++)
            newest = larger_of(newest, newest_in_body(&a->of.loop->body[k], &b->of.loop->body[k],
                                                      inner, depth + 1));
        return newest;
    }
    for (int32_t k = 0; k < a->count; k++) {
        const Law *x = &a->of.laws[k];
        if (x->kind == NODE_OPERAND && x->base == b->of.laws[k].base)
            newest = larger_of(newest, last_id(x, trips, depth));
    }
    return newest;
}

/* The id of the newest node that an item reads in every iteration, −1 if there is none; `a` and `b`
 * are the item in successive iterations. */
static int64_t newest_read(const Operand *operand, const Item *a, const Item *b)
{
    if (is_loop(a))
        return newest_in_body(a, b, NULL, 0);
    int64_t newest = -1;
    for (int32_t k = 0; k < a->count; k++) {
        const Operand *x = &operand[a->begin + k], *y = &operand[b->begin + k];
        if (x->kind == NODE_OPERAND && x->at.id == y->at.id)
            newest = larger_of(newest, last_in_run(x->at.id, x->step, x->count));
    }
    return newest;
}

/* ------ the loop of a law */

static int needs_table(const Law *x, const Law *y, const Law *z, int depth)
{
    if (x->table || y->table || z->table)
        return 1;
    if (x->kind == NUMBER_OPERAND)
        return !same_bits(x->number, y->number) || !same_bits(x->number, z->number);
    return !in_line(x, y, z, depth);
}

static int make_table(Law *x, const Law *y, const Law *z, const int64_t *trips, int depth)
{
    Table *table = new_table();
    if (!table || add_all(table, x, trips, depth) < 0 || add_all(table, y, trips, depth) < 0
        || add_all(table, z, trips, depth) < 0) {
        free_table(table);
        return -1;
    }
    free_table(x->table);
    x->table = table;
    x->lawful = 0;
    return 0;
}

/* Make `a` what it is in three iterations of a new loop. */
static int merge_items(Item *a, const Item *b, const Item *c, const int64_t *trips, int depth)
{
    int64_t inner[DEEPEST];
    if (is_loop(a)) {
        Loop *loop = a->of.loop;
        go_in(inner, loop->trips, trips, depth);
        for (int32_t k = 0; k < loop->size; k++)
            if (merge_items(&loop->body[k], &b->of.loop->body[k], &c->of.loop->body[k], inner,
                            depth + 1)
                < 0)
                return -1;
        return 0;
    }
    for (int32_t k = 0; k < a->count; k++) {
        Law *x = &a->of.laws[k];
        const Law *y = &b->of.laws[k], *z = &c->of.laws[k];
        if (needs_table(x, y, z, depth) && make_table(x, y, z, trips, depth) < 0)
            return -1;
        x->strides[level(depth)] = y->base - x->base;
    }
    return 0;
}

/* ------ to the left */

static int law_precedes(const Law *x, const Law *y, int64_t back, int depth)
{
    if (!same_form(x, y) || (x->table && !y->table))
        return 0;
    if (y->table)
        return 1;
    if (x->kind == NUMBER_OPERAND)
        return same_bits(x->number, y->number);
    return x->base == y->base - back * y->strides[level(depth)] && same_strides(x, y, depth);
}

/* Whether the earlier item is what the other was `back` iterations ago, in the loop around it. */
static int item_precedes(const Item *earlier, const Item *item, int64_t back, int depth)
{
    if (!same_head(earlier, item))
        return 0;
    for (int32_t k = 0; !is_loop(item) && k < item->count; k++)
        if (!law_precedes(&earlier->of.laws[k], &item->of.laws[k], back, depth))
            return 0;
    if (!is_loop(item))
        return 1;
    const Loop *x = earlier->of.loop, *y = item->of.loop;
    if (x->trips != y->trips || x->size != y->size)
        return 0;
    for (int32_t k = 0; k < x->size; k++)
        if (!item_precedes(&x->body[k], &y->body[k], back, depth + 1))
            return 0;
    return 1;
}

static int put_before(const Law *x, Law *y, const int64_t *trips, int depth)
{
    Table *table = y->table ? new_table() : NULL;
    if (!y->table)
        return 0;
    if (!table || add_all(table, x, trips, depth) < 0
        || add_entries(table, y->table->entry, y->table->size) < 0) {
        free_table(table);
        return -1;
    }
    free_table(y->table);
    y->table = table;
    return 0;
}

/* Put the entries of an item's earlier iteration first in its tables. */
static int take_item(const Item *earlier, Item *item, const int64_t *trips, int depth)
{
    int64_t inner[DEEPEST];
    int failed = 0;
    if (is_loop(item)) {
        go_in(inner, item->of.loop->trips, trips, depth);
        for (int32_t k = 0; !failed && k < item->of.loop->size; k++)
            failed = take_item(&earlier->of.loop->body[k], &item->of.loop->body[k], inner,
                               depth + 1);
        return failed;
    }
    for (int32_t k = 0; !failed && k < item->count; k++)
        failed = put_before(&earlier->of.laws[k], &item->of.laws[k], trips, depth);
    return failed;
}

static void move_item(Item *item, int64_t back, int depth)
{
    if (is_loop(item)) {
        for (int32_t k = 0; k < item->of.loop->size; k++)
            move_item(&item->of.loop->body[k], back, depth + 1);
        return;
    }
    for (int32_t k = 0; k < item->count; k++)
        item->of.laws[k].base -= back * item->of.laws[k].strides[level(depth)];
}

static void reverse_items(Item *item, int32_t begin, int32_t end)
{
    for (end--; begin < end; begin++, end--) {
        const Item other = item[begin];
        item[begin] = item[end];
        item[end] = other;
    }
}

/* Have the loop begin with the first of the items `taken` before it: laws go back as many
 * iterations, and the body is turned so that this item comes first. Return how many items of the
 * body are left over after the last whole iteration. */
static int32_t begin_earlier(Loop *loop, int64_t taken)
{
    const int32_t size = loop->size, rest = (int32_t)(taken % size);
    for (int32_t k = 0; k < size; k++)
        move_item(&loop->body[k], taken / size + (k >= size - rest), 0);
    reverse_items(loop->body, 0, size - rest);
    reverse_items(loop->body, size - rest, size);
    reverse_items(loop->body, 0, size);
    loop->trips += taken / size;
    return rest;
}

#endif
