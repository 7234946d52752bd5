/* Objects of Python that C uses, handed over by name. Included by engine/build.h,
 * trace/objects.h.
 *
 * A list of HOOK(name, type) states each once. The struct that holds them and the table that is
 * read here are made of that list. `type` is what the object has to be, or ANYTHING. */
#ifndef SCALARGRAD_HOOKS_H
#define SCALARGRAD_HOOKS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define ANYTHING NULL
#define HOOK_MEMBER(name, type) PyObject *name;

typedef struct {
    const char *name;
    PyObject **target;
    PyTypeObject *type;
} Hook;

static inline int check_hook(const Hook *hook, PyObject *named)
{
    PyObject *found = named ? PyDict_GetItemString(named, hook->name) : NULL;
    if (found && (!hook->type || PyObject_TypeCheck(found, hook->type)))
        return 0;
    if (found)
        PyErr_Format(PyExc_TypeError, "%s has to be a %s, got %s", hook->name, hook->type->tp_name,
                     Py_TYPE(found)->tp_name);
    else
        PyErr_Format(PyExc_TypeError, "install needs %s", hook->name);
    return -1;
}

/* All are there, and nothing else; `rows` is a table of `known` of them. */
static inline int check_hooks(const Hook *hooks, Py_ssize_t count, PyObject *args, PyObject *named,
                              Py_ssize_t known)
{
    for (Py_ssize_t k = 0; k < count; k++)
        if (check_hook(&hooks[k], named) < 0)
            return -1;
    if (PyTuple_GET_SIZE(args) || PyDict_GET_SIZE(named) != count) {
        PyErr_Format(PyExc_TypeError, "install takes %zd named arguments, got %zd, and %zd others",
                     count, PyDict_GET_SIZE(named), PyTuple_GET_SIZE(args));
        return -1;
    }
    const Py_ssize_t rows = PyTuple_GET_SIZE(PyDict_GetItemString(named, "rows"));
    if (rows == known)
        return 0;
    PyErr_Format(PyExc_ImportError,
                 "the extension knows %zd rows, the table has %zd: build the extension anew",
                 known, rows);
    return -1;
}

/* Take them over once they are checked: they stay for as long as the process lives, and so do those
 * of before, which may be running. */
static inline void put_hooks(const Hook *hooks, Py_ssize_t count, PyObject *named)
{
    for (Py_ssize_t k = 0; k < count; k++)
        *hooks[k].target = Py_NewRef(PyDict_GetItemString(named, hooks[k].name));
}

#endif
