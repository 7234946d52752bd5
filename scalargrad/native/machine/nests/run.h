/* Running steps, one after the other. Included by nest.h. */
#ifndef SCALARGRAD_NESTS_RUN_H
#define SCALARGRAD_NESTS_RUN_H

#include "../../shared/compilers.h"
#include "loops.h"

/* Code with loops, and what its steps were made of. */
typedef struct {
    int32_t *code, *code_end;
    int64_t *index;
    Step *step;
    LoopSteps *loop;
    int32_t loops, walks;
} NestCode;

/* How often a loop has still to run: so many trips until the next look whether to stop, and more
 * after that. */
typedef struct {
    int64_t now, later;
} Trips;

/* The memory of a run. `stop` is asked now and then, with `asked`, whether to end it. */
typedef struct {
    double *number;
    int64_t *walk;
    Trips *trips;
    int (*stop)(void *);
    void *asked;
    int64_t done;   /* steps since `stop` was asked */
    const Step *at; /* where the steps go on */
    double *along;  /* the numbers of the walk that they go along there */
} NestRun;

enum {
    TRIPS_AT_ONCE = 1 << 16,
    STEPS_AT_ONCE = 1 << 24,
};

static void begin_loop(const LoopSteps *loop, NestRun *run, Trips *trips)
{
    for (const int32_t *at = loop->walk; at < loop->walks_end; at += LOOP_WALKS) {
        const LoopWalksWords walk = loop_walks_words(at);
        run->walk[walk.walk] = (walk.begin < 0 ? 0 : run->walk[walk.begin]) + walk.offset;
    }
    const int64_t now = loop->trips < TRIPS_AT_ONCE ? loop->trips : TRIPS_AT_ONCE;
    *trips = (Trips){now, loop->trips - now};
    run->done += now * (loop->size + 1);
}

static void move_walks(const LoopSteps *loop, int64_t *place)
{
    for (const int32_t *at = loop->walk; at < loop->walks_end; at += LOOP_WALKS) {
        const LoopWalksWords walk = loop_walks_words(at);
        place[walk.walk] += walk.stride;
    }
}

/* Whether the run is to end; else see to it that there are trips to do, if any are left. */
COLD int is_stopped(const LoopSteps *loop, NestRun *run, Trips *trips)
{
    if (run->done > STEPS_AT_ONCE) {
        run->done = 0;
        if (run->stop(run->asked))
            return 1;
    }
    trips->now = trips->later < TRIPS_AT_ONCE ? trips->later : TRIPS_AT_ONCE;
    trips->later -= trips->now;
    run->done += trips->now * (loop->size + 1);
    return 0;
}

/* Sums of products, and operators on numbers side by side. */
static void run_whole(double *u, const int32_t *words)
{
    if (words[0] == OP_PRODUCTS)
        run_scalar_products(u, words);
    else
        kernels.run_wide(u, words);
}

/* A step on many numbers. */
static void run_many(const NestCode *code, const NestRun *run, const Step *s)
{
    double *const u = run->number;
    switch (s->op) {
    case STEP_READ_STRETCH:
        memmove(u + s->out, u + run->walk[s->y] + s->z, (size_t)s->x * sizeof *u);
        break;
    case STEP_WRITE_STRETCH:
        memmove(u + run->walk[s->y] + s->z, u + s->x, (size_t)s->out * sizeof *u);
        break;
    case STEP_MOVE_STRETCH: memmove(u + s->out, u + s->x, (size_t)s->y * sizeof *u); break;
    default: run_whole(u, code->code + s->x);
    }
}

enum { AT_MANY = STOPPED - 1 };

/* Return the number of a guard that does not hold, ALL_HOLD if all do, STOPPED; AT_MANY before a
 * step on many numbers: a call from here would cost registers of the processor in all others. */
