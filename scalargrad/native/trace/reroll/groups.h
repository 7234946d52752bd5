/* Nodes that can be done together: of one level, one row and one number of operands, cut up into
 * sharers of an operand. The twin of levels, groups and sharers in machine/reroll.py.
 * Included by places.h. */
#ifndef SCALARGRAD_GROUPS_H
#define SCALARGRAD_GROUPS_H

#include "../passes.h"

/* A list of int32 that grows. */
typedef struct {
    int32_t *item, count;
    size_t room;
} Words;

static int add_word(Words *words, int64_t x)
{
    if (x < INT32_MIN || x > INT32_MAX) {
        PyErr_SetString(PyExc_MemoryError, "the program is larger than the machine can address");
        return -1;
    }
    if (RESERVE(words->item, words->room, (int64_t)words->count + 1) < 0)
        return -1;
    words->item[words->count++] = (int32_t)x;
    return 0;
}

static int add_words(Words *words, const int32_t *items, int32_t count)
{
    if (RESERVE(words->item, words->room, (int64_t)words->count + count) < 0)
        return -1;
    memcpy(words->item + words->count, items, (size_t)count * sizeof *items);
    words->count += count;
    return 0;
}

/* ------ levels */

typedef struct {
    int32_t level, row, operands, first, last, next;
} Group;

typedef struct {
    const Trace *trace;
    int32_t *level; /* of each node: 0 if it is not among those that are grouped */
    int32_t *next;  /* the node after each in its group; −1 at the end */
    int32_t *first; /* of each level: its first group, and its last */
    int32_t *last;
    Group *group;
    int32_t groups, levels;
    size_t group_room;
} Groups;

static void groups_free(Groups *g)
{
    PyMem_Free(g->level);
    PyMem_Free(g->next);
    PyMem_Free(g->first);
    PyMem_Free(g->last);
    PyMem_Free(g->group);
}

static int32_t level_of(const Groups *g, int32_t i)
{
    const int32_t *operands = operands_of(g->trace, i);
    int32_t highest = 0;
    for (int32_t k = 0; k < g->trace->node[i].count; k++)
        if (g->level[operands[k]] > highest)
            highest = g->level[operands[k]];
    return 1 + highest;
}

/* The group of a node, a new one if it is the first of its kind. */
static Group *group_of(Groups *g, int32_t i)
{
    const TraceNode *node = &g->trace->node[i];
    const int32_t level = g->level[i];
    for (int32_t at = g->first[level]; at >= 0; at = g->group[at].next)
        if (g->group[at].row == node->row && g->group[at].operands == node->count)
            return &g->group[at];
    if (RESERVE(g->group, g->group_room, (int64_t)g->groups + 1) < 0)
        return NULL;
    if (g->first[level] < 0)
        g->first[level] = g->groups;
    else
        g->group[g->last[level]].next = g->groups;
    g->last[level] = g->groups;
    g->group[g->groups] = (Group){level, node->row, node->count, -1, -1, -1};
    return &g->group[g->groups++];
}

static int add_to_group(Groups *g, int32_t i)
{
    Group *group = group_of(g, i);
    if (!group)
        return -1;
    if (group->first < 0)
        group->first = i;
    else
        g->next[group->last] = i;
    group->last = i;
    return 0;
}

/* Group the nodes, in order. */
static int groups_new(Groups *g, const Trace *t, const Indices *nodes)
{
    const size_t n = (size_t)t->size + 2, bytes = n * sizeof(int32_t);
    *g = (Groups){.trace = t};
    g->level = PyMem_Calloc(n, sizeof *g->level);
    g->next = PyMem_Malloc(bytes);
    g->first = PyMem_Malloc(bytes);
    g->last = PyMem_Malloc(bytes);
    if (!g->level || !g->next || !g->first || !g->last) {
        PyErr_NoMemory();
        return -1;
    }
    memset(g->next, 0xFF, bytes);
    memset(g->first, 0xFF, bytes);
    for (Py_ssize_t k = 0; k < nodes->count; k++) {
        const int32_t i = nodes->item[k];
        if (g->level[i])
            continue;
        g->level[i] = level_of(g, i);
        if (g->level[i] > g->levels)
            g->levels = g->level[i];
        if (add_to_group(g, i) < 0)
            return -1;
    }
    return 0;
}

