/* Whether words are an instruction, by the table of layouts. Included by code.h. */
#ifndef SCALARGRAD_CHECKED_H
#define SCALARGRAD_CHECKED_H

#include "layouts.h"
#include "scalars.h"

static int wrong(const char *what)
{
    PyErr_Format(PyExc_ValueError, "not a program of the machine: %s", what);
    return 0;
}

static int below(int32_t index, int32_t limit)
{
    return index >= 0 && index < limit;
}

static int all_below(const int32_t *index, int32_t n, int32_t limit)
{
    for (int32_t k = 0; k < n; k++)
        if (!below(index[k], limit))
            return 0;
    return 1;
}

static int all_below_or_none(const int32_t *index, int32_t n, int32_t limit)
{
    for (int32_t k = 0; k < n; k++)
        if (index[k] != -1 && !below(index[k], limit))
            return 0;
    return 1;
}

/* An instruction that is being checked, with the sizes of its program and the counts that the
 * instruction tells. */
typedef struct {
    int64_t size[SIZES];
    int64_t height,
        count; /* count: of the numbers of its stretches, or of the words of its rest */
    int ends_with_step;
} Checked;

/* How many stand side by side from a word on. */
static int64_t reach_of(const Checked *c, const Word *word)
{
    switch (word->reach) {
    case REACH_COUNT: return c->count;
    case REACH_STRETCH: return c->count + WIDTH - 1;
    case REACH_SUMS: return c->count * c->height;
    default: return 1;
    }
}

static int is_word(const Checked *c, const Word *word, int32_t x)
{
    const int64_t limit = word->size == SIZE_OWN ? word->limit : c->size[word->size];
    return x >= word->low && x < limit && reach_of(c, word) <= limit - x;
}

static int64_t times_of(const Checked *c, const Word *word)
{
    if (word->times == EACH_ONE_OF_STEP && !c->ends_with_step)
        return 0;
    return word->times == ONCE ? 1 : c->height;
}

static int64_t length_of_words(const Checked *c, const Word *word, int n)
{
    int64_t length = 0;
    for (int k = 0; k < n; k++)
        length += times_of(c, &word[k]);
    return length;
}

/* Whether all these words are in their ranges, and the words are as many as are wanted. */
static int are_words(const Checked *c, const Word *word, int n, const int32_t *at)
{
    for (int k = 0; k < n; k++)
        for (int64_t i = times_of(c, &word[k]); i > 0; i--)
            if (!is_word(c, &word[k], *at++))
                return 0;
    return 1;
}

static int are_groups(const Checked *c, const Layout *l, const int32_t *at, const int32_t *end)
{
    const Word *word = l->word + l->words;
    const int64_t each = length_of_words(c, word, l->group);
    if (each ? (end - at) % each : end > at)
        return 0;
    for (; at < end; at += each)
        if (!are_words(c, word, l->group, at))
            return 0;
    return 1;
}

static int are_runs(const Checked *c, const Layout *l, const int32_t *at, const int32_t *end)
{
    while (at < end) {
        if (end - at < 2 || !below(at[0], l->kinds) || at[1] < 0 || at[1] > (end - at - 2) / 2)
            return 0;
        const Run run = run_at(at);
        for (int32_t k = 0; k < run.count; k++)
            if (!are_words(c, l->word + l->words + 2 * run.kind, 2, run.term + 2 * (size_t)k))
                return 0;
        at = after(&run);
    }
    return 1;
}

/* Whether the operator has so many operands, each a number or a stretch as the instruction
 * tells. */
static int is_wide_row(const Checked *c, const int32_t *code)
{
    static const Word number = {0, 0, SIZE_PLACES, REACH_ONE, ONCE};
    static const Word stretch = {0, 0, SIZE_PLACES, REACH_STRETCH, ONCE};
    const WideRowWords row = wide_row_words(code);
    const int32_t n = (int32_t)(row.end - row.operands);
    if (n < 1 || operands_of_row(row.row) != n || !below(row.stretches, 1 << n))
        return 0;
    for (int32_t k = 0; k < n; k++)
        if (!is_word(c, row.stretches >> k & 1 ? &stretch : &number, row.operands[k]))
            return 0;
    return 1;
}

static int is_laid_out(Checked *c, const Layout *l, const int32_t *code)
{
    if (code[1] < l->head)
        return 0;
    c->height = l->height ? code[l->height] : 1;
    if (l->height && !is_word(c, &l->word[l->height - 2], code[l->height]))
        return 0;
    c->ends_with_step = l->ending && code[l->ending] == STEP;
    const int64_t rest = code[1] - 2 - length_of_words(c, l->word, l->words);
    if (rest < 0)
        return 0;
    c->count = l->count ? code[l->count] : rest;
    const int32_t *end = code + code[1], *at = end - rest;
    return are_words(c, l->word, l->words, code + 2)
           && (l->kinds ? are_runs(c, l, at, end) : are_groups(c, l, at, end));
}

/* An operator: one at a time, in lanes several times. */
static int is_row(const Checked *c, const int32_t *code, int stage)
{
    static const Word number = {0, 0, SIZE_NUMBERS, REACH_ONE, ONCE};
    const RowWords row = row_words(code);
    const int32_t each = operands_of_row(row.op) + 1, n = (int32_t)(row.end - row.terms);
    if (each <= 1 || (stage == IN_LANES ? n % each : n != each))
        return 0;
    for (int32_t k = 0; k < n; k++)
        if (!is_word(c, &number, row.terms[k]))
            return 0;
    return 1;
}

static int is_instruction(Checked *c, const int32_t *code, int stage)
{
    if (code[0] < OP_COUNT)
        return is_row(c, code, stage);
    if (code[0] >= OP_END)
        return 0;
    const Layout *l = &layouts[code[0] - OP_COUNT];
    return (l->stages & stage) && is_laid_out(c, l, code)
           && (code[0] != OP_WIDE_ROW || is_wide_row(c, code));
}

#endif
