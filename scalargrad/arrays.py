"""NumPy's functions called with a scalar of ours, alone or beside arrays: np.arctan2(1.0, v).

Functions that are rows of the table, and the questions whether a number is NaN or infinite, are
answered here, element by element. All other functions are NumPy's own, on arrays of objects.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from . import ops
from .rows import BUILT_IN, Operator
from .scalars import is_real, is_value, real

QUESTIONS: dict[str, Callable[[Any], bool]] = {
    "isnan": lambda x: x != x,
    "isinf": lambda x: abs(x) == inf,
    "isfinite": lambda x: abs(x) < inf,
    "signbit": lambda x: ops.copysign(1.0, x) < 0.0,
}


def row_of(ufunc: Any) -> Operator | None:
    """The row of a function of NumPy; None for arithmetic, which NumPy does by our methods."""
    rows = (BUILT_IN.get(ufunc.__name__), BY_NUMPY.get(ufunc.__name__))
    return next((op for op in rows if op and op.array and op.arity == ufunc.nin), None)


BY_NUMPY = {op.numpy: op for op in BUILT_IN.values() if op.numpy}


def array_ufunc(self: Any, ufunc: Any, method: str, *inputs: Any, **named: Any) -> Any:
    """NumPy's function `ufunc` of a scalar: the method `__array_ufunc__`, which NumPy calls."""
    import numpy

    question, row = QUESTIONS.get(ufunc.__name__), row_of(ufunc)
    if question is not None:
        ufunc = numpy.frompyfunc(question, 1, 1)
    elif row is not None:
        ufunc = numpy.frompyfunc(row, ufunc.nin, 1)
    elif ufunc is numpy.divmod:
        ufunc = numpy.frompyfunc(divmod, 2, 2)
    # rows do not warn: NaN and infinity are results like others
    with numpy.errstate(all="ignore"):
        found = getattr(ufunc, method)(*[boxed(numpy, x) for x in inputs], **named)
    is_array = question is not None and isinstance(found, numpy.ndarray)
    return found.astype(bool) if is_array else found


def boxed(numpy: Any, x: Any) -> Any:
    """A scalar of ours as an array of no dimension. A number longer than float64 is rounded to
    float64: in an array of objects it would ask the scalar anew, without end."""
    if not is_value(x):
        is_long = isinstance(x, numpy.ndarray) and x.dtype == numpy.longdouble
        return x.astype(float) if is_long else real(x) if is_real(x) else x
    box = numpy.empty((), dtype=object)
    box[()] = x
    return box
