/* Steps while they are written. Included by loops.h. */
#ifndef SCALARGRAD_NESTS_WRITING_H
#define SCALARGRAD_NESTS_WRITING_H

#include "ways.h"

/* In place of a word that moves: a distance from a walk. */
typedef struct {
    int32_t walk, distance; /* the walk by its number + 1; 0 where the word does not move */
} WordAlong;

/* Steps that are being written. Behind the places of a program there are some of no other use. */
typedef struct {
    const int32_t *code;
    WordAlong *word; /* of each word of the code */
    Step *step, *copy;
    LoopSteps *loop;
    int32_t steps, loops, spare, along;
    int64_t lowest; /* the lowest place that is written to along a walk */
} Writing;

enum { SPARE_PLACES = STEP_NUMBERS };

/* ------ a step */
static void note_words_along(Writing *w, const int32_t *code)
{
    const AlongWords words = along_words(code);
    for (const int32_t *at = words.words; at < words.end; at += ALONG_WORDS) {
        const AlongWordsWords word = along_words_words(at);
        w->word[code - w->code + word.ahead] = (WordAlong){word.walk + 1, word.offset};
    }
}

/* Whether the instruction is run as it is written, and not as a step with numbers. */
static int is_whole(int32_t op)
{
    switch (op) {
#define ROW(CODE, name) case OP_##CODE:
        WIDE_INSTRUCTIONS(ROW)
#undef ROW
    case OP_PRODUCTS: return 1;
    default: return 0;
    }
}

static void put_step(Writing *w, Step step)
{
    w->step[w->steps++] = step;
}

/* Which words of an instruction are the numbers of its step. */
static const int8_t *words_of_numbers(int32_t op)
{
    static const int8_t of_row[STEP_NUMBERS] = {2, 3, 4, 5}, of_sine[STEP_NUMBERS] = {2, 4, 3, 0};
    return op == OP_SINE_COSINE ? of_sine : of_row;
}

static void set_number(Step *step, int k, int32_t number, int is_along)
{
    int32_t *const of[STEP_NUMBERS] = {&step->out, &step->x, &step->y, &step->z};
    *of[k] = number;
    step->along = (int16_t)((step->along & ~(1 << k)) | (is_along ? 1 << k : 0));
}

/* The words of a walk of the loop's own; NULL if it is none. */
static const int32_t *own_walk(const LoopWords *words, int32_t walk)
{
    for (const int32_t *at = words->walks; at < words->end; at += LOOP_WALKS)
        if (loop_walks_words(at).walk == walk)
            return at;
    return NULL;
}

#endif
