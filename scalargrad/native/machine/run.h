/* Running a program: the lanes cut into segments, the segments shared out among threads. Included by
 * call.h. */
#ifndef SCALARGRAD_RUN_H
#define SCALARGRAD_RUN_H

#include "lane_steps.h"

/* ------ running one */

/* The inputs of a run, and where its results go. */
typedef struct {
    const Column *inputs, *outputs;
    double *sums;         /* of each segment; then memory for the threads */
    const int64_t *index; /* which elements of the inputs are the lanes; NULL if all, in order */
    Py_ssize_t count;
    int32_t *broken; /* for each lane; NULL if no lane has a guard */
    double *sides;   /* two for each lane: what the guard compared that broke it */
    double *results; /* the uniform results; NULL where they stay in their places */
    int threads;
    int tells_doubt;
    int any_broken;
    int doubt;            /* an output is not finite in some lane that no guard broke */
    PyThreadState *state; /* of the caller, while other threads may run Python; else NULL */
} Job;

#ifdef HAVE_THREADS
typedef atomic_int Ticket;
#define TAKE(ticket) atomic_fetch_add(ticket, 1)
#define TAKEN(ticket) atomic_load_explicit(ticket, memory_order_relaxed)
#else
typedef int Ticket;
#define TAKE(ticket) ((*(ticket))++)
#define TAKEN(ticket) (*(ticket))
#endif

/* What the threads of a run share: the segment that nobody has taken yet, and whether to end. */
typedef struct {
    Ticket next, ended;
} Progress;

/* One thread, and memory to run segments in: it takes the next one whenever it is done. */
typedef struct {
    const Program *program;
    Job *job;
    double *uniform;    /* shared, only read */
    double *memory;     /* registers, totals, broken and the two sides */
    double *sums;       /* shared, a stretch for each segment */
    Progress *progress; /* shared */
    int is_caller;      /* whether it is the thread that was called: it asks for signals */
    int64_t done;       /* words that were run since then */
    int any_broken, doubt;
} Worker;

static size_t padded(size_t doubles)
{
    return (doubles + BLOCK_LANES - 1) / BLOCK_LANES * BLOCK_LANES;
}

static size_t totals_doubles(const Program *p)
{
    return padded((size_t)p->totals);
}

/* in doubles: a run that needs more returns its memory */
enum { MOST_SCRATCH = 1 << 23 };

/* Registers are as long as there are lanes, up to a block: the longer they are, the less does a
 * number wait for the one before. Of a loop that keeps very many they are shorter, too. */
static int bits_of_loops(const Program *p, Py_ssize_t count)
{
    int bits = LEAST_BITS;
    while (bits < BLOCK_BITS && count > 1 << bits
           && (size_t)p->registers << (bits + 1) <= MOST_SCRATCH)
        bits++;
    return bits;
}

static int bits_of(const Program *p, Py_ssize_t count)
{
    if (p->loops)
        return bits_of_loops(p, count);
    return count <= 1 << FEW_BITS ? FEW_BITS : BLOCK_BITS;
}

static size_t registers_doubles(const Program *p, Py_ssize_t count)
{
    return padded((size_t)p->registers << bits_of(p, count));
}

static size_t memory_doubles(const Program *p, Py_ssize_t count)
{
    return registers_doubles(p, count) + totals_doubles(p) + 3 * BLOCK_LANES
           + padded(steps_bytes(p) / sizeof(double) + 1);
}

/* How many segments the lanes are cut into, and where one begins. Both depend on the number of
 * lanes alone: sums are the same however many threads there are. */
static Py_ssize_t chunks_of(Py_ssize_t count)
{
    const Py_ssize_t each = BLOCKS_PER_CHUNK * BLOCK_LANES;
    return count / each + (count % each != 0);
}

static int segments_of(Py_ssize_t count)
{
    return chunks_of(count) < SEGMENTS ? (int)chunks_of(count) : SEGMENTS;
}

static Py_ssize_t segment_begin(Py_ssize_t count, int segment)
{
    const int n = segments_of(count);
    if (segment >= n)
        return count;
    return chunks_of(count) * segment / n * BLOCKS_PER_CHUNK * BLOCK_LANES;
}

static size_t scratch_doubles(const Program *p, Py_ssize_t count, int threads)
{
    return (size_t)segments_of(count) * totals_doubles(p)
           + (size_t)threads * memory_doubles(p, count);
}

static double *aligned_doubles(size_t n)
{
    double *memory = aligned_alloc(BLOCK_LANES * sizeof(double), padded(n + 1) * sizeof(double));
    return memory ? memory : (double *)PyErr_NoMemory();
}

/* The numbers of a program are kept from one run to the next: a number that an instruction
 * computes is computed again at every run, constants stay. */
