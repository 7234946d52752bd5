"""Division of traced numbers in a function that may catch an error of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...scalars import is_scalar, is_value
from ...transforms.trees import in_graph
from .asked import Asked

DIVISIONS = ("truediv", "floordiv", "mod")


class Dividing:
    """A mixin before a kind of Tracer. In a function that may catch a ZeroDivisionError, traced
    floats raise it, as Python's do. In any other function 1.0/0.0 is inf; of Values it always is,
    and of NumPy's floats.
    """

    __slots__ = ()


def check(trace: Asked, x: Any, y: Any) -> None:
    if not is_scalar(y) or any(in_graph(z) or is_of_numpy(trace, z) for z in (x, y)):
        return
    if not trace.branch("!=", y, 0.0):
        raise ZeroDivisionError("float division by zero")


def is_of_numpy(trace: Asked, x: Any) -> bool:
    """Tell whether `x` is a float of NumPy's: one that was given, or computed from one by Python's
    operators. The functions of this package give Python's floats."""
    known = trace.of_numpy
    if not is_value(x) or not any(known.values()):
        return False
    pending = [x.index]
    while pending:
        i = pending[-1]
        operands = trace.operands[i] if getattr(trace.rows[i], "dunder", None) else ()
        unknown = [j for j in operands if j not in known]
        if i in known or not unknown:
            known.setdefault(i, any(known[j] for j in operands))
            pending.pop()
        pending += unknown if i not in known else ()
    found: bool = known[x.index]
    return found


def division(name: str, exchanged: bool) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        trace = self.trace
        if trace.catches:
            check(trace, *((other, self) if exchanged else (self, other)))
        return getattr(super(Dividing, self), name)(other)

    return method


for operation in DIVISIONS:
    for name, exchanged in ((f"__{operation}__", False), (f"__r{operation}__", True)):
        setattr(Dividing, name, division(name, exchanged))
