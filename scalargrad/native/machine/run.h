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
    int (*stop)(void *); /* asked now and then, with `asked`, whether to end a run of loops */
    void *asked;
    int any_broken;
    int doubt; /* an output is not finite in some lane that no guard broke */
} Job;

#ifdef HAVE_THREADS
typedef atomic_int Ticket;
#define TAKE(ticket) atomic_fetch_add(ticket, 1)
#else
typedef int Ticket;
#define TAKE(ticket) ((*(ticket))++)
#endif

/* One thread, and memory to run segments in: it takes the next one whenever it is done. */
typedef struct {
    const Program *program;
    const Job *job;
    double *uniform; /* shared, only read */
    double *memory;  /* registers, totals, broken and the two sides */
    double *sums;    /* shared, a stretch for each segment */
    Ticket *next;    /* shared, the segment that nobody has taken yet */
    Ticket *over;    /* shared, whether the run is to end */
    int is_first;    /* the thread that was called from Python */
    int any_broken, doubt;
} Worker;

enum { RUN_STOPPED = DOUBT - 1 };

/* Whether the run is to end: the first worker asks, and the others see what it found. */
static int looks_around(void *given)
{
    Worker *worker = given;
    if (worker->is_first && worker->job->stop(worker->job->asked))
        TAKE(worker->over);
    return *worker->over != 0;
}

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
    return (count + BLOCKS_PER_CHUNK * BLOCK_LANES - 1) / (BLOCKS_PER_CHUNK * BLOCK_LANES);
}

static int segments_of(Py_ssize_t count)
{
    return chunks_of(count) < SEGMENTS ? (int)chunks_of(count) : SEGMENTS;
}

static Py_ssize_t segment_begin(Py_ssize_t count, int segment)
{
    const int n = segments_of(count);
    const Py_ssize_t at = chunks_of(count) * segment / n * BLOCKS_PER_CHUNK * BLOCK_LANES;
    return segment >= n ? count : at;
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
    for (f->base = begin; f->base < end && !f->is_over; f->base += lanes) {
        f->count = end - f->base < lanes ? (int)(end - f->base) : lanes;
        run_one_block(f, worker);
    }
    for (size_t k = 0; k < n; k++)
        sums[k] += f->totals[k];
}

static void run_segment(Frame *f, Worker *worker, int segment)
{
    const Py_ssize_t count = worker->job->count, step = BLOCKS_PER_CHUNK * BLOCK_LANES;
    const Py_ssize_t end = segment_begin(count, segment + 1);
    double *sums = worker->sums + (size_t)segment * totals_doubles(worker->program);
    begin_sums(sums, totals_doubles(worker->program));
    for (Py_ssize_t at = segment_begin(count, segment); at < end; at += step)
        run_chunk(f, worker, at, at + step < end ? at + step : end, sums);
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
    for (int segment; !f.is_over && (segment = TAKE(worker->next)) < segments;)
        run_segment(&f, worker, segment);
    for (int i = 0; i < WIDTH; i++)
        worker->doubt |= f.doubt[i] != 0.0;
    return NULL;
}

#ifdef HAVE_THREADS
/* All workers but the first get a thread; workers that get none run here. */
static void run_workers(Worker *worker, int n)
{
    pthread_t thread[MAX_THREADS];
    int started[MAX_THREADS] = {0};
    for (int k = 1; k < n; k++)
        started[k] = pthread_create(&thread[k], NULL, run_worker, &worker[k]) == 0;
    for (int k = 0; k < n; k++)
        if (!started[k])
            run_worker(&worker[k]);
    for (int k = 1; k < n; k++)
        if (started[k])
            pthread_join(thread[k], NULL);
}
#else
static void run_workers(Worker *worker, int n)
{
    for (int k = 0; k < n; k++)
        run_worker(&worker[k]);
}
#endif

/* Return whether all lanes were run. */
static int run_lanes(const Program *p, double *uniform, Job *job)
{
    const int segments = segments_of(job->count);
    const int n = job->threads < segments ? job->threads : segments;
    double *sums = job->sums;
    double *memory = sums + (size_t)segments * totals_doubles(p);
    Worker worker[MAX_THREADS];
    Ticket next = 0, over = 0;
    for (int k = 0; k < n; k++)
        worker[k] = (Worker){
            .program = p,
            .job = job,
            .uniform = uniform,
            .sums = sums,
            .memory = memory + (size_t)k * memory_doubles(p, job->count),
            .next = &next,
            .over = &over,
            .is_first = k == 0,
        };
    run_workers(worker, n);
    for (int k = 0; k < n; k++) {
        job->any_broken |= worker[k].any_broken;
        job->doubt |= worker[k].doubt;
    }
    return over == 0;
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

/* Return the number of a uniform guard that does not hold, else ALL_HOLD, LANES_BROKEN, or
 * RUN_STOPPED with an exception. */
static int32_t run_program(const Program *p, double *uniform, Job *job)
{
    const int32_t guard = run_scalars(uniform, p->before, p->before_end);
    if (guard != ALL_HOLD)
        return guard;
    if (p->lanes < p->lanes_end && job->count && !run_lanes(p, uniform, job))
        return RUN_STOPPED;
    store_totals(p, uniform, job->sums, segments_of(job->count));
    run_scalars(uniform, p->after, p->after_end); /* no guard stands there */
    job->doubt |= store_results(p, uniform, job->results);
    return job->any_broken ? LANES_BROKEN : ALL_HOLD;
}

#endif
