/* The machine: runs compiled programs on numbers and on lanes, 64 of these at a time.
 *
 * A program is three stretches of code: what is the same in all lanes, what each lane does, and
 * what follows from sums over the lanes. Code is int32 words: {operation, length, operands …}. It
 * is checked once, when a Program is made; running it checks nothing. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "call.h"
#include "reading.h"
#include "unchanged.h"

static PyMethodDef module_methods[] = {
    {"unchanged", (PyCFunction)(void (*)(void))unchanged, METH_FASTCALL,
     "unchanged(records, seen): whether each list, dict, cell, class and function still holds what it "
     "held; `seen` is 64 bits for each, zeros at first."},
    {"read", (PyCFunction)(void (*)(void))read_arguments, METH_FASTCALL,
     "read(readers, args, numbers, arrays): whether each argument is of the kind that its reader "
     "expects; then what it stands for is in the two lists."},
    {"choose", choose, METH_O,
     "choose(name): use the instruction set avx512, avx2, baseline or the best; return its name."},
    {"rows_at_once", rows_at_once, METH_NOARGS,
     "rows_at_once(): how many rows of a DENSE or a WIDE_TILE the instruction set has registers for, "
     "at most DENSE_ROWS."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef machine_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "scalargrad.native._machine",
    .m_doc = "Runs compiled programs.",
    .m_size = -1,
    .m_methods = module_methods,
};

static int add_operations(PyObject *module)
{
    static const struct { const char *name; int code; } operations[] = {
        {"LOAD", OP_LOAD}, {"STORE", OP_STORE}, {"GUARD", OP_GUARD}, {"PRODUCTS", OP_PRODUCTS},
        {"DENSE", OP_DENSE}, {"LESS", OP_LESS},
        {"TOTAL", OP_TOTAL}, {"TOTALS", OP_TOTALS}, {"PACK", OP_PACK},
        {"WIDE_PRODUCTS", OP_WIDE_PRODUCTS},
        {"WIDE_ROW", OP_WIDE_ROW}, {"WIDE_TILE", OP_WIDE_TILE}, {"NUMBERS", NUMBERS},
        {"NUMBER_STRETCH", NUMBER_STRETCH}, {"STRETCH_NUMBER", STRETCH_NUMBER},
        {"UNIFORM_LANE", UNIFORM_LANE},
        {"BOTH_LANES", BOTH_LANES},
        {"PLAIN", PLAIN}, {"RELU", RELU}, {"STEP", STEP},
        {"DENSE_ROWS", DENSE_ROWS}, {"TOTALS_ROWS", TOTALS_ROWS}, {"LANES", LANES},
        {"LANE_ALONE", LANE_ALONE}, {"UNIFORM_ALONE", UNIFORM_ALONE},
    };
    for (size_t k = 0; k < sizeof operations / sizeof *operations; k++)
        if (PyModule_AddIntConstant(module, operations[k].name, operations[k].code) < 0)
            return -1;
    return 0;
}

PyMODINIT_FUNC PyInit__machine(void)
{
    kernels = best_kernels();
    if (!name_attributes() || PyType_Ready(&ProgramType) < 0)
        return NULL;
    PyObject *module = PyModule_Create(&machine_module);
    if (!module)
        return NULL;
    if (PyModule_AddObjectRef(module, "Program", (PyObject *)&ProgramType) < 0
        || add_operations(module) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
