/* The machine: runs compiled programs on numbers and on lanes, 128 of these at a time.
 *
 * A program has three codes: for the uniform numbers, for each lane, and for the numbers
 * that follow from sums over the lanes. Code is int32 words: {operation, length, operands …}. Code
 * is checked once, when a Program is made; a run checks nothing. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "memory.h"
#include "nests/nest.h"
#include "program_type.h"
#include "reader_type.h"
#include "records.h"
#include "writing.h"

static PyObject *choose(PyObject *module, PyObject *name)
{
    (void)module;
    const char *wanted = PyUnicode_AsUTF8(name);
    if (!wanted)
        return NULL;
    const Kernels best = best_kernels();
    if (strcmp(wanted, "baseline") == 0)
        kernels = baseline;
#ifdef HAVE_X86
    else if (strcmp(wanted, "avx2") == 0 && strcmp(best.name, "baseline") != 0)
        kernels = avx2;
#endif
    else if (strcmp(wanted, best.name) == 0 || strcmp(wanted, "best") == 0)
        kernels = best;
    else
        return PyErr_Format(PyExc_ValueError, "this machine has %s, not %s", best.name, wanted);
    return PyUnicode_FromString(kernels.name);
}

static PyObject *tile_height(PyObject *module, PyObject *none)
{
    (void)module;
    (void)none;
    return PyLong_FromLong(kernels.height);
}

static PyMethodDef module_methods[] = {
    {"write", (PyCFunction)(void (*)(void))write_result, METH_FASTCALL,
     "write(writer, numbers): what the writer builds of an array of float64."},
    {"choose", choose, METH_O,
     "choose(name): use the instruction set avx512, avx2, baseline or the best; return its name."},
    {"tile_height", tile_height, METH_NOARGS,
     "tile_height(): how many sums of a DENSE or a WIDE_TILE the instruction set has registers "
     "for, at most DENSE_HEIGHT."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef machine_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "scalargrad.native._machine",
    .m_doc = "Runs compiled programs.",
    .m_size = -1,
    .m_methods = module_methods,
};

static int add_steps(PyObject *module)
{
    static const struct {
        const char *name;
        int step;
    } steps[] = {
        {"READ_SAME", READ_SAME},           {"READ_SAMPLES", READ_SAMPLES},
        {"READ_CONVERTED", READ_CONVERTED}, {"READ_ROWS", READ_ROWS},
        {"READ_NUMBER", READ_NUMBER},       {"READ_STATIC", READ_STATIC},
        {"READ_VALUE", READ_VALUE},         {"READ_FLOATS", READ_FLOATS},
        {"READ_NUMBERS", READ_NUMBERS},     {"READ_VALUES", READ_VALUES},
        {"READ_TABLE", READ_TABLE},         {"READ_SEQUENCE", READ_SEQUENCE},
        {"READ_DICT", READ_DICT},           {"READ_OBJECT", READ_OBJECT},
        {"READ_BY_CALL", READ_BY_CALL},     {"WRITE_FLOATS", WRITE_FLOATS},
        {"WRITE_LIST", WRITE_LIST},         {"WRITE_TUPLE", WRITE_TUPLE},
        {"WRITE_DICT", WRITE_DICT},         {"WRITE_BY_CALL", WRITE_BY_CALL},
        {"WRITE_NUMBERS", WRITE_NUMBERS},
    };
    for (size_t k = 0; k < sizeof steps / sizeof *steps; k++)
        if (PyModule_AddIntConstant(module, steps[k].name, steps[k].step) < 0)
            return -1;
    return 0;
}

PyMODINIT_FUNC PyInit__machine(void)
{
    kernels = best_kernels();
    if (!name_attributes() || PyType_Ready(&ProgramType) < 0 || PyType_Ready(&ReaderType) < 0
        || PyType_Ready(&RecordsType) < 0 || PyType_Ready(&NestType) < 0
        || PyType_Ready(&MemoryType) < 0)
        return NULL;
    PyObject *module = PyModule_Create(&machine_module);
    if (!module)
        return NULL;
    if (PyModule_AddObjectRef(module, "Program", (PyObject *)&ProgramType) < 0
        || PyModule_AddObjectRef(module, "Nest", (PyObject *)&NestType) < 0
        || PyModule_AddObjectRef(module, "Memory", (PyObject *)&MemoryType) < 0
        || PyModule_AddObjectRef(module, "Reader", (PyObject *)&ReaderType) < 0
        || PyModule_AddObjectRef(module, "Records", (PyObject *)&RecordsType) < 0
        || add_steps(module) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
