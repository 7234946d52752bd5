"""Python's protocols that follow from the operators, for every kind of scalar alike."""

from __future__ import annotations

from typing import Any

from . import ops


class Protocols:
    """Base of a scalar that has the operators: divmod, round, math.floor, math.ceil, math.trunc,
    unary +."""

    __slots__ = ()

    def __pos__(self) -> Any:
        return self

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __round__(self, digits: int | None = None) -> Any:
        return ops.round(self) if digits is None else ops.round_to(self, digits)

    def __floor__(self) -> Any:
        return ops.floor(self)

    def __ceil__(self) -> Any:
        return ops.ceil(self)

    def __trunc__(self) -> Any:
        return ops.trunc(self)
