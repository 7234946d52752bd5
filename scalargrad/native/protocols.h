/* Python's protocols: printing, truth, comparing, and the conversions that are refused. */
#ifndef SCALARGRAD_PROTOCOLS_H
#define SCALARGRAD_PROTOCOLS_H

#include "attributes.h"

static PyObject *value_repr(PyObject *self)
{
    PyObject *data = get_data(self, NULL), *grad = data ? get_grad(self, NULL) : NULL;
    PyObject *text = grad ? PyUnicode_FromFormat("Value(data=%R, grad=%R)", data, grad) : NULL;
    Py_XDECREF(data);
    Py_XDECREF(grad);
    return text;
}

static PyObject *value_format(PyObject *self, PyObject *spec)
{
    if (!PyUnicode_Check(spec) || PyUnicode_GET_LENGTH(spec) == 0)
        return value_repr(self);
    PyObject *data = get_data(self, NULL);
    PyObject *text = data ? PyObject_Format(data, spec) : NULL;
    Py_XDECREF(data);
    return text;
}

static Py_hash_t value_hash(PyObject *self)
{
    return (Py_hash_t)((uintptr_t)self >> 3);
}

static int value_bool(PyObject *self)
{
    return ((Node *)self)->data != 0.0;
}

static PyObject *value_positive(PyObject *self)
{
    return Py_NewRef(self);
}

static PyObject *value_compare(PyObject *self, PyObject *other, int operation)
{
    static const char *const swapped[] = {"__lt__", "__le__", "", "", "__gt__", "__ge__"};
    Edge edge;
    if (operation == Py_EQ || operation == Py_NE)
        Py_RETURN_NOTIMPLEMENTED;
    Reading reading = read_operand(other, swapped[operation], &edge);
    if (reading == FAILED)
        return NULL;
    if (reading == NOT_OURS)
        Py_RETURN_NOTIMPLEMENTED;
    Py_RETURN_RICHCOMPARE(((Node *)self)->data, edge.partial, operation);
}

static PyObject *slot_power(PyObject *x, PyObject *y, PyObject *modulus)
{
    if (modulus != Py_None)
        return PyErr_Format(PyExc_TypeError, "pow of Values takes two operands, got three");
    return slot_pow(x, y);
}

static PyObject *slot_divmod(PyObject *x, PyObject *y)
{
    PyObject *quotient = PyNumber_FloorDivide(x, y);
    PyObject *remainder = quotient ? PyNumber_Remainder(x, y) : NULL;
    PyObject *pair = remainder ? PyTuple_Pack(2, quotient, remainder) : NULL;
    Py_XDECREF(quotient);
    Py_XDECREF(remainder);
    return pair;
}

static PyObject *refuse_float(PyObject *self)
{
    (void)self;
    return PyErr_Format(PyExc_TypeError,
                        "a Value does not become a float by itself: use v.data for the number, or "
                        "scalargrad.sin(v) instead of math.sin(v) to keep the gradient");
}

static PyObject *refuse_complex(PyObject *self, PyObject *unused)
{
    (void)unused;
    return refuse_float(self);
}

static PyObject *value_round(PyObject *self, PyObject *args)
{
    PyObject *digits = Py_None;
    if (!PyArg_ParseTuple(args, "|O:__round__", &digits))
        return NULL;
    if (digits == Py_None)
        return slot_round(self);
    return PyObject_CallFunctionObjArgs(PyTuple_GET_ITEM(hooks.rows, OP_round_to), self, digits,
                                        NULL);
}

#endif
