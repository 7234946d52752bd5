"""A scalar of another kind than Value, as a tracer of a compiler is: it tells nothing of itself.

It has a number behind it, which only `number` reads; to branch on it is an error.
"""

from __future__ import annotations

from typing import Any

from scalargrad.rows import BUILT_IN, Operator
from scalargrad.scalars import real


def number(x: Any) -> float:
    return x._number if isinstance(x, Traced) else real(x)


class Traced:
    def __init__(self, x: float) -> None:
        self._number = x

    @staticmethod
    def __operator__(op: Operator, operands: tuple[Any, ...]) -> Traced:
        return Traced(op.forward(*map(number, operands)))

    @property
    def data(self) -> Traced:
        return Traced(self._number)

    def __bool__(self) -> bool:
        raise AssertionError("a branch on a traced number would be frozen into a program")

    __float__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__  # type: ignore[assignment]


def installed(op: Operator) -> None:
    setattr(Traced, f"__{op.dunder}__", lambda self, *others: op(self, *others))
    setattr(Traced, f"__r{op.dunder}__", lambda self, other: op(other, self))


for row in BUILT_IN.values():
    if row.dunder:
        installed(row)
