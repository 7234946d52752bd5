/* `Rerolled` as Python sees it: code for nodes, and the place of each. Included by module.c. */
#ifndef SCALARGRAD_REROLLED_H
#define SCALARGRAD_REROLLED_H

#include "code.h"

static int rerolled_begin(Rerolled *r, const Indices *first)
{
    Trace *t = r->trace;
    const size_t bytes = ((size_t)t->size + 1) * sizeof *r->place;
    r->place = PyMem_Malloc(bytes);
    if (!r->place) {
        PyErr_NoMemory();
        return -1;
    }
    memset(r->place, 0xFF, bytes);
    r->nodes = t->size;
    for (Py_ssize_t k = 0; k < first->count; k++) {
        const int32_t i = first->item[k];
        if (r->place[i] >= 0)
            continue;
        if (put_node(r, i) < 0)
            return -1;
        if (is_constant(t, i)) {
            r->at.number[r->place[i]] = t->node[i].number;
            r->at.fixed[r->place[i]] = 1;
        }
    }
    return 0;
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
    Indices first;
    if (!PyArg_ParseTuple(args, "O!Oi:Rerolled", &TraceType, &trace, &nodes, &few)
        || as_nodes((Trace *)trace) < 0 || read_indices((Trace *)trace, nodes, &first) < 0)
        return NULL;
    Rerolled *r = (Rerolled *)type->tp_alloc(type, 0);
    if (r) {
        r->trace = (Trace *)Py_NewRef(trace);
        r->few = few;
        if (rerolled_begin(r, &first) < 0)
            Py_CLEAR(r);
    }
    indices_free(&first);
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

/* Whether all nodes are of rows that have a code of their own, and have no place yet. */
static int are_to_be_computed(const Rerolled *r, const Indices *nodes)
{
    for (Py_ssize_t k = 0; k < nodes->count; k++) {
        const int32_t i = nodes->item[k];
        if (i >= r->nodes || r->trace->node[i].row < 0 || r->place[i] >= 0) {
            PyErr_Format(PyExc_ValueError, "node %d is not to be computed", i);
            return 0;
        }
    }
    return 1;
}

static int read_computed(const Rerolled *r, PyObject *given, Indices *nodes)
{
    if (read_indices(r->trace, given, nodes) < 0)
        return -1;
    if (are_to_be_computed(r, nodes))
        return 0;
    indices_free(nodes);
    return -1;
}

static PyObject *code_of_nodes(Rerolled *r, const Indices *nodes)
{
    Groups groups;
    Words code = {0};
    PyObject *found = NULL;
    if (groups_new(&groups, r->trace, nodes) == 0 && add_groups(r, &groups, &code) == 0)
        found = PyBytes_FromStringAndSize((char *)code.item,
                                          (Py_ssize_t)code.count * (Py_ssize_t)sizeof *code.item);
    groups_free(&groups);
    PyMem_Free(code.item);
    return found;
}

/* code(nodes): the instructions that compute the nodes, as the bytes of int32; the nodes get
 * their places. */
static PyObject *rerolled_code(PyObject *self, PyObject *given)
{
    Indices nodes;
    if (read_computed((Rerolled *)self, given, &nodes) < 0)
        return NULL;
    PyObject *found = code_of_nodes((Rerolled *)self, &nodes);
    indices_free(&nodes);
    return found;
}

/* put(nodes): give places to nodes that something else computes. */
static PyObject *rerolled_put(PyObject *self, PyObject *given)
{
    Rerolled *r = (Rerolled *)self;
    Indices nodes;
    if (read_computed(r, given, &nodes) < 0)
        return NULL;
    int failed = 0;
    for (Py_ssize_t k = 0; !failed && k < nodes.count; k++)
        failed = put_node(r, nodes.item[k]) < 0;
    indices_free(&nodes);
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
