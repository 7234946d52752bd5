/* The chain rule on a trace: the twin of backward.py's symbolic_adjoints, node for node. Included
 * by module.c. */
#ifndef SCALARGRAD_ADJOINTS_H
#define SCALARGRAD_ADJOINTS_H

#include "templates.h"

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

static void find_leading(Reverse *r)
{
    for (int32_t at = r->ordered - 1; at >= 0; at--)
        if (has_leading_operand(r, r->order[at]))
            r->leading[r->order[at] - r->low] = 1;
}

/* ------ sums of products */

static int contribute(Reverse *r, int32_t i, Term upstream, Term partial, int selects)
{
    if (RESERVE(r->contribution, r->contribution_room, (int64_t)r->contributions + 1) < 0)
        return -1;
    r->contribution[r->contributions] = (Contribution){upstream, partial, -1, selects};
    if (r->first[i - r->low] < 0)
        r->first[i - r->low] = r->contributions;
    else
        r->contribution[r->last[i - r->low]].next = r->contributions;
    r->last[i - r->low] = r->contributions++;
    return 0;
}

static int is_exactly(Term x, double number)
{
    return is_number_term(x) && x.number == number;
}

static int is_no_contribution(Term x)
{
    return is_number_term(x) && sg_is_nothing(x.number);
}

static int contributes(Contribution contribution)
{
    return !is_no_contribution(contribution.upstream) && !is_no_contribution(contribution.partial);
}

/* upstream · partial, without a node where one of them is exactly nothing or the constant 1. */
static int times(Trace *t, Contribution contribution, Term *product)
{
    if (!contributes(contribution))
        *product = number_term(-0.0);
    else if (is_exactly(contribution.partial, 1.0))
        *product = contribution.upstream;
    else if (is_exactly(contribution.upstream, 1.0) && contribution.selects)
        *product = contribution.partial;
    else {
        const Term terms[] = {contribution.upstream, contribution.partial};
        return found_from(t, contribution.selects ? OP_choose : OP_chain, terms, 2, product);
    }
    return 0;
}

static int plus(Trace *t, Term *sum, Term y)
{
    if (is_no_contribution(*sum))
        *sum = y;
    else if (!is_no_contribution(y)) {
        const Term terms[] = {*sum, y};
        return found_from(t, OP_add, terms, 2, sum);
    }
    return 0;
}

static int32_t count_contributions(const Reverse *r, int32_t i)
{
    int32_t count = 0;
    for (int32_t at = r->first[i - r->low]; at >= 0; at = r->contribution[at].next)
        count += contributes(r->contribution[at]);
    return count;
}

static int has_lanes(const Reverse *r, Term x)
{
    return !is_number_term(x) && r->trace->node[x.node].lane;
}

static int any_lanes(const Reverse *r, int32_t i)
{
    for (int32_t at = r->first[i - r->low]; at >= 0; at = r->contribution[at].next)
        if (contributes(r->contribution[at])
            && (has_lanes(r, r->contribution[at].upstream)
                || has_lanes(r, r->contribution[at].partial)))
            return 1;
    return 0;
}

static int added_up(Reverse *r, int32_t i, Term *sum)
{
    *sum = number_term(-0.0);
    int32_t count = 0;
    for (int32_t at = r->first[i - r->low]; at >= 0; at = r->contribution[at].next, count++) {
        if (RESERVE(r->term, r->term_room, (int64_t)count + 1) < 0
            || times(r->trace, r->contribution[at], &r->term[count]) < 0)
            return -1;
    }
    for (int32_t k = 0; k < count; k++)
        if (plus(r->trace, sum, r->term[k]) < 0)
            return -1;
    return 0;
}

/* A contribution as a product of two numbers that may be accumulated. */
static int as_factors(Trace *t, Contribution contribution, Term *factor)
{
    factor[0] = contribution.upstream;
    factor[1] = contribution.selects ? number_term(1.0) : contribution.partial;
    return contribution.selects ? times(t, contribution, factor) : 0;
}

