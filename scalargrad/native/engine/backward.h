/* Back-propagation in two passes that need no memory, so that nothing can fail between old and
 * new gradients: no signal handler and no allocation can cut in. Included by later.h.
 *
 * The first counts, for each node reached from the root, the edges that lead to it. The second
 * handles a node when its count has fallen to zero, in the order that graph.py defines. */
#ifndef SCALARGRAD_BACKWARD_H
#define SCALARGRAD_BACKWARD_H

#include "folds.h"
#include "../shared/growing.h"

#define FOR_EACH_EDGE(node, PARENT, PARTIAL, BODY)                                                \
    do {                                                                                          \
        if ((node)->shape == MANY) {                                                              \
            Edges *edges_ = (node)->edges;                                                        \
            for (Py_ssize_t i_ = 0; i_ < edges_->length; i_++) {                                  \
                Node *PARENT = edges_->edge[i_].parent;                                           \
                double PARTIAL = edges_->edge[i_].partial;                                        \
                (void)PARTIAL;                                                                    \
                if (PARENT)                                                                       \
                    BODY                                                                          \
            }                                                                                     \
        } else if ((node)->shape != LEAF)                                                         \
            for (int i_ = 0; i_ < 2; i_++) {                                                      \
                Node *PARENT = (node)->parent[i_];                                                \
                double PARTIAL = (node)->partial[i_];                                             \
                (void)PARTIAL;                                                                    \
                if (PARENT)                                                                       \
                    BODY                                                                          \
            }                                                                                     \
    } while (0)

typedef struct {
    Node *node;
    double grad;
} Saved;

typedef struct {
    Saved *item;
    size_t length, room;
    int failed; /* memory ran out: not all are here */
} Snapshot;

static int snapshot_save(Snapshot *all, Node *node)
{
    if (all->length == all->room
        && grow(&all->item, &all->room, all->length + 1, sizeof(Saved), acquire_larger) < 0)
        return -1;
    all->item[all->length++] = (Saved){node, node->grad};
    return 0;
}

/* Like pending_add and pending_take, for nodes whose grad is in use: the link stands in the 48 bits
 * beside op and shape. */
INLINE void ready_add(Pending *ready, Node *node)
{
    if (ready->last) {
        uint64_t address = (uint64_t)(uintptr_t)ready->others;
        ready->last->count = (uint32_t)address;
        ready->last->link_high = (uint16_t)(address >> 32);
        ready->others = ready->last;
    }
    ready->last = node;
}

INLINE Node *ready_take(Pending *ready)
{
    Node *node = ready->last;
    ready->last = NULL;
    if (!node && ready->others) {
        node = ready->others;
        uint64_t address = (uint64_t)node->link_high << 32 | node->count;
        node->count = 0;
        node->link_high = 0;
        ready->others = (Node *)(uintptr_t)address;
    }
    return node;
}

/* Save the gradient of an interior node that has one, as few have before their first backward. */
INLINE void keep(Snapshot *old, Node *node)
{
    if (UNLIKELY(!sg_is_nothing(node->grad)))
        old->failed |= snapshot_save(old, node) < 0;
}

/* Note a node that is reached for the first time. A leaf keeps its old gradient aside. Any other
 * node waits, and `old`, unless NULL, saves the gradient of the node. */
INLINE void reach(Node *node, Pending *waiting, Node **leaves, Snapshot *old)
{
    if (node->shape == LEAF) {
        node->old_grad = node->grad;
        node->grad = NOTHING;
        node->next_leaf = *leaves;
        *leaves = node;
        return;
    }
    if (old)
        keep(old, node);
    pending_add(waiting, node);
}

/* Count consumers, set interior gradients to nothing, and return the list of leaves. Where it
 * `stops` the walk goes no further than nodes that are an END. */
INLINE Node *count_keeping(Node *root, Snapshot *old, int stops)
{
    Node *leaves = NULL, *node;
    Pending waiting = {0};
    reach(root, &waiting, &leaves, old);
    while ((node = pending_take(&waiting))) {
        node->grad = NOTHING;
        if (stops && node->flags & END)
            continue;
        FOR_EACH_EDGE(node, parent, partial, {
            if (parent->count++ == 0)
                reach(parent, &waiting, &leaves, old);
        });
    }
    return leaves;
}

