/* Which modes hold here: the twin of `blocks.state()`. Included by module.c.
 *
 * Nothing tells C that a block was left, for it is left by releasing a lock: so the locks are looked
 * at each time. Python is asked once what the blocks that are on make of the modes, and then holds
 * for as long as these blocks are on and no others. */
#ifndef SCALARGRAD_WITH_BLOCKS_H
#define SCALARGRAD_WITH_BLOCKS_H

#include <frameobject.h>
#include <stdint.h>
#include "../shared/modes.h"

PyObject *modes_blocks;

/* What else blocks.py hands over. */
static struct {
    PyObject *entered;     /* the ContextVar: a thread, and the blocks entered there */
    PyObject *suspendable; /* a dict: its keys are blocks of generators and coroutines */
    PyObject *state;       /* () -> Now or None */
} in_python;               /* each block is a weak reference */

/* A block that was entered, and how to see whether it is on. */
typedef struct {
    PyObject *reference; /* borrowed from the value of the ContextVar */
    PyCFunction is_on;   /* NULL: the block was freed, and is off for good */
    PyObject *lock;      /* the argument of is_on; NULL where that is the block */
} WithBlock;

enum { MOST_BLOCKS = 64 }; /* `on` has a bit for each */
enum { PATIENCE = 256 };

/* The blocks entered here, as seen last, and the modes that they came to. */
typedef struct {
    PyObject *entered;    /* the value of the ContextVar */
    unsigned long thread; /* where it holds */
    int count;            /* of blocks; −1 where only Python can tell which are on */
    int modes;            /* −1: not known yet */
    uint64_t on;          /* the blocks with which the modes were these, */
    PyObject *resumed;    /* and that of a generator or coroutine, NULL if there was none */
    unsigned quiet;       /* how often, since Python was asked, no block was on */
    WithBlock block[MOST_BLOCKS];
} Seen;

static Seen seen;

/* A new reference to a block; NULL if it was freed. */
static PyObject *referent(PyObject *reference)
{
#if PY_VERSION_HEX >= 0x030D0000
    PyObject *block = NULL;
    (void)PyWeakref_GetRef(reference, &block);
    return block;
#else
    PyObject *block = PyWeakref_GET_OBJECT(reference);
    return block == Py_None ? NULL : Py_NewRef(block);
#endif
}

static int is_true(PyObject *answer)
{
    const int is = answer == Py_True;
    Py_XDECREF(answer);
    return is;
}

/* ------ blocks of functions */

/* Take over how a block tells whether it is on: 1, 0 where that takes Python, −1 with an exception. */
static int see_method(PyObject *block, WithBlock *view)
{
    PyObject *is_on = PyObject_GetAttrString(block, "is_on");
    if (!is_on)
        return -1;
    const int in_c = PyCFunction_Check(is_on) && PyCFunction_GetFlags(is_on) == METH_NOARGS;
    if (in_c) {
        PyObject *self = PyCFunction_GetSelf(is_on);
        view->is_on = PyCFunction_GetFunction(is_on);
        /* a strong reference to the block would keep it from being freed */
        view->lock = self == block ? NULL : Py_XNewRef(self);
    }
    Py_DECREF(is_on);
    return in_c;
}

static int see_block(PyObject *reference, WithBlock *view)
{
    *view = (WithBlock){.reference = reference};
    PyObject *block = referent(reference);
    const int found = block ? see_method(block, view) : 1;
    Py_XDECREF(block);
    return found;
}

static void seen_clear(Seen *old)
{
    for (int i = 0; i < old->count; i++)
        Py_CLEAR(old->block[i].lock);
    Py_CLEAR(old->resumed);
    Py_CLEAR(old->entered);
}

static int see_blocks(PyObject *references, Seen *now)
{
    const Py_ssize_t count = PyTuple_GET_SIZE(references);
    int found = count <= MOST_BLOCKS;
    for (Py_ssize_t i = 0; found > 0 && i < count; i++) {
        found = see_block(PyTuple_GET_ITEM(references, i), &now->block[i]);
        now->count += found > 0;
    }
    return found;
}

/* Look at what the ContextVar has. A finalizer may run meanwhile and do the same: so `seen` changes
 * at the end, as a whole. */
