/* The trace's part of the engine's module. Included by engine/function.h, engine/module.c,
 * trace/module.c. */
#ifndef SCALARGRAD_TRACE_TYPES_H
#define SCALARGRAD_TRACE_TYPES_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include "compilers.h"

/* Add the types of the trace and what installs them. −1 with an exception. */
WITHIN_EXTENSION int add_trace_types(PyObject *module);

/* A row of one operand on a Tracer; NULL, without an exception where `x` is none. */
WITHIN_EXTENSION PyObject *traced_row(int row, PyObject *x);

#endif
