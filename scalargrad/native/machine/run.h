/* Running a program: the segments of its lanes, shared out among threads. Included by call.h. */
#ifndef SCALARGRAD_RUN_H
#define SCALARGRAD_RUN_H

#include "job.h"

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
    int32_t *to = worker->job->broken + f->base;
    if (!f->some) {
        for (int i = 0; i < f->count; i++)
            to[i] = ALL_HOLD;
        return;
    }
    const int64_t *broken = (const int64_t *)f->broken;
    const double *side = (const double *)f->broken + BLOCK_LANES;
    for (int i = 0; i < f->count; i++) {
        to[i] = (int32_t)broken[i];
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
        worker->doubt |= f.doubt[i] != 0;
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