COLD int see(PyObject *entered)
{
    Seen now = {.modes = -1};
    PyObject *references;
    if (!PyArg_ParseTuple(entered, "kO!", &now.thread, &PyTuple_Type, &references))
        return -1;
    const int found = see_blocks(references, &now);
    if (found <= 0)
        seen_clear(&now);
    if (found < 0)
        return -1;
    if (found == 0)
        now.count = -1;
    now.entered = Py_NewRef(entered);
    Seen before = seen;
    seen = now;
    seen_clear(&before);
    return 0;
}

static int is_on(const WithBlock *view)
{
    PyObject *block = referent(view->reference);
    PyObject *lock = view->lock ? view->lock : block;
    const int is = block && view->is_on && is_true(view->is_on(lock, NULL));
    Py_XDECREF(block);
    return is;
}

/* A bit for each of the blocks seen: whether it is on. */
static uint64_t blocks_on(void)
{
    uint64_t on = 0;
    if (seen.thread == PyThread_get_thread_ident())
        for (int i = 0; i < seen.count; i++)
            on |= (uint64_t)is_on(&seen.block[i]) << i;
    return on;
}

/* ------ blocks of generators and coroutines */

/* The twin of suspending.is_below. */
static int is_below(PyFrameObject *frame)
{
    PyFrameObject *found = PyThreadState_GetFrame(PyThreadState_Get());
    while (found && found != frame) {
        PyFrameObject *back = PyFrame_GetBack(found);
        Py_DECREF(found);
        found = back;
    }
    Py_XDECREF(found);
    return found != NULL;
}

/* Attributes that a block itself has. */
enum { IS_ON, FRAME, IS_OUTERMOST, LOCK, ATTRIBUTES };

static PyObject *attribute_names[ATTRIBUTES];

static int name_attributes(void)
{
    static const char *const names[] = {"is_on", "frame", "is_outermost", "lock"};
    for (int k = 0; k < ATTRIBUTES; k++)
        if (!attribute_names[k] && !(attribute_names[k] = PyUnicode_InternFromString(names[k])))
            return -1;
    return 0;
}

/* A borrowed reference; NULL if the block itself has no such attribute, or with an exception. */
static PyObject *own_attribute(PyObject *block, int name)
{
    PyObject *attributes = PyObject_GenericGetDict(block, NULL), *found = NULL;
    if (attributes)
        found = PyDict_GetItemWithError(attributes, attribute_names[name]);
    Py_XDECREF(attributes);
    return found;
}

/* The twin of UserBlock.is_on; 0 with an exception too. */
static int is_running(PyObject *block)
{
    PyObject *frame = own_attribute(block, FRAME), *lock = own_attribute(block, LOCK);
    if (!frame || !PyFrame_Check(frame) || !lock)
        return 0;
    PyFrameObject *back = PyFrame_GetBack((PyFrameObject *)frame);
    Py_XDECREF(back);
    if (!back && own_attribute(block, IS_OUTERMOST) != Py_True)
        return 0;
    return is_true(PyObject_CallMethod(lock, "locked", NULL)) && is_below((PyFrameObject *)frame);
}

static int is_among_seen(PyObject *block)
{
    int is = 0;
    for (int i = 0; i < seen.count; i++) {
        PyObject *other = referent(seen.block[i].reference);
        is |= other == block;
        Py_XDECREF(other);
    }
    return is;
}

/* Have `found` be this block if it is on. Return 1; or 0 where only Python can tell the modes,
 * because another block is on too, or a function entered this one before. */
static int add_running(PyObject *reference, PyObject *block, PyObject **found)
{
    if (own_attribute(block, IS_ON))
        return 1; /* a function entered it since */
    if (is_among_seen(block))
        return 0;
    if (!is_running(block))
        return 1;
    if (*found)
        return 0;
    *found = Py_NewRef(reference);
    return 1;
}

/* Find the block of the generator or coroutine that runs: `found` becomes a new reference to its
 * key, or stays NULL if there is none. Return 1; 0 where only Python can tell; −1 with an
 * exception. */
