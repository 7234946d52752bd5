/* The places that a group of nodes reads, a line a node, cut up where this makes stretches.
 * Included by code.h. */
#ifndef SCALARGRAD_LAYOUT_H
#define SCALARGRAD_LAYOUT_H

#include <stdlib.h>
#include "places.h"

enum { LONG = 8, REACH = 8 };

/* Nodes to be done together: lines begin … end of `read`. */
typedef struct {
    int32_t begin, end;
} Bundle;

/* The places that a group of nodes reads: for each node those of its operands, then itself. */
typedef struct {
    int32_t *read, width, lines;
    Bundle *bundle;
    int32_t bundles;
    int32_t *column; /* one operand of one bundle */
    uint8_t *cut;    /* whether a bundle begins at a line */
    size_t read_room, bundle_room, column_room, cut_room;
} Layout;

static void layout_free(Layout *l)
{
    PyMem_Free(l->read);
    PyMem_Free(l->bundle);
    PyMem_Free(l->column);
    PyMem_Free(l->cut);
}

static int32_t length_of(Bundle bundle)
{
    return bundle.end - bundle.begin;
}

/* ------ reading in order */

static int32_t sorted_width; /* of the lines that are compared: qsort does not hand it on */

static int compare_lines(const void *x, const void *y)
{
    const int32_t *a = x, *b = y;
    int32_t k = 0;
    while (k < sorted_width - 1 && a[k] == b[k])
        k++;
    return (a[k] > b[k]) - (a[k] < b[k]);
}

static int read_lines(const Rerolled *r, Layout *l, const int32_t *nodes, int32_t begin,
                      int32_t end)
{
    const Trace *t = r->trace;
    for (int32_t k = begin; k < end; k++) {
        int32_t *line = l->read + (int64_t)k * l->width;
        for (int32_t n = 0; n < l->width - 1; n++) {
            const int32_t j = operands_of(t, nodes[k])[n];
            line[n] = j < r->nodes ? r->place[j] : -1;
            if (line[n] < 0) {
                PyErr_SetString(PyExc_ValueError, "a node is computed before what it reads");
                return -1;
            }
        }
        line[l->width - 1] = nodes[k];
    }
    sorted_width = l->width;
    qsort(l->read + (int64_t)begin * l->width, (size_t)(end - begin),
          (size_t)l->width * sizeof *l->read, compare_lines);
    return 0;
}

static const int32_t *column_of_bundle(Layout *l, Bundle bundle, int32_t k)
{
    for (int32_t line = bundle.begin; line < bundle.end; line++)
        l->column[line - bundle.begin] = l->read[(int64_t)line * l->width + k];
    return l->column;
}

/* Mark where a column would have to be cut to be one number or a stretch between cuts; return
 * how many marks are new. */
static int32_t mark_cuts(const int32_t *column, int32_t length, uint8_t *cut)
{
    int32_t found = 0, step = -1;
    for (int32_t at = 1; at < length; at++) {
        const int64_t here = (int64_t)column[at] - column[at - 1];
        if (step < 0 && (here == 0 || here == 1))
            step = (int32_t)here;
        else if (step < 0 || here != step) {
            step = -1;
            found += !cut[at];
            cut[at] = 1;
        }
    }
    return found;
}

static int add_bundle(Layout *l, int32_t begin, int32_t end)
{
    if (RESERVE(l->bundle, l->bundle_room, (int64_t)l->bundles + 1) < 0)
        return -1;
    l->bundle[l->bundles++] = (Bundle){begin, end};
    return 0;
}

/* Cut lines up where this makes stretches; leave them whole where the cuts would be too near. */
static int cut_lines(Layout *l, Bundle whole)
{
    const int32_t length = length_of(whole);
    int64_t count = 1;
    memset(l->cut, 0, (size_t)length);
    for (int32_t k = 0; k < l->width - 1; k++) {
        const int32_t *column = column_of_bundle(l, whole, k);
        if (kind_of(column, length) != SCATTERED)
            continue;
        count += mark_cuts(column, length, l->cut);
        if (LONG * count > length)
            return add_bundle(l, whole.begin, whole.end);
    }
    int32_t begin = whole.begin;
    for (int32_t at = 1; at < length; at++)
        if (l->cut[at]) {
            if (add_bundle(l, begin, whole.begin + at) < 0)
                return -1;
            begin = whole.begin + at;
        }
    return add_bundle(l, begin, whole.end);
}

static int lay_out(const Rerolled *r, Layout *l, const Group *group, const Sharers *p)
{
    l->width = group->operands + 1;
    l->lines = p->nodes.count;
    l->bundles = 0;
    if (RESERVE(l->read, l->read_room, (int64_t)l->lines * l->width) < 0
        || RESERVE(l->column, l->column_room, l->lines) < 0
        || RESERVE(l->cut, l->cut_room, l->lines) < 0)
        return -1;
    for (int32_t k = 0, begin = 0; k < p->ends.count; begin = p->ends.item[k++])
        if (read_lines(r, l, p->nodes.item, begin, p->ends.item[k]) < 0
            || cut_lines(l, (Bundle){begin, p->ends.item[k]}) < 0)
            return -1;
    return 0;
}

#endif
