/* Value in C: the twin of value.py, which is its specification. One of the two source files of the
 * engine's extension; makes the type and the module of the parts that stand beside it. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include "with_blocks.h"
#include "copying.h"
#include "current.h"
#include "function.h"
#include "compiled_nodes.h"
#include "gradients.h"
#include "optim.h"
#include "protocols.h"
#include "../shared/trace_types.h"

/* ------ methods from the table */

#define ROW(python_name, name, doc)                                                               \
    static PyObject *method_##python_name(PyObject *self, PyObject *unused)                       \
    {                                                                                             \
        (void)unused;                                                                             \
        return slot_##name(self);                                                                 \
    }
UNARY_METHODS(ROW)
#undef ROW

/* Methods have a quick way in C for at most two operands besides self. */
static PyObject *call_quickly(int code, PyObject *self, PyObject *const *args, Py_ssize_t n,
                              PyObject *kwnames)
{
    PyObject *all[] = {self, n > 0 ? args[0] : NULL, n > 1 ? args[1] : NULL};
    PyObject *result = n <= 2 && !kwnames ? quick(&entries[code], all, n + 1) : NULL;
    if (result || PyErr_Occurred())
        return result;
    return call_with(PyTuple_GET_ITEM(hooks.rows, code), self, args, n, kwnames);
}

