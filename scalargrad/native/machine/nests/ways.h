/* Choosing the way of each step, so that what is in the accumulator is read from there. Included
 * by writing.h. */
#ifndef SCALARGRAD_NESTS_WAYS_H
#define SCALARGRAD_NESTS_WAYS_H

#include "steps.h"

/* The steps of a body, or those between loops, while their ways are chosen. */
typedef struct {
    Step *step;
    int32_t size;
    int wraps;      /* whether the first steps follow the last */
    int64_t stride; /* of the walk that they go along */
    int64_t lowest; /* the lowest place that is written to along a walk */
    Spot held;      /* where the number in the accumulator stands */
    int is_first;   /* whether that is still the number of the beginning */
    int used;       /* whether the number of the beginning was taken from the accumulator */
} Choosing;

/* Where the same number stands in the next iteration. */
static Spot in_next(const Choosing *c, Spot spot)
{
    return is_along(spot) ? spot - c->stride : spot;
}

/* Whether the step can take the number that stands there from the accumulator. */
static int takes(const Step *step, Spot spot)
{
    const StepTraits traits = traits_of(step->op);
    for (int k = STEP_X; k <= traits.operands; k++)
        if (spot_of(step, k) == spot)
            return 1;
    return 0;
}

/* Whether a step has many results, none of which is in the accumulator. */
static int is_of_many(int32_t op)
{
    return op >= STEP_READ_STRETCH && op <= STEP_WIDE;
}

enum { STEPS_AHEAD = 12 };

/* Whether the number that is in the accumulator is needed there before that of this step is. */
static int is_better_quiet(const Choosing *c, int32_t at)
{
    Spot held = c->held, out = spot_of(&c->step[at], STEP_OUT);
    for (int32_t k = 1; k <= STEPS_AHEAD; k++) {
        if (at + k >= c->size && !c->wraps)
            return 0;
        if ((at + k) % c->size == 0) {
            held = in_next(c, held);
            out = in_next(c, out);
        }
        const Step *next = &c->step[(at + k) % c->size];
        if (takes(next, held))
            return 1;
        const StepTraits traits = traits_of(next->op);
        if (takes(next, out) || (traits.sets && !traits.quiet) || next->op == STEP_LOOP
            || is_of_many(next->op))
            return 0;
    }
    return 0;
}

/* The distance from the first way of a step to the one that it goes. */
static int way_of(Choosing *c, const Step *step, const StepTraits *traits, int quiet)
{
    int way = (step->along & 1) + 2 * quiet;
    for (int k = STEP_X; k <= traits->operands; k++) {
        const int is_held = c->held != NOWHERE && spot_of(step, k) == c->held;
        c->used |= is_held && c->is_first;
        way = 3 * way + (is_held ? 2 : step->along >> k & 1);
    }
    return way;
}

/* Whether a step without a result writes to memory. */
static int writes(int32_t op)
{
    return op == STEP_WRITE_uu || op == STEP_ADD_uu || op == STEP_SCATTER || op == STEP_FILL;
}

/* Whether the one number may stand along the walk where the other has its place. */
static int may_reach(const Choosing *c, Spot one, Spot other)
{
    return is_along(one) && !is_along(other) && other >= c->lowest;
}

static int may_be_one(const Choosing *c, Spot one, Spot other)
{
    return one == other || may_reach(c, one, other) || may_reach(c, other, one);
}

/* Where the number in the accumulator stands after a step. */
static Spot held_after(const Choosing *c, const Step *step, const StepTraits *traits, int quiet)
{
    if (is_of_many(step->op))
        return NOWHERE;
    if (!traits->sets)
        return is_along(c->held) && writes(step->op) ? NOWHERE : c->held;
    const Spot out = spot_of(step, STEP_OUT), held = quiet ? c->held : out;
    /* a place that is written to along a walk may hold another number soon */
    if (!is_along(held) && held >= c->lowest)
        return NOWHERE;
    if (step->op == STEP_SINE_COSINE_uu && may_be_one(c, spot_of(step, STEP_Y), held))
        return NOWHERE;
    return quiet && may_be_one(c, out, held) ? NOWHERE : held;
}

static void choose_way(Choosing *c, int32_t at)
{
    Step *step = &c->step[at];
    const StepTraits traits = traits_of(step->op);
    const int quiet = c->held != NOWHERE && traits.quiet && is_better_quiet(c, at);
    const int way = way_of(c, step, &traits, quiet);
    c->held = held_after(c, step, &traits, quiet);
    c->is_first &= quiet || !traits.sets;
    step->op = (int16_t)(step->op + way);
}

/* Choose the ways of all steps while the number of this spot is in the accumulator at the
 * beginning; return where that stands which is there at the end. */
static Spot choose_ways(Choosing *c, Spot held)
{
    c->held = held;
    c->is_first = 1;
    c->used = 0;
    for (int32_t at = 0; at < c->size; at++)
        choose_way(c, at);
    return c->held;
}

/* In the body of a loop without loops the accumulator goes on from trip to trip, where the number
 * in it stands in the same spot at the end as at the beginning. Return that spot. */
static Spot choose_ways_of_loop(Choosing *c, Step *copy)
{
    const size_t size = sizeof(Step) * (size_t)c->size;
    memcpy(copy, c->step, size);
    c->wraps = 1;
    const Spot held = in_next(c, choose_ways(c, NOWHERE));
    memcpy(c->step, copy, size);
    /* what nobody takes from there may stand where no memory is */
    if (in_next(c, choose_ways(c, held)) == held && c->used)
        return held;
    memcpy(c->step, copy, size);
    c->wraps = 0;
    choose_ways(c, NOWHERE);
    return NOWHERE;
}

#endif