static int accumulated(Reverse *r, int32_t i, Term *sum)
{
    int32_t count = 0;
    for (int32_t at = r->first[i - r->low]; at >= 0; at = r->contribution[at].next) {
        const Contribution contribution = r->contribution[at];
        if (!contributes(contribution))
            continue;
        if (RESERVE(r->term, r->term_room, (int64_t)count + 2) < 0
            || as_factors(r->trace, contribution, r->term + count) < 0)
            return -1;
        count += 2;
    }
    return applied(r->trace, ACCUMULATE, r->term, count, sum);
}

/* The sum of upstream·partial; as one node where all of it is uniform. */
static int sum_of_products(Reverse *r, int32_t i, Term *sum)
{
    const int as_one = count_contributions(r, i) >= 3 && !any_lanes(r, i);
    return as_one ? accumulated(r, i, sum) : added_up(r, i, sum);
}

/* ------ the pass */

static int partials_in_python(Reverse *r, int32_t i, Term upstream)
{
    Trace *t = r->trace;
    PyObject *node = tracer_of(t, i);
    PyObject *found = node ? PyObject_CallOneArg(trace_hooks.local, node) : NULL;
    Py_XDECREF(node);
    PyObject *local = found ? PySequence_Tuple(found) : NULL;
    Py_XDECREF(found);
    int failed = !local;
    for (int32_t k = 0; !failed && k < t->node[i].count && k < PyTuple_GET_SIZE(local); k++) {
        PyObject *x;
        int selects;
        const int32_t j = operands_of(t, i)[k];
        Term partial;
        failed = !PyArg_ParseTuple(PyTuple_GET_ITEM(local, k), "Op", &x, &selects);
        if (!failed && x != Py_None && is_leading(r, j))
            failed = term_of(t, x, &partial) < 0
                     || contribute(r, j, upstream, partial, selects) < 0;
    }
    Py_XDECREF(local);
    return failed ? -1 : 0;
}

/* The number of an operand as a factor: its −0.0 is a zero. */
static Term factor_at(const Trace *t, int32_t i)
{
    Term x = term_at(t, i);
    if (is_number_term(x))
        x.number += 0.0;
    return x;
}

/* The twin of as_factor in ops.py for a factor that is no variable, beside others that are. */
static int constant_factor(Trace *t, int32_t i, Term *factor)
{
    const Term x = term_at(t, i);
    return found_from(t, OP_start, &x, 1, factor);
}

/* Read the factors of a dot. Those that are no variables may be nothing. */
static int read_factors(Reverse *r, int32_t i, Term *factor)
{
    Trace *t = r->trace;
    const int beside = has_plain_operand(t, i);
    for (int32_t k = 0; k < t->node[i].count; k++) {
        const int32_t j = operands_of(t, i)[k];
        factor[k] = factor_at(t, j);
        if (beside && t->node[j].plain && constant_factor(t, j, &factor[k]) < 0)
            return -1;
    }
    return 0;
}

/* The partial in a factor of a dot is the other factor; in the bias, 1. */
static int partials_of_dot(Reverse *r, int32_t i, Term upstream)
{
    const Trace *t = r->trace;
    const int32_t count = t->node[i].count, n = count / 2;
    Term few[FEW], *factor = few_or_more(few, count, sizeof *factor);
    int failed = !factor || read_factors(r, i, factor) < 0;
    for (int32_t k = 0; !failed && k < count; k++) {
        const int32_t j = operands_of(t, i)[k], other = k < n ? k + n : k - n;
        const Term partial = k < 2 * n ? factor[other] : number_term(1.0);
        const int selects = k < 2 * n && t->node[operands_of(t, i)[other]].plain;
        if (is_leading(r, j))
            failed = contribute(r, j, upstream, partial, selects) < 0;
    }
    if (factor)
        free_more(factor, few);
    return failed ? -1 : 0;
}

