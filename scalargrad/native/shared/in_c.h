/* The functions of the engine that the machine calls without a way through Python. Included by
 * engine/compiled_nodes.h, machine/call.h. */
#ifndef SCALARGRAD_IN_C_H
#define SCALARGRAD_IN_C_H

#include <Python.h>

#define ENGINE_IN_C "scalargrad.native._engine.in_c"

typedef struct {
    int (*read)(PyObject *values, double *numbers);
} EngineInC;

#endif
