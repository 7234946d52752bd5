/* The trace in C: all that a function does to its numbers, written down while it runs once. One of
 * the two source files of the engine's extension.
 *
 * The twin of compiler/trace/in_python.py, node for node. Where speed does not matter, Python serves
 * both. All happens under Python's lock; where Python code may run, pointers into a trace are found
 * anew. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>
#include "adjoints/adjoints.h"
#include "each.h"
#include "fusion.h"
#include "lane_sums.h"
#include "parts/kinds.h"
#include "parts/linear.h"
#include "reroll/rerolled.h"
#include "rolled/finished.h"
#include "scans/repeat.h"
#include "stages.h"
#include "views.h"
#include "../shared/trace_types.h"

/* ------ computing, from Python */

static PyObject *trace_constant(PyObject *self, PyObject *number)
{
    const double x = PyFloat_AsDouble(number);
    if ((x == -1.0 && PyErr_Occurred()) || as_nodes((Trace *)self) < 0)
        return NULL;
    const int32_t index = constant((Trace *)self, x);
    return index < 0 ? NULL : PyLong_FromLong(index);
}

static int truth_at(PyObject *const *args, Py_ssize_t n, Py_ssize_t k)
{
    return k < n ? PyObject_IsTrue(args[k]) : 0;
}

static PyObject *trace_input(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    if (n < 1 || n > 3) {
        PyErr_Format(PyExc_TypeError,
                     "input takes a number, whether it has lanes, and is plain, got %zd", n);
        return NULL;
    }
    int lane, plain;
    const double x = PyFloat_AsDouble(args[0]);
    if ((x == -1.0 && PyErr_Occurred()) || (lane = truth_at(args, n, 1)) < 0
        || (plain = truth_at(args, n, 2)) < 0 || as_nodes((Trace *)self) < 0)
        return NULL;
    const int32_t index = new_input((Trace *)self, x, lane, plain);
    return index < 0 ? NULL : tracer_of((Trace *)self, index);
}

static PyObject *trace_index(PyObject *self, PyObject *x)
{
    const int32_t index = index_of((Trace *)self, x);
    return index < 0 ? NULL : PyLong_FromLong(index);
}

static int32_t compute_items(Trace *t, int32_t row, PyObject *items)
{
    const Py_ssize_t count = PyTuple_GET_SIZE(items);
    int32_t few[FEW] = {0}, *operands = few_or_more(few, count, sizeof *operands);
    if (!operands)
        return -1;
    int32_t index = 0;
    for (Py_ssize_t k = 0; index >= 0 && k < count; k++)
        index = operands[k] = index_of(t, PyTuple_GET_ITEM(items, k));
    if (index >= 0)
        index = computed(t, row, operands, (int32_t)count);
    if (index >= 0)
        note_call(t, row, operands, (int32_t)count, index);
    free_more(operands, few);
    return index;
}

static PyObject *event_of_items(Trace *t, int32_t row, PyObject *items)
{
    PyObject *few[FEW], **xs = few_or_more(few, PyTuple_GET_SIZE(items), sizeof *xs);
    if (!xs)
        return NULL;
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(items); k++)
        xs[k] = PyTuple_GET_ITEM(items, k);
    PyObject *found = event_of_objects(t, row, xs, PyTuple_GET_SIZE(items));
    free_more(xs, few);
    return found;
}

/* compute(row, operands): the Tracer of the node, the known one if there is one. */
static PyObject *trace_compute(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    Trace *t = (Trace *)self;
    if (n != 2) {
        PyErr_Format(PyExc_TypeError, "compute takes a row and its operands, got %zd", n);
        return NULL;
    }
    /* a tuple of its own: reading an operand may run Python code, which could change a list */
    PyObject *items = own_tuple(args[1]);
    if (items && PyTuple_GET_SIZE(items) > INT32_MAX)
        Py_SETREF(items, PyErr_NoMemory());
    const int32_t row = items ? code_for(t, args[0]) : -1;
    PyObject *event = row < 0 ? NULL : event_of_items(t, row, items);
    const int32_t index = event || PyErr_Occurred() ? -1 : compute_items(t, row, items);
    Py_XDECREF(items);
    return index < 0 ? event : result_of(t, term_at(t, index));
}

static int known_code(Trace *t, PyObject *row)
{
    const int32_t code = code_for(t, row);
    if (code < KNOWN_ROWS)
        return code;
    PyErr_SetString(PyExc_ValueError, "expected a row that is known to all traces");
    return -1;
}

/* Take over pairs: a row, and the row that is computed in place of it. */
static int replace_rows(Trace *t, PyObject *pairs)
{
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(pairs); k++) {
        PyObject *row, *other;
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(pairs, k), "OO", &row, &other))
            return -1;
        const int code = known_code(t, row), instead = code < 0 ? -1 : known_code(t, other);
        if (instead < 0)
            return -1;
        t->instead[code] = (int16_t)(1 + instead);
    }
    return 0;
}

