/* A recorder for Python. Included by rolled/rolled.h. */
#ifndef SCALARGRAD_LOOPS_RECORDER_TYPE_H
#define SCALARGRAD_LOOPS_RECORDER_TYPE_H

#include <structmember.h>
#include "recorder.h"

typedef struct {
    PyObject_HEAD
    PyObject *codes;     /* dict: from an operator to its code */
    PyObject *operators; /* list: by code */
    Recorder recorder;
    int is_read; /* whether its items are being read: they have to stay where they are */
} LoopRecorder;

/* ------ calls */

static int32_t code_of_operator(LoopRecorder *self, PyObject *operator)
{
    PyObject *known = PyDict_GetItemWithError(self->codes, operator);
    if (known)
        return (int32_t)PyLong_AsLong(known);
    PyObject *code = PyErr_Occurred() ? NULL
                                      : PyLong_FromSsize_t(PyList_GET_SIZE(self->operators));
    if (!code)
        return -1;
    const int32_t found = (int32_t)PyList_GET_SIZE(self->operators);
    /* an operator that cannot be hashed stays in the list, as codes of others may follow its own */
    const int failed = PyList_Append(self->operators, operator) < 0
                       || PyDict_SetItem(self->codes, operator, code) < 0;
    Py_DECREF(code);
    return failed ? -1 : found;
}

/* Whether there can be such an id: laws count with differences of ids. */
static int is_id(const Operand *operand)
{
    return operand->kind == NUMBER_OPERAND || (operand->at.id >= 0 && operand->at.id <= INT32_MAX);
}

/* Read a pair: the kind of an operand, and its id or number. */
static int read_operand(PyObject *pair, Operand *operand)
{
    int kind;
    PyObject *at;
    if (!PyTuple_Check(pair)) {
        PyErr_Format(PyExc_TypeError, "an operand is a pair, got %s", Py_TYPE(pair)->tp_name);
        return -1;
    }
    if (!PyArg_ParseTuple(pair, "iO", &kind, &at))
        return -1;
    if (kind < NODE_OPERAND || kind > NUMBER_OPERAND) {
        PyErr_Format(PyExc_ValueError, "expected a kind of operand from 0 to 2, got %d", kind);
        return -1;
    }
    *operand = (Operand){.count = 1, .kind = (uint32_t)kind};
    if (kind == NUMBER_OPERAND)
        operand->at.number = PyFloat_AsDouble(at);
    else
        operand->at.id = PyLong_AsLongLong(at);
    if (!PyErr_Occurred() && !is_id(operand))
        PyErr_Format(PyExc_ValueError, "there is no id %lld", (long long)operand->at.id);
    return PyErr_Occurred() ? -1 : 0;
}

static int read_outcome(PyObject *outcome)
{
    return outcome == Py_None ? NO_OUTCOME : PyObject_IsTrue(outcome);
}

static PyObject *recorder_record(PyObject *object, PyObject *args)
{
    LoopRecorder *self = (LoopRecorder *)object;
    PyObject *operator, * pairs, *outcome = Py_None;
    if (!PyArg_ParseTuple(args, "OO!|O:record", &operator, & PyTuple_Type, &pairs, &outcome))
        return NULL;
    const Py_ssize_t count = PyTuple_GET_SIZE(pairs);
    const int how = read_outcome(outcome);
    const int32_t code = how < 0 ? -1 : code_of_operator(self, operator);
    Operand *operands = NULL;
    if (code >= 0 && count < INT32_MAX / 4)
        operands = PyMem_Calloc((size_t)count + 1, sizeof *operands);
    if (!operands)
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    int failed = 0;
    for (Py_ssize_t k = 0; !failed && k < count; k++)
        failed = read_operand(PyTuple_GET_ITEM(pairs, k), &operands[k]) < 0;
    if (!failed && self->is_read) {
        PyErr_SetString(PyExc_RuntimeError, "an event is recorded while items are read");
        failed = 1;
    }
    const int64_t id = failed ? -1
                              : record_call(&self->recorder, code, how, operands, (int32_t)count);
    PyMem_Free(operands);
    return id < 0 ? NULL : PyLong_FromLongLong(id);
}

