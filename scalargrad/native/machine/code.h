/* The check of code: whether words are instructions, in loops that end, and walks stay within
 * memory. Included by nests/steps.h, program.h. */
#ifndef SCALARGRAD_CODE_H
#define SCALARGRAD_CODE_H

#include "checked.h"

enum { MOST_DEPTH = 64 };
/* A walk goes no farther than so many places, for the sums of its strides not to overflow. */
#define FARTHEST ((int64_t)1 << 40)

/* Where a walk can be while its loop runs. */
typedef struct {
    int64_t low, high;
    int is_open; /* whether the loop is one of those around */
} Reach;

/* The least and the largest number that a word becomes while it is moved along a walk. */
typedef struct {
    int64_t low, high;
    int is_moved;
} Moved;

/* Code that is being checked. */
typedef struct {
    Checked sizes;
    int stage;
    const int32_t *begin, *end;
    int64_t indexes, highest_index;
    Reach *reach;                /* of each walk */
    Moved *moved;                /* of each word; NULL as long as none is moved */
    int32_t *copy;               /* as `moved`: room for an instruction whose words are */
    int32_t loops, steps, moves; /* how many were found */
    int64_t lowest;              /* the lowest place that is written to along a walk */
} CodeCheck;

static int is_index_in(const Reach *reach, int32_t offset, int64_t limit)
{
    return reach->is_open && reach->low + offset >= 0 && reach->high + offset < limit;
}

static void note_written(CodeCheck *c, int64_t place)
{
    c->lowest = place < c->lowest ? place : c->lowest;
}

/* Whether there is memory for `count` numbers side by side, from the offset on, all along a walk.
 * */
static int is_row_in(const CodeCheck *c, int32_t walk, int32_t offset, int32_t count)
{
    const Reach *reach = &c->reach[walk];
    return is_index_in(reach, offset, c->sizes.size[SIZE_PLACES] - (count - 1));
}

static int is_written_in(CodeCheck *c, int32_t walk, int32_t offset)
{
    const Reach *reach = &c->reach[walk];
    if (!is_index_in(reach, offset, c->sizes.size[SIZE_PLACES]))
        return 0;
    note_written(c, reach->low + offset);
    return 1;
}

/* Whether the memory that the instruction reads and writes along a walk is there. */
static int is_in_reach(CodeCheck *c, const int32_t *code)
{
    switch (code[0]) {
    case OP_READ: {
        const ReadWords words = read_words(code);
        return is_index_in(&c->reach[words.walk], words.offset, c->sizes.size[SIZE_PLACES]);
    }
    case OP_WRITE: {
        const WriteWords words = write_words(code);
        return is_written_in(c, words.walk, words.offset);
    }
    case OP_READ_STRETCH: {
        const ReadStretchWords words = read_stretch_words(code);
        return is_row_in(c, words.walk, words.offset, words.count);
    }
    case OP_WRITE_STRETCH: {
        const WriteStretchWords words = write_stretch_words(code);
        return is_row_in(c, words.walk, words.offset, words.count)
               && is_written_in(c, words.walk, words.offset);
    }
    case OP_ADD: {
        const AddWords words = add_words(code);
        return is_written_in(c, words.walk, words.offset);
    }
    case OP_SPREAD: {
        const SpreadWords words = spread_words(code);
        return is_index_in(&c->reach[words.walk], words.offset, c->sizes.size[SIZE_PLACES]);
    }
    case OP_GATHER: {
        const GatherWords words = gather_words(code);
        return is_index_in(&c->reach[words.walk], words.offset, c->indexes)
               && c->highest_index < c->sizes.size[SIZE_NUMBERS];
    }
    case OP_SCATTER: {
        const ScatterWords words = scatter_words(code);
        note_written(c, words.base);
        return is_index_in(&c->reach[words.walk], words.offset, c->indexes)
               && words.base + c->highest_index < c->sizes.size[SIZE_NUMBERS];
    }
    case OP_FILL: note_written(c, fill_words(code).out); return 1;
    }
    return 1;
}

static int opens_walk(CodeCheck *c, const int32_t *walk, int64_t last)
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

/* ------ numbers that move */

static int has_room_for_moves(CodeCheck *c)
{
    const size_t words = (size_t)(c->end - c->begin);
    if (!c->moved && !(c->moved = PyMem_Calloc(words, sizeof *c->moved)))
        return PyErr_NoMemory(), 0;
    if (!c->copy && !(c->copy = PyMem_Calloc(words, sizeof *c->copy)))
        return PyErr_NoMemory(), 0;
    return 1;
}

/* Note the words that an instruction ALONG moves; 0 if one is not further on in the same body. */
static int are_moves(CodeCheck *c, const int32_t *code, const int32_t *end)
{
    const AlongWords words = along_words(code);
    if (!has_room_for_moves(c))
        return 0;
    for (const int32_t *at = words.words; at < words.end; at += ALONG_WORDS) {
        const AlongWordsWords move = along_words_words(at);
        const Reach *reach = &c->reach[move.walk];
        if (!reach->is_open || move.ahead < code[1] || move.ahead >= end - code)
            return 0;
        Moved *moved = &c->moved[code + move.ahead - c->begin];
        if (moved->is_moved)
            return 0;
        *moved = (Moved){reach->low + move.offset, reach->high + move.offset, 1};
        c->moves++;
    }
    return 1;
}

