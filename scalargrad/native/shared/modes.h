/* How many blocks of modes.py are active, in any thread; included by the engine and the tape. */
#ifndef SCALARGRAD_MODES_H
#define SCALARGRAD_MODES_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *modes_blocks; /* the set `modes.active`; one that is empty until it is handed over */

static inline Py_ssize_t modes_active(void)
{
    return PySet_GET_SIZE(modes_blocks);
}

static int modes_prepare(void)
{
    modes_blocks = PySet_New(NULL);
    return modes_blocks ? 0 : -1;
}

static PyObject *modes_set(PyObject *module, PyObject *blocks)
{
    (void)module;
    if (!PyAnySet_CheckExact(blocks))
        return PyErr_Format(PyExc_TypeError, "set_modes takes the set of active blocks, got %s",
                            Py_TYPE(blocks)->tp_name);
    Py_SETREF(modes_blocks, Py_NewRef(blocks));
    Py_RETURN_NONE;
}

#endif
