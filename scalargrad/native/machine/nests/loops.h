/* From words to steps, loop by loop. Included by run.h. */
#ifndef SCALARGRAD_NESTS_LOOPS_H
#define SCALARGRAD_NESTS_LOOPS_H

#include "writing.h"

/* ------ a step */
/* Whether number k of the step is a result. */
static int is_result(const int32_t *code, int k)
{
    return k == STEP_OUT || (code[0] == OP_SINE_COSINE && k == STEP_Y);
}

/* The cosine is written after the sine, in case both are one number: return the step for that. */
static Step cosine_after(const Writing *w, Step *step)
{
    const int16_t is_along = step->along >> STEP_Y & 1;
    const Step move = {STEP_MOVE_uu, is_along, step->y, w->spare + STEP_Y, 0, 0};
    set_number(step, STEP_Y, w->spare + STEP_Y, 0);
    return move;
}

/* Write the step of an instruction. A number along the walk of the loop is taken from there, where
 * there is a way for that; others are copied. */
static void write_step(Writing *w, const int32_t *code)
{
    const WordAlong *word = w->word + (code - w->code);
    const int8_t *at = words_of_numbers(code[0]);
    Step step = step_of(code), after[STEP_NUMBERS];
    const StepTraits traits = traits_of(step.op);
    int n = 0;
    for (int k = STEP_OUT; k < STEP_NUMBERS; k++) {
        const WordAlong *along = at[k] && at[k] < code[1] ? &word[at[k]] : NULL;
        if (!along || !along->walk)
            continue;
        const int32_t walk = along->walk - 1;
        const int can = is_result(code, k) ? traits.along : k <= traits.operands;
        if (can && walk == w->along) {
            set_number(&step, k, along->distance, 1);
            continue;
        }
        set_number(&step, k, w->spare + k, 0);
        if (is_result(code, k))
            after[n++] = (Step){STEP_WRITE_uu, 0, 0, w->spare + k, walk, along->distance};
        else
            put_step(w, (Step){STEP_READ, 0, w->spare + k, 0, walk, along->distance});
    }
    if (code[0] == OP_SINE_COSINE && n == 1 && step.out == w->spare)
        after[n++] = cosine_after(w, &step);
    put_step(w, step);
    for (int k = 0; k < n; k++)
        put_step(w, after[k]);
}

/* ------ loops */
static void write_steps(Writing *w, const int32_t *code, const int32_t *end);

/* The walk that most of the body goes along: words of it, NULL if there is none. */
static const int32_t *walk_along(const LoopWords *words)
{
    const int32_t *body = words->end;
    return body[0] == OP_ALONG ? own_walk(words, along_words_words(body + ALONG_HEAD).walk) : NULL;
}

static Step end_of_loop(const LoopSteps *loop, int32_t number)
{
    Step last = {.op = STEP_END, .out = loop->size, .x = number};
    if (loop->walks_end - loop->walk == LOOP_WALKS) {
        const LoopWalksWords walk = loop_walks_words(loop->walk);
        last.op = loop->along < 0 ? STEP_END_OF_ONE_WALK : STEP_END_ALONG;
        last.y = walk.walk;
        last.z = walk.stride;
    }
    return last;
}

static void choose_for(Writing *w, LoopSteps *loop, int64_t stride)
{
    Choosing c = {
        .step = w->step + loop->body,
        .size = w->steps - loop->body,
        .stride = stride,
        .lowest = w->lowest,
    };
    loop->held = choose_ways_of_loop(&c, w->copy);
}

static void write_loop(Writing *w, const int32_t *code)
{
    const LoopWords words = loop_words(code);
    const int32_t number = w->loops++, outer = w->along;
    const int32_t *along = walk_along(&words);
    LoopSteps *loop = &w->loop[number];
    put_step(w, (Step){.op = STEP_LOOP, .x = number});
    w->along = along ? loop_walks_words(along).walk : -1;
    *loop = (LoopSteps){
        .trips = words.trips,
        .body = w->steps,
        .along = w->along,
        .outer = outer,
        .held = NOWHERE,
        .walk = words.walks,
        .walks_end = words.end,
    };
    write_steps(w, words.end, words.end + words.size);
    if (number + 1 == w->loops)
        choose_for(w, loop, along ? loop_walks_words(along).stride : 0);
    loop->size = w->steps - loop->body;
    put_step(w, end_of_loop(loop, number));
    w->along = outer;
}

static void choose_between(Writing *w, int32_t begin)
{
    Choosing c = {.step = w->step + begin, .size = w->steps - begin, .lowest = w->lowest};
    choose_ways(&c, NOWHERE);
}

/* Steps between loops have ways of their own, from loop to loop. */
static void write_steps(Writing *w, const int32_t *code, const int32_t *end)
{
    const int32_t loops = w->loops;
    int32_t begin = w->steps;
    for (; code < end; code = instruction_after(code)) {
        if (code[0] == OP_LOOP) {
            choose_between(w, begin);
            write_loop(w, code);
            begin = w->steps;
        } else if (code[0] == OP_ALONG)
            note_words_along(w, code);
        else if (is_whole(code[0]))
            put_step(w, (Step){.op = STEP_WIDE, .x = (int32_t)(code - w->code)});
        else
            write_step(w, code);
    }
    /* a body without loops is chosen for as a whole */
    if (loops < w->loops || loops == 0)
        choose_between(w, begin);
}

#endif