/* In each operand of a sum or a mean that is a variable the partial is one number. */
static int partials_of_sum(Reverse *r, int32_t i, Term upstream, double partial)
{
    const Trace *t = r->trace;
    for (int32_t k = 0; k < t->node[i].count; k++) {
        const int32_t j = operands_of(t, i)[k];
        if (is_leading(r, j) && !t->node[j].plain
            && contribute(r, j, upstream, number_term(partial), 0) < 0)
            return -1;
    }
    return 0;
}

/* Of a sum of upstream · partial: the other one of the pair, and what comes from upstream may be
 * nothing. */
static int partials_of_accumulated(Reverse *r, int32_t i, Term upstream)
{
    const Trace *t = r->trace;
    for (int32_t k = 0; k < t->node[i].count; k++) {
        const int32_t j = operands_of(t, i)[k];
        if (is_leading(r, j)
            && contribute(r, j, upstream, factor_at(t, operands_of(t, i)[k ^ 1]), k % 2) < 0)
            return -1;
    }
    return 0;
}

/* Rows over lists of which there are many; Python knows them all. */
static int partials_over_list(Reverse *r, int32_t i, Term upstream)
{
    const TraceNode node = r->trace->node[i];
    switch (node.row) {
    case OP_dot: return partials_of_dot(r, i, upstream);
    case OP_sum: return partials_of_sum(r, i, upstream, 1.0);
    case OP_mean: return partials_of_sum(r, i, upstream, 1.0 / node.count);
    case ACCUMULATE: return partials_of_accumulated(r, i, upstream);
    }
    return partials_in_python(r, i, upstream);
}

static int partials_from_template(Reverse *r, int32_t i, const Template *templates, Term upstream)
{
    Trace *t = r->trace;
    Term partial[MOST_OPERANDS];
    const int32_t count = t->node[i].count;
    for (int32_t k = 0; k < count; k++)
        if (!t->node[operands_of(t, i)[k]].plain
            && partial_from(t, i, &templates[k], &partial[k]) < 0)
            return -1;
    for (int32_t k = 0; k < count; k++) {
        const int32_t j = operands_of(t, i)[k];
        if (is_leading(r, j) && !t->node[j].plain
            && contribute(r, j, upstream, partial[k], templates[k].selects) < 0)
            return -1;
    }
    return 0;
}

static int pass_to_operands(Reverse *r, int32_t i, Term upstream)
{
    const Template *templates;
    const int found = templates_of(r->trace, i, &templates);
    if (found <= 0)
        return found < 0 ? -1 : partials_over_list(r, i, upstream);
    return partials_from_template(r, i, templates, upstream);
}

static int reverse_run(Reverse *r)
{
    for (int32_t at = 0; at < r->ordered; at++) {
        const int32_t i = r->order[at];
        Term upstream;
        if (r->first[i - r->low] < 0)
            continue;
        if (sum_of_products(r, i, &upstream) < 0)
            return -1;
        r->adjoint[i - r->low] = upstream;
        r->target[i - r->low] = r->target[i - r->low] ? REACHED : 0;
        if (!is_no_contribution(upstream) && has_leading_operand(r, i)
            && pass_to_operands(r, i, upstream) < 0)
            return -1;
    }
    return 0;
}

/* The node of a leaf, if it is one of this trace and no younger than the root; else −1. */
static int32_t target_of(const Trace *t, PyObject *x, int32_t root)
{
    const int is_own = is_tracer(x) && ((Tracer *)x)->trace == t;
    const int32_t i = is_own ? index_of_tracer((Tracer *)x) : -1;
    return i <= root ? i : -1;
}

/* The oldest node among these leaves, a tuple, and the root. */
static int32_t oldest_of(const Trace *t, PyObject *leaves, int32_t root)
{
    int32_t low = root;
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(leaves); k++) {
        const int32_t i = target_of(t, PyTuple_GET_ITEM(leaves, k), root);
        if (i >= 0 && i < low)
            low = i;
    }
    return low;
}

