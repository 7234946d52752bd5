/* How many blocks of modes.py are active, in any thread. Included by engine/build.h,
 * trace/objects.h. */
#ifndef SCALARGRAD_MODES_H
#define SCALARGRAD_MODES_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include "compilers.h"

/* The set `modes.active`, empty until Python hands it over: engine/module.c holds it. */
extern WITHIN_EXTENSION PyObject *modes_blocks;

static inline Py_ssize_t modes_active(void)
{
    return PySet_GET_SIZE(modes_blocks);
}

#endif
