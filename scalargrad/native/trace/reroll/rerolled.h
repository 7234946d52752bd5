/* `Rerolled` as Python sees it: code for nodes, and the place of each. Included by module.c. */
#ifndef SCALARGRAD_REROLLED_H
#define SCALARGRAD_REROLLED_H

#include "code.h"

static int rerolled_begin(Rerolled *r, PyObject *first)
{
    Trace *t = r->trace;
    const size_t bytes = ((size_t)t->size + 1) * sizeof *r->place;
    PyObject *nodes = checked_indices(t, first);
    r->nodes = t->size;
    r->place = nodes ? PyMem_Malloc(bytes) : NULL;
    if (nodes && !r->place)
        PyErr_NoMemory();
    int failed = !r->place;
    if (!failed)
        memset(r->place, 0xFF, bytes);
    for (Py_ssize_t k = 0; !failed && k < count_of(nodes); k++) {
        const int32_t i = index_in(nodes, k);
        if (r->place[i] >= 0)
            continue;
        failed = put_node(r, i) < 0;
        if (!failed && is_constant(t, i)) {
            r->at.number[r->place[i]] = t->node[i].number;
            r->at.fixed[r->place[i]] = 1;
        }
    }
    Py_XDECREF(nodes);
    return failed ? -1 : 0;
}

/* Rerolled(trace, nodes, few): the first places are those of `nodes`. */
static PyObject *rerolled_new(PyTypeObject *type, PyObject *args, PyObject *named)
{
    PyObject *trace, *nodes;
    int few;
    if (named && PyDict_GET_SIZE(named)) {
        PyErr_SetString(PyExc_TypeError, "Rerolled takes no named arguments");
        return NULL;
    }
    if (!PyArg_ParseTuple(args, "O!Oi:Rerolled", &TraceType, &trace, &nodes, &few))
        return NULL;
    Rerolled *r = (Rerolled *)type->tp_alloc(type, 0);
    if (!r)
        return NULL;
    r->trace = (Trace *)Py_NewRef(trace);
    r->few = few;
    if (rerolled_begin(r, nodes) < 0)
        Py_CLEAR(r);
    return (PyObject *)r;
}

static void rerolled_dealloc(PyObject *self)
{
    Rerolled *r = (Rerolled *)self;
    PyObject_GC_UnTrack(self);
    Py_XDECREF(r->trace);
    PyMem_Free(r->place);
    PyMem_Free(r->at.number);
    PyMem_Free(r->at.fixed);
    packs_free(&r->packs);
    Py_TYPE(self)->tp_free(self);
}

static int rerolled_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((Rerolled *)self)->trace);
    return 0;
}

/* The nodes as checked indices of rows that have a code of their own, not grown since. */
static PyObject *computed_nodes(const Rerolled *r, PyObject *nodes)
{
    PyObject *items = checked_indices(r->trace, nodes);
    for (Py_ssize_t k = 0; items && k < count_of(items); k++) {
        const int32_t i = index_in(items, k);
        if (i >= r->nodes || r->trace->node[i].row < 0 || r->place[i] >= 0) {
            PyErr_Format(PyExc_ValueError, "node %d is not to be computed", i);
            Py_DECREF(items);
            return NULL;
        }
    }
    return items;
}

/* code(nodes): the instructions that compute the nodes, as the bytes of int32; the nodes get
 * their places. */
static PyObject *rerolled_code(PyObject *self, PyObject *nodes)
{
    Rerolled *r = (Rerolled *)self;
    PyObject *items = computed_nodes(r, nodes), *found = NULL;
    if (!items)
        return NULL;
    Groups groups;
    Words code = {0};
    if (groups_new(&groups, r->trace, items) == 0 && add_groups(r, &groups, &code) == 0)
        found = PyBytes_FromStringAndSize((char *)code.item,
                                          (Py_ssize_t)code.count * (Py_ssize_t)sizeof *code.item);
    groups_free(&groups);
    PyMem_Free(code.item);
    Py_DECREF(items);
    return found;
}

/* put(nodes): give places to nodes that something else computes. */
static PyObject *rerolled_put(PyObject *self, PyObject *nodes)
{
    Rerolled *r = (Rerolled *)self;
    PyObject *items = computed_nodes(r, nodes);
    int failed = !items;
    for (Py_ssize_t k = 0; !failed && k < count_of(items); k++)
        failed = put_node(r, index_in(items, k)) < 0;
    Py_XDECREF(items);
    return failed ? NULL : Py_NewRef(Py_None);
}

/* initial(): the number at each place before anything is computed, as the bytes of float64. */
static PyObject *rerolled_initial(PyObject *self, PyObject *unused)
{
    (void)unused;
    const Places *at = &((Rerolled *)self)->at;
    const Py_ssize_t bytes = (Py_ssize_t)at->size * (Py_ssize_t)sizeof *at->number;
    PyObject *found = PyBytes_FromStringAndSize(NULL, bytes + REACH * (Py_ssize_t)sizeof(double));
    if (!found)
        return NULL;
    memset(PyBytes_AS_STRING(found), 0, (size_t)PyBytes_GET_SIZE(found));
    if (bytes)
        memcpy(PyBytes_AS_STRING(found), at->number, (size_t)bytes);
    return found;
}

/* [node]: its place. */
static PyObject *rerolled_place(PyObject *self, PyObject *node)
{
    const Rerolled *r = (Rerolled *)self;
    const int32_t i = checked_index(r->trace, node);
    if (i < 0)
        return NULL;
    if (i < r->nodes && r->place[i] >= 0)
        return PyLong_FromLong(r->place[i]);
    PyErr_SetObject(PyExc_KeyError, node);
    return NULL;
}

static int has_place(const Rerolled *r, long i)
{
    return i >= 0 && i < r->nodes && r->place[i] >= 0;
}

static int rerolled_contains(PyObject *self, PyObject *node)
{
    const long i = PyLong_AsLong(node);
    return i == -1 && PyErr_Occurred() ? -1 : has_place((Rerolled *)self, i);
}

/* get(node, default): its place, or the default where it has none. */
static PyObject *rerolled_get(PyObject *self, PyObject *args)
{
    long i;
    PyObject *otherwise;
    if (!PyArg_ParseTuple(args, "lO:get", &i, &otherwise))
        return NULL;
    const Rerolled *r = (Rerolled *)self;
    return has_place(r, i) ? PyLong_FromLong(r->place[i]) : Py_NewRef(otherwise);
}

static PySequenceMethods rerolled_as_sequence = {.sq_contains = rerolled_contains};

static PyMappingMethods rerolled_as_mapping = {.mp_subscript = rerolled_place};

static PyMethodDef rerolled_methods[] = {
    {"code", rerolled_code, METH_O, "code(nodes): the instructions that compute them; bytes."},
    {"get", rerolled_get, METH_VARARGS, "get(node, default): its place."},
    {"put", rerolled_put, METH_O, "put(nodes): give places to nodes that are computed elsewhere."},
    {"initial", rerolled_initial, METH_NOARGS,
     "initial(): what stands at each place at first; bytes."},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject RerolledType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "scalargrad.native._engine.Rerolled",
    .tp_doc = "The code of uniform numbers; [node] is the place of a node's number.",
    .tp_basicsize = sizeof(Rerolled),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = rerolled_new,
    .tp_dealloc = rerolled_dealloc,
    .tp_traverse = rerolled_traverse,
    .tp_methods = rerolled_methods,
    .tp_as_sequence = &rerolled_as_sequence,
    .tp_as_mapping = &rerolled_as_mapping,
};

#endif