#define ROW(python_name, name, doc)                                                               \
    static PyObject *call_##python_name(PyObject *self, PyObject *const *args, Py_ssize_t n,      \
                                        PyObject *kwnames)                                        \
    {                                                                                             \
        return call_quickly(OP_##name, self, args, n, kwnames);                                   \
    }
BINARY_METHODS(ROW)
TERNARY_METHODS(ROW)
PYTHON_METHODS(ROW)
#undef ROW

#define FAST(f) ((PyCFunction)(void (*)(void))(f))

/* clang-format off */
static PyMethodDef value_methods[] = {
#define ROW(python_name, name, doc) {#python_name, method_##python_name, METH_NOARGS, doc},
    UNARY_METHODS(ROW)
#undef ROW
#define ROW(python_name, name, doc)                                                               \
    {#python_name, FAST(call_##python_name), METH_FASTCALL | METH_KEYWORDS, doc},
    BINARY_METHODS(ROW)
    TERNARY_METHODS(ROW)
    PYTHON_METHODS(ROW)
#undef ROW
    {"backward", FAST(value_backward), METH_VARARGS | METH_KEYWORDS,
     "backward($self, /, seed=1.0)\n--\n\nAdd seed · ∂self/∂leaf to the grad of every leaf, and "
     "set the grad of every node between.\nAll or nothing if interrupted; O(nodes + edges)."},
    {"zero_grad", value_zero_grad, METH_NOARGS,
     "zero_grad($self, /)\n--\n\nSet grad to 0.0 here and in every node this one was computed "
     "from."},
    {"detach", value_detach, METH_NOARGS,
     "detach($self, /)\n--\n\nReturn a new leaf with the same data: no gradient flows through "
     "it."},
    {"_alone", value_alone, METH_NOARGS, NULL},
    {"_adjoints", value_adjoints, METH_O, NULL},
    {"_backward_order", value_backward_order, METH_O, NULL},
    {"_decide", value_decide, METH_O, NULL},
    {"_is_current", value_is_current, METH_NOARGS, NULL},
    {"_run_backward", value_run_backward, METH_O, NULL},
    {"_later", FAST(value_later), METH_FASTCALL | METH_STATIC, NULL},
    {"_rebuild", value_rebuild, METH_VARARGS | METH_STATIC, NULL},
    {"__operator__", value_operator, METH_VARARGS | METH_STATIC, NULL},
    {"__format__", value_format, METH_O, NULL},
    {"__round__", value_round, METH_VARARGS, NULL},
    {"__floor__", method_floor, METH_NOARGS, NULL},
    {"__ceil__", method_ceil, METH_NOARGS, NULL},
    {"__trunc__", method_trunc, METH_NOARGS, NULL},
    {"__complex__", refuse_complex, METH_NOARGS, NULL},
    {"__array_ufunc__", FAST(value_array_ufunc), METH_FASTCALL | METH_KEYWORDS, NULL},
    {"conjugate", value_conjugate, METH_NOARGS,
     "The number itself; NumPy's variance asks for it."},
    {"__copy__", value_copy, METH_NOARGS, NULL},
    {"__deepcopy__", value_deepcopy, METH_O, NULL},
    {"__reduce__", value_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};
/* clang-format on */

static PyNumberMethods value_as_number = {
    NUMBER_SLOTS,
    .nb_power = slot_power,
    .nb_divmod = slot_divmod,
    .nb_positive = value_positive,
    .nb_bool = value_bool,
    .nb_float = refuse_float,
    .nb_int = refuse_float,
};

static PyTypeObject ValueType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "scalargrad.engine.Value",
    .tp_doc = "Value(data, label=\"\")\n--\n\n"
              "A float64 that remembers how it was computed.\n\n"
              "`data` and `grad` are floats, `label` a string; all three can be set.\n"
              "`parents` are the Values it was computed from, in order, one for each edge:\n"
              "x·x has x twice. A leaf has none. Raises TypeError unless `data` is one real\n"
              "number, OverflowError for an integer beyond the floats.\n\n"
              "Value(data, parents, partials) is a node of your own: `partials` are\n"
              "numbers, ∂data/∂parent for each of the parents.",
    .tp_basicsize = sizeof(Node),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = value_new,
    .tp_vectorcall = value_vectorcall,
    .tp_dealloc = value_dealloc,
    .tp_repr = value_repr,
    .tp_hash = value_hash,
    .tp_richcompare = value_compare,
    .tp_as_number = &value_as_number,
    .tp_methods = value_methods,
    .tp_getset = value_getset,
};

/* ------ the module */

#define HOOK(name, type) {#name, &hooks.name, type},

static PyObject *refuse_before_install(PyObject *module, PyObject *args, PyObject *named)
{
    (void)module;
    (void)args;
    (void)named;
    return PyErr_Format(PyExc_RuntimeError,
                        "the engine is used before Python's part is installed");
}

/* Until Python's part is installed, a function that refuses stands in place of all hooks and rows:
 * so none of those who use a hook has to ask whether it is there. −1 with an exception. */
static int put_refusals(void)
{
    static PyMethodDef refusing = {"refuse", FAST(refuse_before_install),
                                   METH_VARARGS | METH_KEYWORDS, NULL};
    const Hook list[] = {ENGINE_HOOKS(HOOK)};
    PyObject *refusal = PyCFunction_New(&refusing, NULL), *rows = PyTuple_New(OP_COUNT);
    if (!refusal || !rows)
        return -1;
    for (size_t k = 0; k < sizeof list / sizeof *list; k++)
        *list[k].target = Py_NewRef(refusal);
    for (Py_ssize_t code = 0; code < OP_COUNT; code++)
        PyTuple_SET_ITEM(rows, code, Py_NewRef(refusal));
    Py_SETREF(hooks.rows, rows);
    Py_DECREF(refusal);
    return 0;
}

/* install(**hooks): ENGINE_HOOKS lists them. */
static PyObject *engine_install(PyObject *module, PyObject *args, PyObject *named)
{
    (void)module;
    const Hook list[] = {ENGINE_HOOKS(HOOK)};
    const Py_ssize_t count = sizeof list / sizeof *list;
    if (check_hooks(list, count, args, named, OP_COUNT) < 0)
        return NULL;
    put_hooks(list, count, named);
    Py_RETURN_NONE;
}

#undef HOOK

static PyObject *engine_trim(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    arena_trim();
    Py_RETURN_NONE;
}

static PyObject *engine_chunks(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return Py_BuildValue("nn", (Py_ssize_t)arena.chunks, (Py_ssize_t)arena.chunks_in_use);
}

static PyObject *engine_fail_after(PyObject *module, PyObject *count)
{
    (void)module;
    long number = PyLong_AsLong(count);
    if (number == -1 && PyErr_Occurred())
        return NULL;
    arena.fail_after = number;
    Py_RETURN_NONE;
}

static PyMethodDef engine_functions[] = {
    {"install", FAST(engine_install), METH_VARARGS | METH_KEYWORDS,
     "Hand over the table's rows and Python's part."},
    {"set_modes", set_modes, METH_VARARGS, "Take over what tells the modes; see with_blocks.h."},
    {"function", function_of_row, METH_O, "Return the callable that a row is to users."},
    {"update", engine_update, METH_O,
     "Apply update rules to parameters: all jobs, or none. See updates.py."},
    {"update_rules", engine_update_rules, METH_NOARGS, "The update rules known, a line each."},
    {"compiled_node", FAST(engine_compiled_node), METH_FASTCALL,
     "Return a node with the partials of a buffer."},
    {"trim", engine_trim, METH_NOARGS, "Give memory that holds no node back to the system."},
    {"chunks", engine_chunks, METH_NOARGS, "Chunks of 2 MiB held, and those in use."},
    {"fail_after", engine_fail_after, METH_O,
     "For tests: let all allocations fail after this many; -1 ends it."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef engine_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "scalargrad.native._engine",
    .m_doc = "Value and the trace in C.",
    .m_size = -1,
    .m_methods = engine_functions,
};

PyMODINIT_FUNC PyInit__engine(void)
{
    labels = PyDict_New();
    sources = PyDict_New();
    modes_blocks = PySet_New(NULL);
    if (!labels || !sources || !modes_blocks || put_refusals() < 0
        || PyType_Ready(&FunctionType) < 0)
        return NULL;
    PyObject *module = PyModule_Create(&engine_module);
    PyObject *in_c = PyCapsule_New(&engine_functions_in_c, ENGINE_IN_C, NULL);
    if (!module || !in_c || PyModule_AddObjectRef(module, "in_c", in_c) < 0
        || PyModule_AddType(module, &ValueType) < 0 || add_trace_types(module) < 0)
        Py_CLEAR(module);
    Py_XDECREF(in_c);
    return module;
}