/* ------ sharers */

typedef struct {
    Words nodes, ends; /* the nodes of a group, sharers side by side, and where these end */
    Words begun;       /* the operands that they share */
    int32_t *of;       /* of each node: which sharers have it as operand; −1 for none */
} Sharers;

static void sharers_free(Sharers *p)
{
    PyMem_Free(p->nodes.item);
    PyMem_Free(p->ends.item);
    PyMem_Free(p->begun.item);
    PyMem_Free(p->of);
}

static int sharers_new(Sharers *p, const Trace *t)
{
    *p = (Sharers){.of = PyMem_Malloc(((size_t)t->size + 1) * sizeof *p->of)};
    if (!p->of) {
        PyErr_NoMemory();
        return -1;
    }
    memset(p->of, 0xFF, ((size_t)t->size + 1) * sizeof *p->of);
    return 0;
}

static void forget_sharers(Sharers *p)
{
    for (int32_t k = 0; k < p->begun.count; k++)
        p->of[p->begun.item[k]] = -1;
    p->begun.count = 0;
}

/* Number the different nodes that stand at one place among the operands, as they are met. */
static int number_sharers(Sharers *p, const Groups *g, const Group *group, int32_t at)
{
    forget_sharers(p);
    for (int32_t i = group->first; i >= 0; i = g->next[i]) {
        const int32_t j = operands_of(g->trace, i)[at];
        if (p->of[j] < 0) {
            p->of[j] = p->begun.count;
            if (add_word(&p->begun, j) < 0)
                return -1;
        }
    }
    return p->begun.count;
}

/* The nodes, sharers side by side, as numbered for the operand `at`. */
static int order_sharers(Sharers *p, const Groups *g, const Group *group, int32_t at)
{
    int32_t total = 0;
    p->ends.count = 0;
    for (int32_t k = 0; k < p->begun.count; k++)
        if (add_word(&p->ends, 0) < 0)
            return -1;
    for (int32_t i = group->first; i >= 0; i = g->next[i], total++)
        p->ends.item[p->of[operands_of(g->trace, i)[at]]]++;
    for (int32_t k = 0, begin = 0; k < p->ends.count; k++) {
        const int32_t size = p->ends.item[k];
        p->ends.item[k] = begin;
        begin += size;
    }
    if (RESERVE(p->nodes.item, p->nodes.room, total) < 0)
        return -1;
    p->nodes.count = total;
    for (int32_t i = group->first; i >= 0; i = g->next[i])
        p->nodes.item[p->ends.item[p->of[operands_of(g->trace, i)[at]]]++] = i;
    return 0;
}

/* The group left whole. */
static int all_together(Sharers *p, const Groups *g, const Group *group)
{
    p->nodes.count = p->ends.count = 0;
    for (int32_t i = group->first; i >= 0; i = g->next[i])
        if (add_word(&p->nodes, i) < 0)
            return -1;
    return add_word(&p->ends, p->nodes.count);
}

/* Cut a group up into nodes that share an operand; `few` of them are too few. */
static int find_sharers(Sharers *p, const Groups *g, const Group *group, int32_t few)
{
    /* the first and the last terms of a sum are often of another kind than those between */
    const int32_t middle = group->operands / 4 * 2;
    int32_t fewest = INT32_MAX, best = 0, size = 0;
    for (int32_t at = middle; at < middle + 2 && at < group->operands; at++) {
        const int count = number_sharers(p, g, group, at);
        if (count < 0)
            return -1;
        if (count < fewest) {
            fewest = count;
            best = at;
        }
    }
    for (int32_t i = group->first; i >= 0; i = g->next[i])
        size++;
    if (!group->operands || (int64_t)few * fewest > size)
        return all_together(p, g, group);
    return number_sharers(p, g, group, best) < 0 ? -1 : order_sharers(p, g, group, best);
}

#endif
