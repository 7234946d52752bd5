"""Python's protocols that follow from the operators, for every kind of scalar alike."""

from __future__ import annotations

from typing import Any

from . import arrays, ops


class Protocols:
    """Base of a scalar that has the operators: divmod, round, math.floor, math.ceil, math.trunc,
    unary +."""

    __slots__ = ()

    def __pos__(self) -> Any:
        return self

    @property
    def real(self) -> Any:
        """The number itself: it is real, as Python's floats are."""
        return self

    @property
    def imag(self) -> float:
        """0.0, the part that a real number does not have."""
        return 0.0

    def conjugate(self) -> Any:
        """The number itself; NumPy's variance asks for it."""
        return self

    __array_ufunc__ = arrays.array_ufunc

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
