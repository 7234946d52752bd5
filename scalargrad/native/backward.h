/* Back-propagation in two passes that need no memory, so that nothing can fail between old and new
 * gradients: no signal handler and no allocation can cut in.
 *
 * The first counts, for each node reached from the root, the edges that lead to it. The second
 * handles a node when its count has fallen to zero, in the order that graph.py defines. */
#ifndef SCALARGRAD_BACKWARD_H
#define SCALARGRAD_BACKWARD_H

#include "node.h"

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

/* A link in the 48 bits beside op and shape, for a node whose grad is in use. */
INLINE void side_link(Node *node, Node *next)
{
    uint64_t address = (uint64_t)(uintptr_t)next;
    node->count = (uint32_t)address;
    node->link_high = (uint16_t)(address >> 32);
}

INLINE Node *take_side_link(Node *node)
{
    uint64_t address = (uint64_t)node->link_high << 32 | node->count;
    node->count = 0;
    node->link_high = 0;
    return (Node *)(uintptr_t)address;
}

/* In both passes the node met last is the next one. It stays in a register, and only the others that
 * one node leads to are linked to wait: worth an eighth of the time. */

/* Reached for the first time: a leaf keeps its old gradient aside, another node is the next. */
INLINE void reach(Node *node, Node **next, Node **waiting, Node **leaves)
{
    if (node->shape == LEAF) {
        node->old_grad = node->grad;
        node->grad = 0.0;
        node->next_leaf = *leaves;
        *leaves = node;
    } else {
        if (*next) {
            (*next)->link = *waiting;
            *waiting = *next;
        }
        *next = node;
    }
}

/* Count consumers, set interior gradients to zero, and return the list of leaves. */
static Node *count_consumers(Node *root)
{
    Node *leaves = NULL, *waiting = NULL, *node = NULL;
    reach(root, &node, &waiting, &leaves);
    while (node) {
        Node *next = NULL;
        node->grad = 0.0;
        FOR_EACH_EDGE(node, parent, partial, {
            if (parent->count++ == 0)
                reach(parent, &next, &waiting, &leaves);
        });
        if (!next && waiting) {
            next = waiting;
            waiting = next->link;
        }
        node = next;
    }
    return leaves;
}

static void propagate(Node *root)
{
    Node *ready = NULL, *node = root;
    while (node) {
        Node *next = NULL;
        double upstream = node->grad;
        /* a zero adjoint is not propagated: a branch not taken must not turn 0·inf into NaN */
        int flows = upstream != 0.0;
        FOR_EACH_EDGE(node, parent, partial, {
            if (flows)
                parent->grad += upstream * partial;
            if (--parent->count == 0 && parent->shape != LEAF) {
                if (next) {
                    side_link(next, ready);
                    ready = next;
                }
                next = parent;
            }
        });
        if (!next && ready) {
            next = ready;
            ready = take_side_link(next);
        }
        node = next;
    }
}

static void settle_leaves(Node *leaves)
{
    while (leaves) {
        Node *leaf = leaves;
        leaves = leaf->next_leaf;
        leaf->grad = leaf->old_grad + leaf->grad;
        leaf->next_leaf = NULL;
        leaf->old_grad = 0.0;
    }
}

static void run_backward(Node *root, double seed)
{
    Node *leaves = count_consumers(root);
    root->grad = seed;
    propagate(root);
    settle_leaves(leaves);
}

/* Handle all nodes in backward order without arithmetic, after count_consumers. Returns 0 once
 * `add` has; it is called no more then. */
static int visit_in_order(Node *root, int (*add)(void *, Node *), void *list)
{
    Node *ready = NULL;
    Node *node = root;
    int going = 1;
    while (node) {
        going = going && add(list, node);
        FOR_EACH_EDGE(node, parent, partial, {
            if (--parent->count == 0) {
                side_link(parent, ready);
                ready = parent;
            }
        });
        node = ready;
        if (node)
            ready = take_side_link(node);
    }
    return going;
}

/* ------ all nodes of a graph, for what must not change gradients or needs them all */

typedef struct {
    Node *node;
    double grad;
} Saved;

typedef struct {
    Saved *item;
    size_t length, room;
} Snapshot;

static int snapshot_save(Snapshot *all, Node *node)
{
    if (all->length == all->room) {
        size_t room = all->room ? 2 * all->room : 64;
        Saved *item = acquire_larger(all->item, room * sizeof(Saved));
        if (!item)
            return -1;
        all->item = item;
        all->room = room;
    }
    all->item[all->length++] = (Saved){node, node->grad};
    return 0;
}

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

/* Fill `all` with every node of the graph, root first; −1 if memory runs out. */
static int snapshot_take(Snapshot *all, Node *root)
{
    int failed = snapshot_visit(all, root) < 0;
    for (size_t next = 0; !failed && next < all->length; next++)
        FOR_EACH_EDGE(all->item[next].node, parent, partial, {
            failed = failed || snapshot_visit(all, parent) < 0;
        });
    for (size_t i = 0; i < all->length; i++)
        all->item[i].node->flags &= (uint8_t)~MARKED;
    return failed ? -1 : 0;
}

static void snapshot_restore(const Snapshot *all)
{
    for (size_t i = 0; i < all->length; i++)
        all->item[i].node->grad = all->item[i].grad;
}

#endif
