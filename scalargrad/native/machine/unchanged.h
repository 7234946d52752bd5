/* Records of all that a function uses: a shortcut asks whether they still hold. What a record is,
 * compiler/surroundings/watching.py explains. Included by records.h. */
#ifndef SCALARGRAD_UNCHANGED_H
#define SCALARGRAD_UNCHANGED_H

#include "frame.h"

/* Each function returns 1 if the holder is as expected, 0 if not, −1 with an exception. No Python
 * code of the user's runs but in ASK. */
typedef int (*Same)(PyObject *holder, PyObject *expected, uint64_t *seen);

#define ITEM(k) PyTuple_GET_ITEM(expected, k)
#define COUNT_OF_EXPECTED PyTuple_GET_SIZE(expected)

static int same_list(PyObject *list, PyObject *expected, uint64_t *seen)
{
    (void)seen;
    const size_t n = (size_t)COUNT_OF_EXPECTED;
    return PyList_Check(list) && (size_t)PyList_GET_SIZE(list) == n
           && (n == 0
               || memcmp(PySequence_Fast_ITEMS(list), PySequence_Fast_ITEMS(expected),
                         n * sizeof(PyObject *))
                      == 0);
}

/* The version of a dict: another number after every change; 0 where Python keeps none. */
static uint64_t version_of(PyObject *dict)
{
#if PY_VERSION_HEX < 0x030C0000
    return ((PyDictObject *)dict)->ma_version_tag;
#else
    (void)dict;
    return 0;
#endif
}

/* Whether a dict has these keys and values, in this order and no others. They are expected in turn,
 * from item `from` on, with NotImplemented for any value. */
static int has_entries(PyObject *dict, PyObject *expected, Py_ssize_t from)
{
    PyObject *key, *value;
    Py_ssize_t at = 0, n = from;
    if (PyDict_GET_SIZE(dict) * 2 != COUNT_OF_EXPECTED - from)
        return 0;
    for (; PyDict_Next(dict, &at, &key, &value); n += 2)
        if (ITEM(n) != key || (ITEM(n + 1) != value && ITEM(n + 1) != Py_NotImplemented))
            return 0;
    return 1;
}

/* Whether a dict has these keys with these values, expected in turn; NotImplemented says that it
 * has no such key. */
static int has_names(PyObject *dict, PyObject *expected)
{
    for (Py_ssize_t n = 0; n + 1 < COUNT_OF_EXPECTED; n += 2) {
        PyObject *found = PyDict_GetItemWithError(dict, ITEM(n));
        if (!found && PyErr_Occurred())
            return -1;
        if ((found ? found : Py_NotImplemented) != ITEM(n + 1))
            return 0;
    }
    return 1;
}

/* Whether a dict has the entries expected. `seen` is its version when it last had them. */
static int same_entries(PyObject *dict, PyObject *expected, uint64_t *seen)
{
    if (!PyDict_Check(dict))
        return 0;
    const uint64_t version = version_of(dict);
    if (version && version == *seen)
        return 1;
    const int is_same = has_entries(dict, expected, 0);
    *seen = is_same ? version : 0;
    return is_same;
}

static int same_names(PyObject *dict, PyObject *expected, uint64_t *seen)
{
    if (!PyDict_Check(dict))
        return 0;
    const uint64_t version = version_of(dict);
    if (version && version == *seen)
        return 1;
    const int is_same = has_names(dict, expected);
    *seen = is_same > 0 ? version : 0;
    return is_same;
}

static int same_function(PyObject *f, PyObject *expected, uint64_t *seen)
{
    (void)seen;
    if (!PyFunction_Check(f) || COUNT_OF_EXPECTED != 4)
        return 0;
    PyObject *found[] = {PyFunction_GET_CODE(f), PyFunction_GET_DEFAULTS(f),
                         PyFunction_GET_KW_DEFAULTS(f), ((PyFunctionObject *)f)->func_dict};
    for (Py_ssize_t n = 0; n < 4; n++)
        if ((found[n] ? found[n] : Py_None) != ITEM(n))
            return 0;
    return 1;
}

static int same_cell(PyObject *cell, PyObject *expected, uint64_t *seen)
{
    (void)seen;
    return PyCell_Check(cell) && PyCell_GET(cell) == (COUNT_OF_EXPECTED == 1 ? ITEM(0) : NULL);
}

/* Whether a class has the bases and attributes expected. `seen` is its version when it last had
 * them: Python gives a class another version after every change of it or its bases, and none until
 * somebody asks for one. */
static int same_class(PyObject *kind, PyObject *expected, uint64_t *seen)
{
    if (!PyType_Check(kind) || COUNT_OF_EXPECTED < 1)
        return 0;
    const PyTypeObject *type = (PyTypeObject *)kind;
    const uint64_t version = PyType_HasFeature((PyTypeObject *)kind, Py_TPFLAGS_VALID_VERSION_TAG)
                                 ? type->tp_version_tag
                                 : 0;
    if (version && version == *seen)
        return 1;
    const int is_same = type->tp_mro == ITEM(0) && type->tp_dict
                        && has_entries(type->tp_dict, expected, 1);
    *seen = is_same ? version : 0;
    return is_same;
}

