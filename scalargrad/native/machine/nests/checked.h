/* Code with loops: whether it is code, and where its walks can go. Included by steps.h. */
#ifndef SCALARGRAD_NESTS_CHECKED_H
#define SCALARGRAD_NESTS_CHECKED_H

#include "../program.h"

enum { MOST_DEPTH = 64 };
/* Walks stay within these bounds, in places: their sums then cannot overflow. */
#define FARTHEST ((int64_t)1 << 40)

/* Where a walk can be while its loop runs. */
typedef struct {
    int64_t low, high;
    int is_open; /* whether the loop is one of those around */
} Reach;

/* Code that is being checked. */
typedef struct {
    Checked sizes;
    int64_t places, indexes, highest_index;
    Reach *reach;         /* of each walk */
    int32_t loops, steps; /* how many were found */
    int64_t lowest;       /* the lowest place that is written to along a walk */
} NestCheck;

static int is_index_in(const Reach *reach, int32_t offset, int64_t limit)
{
    return reach->is_open && reach->low + offset >= 0 && reach->high + offset < limit;
}

static void note_written(NestCheck *c, int64_t place)
{
    c->lowest = place < c->lowest ? place : c->lowest;
}

static int is_written_in(NestCheck *c, int32_t walk, int32_t offset)
{
    const Reach *reach = &c->reach[walk];
    if (!is_index_in(reach, offset, c->places))
        return 0;
    note_written(c, reach->low + offset);
    return 1;
}

/* Whether the memory that the instruction reads and writes along a walk is there. */
static int is_in_reach(NestCheck *c, const int32_t *code)
{
    switch (code[0]) {
    case OP_READ: {
        const ReadWords words = read_words(code);
        return is_index_in(&c->reach[words.walk], words.offset, c->places);
    }
    case OP_WRITE: {
        const WriteWords words = write_words(code);
        return is_written_in(c, words.walk, words.offset);
    }
    case OP_ADD: {
        const AddWords words = add_words(code);
        return is_written_in(c, words.walk, words.offset);
    }
    case OP_GATHER: {
        const GatherWords words = gather_words(code);
        return is_index_in(&c->reach[words.walk], words.offset, c->indexes);
    }
    case OP_SCATTER: {
        const ScatterWords words = scatter_words(code);
        note_written(c, words.base);
        return is_index_in(&c->reach[words.walk], words.offset, c->indexes)
               && words.base + c->highest_index < c->places;
    }
    case OP_FILL: note_written(c, fill_words(code).out); return 1;
    }
    return 1;
}

static int opens_walk(NestCheck *c, const int32_t *walk, int64_t last)
{
    const LoopWalksWords words = loop_walks_words(walk);
    Reach *reach = &c->reach[words.walk];
    const Reach *begin = words.begin < 0 ? NULL : &c->reach[words.begin];
    if (reach->is_open || (begin && !begin->is_open))
        return 0;
    const int64_t far = words.stride * last;
    *reach = (Reach){
        .low = (begin ? begin->low : 0) + words.offset + (far < 0 ? far : 0),
        .high = (begin ? begin->high : 0) + words.offset + (far > 0 ? far : 0),
        .is_open = 1,
    };
    return reach->low >= -FARTHEST && reach->high <= FARTHEST;
}

static int is_nest_code(NestCheck *c, const int32_t *code, const int32_t *end, int depth);

/* A loop and the code that it runs. */
static int is_loop(NestCheck *c, const int32_t *code, const int32_t *end, int depth)
{
    const LoopWords words = loop_words(code);
    if (words.size > end - words.end || depth >= MOST_DEPTH)
        return 0;
    c->loops++;
    c->steps++;
    for (const int32_t *walk = words.walks; walk < words.end; walk += LOOP_WALKS)
        if (!opens_walk(c, walk, (int64_t)words.trips - 1))
            return 0;
    if (!is_nest_code(c, words.end, words.end + words.size, depth + 1))
        return 0;
    for (const int32_t *walk = words.walks; walk < words.end; walk += LOOP_WALKS)
        c->reach[loop_walks_words(walk).walk].is_open = 0;
    return 1;
}

static int is_nest_code(NestCheck *c, const int32_t *code, const int32_t *end, int depth)
{
    while (code < end) {
        if (end - code < 3 || code[1] < 3 || code[1] > end - code
            || !is_instruction(&c->sizes, code, IN_NEST))
            return 0;
        c->steps++;
        if (code[0] != OP_LOOP) {
            if (!is_in_reach(c, code))
                return 0;
            code = next_instruction(code);
            continue;
        }
        if (!is_loop(c, code, end, depth))
            return 0;
        code += code[1] + loop_words(code).size;
    }
    return 1;
}

#endif