static int32_t run_steps(const NestCode *code, NestRun *run)
{
    static const void *const ways[] = {
        [STEP_STOP] = &&stop,
#define ROW(name) [STEP_##name] = &&do_##name,
        MACHINE_BINARY(ROW) MACHINE_TERNARY(ROW)
#undef ROW
#define WAY(name, o, a) [STEP_##name##_##o##a] = &&do_##name##_##o##a,
#define ROW(name) UNARY_WAYS(WAY, name)
            MACHINE_UNARY(ROW)
#undef ROW
                MOVE_WAYS(WAY, SINE_COSINE) MOVE_WAYS(WAY, MOVE) EACH_X(WAY, WRITE, u)
                    EACH_X(WAY, ADD, u)
#undef WAY
#define WAY(name, o, a, b) [STEP_##name##_##o##a##b] = &&do_##name##_##o##a##b,
#define ROW(name) BINARY_WAYS(WAY, name)
                        QUICK_BINARY(ROW)
#undef ROW
#undef WAY
#define WAY(name, o, a, b, c) [STEP_##name##_##o##a##b##c] = &&do_##name##_##o##a##b##c,
                            PRODUCT_WAYS(WAY, PLUS_PRODUCT) PRODUCT_WAYS(WAY, MINUS_PRODUCT)
#undef WAY
                                [STEP_READ] = &&read,
        [STEP_READ_QUIET] = &&read_quiet,
        [STEP_LOOP] = &&loop,
        [STEP_END] = &&end,
        [STEP_END_OF_ONE_WALK] = &&end_of_one_walk,
        [STEP_END_ALONG] = &&end_along,
        [STEP_GATHER] = &&gather,
        [STEP_SCATTER] = &&scatter,
        [STEP_FILL] = &&fill,
        [STEP_GUARD] = &&guard,
        [STEP_READ_STRETCH] = &&many,
        [STEP_WRITE_STRETCH] = &&many,
        [STEP_MOVE_STRETCH] = &&many,
        [STEP_WIDE] = &&many,
    };
    double *const u = run->number;
    double *w = run->along;
    int64_t *const at = run->walk;
    Trips *const trips = run->trips;
    const Step *s = run->at;
    double r = 0.0;
#define GO goto *ways[s->op]
#define NEXT                                                                                      \
    do {                                                                                          \
        s++;                                                                                      \
        GO;                                                                                       \
    } while (0)
#define FROM_u(number) u[s->number]
#define FROM_w(number) w[s->number]
#define FROM_r(number) r
#define TO_u u[s->out] = r
#define TO_w w[s->out] = r
#define TO_q u[s->out]
#define TO_p w[s->out]
#define RESULT(to, value)                                                                         \
    to = (value);                                                                                 \
    NEXT
#define PLACE u[at[s->y] + s->z]
/* Leave the loop if this was its last trip. */
#define AFTER_TRIP                                                                                \
    if (UNLIKELY(--trips[s->x].now == 0)) {                                                       \
        const LoopSteps *loop = &code->loop[s->x];                                                \
        if (is_stopped(loop, run, &trips[s->x]))                                                  \
            return STOPPED;                                                                       \
        if (trips[s->x].now == 0) {                                                               \
            w = loop->outer < 0 ? u : u + at[loop->outer];                                        \
            NEXT;                                                                                 \
        }                                                                                         \
    }
#define NEXT_TRIP                                                                                 \
    s -= s->out;                                                                                  \
    GO
    GO;
#define WAY(name, o, a) do_##name##_##o##a : RESULT(TO_##o, forward_##name(FROM_##a(x)));
#define ROW(name) UNARY_WAYS(WAY, name)
    MACHINE_UNARY(ROW)
#undef ROW
#undef WAY
#define ROW(name) do_##name : RESULT(TO_u, forward_##name(FROM_u(x), FROM_u(y)));
    MACHINE_BINARY(ROW)
#undef ROW
#define WAY(name, o, a, b)                                                                        \
    do_##name##_##o##a##b : RESULT(TO_##o, forward_##name(FROM_##a(x), FROM_##b(y)));
#define ROW(name) BINARY_WAYS(WAY, name)
    QUICK_BINARY(ROW)
#undef ROW
#undef WAY
#define ROW(name) do_##name : RESULT(TO_u, forward_##name(FROM_u(x), FROM_u(y), FROM_u(z)));
    MACHINE_TERNARY(ROW)
#undef ROW
#define WAY(name, o, a, b, c)                                                                     \
    do_##name##_##o##a##b##c : RESULT(TO_##o, FROM_##a(x) + FROM_##b(y) * FROM_##c(z));
    PRODUCT_WAYS(WAY, PLUS_PRODUCT)
#undef WAY
#define WAY(name, o, a, b, c)                                                                     \
    do_##name##_##o##a##b##c : RESULT(TO_##o, FROM_##a(x) - FROM_##b(y) * FROM_##c(z));
    PRODUCT_WAYS(WAY, MINUS_PRODUCT)
#undef WAY
#define WAY(name, o, a)                                                                           \
    do_##name##_##o##a:                                                                           \
    {                                                                                             \
        const double angle = FROM_##a(x);                                                         \
        TO_##o = forward_sin(angle);                                                              \
        (s->along >> STEP_Y & 1 ? w : u)[s->y] = forward_cos(angle);                              \
        NEXT;                                                                                     \
    }
    MOVE_WAYS(WAY, SINE_COSINE)
#undef WAY
#define WAY(name, o, a) do_##name##_##o##a : RESULT(TO_##o, FROM_##a(x));
    MOVE_WAYS(WAY, MOVE)
#undef WAY
#define WAY(name, o, a) do_##name##_##o##a : RESULT(PLACE, FROM_##a(x));
    EACH_X(WAY, WRITE, u)
#undef WAY
#define WAY(name, o, a) do_##name##_##o##a : RESULT(PLACE, PLACE + FROM_##a(x));
    EACH_X(WAY, ADD, u)
#undef WAY
read:
    RESULT(TO_u, PLACE);
read_quiet:
    RESULT(TO_q, PLACE);
gather:
    RESULT(TO_u, u[code->index[at[s->y] + s->z]]);
scatter:
    u[s->out + code->index[at[s->y] + s->z]] += u[s->x];
    NEXT;
fill:
    for (int32_t k = 0; k < s->x; k++)
        u[s->out + k] = -0.0;
    NEXT;
guard:
    if (compare(s->z >> 1, u[s->x], u[s->y]) != (s->z & 1))
        return s->out;
    NEXT;
many:
    run->at = s;
    run->along = w;
    return AT_MANY;
loop:
    {
        const LoopSteps *loop = &code->loop[s->x];
        begin_loop(loop, run, &trips[s->x]);
        if (loop->along >= 0)
            w = u + at[loop->along];
        if (loop->held != NOWHERE)
            r = is_along(loop->held) ? w[loop->held - ALONG_WALK] : u[loop->held];
        NEXT;
    }
end_of_one_walk:
    AFTER_TRIP
    at[s->y] += s->z;
    NEXT_TRIP;
end_along:
    AFTER_TRIP
    at[s->y] += s->z;
    w += s->z;
    NEXT_TRIP;
end:
    AFTER_TRIP
    {
        const LoopSteps *loop = &code->loop[s->x];
        move_walks(loop, at);
        if (loop->along >= 0)
            w = u + at[loop->along];
        NEXT_TRIP;
    }
stop:
    return ALL_HOLD;
#undef GO
#undef NEXT
#undef FROM_u
#undef FROM_w
#undef FROM_r
#undef TO_u
#undef TO_w
#undef TO_q
#undef TO_p
#undef RESULT
#undef PLACE
#undef AFTER_TRIP
#undef NEXT_TRIP
}

/* Return the number of a guard that does not hold, ALL_HOLD if all do, STOPPED. */
static int32_t run_all_steps(const NestCode *code, NestRun *run)
{
    int32_t found;
    run->at = code->step;
    run->along = run->number;
    while ((found = run_steps(code, run)) == AT_MANY)
        while (is_of_many(run->at->op))
            run_many(code, run, run->at++);
    return found;
}

#endif
