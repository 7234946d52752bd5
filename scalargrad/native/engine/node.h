/* The node: 72 bytes, with up to two operands inside; more stand in an array of edges. Included
 * by folds.h. */
#ifndef SCALARGRAD_NODE_H
#define SCALARGRAD_NODE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct Node Node;

/* One operand: a node and ∂out/∂operand; or a constant, without a node and with its number. */
typedef struct {
    Node *parent;
    double partial;
} Edge;

typedef struct {
    PyObject *row; /* the Operator */
    Py_ssize_t length;
    int flat;     /* all parents are known to be leaves, none of them twice */
    int doubtful; /* a zero among the partials may stand for NOTHING: see doubts.h */
    Edge edge[];
} Edges;

static size_t doubtful_count; /* the nodes alive that are doubtful */
static size_t later_count;    /* the nodes alive whose edges come later: see later.h */

enum { LEAF, UNARY, BINARY, MANY, LATER };   /* Node.shape */
enum { OP_CUSTOM = 255 };                    /* Node.op of an operator outside the table */
enum { HAS_NOTES = 1, MARKED = 2, END = 4 }; /* Node.flags */

/* A gradient that does not flow, and the grad of a node that has none; see scalars.py. Adding 0.0
 * turns NOTHING into the 0.0 that users see. */
#define NOTHING (-0.0)
#define NO_GRADIENT NOTHING

struct Node {
    PyObject_HEAD
    double data;
    union {
        double grad;
        Node *link; /* while waiting to be visited or freed; grad is of no use then */
    };
    uint8_t op;
    uint8_t shape : 4, flags : 4;
    uint16_t link_high; /* with count, a link for nodes whose grad is in use */
    uint32_t count;     /* during backward: edges from consumers not handled yet; else 0 */
    union {
        struct {
            Node *parent[2];
            double partial[2];
        };
        Edges *edges; /* MANY */
        struct {      /* LATER */
            Node *no_parents[2];
            PyObject *call;
            Py_ssize_t place;
        };
        struct { /* LEAF, during backward */
            Node *next_leaf;
            Node *no_parent;
            double old_grad;
        };
    };
};

#define SLOT_BYTES sizeof(Node)
#include "arena.h"

static PyTypeObject ValueType;

static inline int is_value(PyObject *x)
{
    return Py_TYPE(x) == &ValueType;
}

static inline Py_ssize_t operand_count(const Node *node)
{
    return node->shape == MANY ? node->edges->length : node->shape;
}

static inline Edge operand_at(const Node *node, Py_ssize_t i)
{
    if (node->shape == MANY)
        return node->edges->edge[i];
    return (Edge){node->parent[i], node->partial[i]};
}

/* ------ notes: labels and source lines, kept aside for the few nodes that have one */

static PyObject *labels, *sources; /* dicts by address */

static int note_set(PyObject *notes, Node *node, PyObject *note)
{
    PyObject *address = PyLong_FromVoidPtr(node);
    int failed = !address || PyDict_SetItem(notes, address, note) < 0;
    Py_XDECREF(address);
    if (!failed)
        node->flags |= HAS_NOTES;
    return failed ? -1 : 0;
}

/* A borrowed reference; NULL with no error set if there is none. */
static PyObject *note_get(PyObject *notes, Node *node)
{
    if (!(node->flags & HAS_NOTES))
        return NULL;
    PyObject *address = PyLong_FromVoidPtr(node);
    PyObject *note = address ? PyDict_GetItemWithError(notes, address) : NULL;
    Py_XDECREF(address);
    return note;
}

COLD void notes_drop(Node *node)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *address = PyLong_FromVoidPtr(node);
    if (address) {
        if (PyDict_DelItem(labels, address) < 0)
            PyErr_Clear();
        if (PyDict_DelItem(sources, address) < 0)
            PyErr_Clear();
        Py_DECREF(address);
    } else
        PyErr_Clear();
    PyErr_Restore(type, value, traceback);
}

/* ------ making and freeing */

/* PyObject_Init without the call, worth a tenth of the time of building a node. */
INLINE void object_init(PyObject *object)
{
#if defined(Py_REF_DEBUG) || defined(Py_TRACE_REFS) || defined(Py_GIL_DISABLED)
    (void)PyObject_Init(object, &ValueType);
#else
    /* cleared first: what a freed slot holds may look like the count of an immortal object, which
     * Py_SET_REFCNT would leave alone */
    memset(object, 0, sizeof *object);
    Py_SET_REFCNT(object, 1);
    Py_SET_TYPE(object, &ValueType);
#endif
}

