/* Memory of Python's objects, used as an array of numbers. Included by engine/compiled_nodes.h,
 * engine/later.h, engine/optim.h, machine/call.h, machine/samples.h, machine/writing.h,
 * trace/parts/flat.h. */
#ifndef SCALARGRAD_BUFFERS_H
#define SCALARGRAD_BUFFERS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

/* Whether numbers of this size can be read and written where the buffer begins; one that is empty
 * may begin anywhere. */
static inline int is_aligned(const Py_buffer *view, size_t size)
{
    return view->len == 0 || (uintptr_t)view->buf % size == 0;
}

#endif