/* Mark the nodes among `leaves` that are this trace's. */
static void mark_targets(Reverse *r, PyObject *leaves, int32_t root)
{
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(leaves); k++) {
        const int32_t i = target_of(r->trace, PyTuple_GET_ITEM(leaves, k), root);
        if (i >= 0)
            r->leading[i - r->low] = r->target[i - r->low] = WANTED;
    }
}

/* Code of Python's may run only from `reverse_run` on, which takes only nodes that are there
 * before: these stay as they are while the walk is under way. */
static int reverse(Reverse *r, int32_t root, PyObject *leaves, Term start)
{
    mark_targets(r, leaves, root);
    find_order(r, root);
    find_leading(r);
    if (contribute(r, root, start, number_term(1.0), 0) < 0)
        return -1;
    r->trace->walks++;
    const int status = reverse_run(r);
    r->trace->walks--;
    return status;
}

static PyObject *adjoint_of(const Reverse *r, PyObject *leaf, int32_t root)
{
    const int32_t i = target_of(r->trace, leaf, root);
    const int is_reached = i >= 0 && r->target[i - r->low] == REACHED;
    return object_of(r->trace, is_reached ? r->adjoint[i - r->low] : number_term(-0.0));
}

static PyObject *list_of_adjoints(const Reverse *r, PyObject *leaves, int32_t root)
{
    PyObject *adjoints = PyList_New(PyTuple_GET_SIZE(leaves));
    for (Py_ssize_t k = 0; adjoints && k < PyTuple_GET_SIZE(leaves); k++) {
        PyObject *x = adjoint_of(r, PyTuple_GET_ITEM(leaves, k), root);
        if (!x)
            Py_CLEAR(adjoints);
        else
            PyList_SET_ITEM(adjoints, k, x);
    }
    return adjoints;
}

/* The walks of this file take nodes for made after their operands. */
static int can_be_walked(const Trace *t)
{
    if (t->is_fused)
        PyErr_SetString(PyExc_RuntimeError, "a fused trace has no derivatives");
    return !t->is_fused;
}

/* adjoints(root, leaves, seed): the adjoint of each leaf, −0.0 where nothing flows. */
static PyObject *trace_adjoints(PyObject *self, PyObject *args)
{
    Trace *t = (Trace *)self;
    PyObject *root, *leaves, *seed, *adjoints = NULL;
    Term start;
    if (!PyArg_ParseTuple(args, "OO!O:adjoints", &root, &PyTuple_Type, &leaves, &seed))
        return NULL;
    const int32_t index = index_of(t, root);
    /* what may run code of Python's, and make a trace grow, comes first */
    if (index < 0 || term_of(t, seed, &start) < 0 || as_nodes(t) < 0 || !can_be_walked(t))
        return NULL;
    Reverse r;
    if (reverse_new(&r, t, oldest_of(t, leaves, index), index) == 0
        && reverse(&r, index, leaves, start) == 0)
        adjoints = list_of_adjoints(&r, leaves, index);
    reverse_free(&r);
    return adjoints;
}

/* order(root, low): the nodes from `low` on that the root is computed from, in backward order. */
static PyObject *trace_order(PyObject *self, PyObject *args)
{
    Trace *t = (Trace *)self;
    int root, low;
    if (!PyArg_ParseTuple(args, "ii:order", &root, &low) || as_nodes(t) < 0 || !can_be_walked(t))
        return NULL;
    if (root < 0 || root >= t->size || low < 0 || low > root)
        return PyErr_Format(PyExc_IndexError, "there are no nodes from %d to %d", low, root);
    Reverse r;
    PyObject *found = NULL;
    if (reverse_new(&r, t, low, root) == 0) {
        find_order(&r, root);
        found = PyList_New(0);
    }
    for (int32_t k = 0; found && k < r.ordered; k++) {
        PyObject *index = PyLong_FromLong(r.order[k]);
        if (!index || PyList_Append(found, index) < 0)
            Py_CLEAR(found);
        Py_XDECREF(index);
    }
    reverse_free(&r);
    return found;
}

#endif
