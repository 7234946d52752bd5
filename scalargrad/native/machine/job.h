/* The job of a run: how its lanes are cut into segments, and the memory that its threads take.
 * Included by run.h. */
#ifndef SCALARGRAD_JOB_H
#define SCALARGRAD_JOB_H

#include "lane_steps.h"

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

/* State that the threads of a run share: a segment that nobody has taken yet, and whether to end. */
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

#endif