static double *take_uniform(Program *p)
{
    double *taken = p->uniform;
    p->uniform = NULL;
    if (!taken && (taken = aligned_doubles((size_t)p->uniforms)))
        memcpy(taken, p->initial, (size_t)p->uniforms * sizeof(double));
    return taken;
}

static void give_uniform(Program *p, double *uniform)
{
    if (p->uniform)
        free(uniform);
    else
        p->uniform = uniform;
}

/* Memory for lanes, kept for the program that runs next, which finds the memory in the cache. A
 * run takes and gives the memory while no other thread runs Python. */
static struct {
    double *memory;
    size_t doubles;
} scratch;

static double *take_scratch(size_t *doubles)
{
    if (scratch.memory && scratch.doubles >= *doubles) {
        double *taken = scratch.memory;
        *doubles = scratch.doubles;
        scratch.memory = NULL;
        return taken;
    }
    return aligned_doubles(*doubles);
}

static void give_scratch(double *memory, size_t doubles)
{
    if (doubles > MOST_SCRATCH || (scratch.memory && scratch.doubles >= doubles)) {
        free(memory);
        return;
    }
    free(scratch.memory);
    scratch.memory = memory;
    scratch.doubles = doubles;
}

static void fill_splats(const Program *p, const Frame *f)
{
    for (int32_t k = 0; k < p->splats; k += 2) {
        double *out = lane_register(f, p->splat[k]);
        for (int i = 0; i < 1 << f->bits; i++)
            out[i] = f->uniform[p->splat[k + 1]];
    }
}

static void note_broken(const Frame *f, Worker *worker)
{
    const int64_t *broken = (const int64_t *)f->broken;
    const double *side = (const double *)f->broken + BLOCK_LANES;
    for (int i = 0; i < f->count; i++) {
        worker->job->broken[f->base + i] = (int32_t)broken[i];
        if (broken[i] == ALL_HOLD)
            continue;
        worker->any_broken = 1;
        worker->job->sides[2 * (f->base + i)] = side[i];
        worker->job->sides[2 * (f->base + i) + 1] = side[i + BLOCK_LANES];
    }
}

static void run_one_block(Frame *f, Worker *worker)
{
    for (int i = 0; i < 1 << f->bits; i++)
        ((int64_t *)f->broken)[i] = i < f->count ? ALL_HOLD : 0;
    f->some = 0;
    /* loops run on whole registers */
    const int lanes = f->step ? 1 << f->bits : f->count;
    f->parts = (lanes + WIDTH - 1) / WIDTH;
    kernels.run_block(f);
    if (worker->job->broken)
        note_broken(f, worker);
}

/* −0.0 + x is x, for x = −0.0 too: a sum of gradients that do not flow is one. */
static void begin_sums(double *sums, size_t n)
{
    for (size_t k = 0; k < n; k++)
        sums[k] = -0.0;
}

static void run_chunk(Frame *f, Worker *worker, Py_ssize_t begin, Py_ssize_t end, double *sums)
{
    const size_t n = (size_t)worker->program->totals;
    begin_sums(f->totals, n);
    const int lanes = 1 << f->bits;
    for (f->base = begin; f->base < end && !f->is_over; f->base += f->count) {
        f->count = end - f->base < lanes ? (int)(end - f->base) : lanes;
        run_one_block(f, worker);
    }
    for (size_t k = 0; k < n; k++)
        sums[k] += f->totals[k];
}

/* Ask Python for signals: Ctrl-C ends a run. `state` is that of the caller, NULL where it keeps
 * Python's lock. */
static int has_signal(void *asked)
{
    PyThreadState **state = asked;
    if (*state)
        PyEval_RestoreThread(*state);
    const int found = PyErr_CheckSignals() < 0;
    if (*state)
        *state = PyEval_SaveThread();
    return found;
}

/* Words of code after which the caller asks: on blocks and on single numbers, so many take some
 * hundredths of a second. */
enum { WORDS_AT_ONCE = 1 << 20, SCALAR_WORDS_AT_ONCE = 1 << 24 };

/* Whether the run is to end: the caller asks, and the others see what it found. */
static int looks_around(void *given)
{
    Worker *worker = given;
    if (worker->is_caller && has_signal(&worker->job->state))
        TAKE(&worker->progress->ended);
    return TAKEN(&worker->progress->ended);
}

/* One more chunk is done. */
static void ask_for_signals(Worker *worker)
{
    const Program *p = worker->program;
    worker->done += BLOCKS_PER_CHUNK * (p->lanes_end - p->lanes);
    if (!worker->is_caller || worker->done < WORDS_AT_ONCE)
        return;
    worker->done = 0;
    looks_around(worker);
}

