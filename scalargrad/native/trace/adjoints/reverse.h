/* The way from a root back to leaves: which nodes, in which order. Included by contributions.h. */
#ifndef SCALARGRAD_ADJOINTS_REVERSE_H
#define SCALARGRAD_ADJOINTS_REVERSE_H

#include "../applying.h"

typedef struct {
    Term upstream, partial;
    int32_t next;
    int selects; /* whether the partial may be nothing */
} Contribution;

enum { WANTED = 1, REACHED }; /* Reverse.target */

typedef struct {
    Trace *trace;
    int32_t low; /* older nodes depend on no leaf: they are left out, as columns are */
    int32_t *order, *waiting; /* the nodes from the root back */
    int32_t *first, *last;    /* of the contributions of each node; −1 where there are none */
    uint8_t *leading;         /* whether a leaf reaches the root through the node */
    uint8_t *target;          /* whether the node is a leaf: WANTED, then REACHED */
    Term *adjoint;            /* of each node that was reached */
    Contribution *contribution;
    Term *term; /* room for those of one sum */
    int32_t ordered, contributions;
    size_t contribution_room, term_room;
} Reverse;

static void reverse_free(Reverse *r)
{
    PyMem_Free(r->order);
    PyMem_Free(r->waiting);
    PyMem_Free(r->first);
    PyMem_Free(r->last);
    PyMem_Free(r->leading);
    PyMem_Free(r->target);
    PyMem_Free(r->adjoint);
    PyMem_Free(r->contribution);
    PyMem_Free(r->term);
}

/* For the nodes from `low` to `root`. */
static int reverse_new(Reverse *r, Trace *t, int32_t low, int32_t root)
{
    const size_t n = (size_t)(root - low) + 1, bytes = n * sizeof(int32_t);
    *r = (Reverse){.trace = t, .low = low};
    r->order = PyMem_Malloc(bytes);
    r->waiting = PyMem_Calloc(n, sizeof(int32_t));
    r->first = PyMem_Malloc(bytes);
    r->last = PyMem_Malloc(bytes);
    r->leading = PyMem_Calloc(n, 1);
    r->target = PyMem_Calloc(n, 1);
    r->adjoint = PyMem_Calloc(n, sizeof(Term));
    if (!r->order || !r->waiting || !r->first || !r->last || !r->leading || !r->target
        || !r->adjoint) {
        PyErr_NoMemory();
        return -1;
    }
    memset(r->first, 0xFF, bytes);
    return 0;
}

/* ------ order */

/* How often each node is an operand of those that the root needs. */
static void count_uses(Reverse *r, int32_t root)
{
    const Trace *t = r->trace;
    r->waiting[root - r->low] = 1;
    for (int32_t i = root; i >= r->low; i--)
        for (int32_t k = 0; r->waiting[i - r->low] && k < t->node[i].count; k++)
            if (operands_of(t, i)[k] >= r->low)
                r->waiting[operands_of(t, i)[k] - r->low]++;
}

/* The order of graph.backward_order. `order` holds the nodes that are done, at its end those
 * that are ready. */
static void find_order(Reverse *r, int32_t root)
{
    const Trace *t = r->trace;
    int32_t *ready = r->last, waiting = 1;
    ready[0] = root;
    count_uses(r, root);
    while (waiting) {
        const int32_t i = ready[--waiting];
        if (!is_constant(t, i))
            r->order[r->ordered++] = i;
        for (int32_t k = 0; k < t->node[i].count; k++) {
            const int32_t j = operands_of(t, i)[k];
            if (j >= r->low && !--r->waiting[j - r->low])
                ready[waiting++] = j;
        }
    }
}

static int is_leading(const Reverse *r, int32_t i)
{
    return i >= r->low && r->leading[i - r->low] && !is_constant(r->trace, i);
}

static int has_leading_operand(const Reverse *r, int32_t i)
{
    const int32_t *operands = operands_of(r->trace, i);
    for (int32_t k = 0; k < r->trace->node[i].count; k++)
        if (is_leading(r, operands[k]))
            return 1;
    return 0;
}

/* In the order of the trace, as memory lies: of nodes that the root does not need nobody asks. */
static void find_leading(Reverse *r, int32_t root)
{
    for (int32_t i = r->low; i <= root; i++)
        if (has_leading_operand(r, i))
            r->leading[i - r->low] = 1;
}

#endif