static int has_moving_words(const CodeCheck *c, const int32_t *code)
{
    const Moved *moved = c->moved ? &c->moved[code - c->begin] : NULL;
    for (int32_t k = 0; moved && k < code[1]; k++)
        if (moved[k].is_moved)
            return 1;
    return 0;
}

/* Whether the moved words of an instruction may be moved: its first two may not. */
static int may_move(const CodeCheck *c, const int32_t *code)
{
    const Moved *moved = &c->moved[code - c->begin];
    if (moved[0].is_moved || moved[1].is_moved)
        return 0;
    switch (code[0]) {
    case OP_MOVE:
    case OP_PLUS_PRODUCT:
    case OP_MINUS_PRODUCT:
    case OP_SINE_COSINE: return 1;
    default: return code[0] < OP_COUNT;
    }
}

static int is_moved_to(CodeCheck *c, const int32_t *code, int is_high)
{
    const Moved *moved = &c->moved[code - c->begin];
    for (int32_t k = 0; k < code[1]; k++) {
        const int64_t to = is_high ? moved[k].high : moved[k].low;
        if (moved[k].is_moved && (to < 0 || to > INT32_MAX))
            return 0;
        c->copy[k] = moved[k].is_moved ? (int32_t)to : code[k];
    }
    return is_instruction(&c->sizes, c->copy, c->stage);
}

/* Note where moved results are written to: to the first word behind the head; a sine and its cosine
 * to the first two. */
static void note_moving_results(CodeCheck *c, const int32_t *code)
{
    const Moved *moved = &c->moved[code - c->begin];
    for (int32_t k = 2; k < (code[0] == OP_SINE_COSINE ? 4 : 3); k++)
        if (moved[k].is_moved)
            note_written(c, moved[k].low);
}

/* Whether words are an instruction wherever moved words are. Whatever is right for the least and
 * the largest number of a word is right for those between. */
static int is_instruction_moved(CodeCheck *c, const int32_t *code)
{
    if (!has_moving_words(c, code))
        return is_instruction(&c->sizes, code, c->stage);
    note_moving_results(c, code);
    return may_move(c, code) && is_moved_to(c, code, 0) && is_moved_to(c, code, 1);
}

/* ------ loops */
static int is_looping(CodeCheck *c, const int32_t *code, const int32_t *end, int depth);

/* Whether words are a loop whose body is code too. */
static int is_loop(CodeCheck *c, const int32_t *code, const int32_t *end, int depth)
{
    const LoopWords words = loop_words(code);
    if (words.size > end - words.end || depth >= MOST_DEPTH)
        return 0;
    c->loops++;
    c->steps++;
    for (const int32_t *walk = words.walks; walk < words.end; walk += LOOP_WALKS)
        if (!opens_walk(c, walk, (int64_t)words.trips - 1))
            return 0;
    if (!is_looping(c, words.end, words.end + words.size, depth + 1))
        return 0;
    for (const int32_t *walk = words.walks; walk < words.end; walk += LOOP_WALKS)
        c->reach[loop_walks_words(walk).walk].is_open = 0;
    return 1;
}

static int is_looping(CodeCheck *c, const int32_t *code, const int32_t *end, int depth)
{
    while (code < end) {
        if (end - code < 3 || code[1] < 3 || code[1] > end - code || !is_instruction_moved(c, code)
            || !is_in_reach(c, code) || (code[0] == OP_ALONG && !are_moves(c, code, end)))
            return 0;
        c->steps++;
        if (code[0] == OP_LOOP && !is_loop(c, code, end, depth))
            return 0;
        code = instruction_after(code);
    }
    return 1;
}

static int are_indexes(const int64_t *index, int32_t n, int32_t limit)
{
    for (int32_t k = 0; k < n; k++)
        if (index[k] < 0 || index[k] >= limit)
            return 0;
    return 1;
}

static void note_indexes(CodeCheck *c, const int64_t *index, int32_t indexes)
{
    c->indexes = indexes;
    for (int32_t k = 0; k < indexes; k++)
        c->highest_index = index[k] > c->highest_index ? index[k] : c->highest_index;
}

/* Whether these words are code of the program whose sizes and stage are told; `index` are numbers
 * that it chooses among. */
static int is_checked(CodeCheck *c, const int64_t *index, int32_t indexes, const int32_t *code,
                      const int32_t *end)
{
    c->begin = code;
    c->end = end;
    note_indexes(c, index, indexes);
    if (!(c->reach = PyMem_Calloc((size_t)c->sizes.size[SIZE_WALKS] + 1, sizeof *c->reach)))
        return PyErr_NoMemory(), 0;
    const int found = is_looping(c, code, end, 0);
    PyMem_Free(c->reach);
    PyMem_Free(c->moved);
    PyMem_Free(c->copy);
    return found || (!PyErr_Occurred() && wrong("an instruction is not as it should be"));
}

#endif