static Node *count_consumers(Node *root)
{
    return count_keeping(root, NULL, 0);
}

static Node *count_to_ends(Node *root)
{
    return count_keeping(root, NULL, 1);
}

/* Hand the gradient of each node on to its parents. The gradient of a node is its adjoint plus
 * `zero`: with 0.0 a node to which nothing flowed has a gradient, with NOTHING such a node has none.
 * A sweep that `watches` returns whether a product is NaN. */
INLINE int sweep(Node *root, double zero, int watches)
{
    Pending ready = {.last = root};
    Node *node;
    int any_nan = 0;
    while ((node = ready_take(&ready))) {
        double upstream = node->grad;
        int flows = !sg_is_nothing(upstream);
        node->grad = upstream + zero;
        FOR_EACH_EDGE(node, parent, partial, {
            if (flows) {
                const double share = sg_is_nothing(partial) ? NOTHING : upstream * partial + 0.0;
                parent->grad += share;
                if (watches)
                    any_nan |= share != share;
            }
            if (--parent->count == 0 && parent->shape != LEAF)
                ready_add(&ready, parent);
        });
    }
    return any_nan;
}

static void propagate(Node *root, double zero)
{
    (void)sweep(root, zero, 0);
}

static void accumulate_in_leaves(Node *leaves, double zero)
{
    while (leaves) {
        Node *leaf = leaves;
        leaves = leaf->next_leaf;
        leaf->grad = leaf->old_grad + (leaf->grad + zero);
        leaf->next_leaf = NULL;
        leaf->old_grad = 0.0;
    }
}

/* Back-propagation from a root whose parents are leaves, none of them twice. */
static void run_flat(Node *root, double seed, double zero)
{
    const Edges *edges = root->edges;
    for (Py_ssize_t i = 0; i < edges->length; i++) {
        Node *leaf = edges->edge[i].parent;
        leaf->grad += zero + sg_choose(seed, edges->edge[i].partial);
    }
}

static void run_backward(Node *root, double given, double zero)
{
    const double seed = forward_start(given);
    if (root->shape == MANY && root->edges->flat) {
        root->grad = seed + zero;
        run_flat(root, seed, zero);
        return;
    }
    Node *leaves = count_consumers(root);
    root->grad = seed;
    propagate(root, zero);
    accumulate_in_leaves(leaves, zero);
}

/* Hand all nodes to `add`, in backward order, after count_consumers, or count_to_ends where there are
 * ends. Where `add` returns 0 it is called no more, and the result is 0. */
static int visit_in_order(Node *root, int (*add)(void *, Node *), void *list)
{
    Pending ready = {.last = root};
    Node *node;
    int going = 1;
    while ((node = ready_take(&ready))) {
        going = going && add(list, node);
        if (node->flags & END)
            continue;
        FOR_EACH_EDGE(node, parent, partial, {
            if (--parent->count == 0)
                ready_add(&ready, parent);
        });
    }
    return going;
}

/* ------ all nodes of a graph, for what must not change gradients or needs them all */

/* Save a node that the walk has not met yet. The mark is the walk's own, and goes with it. */
static int snapshot_visit(Snapshot *all, Node *node)
{
    if (node->flags & MARKED)
        return 0;
    if (snapshot_save(all, node) < 0)
        return -1;
    node->flags |= MARKED;
    return 0;
}

/* Fill `all` with every node of the graphs of nodes that are in it; −1 if memory runs out. */
static int snapshot_fill(Snapshot *all, int failed)
{
    for (size_t next = 0; !failed && next < all->length; next++)
        if (!(all->item[next].node->flags & END))
            FOR_EACH_EDGE(all->item[next].node, parent, partial,
                          { failed = failed || snapshot_visit(all, parent) < 0; });
    for (size_t i = 0; i < all->length; i++)
        all->item[i].node->flags &= (uint8_t)~MARKED;
    return failed ? -1 : 0;
}

/* Fill `all` with every node of the graph, root first; −1 if memory runs out. */
static int snapshot_take(Snapshot *all, Node *root)
{
    return snapshot_fill(all, snapshot_visit(all, root) < 0);
}

static void snapshot_restore(const Snapshot *all)
{
    for (size_t i = 0; i < all->length; i++)
        all->item[i].node->grad = all->item[i].grad;
}

#endif
