"""The operators of the pure engine: a method on Value of each row of the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from . import modes
from .backward import NO_GRADIENT
from .comparing import COMPARISONS, beside, traced_comparison
from .freeing import TALLEST
from .rows import BUILT_IN, Operator
from .scalars import operand
from .value import Value, leaf, new, settle

__all__ = ["Value"]


def unary(op: Operator) -> Callable[[Value], Value]:
    forward = op.forward
    (dx,) = op.partials  # type: ignore[misc]
    zero = op.zero(dx)

    def method(self: Value) -> Value:
        node = new(Value)
        x = self._data
        node._data = out = forward(x)
        node._x = self
        node._dx = dx(out, x) + zero
        node._y = node._dy = None
        node._height = height = 1 + self._height
        node._grad = NO_GRADIENT
        node._operator = op
        return node if not modes.active and height != TALLEST else settle(node)

    return method


def constant(rule: Callable[..., Any], count: int) -> float | None:
    """The number that a partial is for any output and any `count` operands; None if it varies."""
    try:
        found = rule(*[None] * (1 + count))
    except TypeError:
        return None
    return found if isinstance(found, float) else None


def linear(op: Operator, dx: float, dy: float) -> Callable[[Value, Any], Any]:
    """The method of `binary` for partials that are constants: a sum takes half of the time."""
    forward = op.forward
    reflected = f"__r{op.dunder}__"

    def method(self: Value, other: Any) -> Any:
        node = new(Value)
        if type(other) is Value:
            node._data = forward(self._data, other._data)
            node._y, node._dy = other, dy
            height, beside = self._height, other._height
            node._height = height = 1 + (height if height > beside else beside)
        else:
            y = other if type(other) is float else operand(other, reflected)
            if y is NotImplemented:
                return y
            node._data = forward(self._data, y)
            node._y, node._dy = None, y
            node._height = height = 1 + self._height
        node._x, node._dx = self, dx
        node._grad = NO_GRADIENT
        node._operator = op
        return node if not modes.active and height != TALLEST else settle(node)

    return method


def binary(op: Operator) -> Callable[[Value, Any], Any]:
    dx_always, dy_always = (constant(rule, 2) for rule in op.partials)  # type: ignore[union-attr]
    if op.beside_constant is None and dx_always is not None and dy_always is not None:
        return linear(op, dx_always, dy_always)
    forward = op.forward
    dx, dy = op.partials  # type: ignore[misc]
    dx_alone, _ = op.beside_constant or op.partials  # type: ignore[misc]
    x_zero, y_zero, alone_zero = map(op.zero, (dx, dy, dx_alone))
    reflected = f"__r{op.dunder}__"

    def method(self: Value, other: Any) -> Any:
        node = new(Value)
        x = self._data
        if type(other) is Value:
            y = other._data
            node._data = out = forward(x, y)
            node._y = other
            node._dx = dx(out, x, y) + x_zero
            node._dy = dy(out, x, y) + y_zero
            height, beside = self._height, other._height
            node._height = height = 1 + (height if height > beside else beside)
        else:
            y = other if type(other) is float else operand(other, reflected)
            if y is NotImplemented:
                return y
            node._data = out = forward(x, y)
            node._y = None
            node._dx = dx_alone(out, x, y) + alone_zero
            node._dy = y
            node._height = height = 1 + self._height
        node._x = self
        node._grad = NO_GRADIENT
        node._operator = op
        return node if not modes.active and height != TALLEST else settle(node)

    return method


def reversed_binary(op: Operator) -> Callable[[Value, Any], Any]:
    forward = op.forward
    _, dy = op.beside_constant or op.partials  # type: ignore[misc]
    zero = op.zero(dy)

    def method(self: Value, other: Any) -> Any:
        x = operand(other, f"__{op.dunder}__")
        if x is NotImplemented:
            return x
        node = leaf(forward(x, self._data), "")
        node._y = self
        node._height = height = 1 + self._height
        node._dx = x
        node._dy = dy(node._data, x, self._data) + zero
        node._operator = op
        return node if not modes.active and height != TALLEST else settle(node)

    return method


def called(op: Operator) -> Callable[..., Value]:
    def method(self: Value, *others: Any, **named: Any) -> Any:
        return op(self, *others, **named)

    return method


def methods_of(op: Operator) -> Iterable[tuple[str, Callable[..., Any]]]:
    """The names under which a row stands on Value, each with its method."""
    if op.dunder and op.arity == 1:
        yield f"__{op.dunder}__", unary(op)
    elif op.dunder:
        yield f"__{op.dunder}__", binary(op)
        yield f"__r{op.dunder}__", reversed_binary(op)
    method = unary(op) if op.arity == 1 else called(op)
    yield from ((name, method) for name in op.method_names)


def compared(name: str) -> Callable[[Value, Any], Any]:
    compare: Any = getattr(float, name)

    def method(self: Value, other: Any) -> Any:
        traced = traced_comparison(name, self, other) if modes.active else None
        if traced is not None:
            return traced
        if type(other) is Value:
            return compare(self._data, other._data)
        y = beside(name, other)
        return y if y is NotImplemented else compare(self._data, y)

    return method


def install() -> None:
    for op in BUILT_IN.values():
        for name, method in methods_of(op):
            method.__doc__ = op.__doc__
            add(name, method)
    for name in COMPARISONS:
        add(name, compared(name))


def add(name: str, method: Callable[..., Any]) -> None:
    method.__name__, method.__qualname__ = name, f"Value.{name}"
    setattr(Value, name, method)


install()