/* ------ items */

static PyObject *table_object(const Entry *entries, size_t count)
{
    return PyBytes_FromStringAndSize((const char *)entries, (Py_ssize_t)(count * sizeof *entries));
}

/* The strides as a tuple, the outermost loop's first. */
static PyObject *strides_object(const Law *x, int depth)
{
    PyObject *found = PyTuple_New(depth);
    for (int l = 0; found && l < depth; l++) {
        PyObject *stride = PyLong_FromLongLong(x->strides[depth - 1 - l]);
        if (!stride)
            Py_CLEAR(found);
        else
            PyTuple_SET_ITEM(found, l, stride);
    }
    return found;
}

/* A law as (kind, id, strides, number, table as bytes or None, step, count). */
static PyObject *law_object(const Law *x, int depth)
{
    PyObject *strides = strides_object(x, depth);
    PyObject *table = !x->table ? Py_NewRef(Py_None)
                                : table_object(x->table->entry, x->table->size);
    if (!strides || !table) {
        Py_XDECREF(strides);
        Py_XDECREF(table);
        return NULL;
    }
    return Py_BuildValue("(iLNdNiI)", (int)x->kind, (long long)x->base, strides, x->number, table,
                         (int)x->step, (unsigned)x->count);
}

static PyObject *operand_object(const Operand *x)
{
    const Law law = law_of(x);
    if (x->kind != NUMBER_OPERAND || x->count == 1)
        return law_object(&law, 0);
    PyObject *strides = PyTuple_New(0);
    PyObject *table = PyBytes_FromStringAndSize((const char *)x->at.numbers,
                                                (Py_ssize_t)(x->count * sizeof(double)));
    if (!strides || !table) {
        Py_XDECREF(strides);
        Py_XDECREF(table);
        return NULL;
    }
    return Py_BuildValue("(iiNdNiI)", NUMBER_OPERAND, 0, strides, 0.0, table, 0,
                         (unsigned)x->count);
}

/* The items of a recorder, and what finds the operator of a code. */
typedef struct {
    Recorder *recorder;
    void *owner;
    PyObject *(*operator_of)(void *owner, int32_t code); /* a new reference */
} Items;

static PyObject *item_object(const Items *self, const Item *item, int depth);

/* A loop as (trips, events of an iteration, items). */
static PyObject *loop_object(const Items *self, const Loop *loop, int depth)
{
    PyObject *body = PyTuple_New(loop->size);
    for (int32_t k = 0; body && k < loop->size; k++) {
        PyObject *item = item_object(self, &loop->body[k], depth + 1);
        if (!item)
            Py_CLEAR(body);
        else
            PyTuple_SET_ITEM(body, k, item);
    }
    return body ? Py_BuildValue("(LLN)", (long long)loop->trips, (long long)loop->period, body)
                : NULL;
}

/* An event as (operator, outcome or None, operands, None); the last tells it from a loop. */
static PyObject *event_object(const Items *self, const Item *item, int depth)
{
    PyObject *operands = PyTuple_New(item->count);
    for (int32_t k = 0; operands && k < item->count; k++) {
        PyObject *x = depth ? law_object(&item->of.laws[k], depth)
                            : operand_object(&self->recorder->operand[item->begin + (size_t)k]);
        if (!x)
            Py_CLEAR(operands);
        else
            PyTuple_SET_ITEM(operands, k, x);
    }
    PyObject *outcome = item->outcome == NO_OUTCOME ? Py_None : item->outcome ? Py_True : Py_False;
    PyObject *operator= operands ? self->operator_of(self->owner, item->code) : NULL;
    if (operator)
        return Py_BuildValue("(NONO)", operator, outcome, operands, Py_None);
    Py_XDECREF(operands);
    return NULL;
}

static PyObject *item_object(const Items *self, const Item *item, int depth)
{
    return is_loop(item) ? loop_object(self, item->of.loop, depth)
                         : event_object(self, item, depth);
}

