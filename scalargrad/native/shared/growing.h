/* Arrays that grow, and arrays that are short most of the time. Included by engine/backward.h,
 * engine/protocols.h, trace/loops/items.h, trace/nodes.h, trace/parts/columns.h. */
#ifndef SCALARGRAD_GROWING_H
#define SCALARGRAD_GROWING_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* ------ arrays that grow */

typedef void *Reallocate(void *, size_t);

/* `items` is the address of a pointer to items of `size` bytes: make room for twice as many as are
 * wanted. −1, with nothing changed and no exception, where there is no memory. */
static inline int grow(void *items, size_t *room, size_t wanted, size_t size,
                       Reallocate *reallocate)
{
    const size_t larger = wanted < 32 ? 64 : 2 * wanted;
    if (larger < wanted || larger > PY_SSIZE_T_MAX / size)
        return -1;
    /* copied, because the pointer is of whatever type the items are */
    void *array;
    memcpy(&array, items, sizeof array);
    array = reallocate(array, larger * size);
    if (!array)
        return -1;
    memcpy(items, &array, sizeof array);
    *room = larger;
    return 0;
}

/* ------ arrays that are short most of the time: a few items stand on the stack */

enum { FEW = 16 };

/* `few`, which holds FEW items, where these are enough; else memory, or NULL with an exception. */
static inline void *few_or_more(void *few, Py_ssize_t count, size_t size)
{
    void *room = few;
    if (count > FEW)
        room = (size_t)count > PY_SSIZE_T_MAX / size ? NULL : PyMem_Malloc((size_t)count * size);
    if (!room)
        PyErr_NoMemory();
    return room;
}

static inline void free_more(void *room, const void *few)
{
    if (room != few)
        PyMem_Free(room);
}

#endif
