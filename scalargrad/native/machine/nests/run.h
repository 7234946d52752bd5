/* Running steps, one after the other. Included by nest.h. */
#ifndef SCALARGRAD_NESTS_RUN_H
#define SCALARGRAD_NESTS_RUN_H

#include "../../shared/compilers.h"
#include "steps.h"

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

/* What a run works on. `stop` is asked now and then, with `asked`, whether to end it. */
typedef struct {
    double *number;
    int64_t *walk;
    Trips *trips;
    int (*stop)(void *);
    void *asked;
    int64_t done; /* steps since `stop` was asked */
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

/* Return the number of a guard that does not hold, ALL_HOLD if all do, STOPPED. */
static int32_t run_steps(const NestCode *code, NestRun *run)
{
    static const void *const ways[] = {
        [STEP_STOP] = &&stop,
#define ROW(name) [STEP_##name] = &&do_##name,
        MACHINE_UNARY(ROW) MACHINE_BINARY(ROW) MACHINE_TERNARY(ROW)
#undef ROW
#define ROW(name) [STEP_##name##_X] = &&do_##name##_x,
            MACHINE_UNARY(ROW) QUICK_BINARY(ROW)
#undef ROW
#define ROW(name) [STEP_##name##_Y] = &&do_##name##_y,
                QUICK_BINARY(ROW)
#undef ROW
                    [STEP_LOOP] = &&loop,
        [STEP_END] = &&end,
        [STEP_END_OF_ONE_WALK] = &&end_of_one_walk,
        [STEP_READ] = &&read,
        [STEP_READ_QUIET] = &&read_quiet,
        [STEP_WRITE] = &&write,
        [STEP_WRITE_X] = &&write_x,
        [STEP_ADD] = &&add,
        [STEP_ADD_X] = &&add_x,
        [STEP_GATHER] = &&gather,
        [STEP_SCATTER] = &&scatter,
        [STEP_MOVE] = &&move,
        [STEP_MOVE_X] = &&move_x,
        [STEP_MOVE_QUIET] = &&move_quiet,
        [STEP_FILL] = &&fill,
        [STEP_GUARD] = &&guard,
        [STEP_PLUS_PRODUCT] = &&plus,
        [STEP_PLUS_PRODUCT_X] = &&plus_x,
        [STEP_PLUS_PRODUCT_Z] = &&plus_z,
        [STEP_PLUS_PRODUCT_QUIET] = &&plus_quiet,
        [STEP_MINUS_PRODUCT] = &&minus,
        [STEP_MINUS_PRODUCT_X] = &&minus_x,
        [STEP_MINUS_PRODUCT_Z] = &&minus_z,
        [STEP_MINUS_PRODUCT_QUIET] = &&minus_quiet,
        [STEP_SINE_COSINE] = &&sine_cosine,
        [STEP_SINE_COSINE_X] = &&sine_cosine_x,
    };
    double *const u = run->number;
    int64_t *const at = run->walk;
    Trips *const trips = run->trips;
    const Step *s = code->step;
    double r = 0.0;
#define GO goto *ways[s->op]
#define NEXT                                                                                      \
    do {                                                                                          \
        s++;                                                                                      \
        GO;                                                                                       \
    } while (0)
#define RESULT(value)                                                                             \
    u[s->out] = r = (value);                                                                      \
    NEXT
#define X u[s->x]
#define Y u[s->y]
#define Z u[s->z]
#define PLACE u[at[s->y] + s->z]
    GO;
#define ROW(name)                                                                                 \
    do_##name : RESULT(forward_##name(X));                                                        \
    do_##name##_x : RESULT(forward_##name(r));
    MACHINE_UNARY(ROW)
#undef ROW
#define ROW(name) do_##name : RESULT(forward_##name(X, Y));
    MACHINE_BINARY(ROW)
#undef ROW
#define ROW(name)                                                                                 \
    do_##name##_x : RESULT(forward_##name(r, Y));                                                 \
    do_##name##_y : RESULT(forward_##name(X, r));
    QUICK_BINARY(ROW)
#undef ROW
#define ROW(name) do_##name : RESULT(forward_##name(X, Y, Z));
    MACHINE_TERNARY(ROW)
#undef ROW
read:
    RESULT(PLACE);
read_quiet:
    u[s->out] = PLACE;
    NEXT;
write:
    PLACE = X;
    NEXT;
write_x:
    PLACE = r;
    NEXT;
add:
    PLACE += X;
    NEXT;
add_x:
    PLACE += r;
    NEXT;
gather:
    RESULT(u[code->index[at[s->y] + s->z]]);
scatter:
    u[s->out + code->index[at[s->y] + s->z]] += X;
    NEXT;
move:
    RESULT(X);
move_x:
    u[s->out] = r;
    NEXT;
move_quiet:
    u[s->out] = X;
    NEXT;
fill:
    for (int32_t k = 0; k < s->x; k++)
        u[s->out + k] = -0.0;
    NEXT;
guard:
    if (compare(s->z >> 1, X, Y) != (s->z & 1))
        return s->out;
    NEXT;
plus:
    RESULT(X + Y * Z);
plus_x:
    RESULT(r + Y * Z);
plus_z:
    RESULT(X + Y * r);
plus_quiet:
    u[s->out] = X + Y * Z;
    NEXT;
minus:
    RESULT(X - Y * Z);
minus_x:
    RESULT(r - Y * Z);
minus_z:
    RESULT(X - Y * r);
minus_quiet:
    u[s->out] = X - Y * Z;
    NEXT;
sine_cosine:
    r = X;
sine_cosine_x:
    {
        const double angle = r;
        u[s->y] = forward_cos(angle);
        RESULT(forward_sin(angle));
    }
loop:
    {
        const LoopSteps *loop = &code->loop[s->x];
        begin_loop(loop, run, &trips[s->x]);
        if (loop->held >= 0)
            r = u[loop->held];
        NEXT;
    }
end_of_one_walk:
    at[s->y] += s->z;
    goto next_trip;
end:
    move_walks(&code->loop[s->x], at);
next_trip:
    if (UNLIKELY(--trips[s->x].now == 0)) {
        if (is_stopped(&code->loop[s->x], run, &trips[s->x]))
            return STOPPED;
        if (trips[s->x].now == 0)
            NEXT;
    }
    s -= s->out;
    GO;
stop:
    return ALL_HOLD;
#undef GO
#undef NEXT
#undef RESULT
#undef X
#undef Y
#undef Z
#undef PLACE
}

#endif