static void run_segment(Frame *f, Worker *worker, int segment)
{
    const Py_ssize_t count = worker->job->count, step = BLOCKS_PER_CHUNK * BLOCK_LANES;
    const Py_ssize_t end = segment_begin(count, segment + 1);
    double *sums = worker->sums + (size_t)segment * totals_doubles(worker->program);
    begin_sums(sums, totals_doubles(worker->program));
    Py_ssize_t at = segment_begin(count, segment), next;
    for (; at < end && !TAKEN(&worker->progress->ended); at = next) {
        next = end - at > step ? at + step : end;
        run_chunk(f, worker, at, next, sums);
        ask_for_signals(worker);
    }
}

static void *run_worker(void *given)
{
    Worker *worker = given;
    const Program *p = worker->program;
    double *totals = worker->memory + registers_doubles(p, worker->job->count);
    Frame f = {
        .uniform = worker->uniform,
        .lanes = worker->memory,
        .bits = bits_of(p, worker->job->count),
        .totals = totals,
        .broken = (PartGuards *)(totals + totals_doubles(p)),
        .inputs = worker->job->inputs,
        .outputs = worker->job->outputs,
        .index = worker->job->index,
        .code = p->lanes,
        .code_end = p->lanes_end,
        .choice = p->index,
        .looks = looks_around,
        .looker = worker,
    };
    if (p->loops)
        give_steps(p, &f, (double *)f.broken + 3 * BLOCK_LANES);
    fill_splats(p, &f);
    const int segments = segments_of(worker->job->count);
    for (int segment; (segment = TAKE(&worker->progress->next)) < segments;)
        run_segment(&f, worker, segment);
    for (int i = 0; i < WIDTH; i++)
        worker->doubt |= f.doubt[i] != 0.0;
    return NULL;
}

#ifdef HAVE_THREADS
static void run_here(Worker *worker)
{
    worker->is_caller = 1;
    run_worker(worker);
}

/* All workers but the first get a thread; workers that get none run here. */
static void run_workers(Worker *worker, int n)
{
    pthread_t thread[MAX_THREADS];
    int started[MAX_THREADS] = {0};
    for (int k = 1; k < n; k++)
        started[k] = pthread_create(&thread[k], NULL, run_worker, &worker[k]) == 0;
    for (int k = 0; k < n; k++)
        if (!started[k])
            run_here(&worker[k]);
    for (int k = 1; k < n; k++)
        if (started[k])
            pthread_join(thread[k], NULL);
}
#else
static void run_workers(Worker *worker, int n)
{
    for (int k = 0; k < n; k++)
        run_here(&worker[k]);
}
#endif

/* Return whether a signal ended the run. */
static int run_lanes(const Program *p, double *uniform, Job *job)
{
    const int segments = segments_of(job->count);
    const int n = job->threads < segments ? job->threads : segments;
    double *sums = job->sums;
    double *memory = sums + (size_t)segments * totals_doubles(p);
    Worker worker[MAX_THREADS];
    Progress progress = {0};
    for (int k = 0; k < n; k++)
        worker[k] = (Worker){
            .program = p,
            .job = job,
            .uniform = uniform,
            .sums = sums,
            .memory = memory + (size_t)k * memory_doubles(p, job->count),
            .progress = &progress,
        };
    run_workers(worker, n);
    for (int k = 0; k < n; k++) {
        job->any_broken |= worker[k].any_broken;
        job->doubt |= worker[k].doubt;
    }
    return TAKEN(&progress.ended);
}

/* Add up the sums of all segments in the place of the first; the totals become uniform numbers. */
static void store_totals(const Program *p, double *uniform, double *sums, int segments)
{
    for (int segment = 1; segment < segments; segment++) {
        const double *more = sums + (size_t)segment * totals_doubles(p);
        for (int32_t k = 0; k < p->totals; k++)
            sums[k] += more[k];
    }
    for (int32_t k = 0; k < p->totals; k++)
        if (p->total[k] >= 0)
            uniform[p->total[k]] = segments ? sums[k] : -0.0;
}

/* Copy the results to the caller's buffer; return whether one of them is not finite. */
static int store_results(const Program *p, const double *uniform, double *results)
{
    int doubt = 0;
    for (int32_t k = 0; k < p->results; k++) {
        const double x = uniform[p->result[k]];
        doubt |= x - x != 0.0;
        if (results)
            results[k] = x;
    }
    return doubt;
}

/* Return the number of a uniform guard that does not hold, STOPPED, ALL_HOLD or LANES_BROKEN. */
static int32_t run_program(const Program *p, double *uniform, Job *job)
{
    const int32_t guard = run_scalars(uniform, p->before, p->before_end);
    if (guard != ALL_HOLD)
        return guard;
    const int any_lanes = p->lanes < p->lanes_end && job->count;
    if (any_lanes && run_lanes(p, uniform, job))
        return STOPPED;
    store_totals(p, uniform, job->sums, any_lanes ? segments_of(job->count) : 0);
    run_scalars(uniform, p->after, p->after_end); /* no guard stands there */
    job->doubt |= store_results(p, uniform, job->results);
    return job->any_broken ? LANES_BROKEN : ALL_HOLD;
}

#endif
