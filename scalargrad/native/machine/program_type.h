/* Program: code of the machine, checked when it is made, and run. Included by module.c. */
#ifndef SCALARGRAD_PROGRAM_TYPE_H
#define SCALARGRAD_PROGRAM_TYPE_H

#include "repeated.h"

static PyMethodDef program_methods[] = {
    {"repeat", (PyCFunction)(void (*)(void))program_repeat, METH_FASTCALL,
     "repeat(numbers, at, weights, results, tell_doubt): run a program without lanes for each row "
     "of weights. The numbers of a row stand at `at` among the numbers of the call, and each run "
     "gives a row of results. "
     "Return the number of a guard that does not hold, or ALL_HOLD, or DOUBT where doubt is to be "
     "told and an output is not finite."},
    {"results", program_results, METH_O,
     "results(numbers): run a program without lanes. Return a list of the results, None where a "
     "guard does not hold or an output is not finite."},
    {"run", (PyCFunction)(void (*)(void))program_run, METH_FASTCALL,
     "run(numbers, arrays, count, results, broken, sides, index, tell_doubt, threads): run the "
     "lanes, those of an index if there is one. Return the number of a uniform guard that does "
     "not hold. Where all hold, return ALL_HOLD, or a list of the results if there is no buffer "
     "for them. Return LANES_BROKEN where a guard does not hold in some lanes: `broken` then has "
     "the guard of each lane, and `sides` what it compared. Return DOUBT where doubt is to be "
     "told "
     "and an output is not finite. These three are Answers of compiler/machine/words.py."},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject ProgramType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "scalargrad.native._machine.Program",
    .tp_doc = "A program of the machine; its code is checked when it is made.",
    .tp_basicsize = sizeof(Program),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = program_new,
    .tp_dealloc = program_dealloc,
    .tp_methods = program_methods,
};

#endif