/* Whether the attributes of an object stand in this dict; −1 with an exception. */
static int has_dict(PyObject *x, PyObject *expected)
{
#if PY_VERSION_HEX < 0x030D0000
    PyObject **dict = _PyObject_GetDictPtr(x);
    return dict && *dict == expected;
#else
    PyObject *dict = PyObject_GenericGetDict(x, NULL);
    if (!dict)
        return -1;
    Py_DECREF(dict);
    return dict == expected;
#endif
}

static int same_instance(PyObject *x, PyObject *expected, uint64_t *seen)
{
    (void)seen;
    if (COUNT_OF_EXPECTED != 2 || (PyObject *)Py_TYPE(x) != ITEM(0))
        return 0;
    return ITEM(1) == Py_NotImplemented ? 1 : has_dict(x, ITEM(1));
}

/* Return what is in a slot, a new reference, NotImplemented if nothing; NULL with an exception. */
static PyObject *content_of_slot(PyObject *slot, PyObject *x)
{
    const descrgetfunc get = Py_TYPE(slot)->tp_descr_get;
    PyObject *found = get ? get(slot, x, (PyObject *)Py_TYPE(x)) : NULL;
    if (found || (get && !PyErr_ExceptionMatches(PyExc_AttributeError)))
        return found;
    PyErr_Clear();
    return Py_NewRef(Py_NotImplemented);
}

static int same_slots(PyObject *x, PyObject *expected, uint64_t *seen)
{
    (void)seen;
    for (Py_ssize_t n = 0; n + 1 < COUNT_OF_EXPECTED; n += 2) {
        PyObject *found = content_of_slot(ITEM(n), x);
        if (!found)
            return -1;
        Py_DECREF(found);
        if (found != ITEM(n + 1))
            return 0;
    }
    return 1;
}

static int has_shape(const Py_buffer *view, PyObject *shape)
{
    if (!PyTuple_Check(shape) || PyTuple_GET_SIZE(shape) != view->ndim)
        return 0;
    for (int k = 0; k < view->ndim; k++)
        if (PyLong_AsSsize_t(PyTuple_GET_ITEM(shape, k)) != view->shape[k])
            return 0;
    return 1;
}

static int has_content(Py_buffer *view, PyObject *content)
{
    if (!PyBytes_Check(content) || PyBytes_GET_SIZE(content) != view->len)
        return 0;
    const char *expected = PyBytes_AS_STRING(content);
    if (PyBuffer_IsContiguous(view, 'C'))
        return memcmp(view->buf, expected, (size_t)view->len) == 0;
    char *copy = PyMem_Malloc((size_t)view->len + 1);
    if (!copy)
        return PyErr_NoMemory(), -1;
    int is_same = PyBuffer_ToContiguous(copy, view, view->len, 'C');
    if (is_same == 0)
        is_same = memcmp(copy, expected, (size_t)view->len) == 0;
    PyMem_Free(copy);
    return is_same;
}

static int same_buffer(PyObject *x, PyObject *expected, uint64_t *seen)
{
    (void)seen;
    Py_buffer view;
    if (COUNT_OF_EXPECTED != 4)
        return 0;
    if (PyObject_GetBuffer(x, &view, PyBUF_FULL_RO) < 0)
        return PyErr_Clear(), 0;
    const char *format = PyUnicode_AsUTF8(ITEM(1));
    int is_same = format ? strcmp(view.format ? view.format : "B", format) == 0 : -1;
    if (is_same > 0 && has_shape(&view, ITEM(2)))
        is_same = has_content(&view, ITEM(0));
    else if (is_same > 0)
        is_same = 0;
    PyBuffer_Release(&view);
    return PyErr_Occurred() ? -1 : is_same;
}

/* Whether an object has the items expected, which come after the type whose iteration is meant. */
static int same_items(PyObject *x, PyObject *expected, uint64_t *seen)
{
    (void)seen;
    if (COUNT_OF_EXPECTED < 1 || !PyType_Check(ITEM(0))
        || !PyObject_TypeCheck(x, (PyTypeObject *)ITEM(0)) || !((PyTypeObject *)ITEM(0))->tp_iter)
        return 0;
    PyObject *iterator = ((PyTypeObject *)ITEM(0))->tp_iter(x), *item;
    if (!iterator)
        return -1;
    Py_ssize_t n = 1;
    int is_same = PyIter_Check(iterator); /* the type may return anything */
    for (; is_same && (item = PyIter_Next(iterator)); n++) {
        is_same = n < COUNT_OF_EXPECTED && item == ITEM(n);
        Py_DECREF(item);
    }
    Py_DECREF(iterator);
    return PyErr_Occurred() ? -1 : is_same && n == COUNT_OF_EXPECTED;
}

static int same_answer(PyObject *f, PyObject *expected, uint64_t *seen)
{
    (void)seen;
    PyObject *found = COUNT_OF_EXPECTED == 1 ? PyObject_CallNoArgs(f) : NULL;
    if (!found)
        return PyErr_Occurred() ? -1 : 0;
    Py_DECREF(found);
    return found == ITEM(0);
}

#undef ITEM
#undef COUNT_OF_EXPECTED

/* In the order of compiler/surroundings/watching.py. */
static const Same same_of_kind[] = {
    same_list,     same_entries, same_names,  same_function, same_cell,   same_class,
    same_instance, same_slots,   same_buffer, same_items,    same_answer,
};
enum { KINDS_OF_RECORD = sizeof same_of_kind / sizeof *same_of_kind };

#endif
