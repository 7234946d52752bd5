/* Python's protocols: printing, truth, comparing, and the conversions that are refused. Included
 * by module.c. */
#ifndef SCALARGRAD_PROTOCOLS_H
#define SCALARGRAD_PROTOCOLS_H

#include "attributes.h"
#include "../shared/growing.h"

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

/* How a comparison comes out while a function is traced; NULL without an exception elsewhere, also
 * where the comparison is noted alone. */
APART PyObject *compared_in_mode(PyObject *self, PyObject *other, int operation)
{
    static const char *const names[] = {"__lt__", "__le__", "__eq__",
                                        "__ne__", "__gt__", "__ge__"};
    const int modes = modes_now();
    if (modes < 0 || !(modes & (TRACED | OBSERVED)))
        return NULL;
    PyObject *outcome = PyObject_CallFunction(hooks.compared, "sOO", names[operation], self,
                                              other);
    if (outcome == Py_None)
        Py_CLEAR(outcome);
    return outcome;
}

/* 1, 0, −1 with an exception, −2 outside of a trace. */
COLD int truth_in_mode(PyObject *self)
{
    PyObject *zero = PyFloat_FromDouble(0.0);
    PyObject *outcome = zero ? compared_in_mode(self, zero, Py_NE) : NULL;
    Py_XDECREF(zero);
    if (!outcome)
        return PyErr_Occurred() ? -1 : -2;
    int truth = PyObject_IsTrue(outcome);
    Py_DECREF(outcome);
    return truth;
}

static int value_bool(PyObject *self)
{
    int truth = UNLIKELY(modes_active()) ? truth_in_mode(self) : -2;
    return truth == -2 ? ((Node *)self)->data != 0.0 : truth;
}

static PyObject *value_positive(PyObject *self)
{
    return Py_NewRef(self);
}

/* The float that equals what another object equals. Every whole number up to `exact` is one. */
static Reading read_equal(PyObject *x, double *number)
{
    const long long exact = 1LL << 53;
    int overflow = 0;
    long long whole = PyLong_CheckExact(x) ? PyLong_AsLongLongAndOverflow(x, &overflow)
                                           : exact + 1;
    if (!overflow && whole >= -exact && whole <= exact) {
        *number = (double)whole;
        return READ;
    }
    PyObject *found = PyObject_CallOneArg(hooks.equal_float, x);
    if (!found)
        return FAILED;
    Reading reading = PyFloat_Check(found) ? READ : NOT_OURS;
    if (reading == READ)
        *number = PyFloat_AS_DOUBLE(found);
    Py_DECREF(found);
    return reading;
}

static Reading read_compared(PyObject *x, int operation, double *number)
{
    static const char *const swapped[] = {"__lt__", "__le__", "", "", "__gt__", "__ge__"};
    if (is_value(x)) {
        *number = ((Node *)x)->data;
        return READ;
    }
    if (PyFloat_Check(x)) {
        *number = PyFloat_AS_DOUBLE(x);
        return READ;
    }
    if (operation == Py_EQ || operation == Py_NE)
        return read_equal(x, number);
    return read_number(x, swapped[operation], number);
}

static PyObject *value_compare(PyObject *self, PyObject *other, int operation)
{
    double number;
    if (UNLIKELY(modes_active())) {
        PyObject *outcome = compared_in_mode(self, other, operation);
        if (outcome || PyErr_Occurred())
            return outcome;
    }
    Reading reading = read_compared(other, operation, &number);
    if (reading == FAILED)
        return NULL;
    if (reading == NOT_OURS)
        Py_RETURN_NOTIMPLEMENTED;
    Py_RETURN_RICHCOMPARE(((Node *)self)->data, number, operation);
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

static PyObject *value_conjugate(PyObject *self, PyObject *unused)
{
    (void)unused;
    return Py_NewRef(self);
}

/* Call with `self` before all else. Of `args`, n come by position. */
static PyObject *call_with(PyObject *function, PyObject *self, PyObject *const *args, Py_ssize_t n,
                           PyObject *kwnames)
{
    Py_ssize_t given = n + (kwnames ? PyTuple_GET_SIZE(kwnames) : 0);
    PyObject *few[FEW], **all = few_or_more(few, given + 1, sizeof *all);
    if (!all)
        return NULL;
    all[0] = self;
    for (Py_ssize_t i = 0; i < given; i++)
        all[i + 1] = args[i];
    PyObject *result = PyObject_Vectorcall(function, all, (size_t)n + 1, kwnames);
    free_more(all, few);
    return result;
}

static PyObject *value_array_ufunc(PyObject *self, PyObject *const *args, Py_ssize_t n,
                                   PyObject *kwnames)
{
    return call_with(hooks.array_ufunc, self, args, n, kwnames);
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
