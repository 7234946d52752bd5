/* The modes of modes.py, as far as C asks for them. Included by engine/build.h,
 * engine/with_blocks.h, trace/objects.h. */
#ifndef SCALARGRAD_MODES_H
#define SCALARGRAD_MODES_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include "compilers.h"

/* OBSERVED: each node is looked at, by detect_anomaly, record_lines or explain. TRACED: each node is
 * handed to a trace. */
enum { NO_GRAD = 1, OBSERVED = 2, TRACED = 4 };

/* The set `blocks.active`, empty until Python hands it over. */
extern WITHIN_EXTENSION PyObject *modes_blocks;

/* How many blocks of modes are active, in any thread. */
static inline Py_ssize_t modes_active(void)
{
    return PySet_GET_SIZE(modes_blocks);
}

/* The modes that hold here; −1 with an exception. engine/with_blocks.h has it. */
WITHIN_EXTENSION int modes_here(void);

static inline int modes_now(void)
{
    return LIKELY(!modes_active()) ? 0 : modes_here();
}

/* Whether a function is being traced here; −1 with an exception. */
static inline int is_traced(void)
{
    const int modes = modes_now();
    return modes < 0 ? -1 : (modes & TRACED) != 0;
}

#endif