/* Making objects may run a finalizer: it must not record further events meanwhile. */
static PyObject *all_items(const Items *self)
{
    PyObject *items = PyList_New(0);
    for (size_t k = 0; items && k < self->recorder->size; k++) {
        PyObject *item = item_object(self, &self->recorder->item[k], 0);
        if (!item || PyList_Append(items, item) < 0)
            Py_CLEAR(items);
        Py_XDECREF(item);
    }
    return items;
}

static PyObject *operator_of_recorder(void *recorder, int32_t code)
{
    return Py_XNewRef(PyList_GetItem(((LoopRecorder *)recorder)->operators, code));
}

static PyObject *recorder_finish(PyObject *object, PyObject *unused)
{
    (void)unused;
    LoopRecorder *self = (LoopRecorder *)object;
    if (!self->is_read && finish_loops(&self->recorder) < 0)
        return NULL;
    self->is_read++;
    PyObject *items = all_items(&(Items){&self->recorder, self, operator_of_recorder});
    self->is_read--;
    return items;
}

/* ------ the type */

static PyObject *recorder_new(PyTypeObject *type, PyObject *args, PyObject *named)
{
    (void)args;
    (void)named;
    PyObject *codes = PyDict_New(), *operators = PyList_New(0);
    LoopRecorder *self = codes && operators ? (LoopRecorder *)type->tp_alloc(type, 0) : NULL;
    if (!self) {
        Py_XDECREF(codes);
        Py_XDECREF(operators);
        return NULL;
    }
    self->codes = codes;
    self->operators = operators;
    return (PyObject *)self;
}

static int recorder_traverse(PyObject *object, visitproc visit, void *arg)
{
    Py_VISIT(((LoopRecorder *)object)->codes);
    Py_VISIT(((LoopRecorder *)object)->operators);
    return 0;
}

/* The codes alone: events name operators by their place in the list. */
static int recorder_clear(PyObject *object)
{
    if (((LoopRecorder *)object)->codes)
        PyDict_Clear(((LoopRecorder *)object)->codes);
    return 0;
}

static void recorder_dealloc(PyObject *object)
{
    LoopRecorder *self = (LoopRecorder *)object;
    PyObject_GC_UnTrack(object);
    clear_recorder(&self->recorder);
    Py_XDECREF(self->codes);
    Py_XDECREF(self->operators);
    Py_TYPE(object)->tp_free(object);
}

static Py_ssize_t recorder_length(PyObject *object)
{
    return (Py_ssize_t)((LoopRecorder *)object)->recorder.events;
}

static PySequenceMethods recorder_as_sequence = {.sq_length = recorder_length};

static PyMethodDef recorder_methods[] = {
    {"record", recorder_record, METH_VARARGS,
     "record(operator, pairs, outcome=None): the id of a call; an operand is a pair of its kind "
     "and "
     "its id or number."},
    {"finish", recorder_finish, METH_NOARGS,
     "finish(): close what is open, and return all items."},
    {NULL, NULL, 0, NULL},
};

#define RECORDER_MEMBER(name, doc)                                                                \
    {#name, T_LONGLONG, offsetof(LoopRecorder, recorder) + offsetof(Recorder, name), READONLY, doc}

static PyMemberDef recorder_members[] = {
    RECORDER_MEMBER(replayed, "How many events were recorded anew."),
    RECORDER_MEMBER(most, "How many items there were at the most."),
    {NULL, 0, 0, 0, NULL},
};

static PyTypeObject LoopRecorderType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "scalargrad.native._engine.LoopRecorder",
    .tp_doc = "Records operator calls, and keeps as loops what repeats.",
    .tp_basicsize = sizeof(LoopRecorder),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_new = recorder_new,
    .tp_dealloc = recorder_dealloc,
    .tp_traverse = recorder_traverse,
    .tp_clear = recorder_clear,
    .tp_methods = recorder_methods,
    .tp_members = recorder_members,
    .tp_as_sequence = &recorder_as_sequence,
};

#endif
