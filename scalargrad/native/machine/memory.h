/* Memory of large results, which later results find again: the system takes longer to give new
 * pages than the machine takes to fill them. A Memory is the base of the array that is made of it.
 * When nobody holds it any more, Python frees it as any object; only then its room may be given
 * again. Included by module.c. */
#ifndef SCALARGRAD_MEMORY_H
#define SCALARGRAD_MEMORY_H

#ifdef __linux__
#include <sys/mman.h>
#endif

typedef struct {
    char *at;
    Py_ssize_t bytes;
} Room;

enum { KEPT_ROOMS = 32, KEPT_BYTES = 1 << 26 };

/* Rooms of no Memory, the oldest first. Python's lock guards them. */
static struct {
    Room room[KEPT_ROOMS + 1];
    int count;
    Py_ssize_t bytes;
} kept;

static Room take_kept(int k)
{
    const Room room = kept.room[k];
    kept.count--;
    kept.bytes -= room.bytes;
    memmove(&kept.room[k], &kept.room[k + 1], (size_t)(kept.count - k) * sizeof room);
    return room;
}

/* Of a room that is too much the oldest make way. */
static void keep(Room room)
{
    kept.room[kept.count++] = room;
    kept.bytes += room.bytes;
    while (kept.count > KEPT_ROOMS || kept.bytes > KEPT_BYTES)
        PyMem_RawFree(take_kept(0).at);
}

/* Large pages, as NumPy asks for them: the system gives these in a third of the time. */
static void ask_for_large_pages(Room room)
{
#ifdef MADV_HUGEPAGE
    const uintptr_t page = 4096, begin = ((uintptr_t)room.at + page - 1) & ~(page - 1);
    if (room.bytes >= 1 << 22)
        madvise((void *)begin, (size_t)room.bytes - (begin - (uintptr_t)room.at), MADV_HUGEPAGE);
#else
    (void)room;
#endif
}

static Room new_room(Py_ssize_t bytes)
{
    const Room room = {PyMem_RawMalloc((size_t)bytes), bytes};
    if (room.at)
        ask_for_large_pages(room);
    return room;
}

/* The room that was freed last of those that are large enough, and hardly larger. */
static Room room_given(Py_ssize_t bytes)
{
    for (int k = kept.count - 1; k >= 0; k--)
        if (bytes <= kept.room[k].bytes && kept.room[k].bytes <= bytes + bytes / 4)
            return take_kept(k);
    return new_room(bytes);
}

typedef struct {
    PyObject_HEAD
    Room room;
    Py_ssize_t bytes; /* so many were asked for */
} Memory;

static PyObject *memory_new(PyTypeObject *type, PyObject *args, PyObject *named)
{
    static char *names[] = {"bytes", NULL};
    Py_ssize_t bytes;
    if (!PyArg_ParseTupleAndKeywords(args, named, "n", names, &bytes))
        return NULL;
    if (bytes < 0)
        return PyErr_Format(PyExc_ValueError, "expected how many bytes, got %zd", bytes);
    Memory *made = PyObject_New(Memory, type);
    if (!made)
        return NULL;
    made->room = room_given(bytes);
    made->bytes = bytes;
    if (made->room.at)
        return (PyObject *)made;
    Py_DECREF(made);
    return PyErr_NoMemory();
}

static void memory_dealloc(PyObject *self)
{
    const Room room = ((Memory *)self)->room;
    PyObject_Free(self);
    if (room.at)
        keep(room);
}

static int memory_buffer(PyObject *self, Py_buffer *view, int flags)
{
    const Memory *memory = (Memory *)self;
    return PyBuffer_FillInfo(view, self, memory->room.at, memory->bytes, 0, flags);
}

static PyBufferProcs memory_as_buffer = {.bf_getbuffer = memory_buffer};

static PyTypeObject MemoryType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "scalargrad.native._machine.Memory",
    .tp_basicsize = sizeof(Memory),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc =
        "Memory(bytes): a buffer of so many, filled with anything. What was freed last and is "
        "of this size is given again.",
    .tp_new = memory_new,
    .tp_dealloc = memory_dealloc,
    .tp_as_buffer = &memory_as_buffer,
};

#endif