INLINE Node *node_new(uint8_t op, uint8_t shape, double data)
{
    Node *node = arena_allocate();
    if (UNLIKELY(!node)) {
        PyErr_NoMemory();
        return NULL;
    }
    object_init((PyObject *)node);
    node->data = data;
    node->grad = NO_GRADIENT;
    node->op = op;
    node->shape = shape;
    node->flags = 0;
    node->link_high = 0;
    node->count = 0;
    return node;
}

static inline Node *leaf_new(double data)
{
    Node *node = node_new(0, LEAF, data);
    if (LIKELY(node)) {
        node->parent[0] = node->parent[1] = NULL;
        node->partial[0] = node->partial[1] = 0.0;
    }
    return node;
}

static Edges *edges_new(PyObject *row, Py_ssize_t length)
{
    if ((size_t)length > (PY_SSIZE_T_MAX - sizeof(Edges)) / sizeof(Edge)) {
        PyErr_NoMemory();
        return NULL;
    }
    Edges *edges = acquire(sizeof *edges + (size_t)length * sizeof(Edge));
    if (!edges) {
        PyErr_NoMemory();
        return NULL;
    }
    Py_INCREF(row);
    edges->row = row;
    edges->length = length;
    edges->flat = edges->doubtful = 0;
    return edges;
}

/* Nodes to be handled, the last come first. The first stays in a register and only the others
 * are linked: worth an eighth of the time of walking a graph. */
typedef struct {
    Node *last, *others;
} Pending;

INLINE void pending_add(Pending *pending, Node *node)
{
    if (pending->last) {
        pending->last->link = pending->others;
        pending->others = pending->last;
    }
    pending->last = node;
}

/* NULL if there is none left. */
INLINE Node *pending_take(Pending *pending)
{
    Node *node = pending->last;
    pending->last = NULL;
    if (!node && pending->others) {
        node = pending->others;
        pending->others = node->link;
    }
    return node;
}

/* Give up one reference to a parent. The last one makes it one of the nodes to be freed, its count
 * left at 1, instead of freeing it from within. */
INLINE void parent_release(Node *parent, Pending *doomed)
{
    if (Py_REFCNT(parent) > 1)
        Py_DECREF(parent);
    else
        pending_add(doomed, parent);
}

static void edges_release(Edges *edges, Py_ssize_t filled, Pending *doomed)
{
    for (Py_ssize_t i = 0; i < filled; i++)
        if (edges->edge[i].parent)
            parent_release(edges->edge[i].parent, doomed);
    doubtful_count -= (size_t)edges->doubtful;
    Py_DECREF(edges->row);
    free(edges);
}

INLINE void node_free_one(Node *node, Pending *doomed)
{
    if (UNLIKELY(node->flags & HAS_NOTES))
        notes_drop(node);
    if (UNLIKELY(node->shape == MANY))
        edges_release(node->edges, node->edges->length, doomed);
    else if (UNLIKELY(node->shape == LATER)) {
        later_count--;
        Py_DECREF(node->call);
    } else {
        if (node->parent[0])
            parent_release(node->parent[0], doomed);
        if (node->parent[1])
            parent_release(node->parent[1], doomed);
    }
    arena_free(node);
}

static void free_all(Pending doomed)
{
    Node *node;
    while ((node = pending_take(&doomed)))
        node_free_one(node, &doomed);
}

/* Let a node that nobody else has forget what it was computed from. It is a leaf before its operands
 * are given up, for that may run Python code. */
static void node_make_leaf(Node *node)
{
    Pending doomed = {0};
    Node *const parent[] = {node->parent[0], node->parent[1]};
    Edges *const edges = node->shape == MANY ? node->edges : NULL;
    PyObject *const call = node->shape == LATER ? node->call : NULL;
    later_count -= call != NULL;
    node->op = 0;
    node->shape = LEAF;
    node->parent[0] = node->parent[1] = NULL;
    node->partial[0] = node->partial[1] = 0.0;
    if (edges)
        edges_release(edges, edges->length, &doomed);
    for (int k = 0; !edges && k < 2; k++)
        if (parent[k])
            parent_release(parent[k], &doomed);
    free_all(doomed);
    Py_XDECREF(call);
}

static void value_dealloc(PyObject *self)
{
    free_all((Pending){.last = (Node *)self});
}

/* Free edges whose node cannot be built. So many of them are filled. */
static void edges_abandon(Edges *edges, Py_ssize_t filled)
{
    Pending doomed = {0};
    edges_release(edges, filled, &doomed);
    free_all(doomed);
}

#endif