/* ask(always, beside_number, written_out, instead): of which rows `compute` is to be asked before
 * they are applied, which are computed in their elementary form, and which are other rows. */
static PyObject *trace_ask(PyObject *self, PyObject *args)
{
    static const uint8_t how[] = {ALWAYS, BESIDE_NUMBER, WRITTEN_OUT};
    Trace *t = (Trace *)self;
    PyObject *rows[3], *instead;
    if (!PyArg_ParseTuple(args, "O!O!O!O!:ask", &PyTuple_Type, &rows[0], &PyTuple_Type, &rows[1],
                          &PyTuple_Type, &rows[2], &PyTuple_Type, &instead)
        || replace_rows(t, instead) < 0)
        return NULL;
    for (int which = 0; which < 3; which++)
        for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(rows[which]); k++) {
            const int32_t row = code_for(t, PyTuple_GET_ITEM(rows[which], k));
            if (row < 0)
                return NULL;
            if (row < KNOWN_ROWS)
                t->asks[row] = how[which];
        }
    t->is_rewriting = 1;
    Py_RETURN_NONE;
}

/* ------ the type */

static PyObject *trace_new(PyTypeObject *type, PyObject *args, PyObject *named)
{
    (void)args;
    (void)named;
    if (!is_installed())
        return NULL;
    PyObject *rows = PyList_New(0), *inputs = PyList_New(0);
    PyObject *codes = PyDict_New(), *captured = PyDict_New();
    Trace *t = rows && inputs && codes && captured ? (Trace *)type->tp_alloc(type, 0) : NULL;
    if (!t) {
        Py_XDECREF(rows);
        Py_XDECREF(inputs);
        Py_XDECREF(codes);
        Py_XDECREF(captured);
        return NULL;
    }
    t->rows = rows;
    t->inputs = inputs;
    t->codes = codes;
    t->captured = captured;
    return (PyObject *)t;
}

static int trace_traverse(PyObject *self, visitproc visit, void *arg)
{
    Trace *t = (Trace *)self;
    Py_VISIT(t->rows);
    Py_VISIT(t->codes);
    Py_VISIT(t->captured);
    Py_VISIT(t->inputs);
    Py_VISIT(t->guard_dict);
    Py_VISIT(t->decided);
    return 0;
}

/* The containers stay, empty: no other function has to check that they are there. */
static int trace_clear(PyObject *self)
{
    Trace *t = (Trace *)self;
    if (t->codes)
        PyDict_Clear(t->codes);
    if (t->captured)
        PyDict_Clear(t->captured);
    if (t->rows && PyList_SetSlice(t->rows, 0, PyList_GET_SIZE(t->rows), NULL) < 0)
        PyErr_Clear();
    return 0;
}

static void trace_dealloc(PyObject *self)
{
    Trace *t = (Trace *)self;
    PyObject_GC_UnTrack(self);
    Py_XDECREF(t->rows);
    Py_XDECREF(t->codes);
    Py_XDECREF(t->captured);
    Py_XDECREF(t->inputs);
    PyMem_Free(t->node);
    PyMem_Free(t->operand);
    PyMem_Free(t->known.item);
    free_guards(t);
    free_rolled(&t->rolled);
    Py_TYPE(self)->tp_free(self);
}

static Py_ssize_t trace_length(PyObject *self)
{
    return as_nodes((Trace *)self) < 0 ? -1 : ((Trace *)self)->size;
}

static PySequenceMethods trace_as_sequence = {.sq_length = trace_length};