COLD int find_resumed(PyObject **found)
{
    PyObject *reference, *value;
    Py_ssize_t at = 0;
    int can_tell = 1;
    while (can_tell && PyDict_Next(in_python.suspendable, &at, &reference, &value)) {
        PyObject *block = referent(reference);
        if (!block)
            continue;
        Py_INCREF(reference);
        can_tell = add_running(reference, block, found);
        Py_DECREF(reference);
        Py_DECREF(block);
    }
    return PyErr_Occurred() ? -1 : can_tell;
}

/* ------ the modes */

/* Add a mode to others if an attribute of the state says so. */
static void add_mode(int *modes, int mode, PyObject *state, const char *name)
{
    PyObject *x = *modes < 0 ? NULL : PyObject_GetAttrString(state, name);
    const int holds = x ? x != Py_None && x != Py_False : -1;
    Py_XDECREF(x);
    *modes = holds < 0 ? -1 : *modes | (holds ? mode : 0);
}

static int modes_of(PyObject *state)
{
    int modes = 0;
    if (state == Py_None)
        return 0;
    add_mode(&modes, NO_GRAD, state, "no_grad");
    add_mode(&modes, OBSERVED, state, "anomaly");
    add_mode(&modes, OBSERVED, state, "lines");
    add_mode(&modes, OBSERVED, state, "watch");
    add_mode(&modes, TRACED, state, "trace");
    return modes;
}

/* The modes as Python tells them, which also forgets blocks that were left. */
COLD int told_modes(void)
{
    PyObject *state = PyObject_CallNoArgs(in_python.state);
    const int modes = state ? modes_of(state) : -1;
    Py_XDECREF(state);
    return modes;
}

static void keep_modes(int modes, uint64_t on, PyObject *resumed)
{
    seen.modes = modes;
    seen.on = on;
    Py_XSETREF(seen.resumed, Py_XNewRef(resumed));
    seen.quiet = 0;
}

/* Whether the modes that were told hold still. Where no block is on some active one may have been
 * left, which only Python finds out: that has to be soon, but not each time. */
INLINE int still_holds(uint64_t on, PyObject *resumed)
{
    return seen.modes >= 0 && on == seen.on && resumed == seen.resumed
           && (on || resumed || seen.quiet++ < PATIENCE);
}

static int modes_within(PyObject *entered)
{
    PyObject *resumed = NULL;
    if (UNLIKELY(entered != seen.entered) && see(entered) < 0)
        return -1;
    int can_tell = seen.count >= 0;
    if (UNLIKELY(PyDict_GET_SIZE(in_python.suspendable)) && can_tell)
        can_tell = find_resumed(&resumed);
    if (UNLIKELY(can_tell < 0)) {
        Py_XDECREF(resumed);
        return -1;
    }
    const uint64_t on = blocks_on();
    /* a finalizer that ran meanwhile may have looked elsewhere */
    if (LIKELY(can_tell && entered == seen.entered && still_holds(on, resumed))) {
        Py_XDECREF(resumed);
        return seen.modes;
    }
    const int modes = told_modes();
    if (can_tell && entered == seen.entered && on == blocks_on() && modes >= 0)
        keep_modes(modes, on, resumed);
    Py_XDECREF(resumed);
    return modes;
}

int modes_here(void)
{
    PyObject *entered;
    if (PyContextVar_Get(in_python.entered, NULL, &entered) < 0)
        return -1;
    const int modes = modes_within(entered);
    Py_DECREF(entered);
    return modes;
}

/* set_modes(active, entered, suspendable, state): what blocks.py has under these names. */
static PyObject *set_modes(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *active, *entered, *suspendable, *state;
    if (!PyArg_ParseTuple(args, "O!O!O!O", &PySet_Type, &active, &PyContextVar_Type, &entered,
                          &PyDict_Type, &suspendable, &state))
        return NULL;
    if (name_attributes() < 0)
        return NULL;
    Py_XSETREF(in_python.entered, Py_NewRef(entered));
    Py_XSETREF(in_python.suspendable, Py_NewRef(suspendable));
    Py_XSETREF(in_python.state, Py_NewRef(state));
    Py_SETREF(modes_blocks, Py_NewRef(active));
    Py_RETURN_NONE;
}

#endif
