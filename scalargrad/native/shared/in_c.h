/* What the machine calls of the engine without a way through Python. */
#ifndef SCALARGRAD_IN_C_H
#define SCALARGRAD_IN_C_H

#include <Python.h>

#define ENGINE_IN_C "scalargrad.native._engine.in_c"

typedef struct {
    int (*read)(PyObject *values, double *numbers);
} EngineInC;

#endif
