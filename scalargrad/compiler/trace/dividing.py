"""Division of traced numbers in a function that may catch an error of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...scalars import is_scalar
from ...transforms.trees import in_graph

DIVISIONS = ("truediv", "floordiv", "mod")


class Dividing:
    """A mixin before a kind of Tracer. In a function that may catch a ZeroDivisionError, traced
    floats raise it, as Python's do. In any other function 1.0/0.0 is inf; of Values it always is.
    """

    __slots__ = ()


def check(trace: Any, x: Any, y: Any) -> None:
    if not is_scalar(y) or in_graph(x) or in_graph(y):
        return
    if not trace.branch("!=", y, 0.0):
        raise ZeroDivisionError("float division by zero")


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