static PyMethodDef trace_methods[] = {
    {"constant", trace_constant, METH_O, "constant(number): the node of a constant."},
    {"input", (PyCFunction)(void (*)(void))trace_input, METH_FASTCALL,
     "input(number, lane=False, plain=False): the Tracer of a new input."},
    {"index", trace_index, METH_O, "index(x): the node that stands for an operand."},
    {"compute", (PyCFunction)(void (*)(void))trace_compute, METH_FASTCALL,
     "compute(row, operands): the Tracer of the node, the known one if there is one."},
    {"compute_each", trace_compute_each, METH_VARARGS,
     "compute_each(row, nodes, beside): the nodes of a row on each of these, and those beside "
     "it."},
    {"ask", trace_ask, METH_VARARGS,
     "ask(always, beside_number, instead): the rows that `compute` rewrites; if beside a number "
     "only; and pairs of a row and another that is computed in its place."},
    {"needed", trace_needed, METH_O, "needed(wanted): the nodes that these are computed from."},
    {"need_some", trace_need_some, METH_VARARGS,
     "need_some(wanted, rows): whether these need some node with one of these rows."},
    {"uses", trace_uses, METH_O, "uses(wanted): how often each node is used by these."},
    {"staged", trace_staged, METH_VARARGS,
     "staged(wanted, late_inputs): the stage of every node, as bytes; those that are computed in "
     "each stage; the constants; the rows."},
    {"copy", trace_copy, METH_VARARGS,
     "copy(old, wanted): compute what they need again; what they have become."},
    {"lane_sums", trace_lane_sums, METH_VARARGS,
     "lane_sums(nodes, counts, is_told=False): sums of nodes over the lanes; the first of the "
     "inputs `counts` tells how many lanes there are, and none of these is 0 or infinite. Of "
     "sums that are told afterwards that −0.0 is 0.0 those of x + 0.0 are those of x."},
    {"fuse", trace_fuse, METH_O, "fuse(wanted): turn sums of products into single nodes."},
    {"adjoints", trace_adjoints, METH_VARARGS,
     "adjoints(root, leaves, seed): the adjoint of each leaf, -0.0 where nothing flows."},
    {"order", trace_order, METH_VARARGS,
     "order(root, low): the nodes from `low` on that the root needs, in backward order."},
    {"look_for_loops", trace_look_for_loops, METH_O,
     "look_for_loops(calls): find out after so many whether most of them lie in loops."},
    {"tell_values", trace_tell_values, METH_O,
     "tell_values(these): which inputs or nodes are Values; later inputs are if not plain."},
    {"give_up_loops", trace_give_up_loops, METH_O,
     "give_up_loops(why): keep the trace as nodes from now on."},
    {"repeat", trace_repeat, METH_VARARGS,
     "repeat(steps, state, xs, fixed, state_slots, y_slots, begin, end): the steps of a scan; the "
     "state after them, and a list for each y."},
    {"columns", trace_columns_as_bytes, METH_NOARGS,
     "columns(): rows, counts of operands, numbers, operands and guards, as bytes."},
    {"rolled", trace_rolled, METH_O,
     "rolled(results): items, events, and what the results are; None of nodes."},
    {"rolled_nodes", trace_rolled_nodes, METH_O,
     "rolled_nodes(results): the same of a finished trace that is kept as nodes."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef trace_members[] = {
    {"captured", T_OBJECT_EX, offsetof(Trace, captured), READONLY,
     "The Values the function closes over, each with the input that stands for it."},
    {"inputs", T_OBJECT_EX, offsetof(Trace, inputs), READONLY, "The inputs, in order."},
    {"decided", T_OBJECT_EX, offsetof(Trace, decided), 0,
     "A mapping: outcomes of comparisons that are known beforehand."},
    {NULL, 0, 0, 0, NULL},
};

static PyTypeObject TraceType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "scalargrad.native._engine.Trace",
    .tp_doc = "Nodes in the order in which they were computed, each different computation once.",
    .tp_basicsize = sizeof(Trace),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_new = trace_new,
    .tp_dealloc = trace_dealloc,
    .tp_traverse = trace_traverse,
    .tp_clear = trace_clear,
    .tp_methods = trace_methods,
    .tp_members = trace_members,
    .tp_getset = trace_columns,
    .tp_as_sequence = &trace_as_sequence,
};

/* ------ what the module has of the trace */

#define HOOK(name, type) {#name, &trace_hooks.name, type},

/* install_trace(**hooks): TRACE_HOOKS lists them. */
static PyObject *install_trace(PyObject *module, PyObject *args, PyObject *named)
{
    (void)module;
    const Hook hooks[] = {TRACE_HOOKS(HOOK)};
    const Py_ssize_t count = sizeof hooks / sizeof *hooks;
    if (check_hooks(hooks, count, args, named, KNOWN_ROWS) < 0)
        return NULL;
    PyObject *tracer = PyDict_GetItemString(named, "tracer");
    if (!PyType_IsSubtype((PyTypeObject *)tracer, &TracerType)) {
        PyErr_SetString(PyExc_TypeError, "tracer has to be a subclass of Tracer");
        return NULL;
    }
    know_arities();
    put_hooks(hooks, count, named);
    Py_RETURN_NONE;
}

#undef HOOK

static PyMethodDef trace_functions[] = {
    {"install_trace", (PyCFunction)(void (*)(void))install_trace, METH_VARARGS | METH_KEYWORDS,
     "install_trace(**hooks): take the part of the trace that is written in Python."},
    {"linear_parts", (PyCFunction)(void (*)(void))linear_parts, METH_FASTCALL,
     "linear_parts(sort, begin, operand, number, variable, outputs): see "
     "compiler/parts/linear.py."},
    {"alike_parts", (PyCFunction)(void (*)(void))alike_parts, METH_FASTCALL,
     "alike_parts(sort, begin, operand, number, variable, parts, code, power, room): see "
     "compiler/parts/kinds.py."},
    {NULL, NULL, 0, NULL},
};

PyObject *traced_row(int row, PyObject *x)
{
    return is_tracer(x) ? unary(row, x) : NULL;
}

int add_trace_types(PyObject *module)
{
    PyTypeObject *const types[] = {&TraceType, &TracerType, &RerolledType, &LoopRecorderType};
    if (PyType_Ready(&TraceColumnType) < 0 || PyModule_AddFunctions(module, trace_functions) < 0)
        return -1;
    for (size_t k = 0; k < sizeof types / sizeof *types; k++)
        if (PyModule_AddType(module, types[k]) < 0)
            return -1;
    return 0;
}
