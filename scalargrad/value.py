"""Value, in pure Python: the specification that the native engine follows.

A Value holds a number and remembers the operator and the operands it was computed from. Its
operators all come from the table: `install` makes a method of each row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any, NoReturn

from . import backward, copying, modes, ops
from .graph import topological_order
from .rows import BUILT_IN, Operator, operand, real


class Value:
    """A float64 that remembers how it was computed.

    `data` and `grad` are floats, `label` a string; all three can be set. `parents` are the Values
    it was computed from, in order, one for each edge: x·x has x twice. A leaf has none. Raises
    TypeError unless `data` is one real number, OverflowError for an integer beyond the floats.
    """

    __slots__ = (
        "_data",
        "_grad",
        "_label",
        "_operands",
        "_operator",
        "_parents",
        "_partials",
        "_source",
    )
    _data: float
    _grad: float
    _label: str
    _operator: Operator | None
    _operands: tuple[Value | float, ...]
    _parents: tuple[Value, ...]
    _partials: tuple[float, ...]
    _source: tuple[str, int] | None

    def __new__(cls, data: Any, label: str = "") -> Value:
        return leaf(real(data), checked_label(label))

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("Value cannot be subclassed: hold one as an attribute instead")

    # ------ the node
    data = property(attrgetter("_data"), lambda self, x: setattr(self, "_data", real(x)))
    grad = property(attrgetter("_grad"), lambda self, x: setattr(self, "_grad", real(x)))
    label = property(
        attrgetter("_label"), lambda self, text: setattr(self, "_label", checked_label(text))
    )
    op = property(attrgetter("_operator"), doc="The Operator that made it, None for a leaf.")
    parents = property(attrgetter("_parents"))
    partials = property(attrgetter("_partials"), doc="∂self/∂parent as floats, one a parent.")
    operands = property(attrgetter("_operands"), doc="The parents, and the constants as floats.")
    _prev = property(lambda self: set(self._parents), doc="The parents as micrograd has them.")
    _op = property(lambda self: self._operator.symbol if self._operator else "")

    def backward(self, seed: float = 1.0) -> None:
        """Add `seed` · ∂self/∂leaf to the `grad` of every leaf, and set the `grad` of every node
        between. All or nothing if interrupted; O(nodes + edges)."""
        backward.backward(self, real(seed))

    def zero_grad(self) -> None:
        """Set `grad` to 0.0 here and in every node this one was computed from."""
        nodes = topological_order(self)
        backward.store(nodes, [0.0] * len(nodes))

    def _adjoints(self, targets: Iterable[Value]) -> list[float]:
        adjoint = backward.propagate(self, 1.0)
        return [adjoint.get(target, 0.0) for target in targets]

    def detach(self) -> Value:
        """Return a new leaf with the same data: no gradient flows through it."""
        return leaf(self._data, "")

    # ------ Python's protocols
    def __repr__(self) -> str:
        return f"Value(data={self._data}, grad={self._grad})"

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else repr(self)

    def __bool__(self) -> bool:
        return self._data != 0.0

    def __pos__(self) -> Value:
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

    def __float__(self) -> NoReturn:
        raise TypeError(
            "a Value does not become a float by itself: use v.data for the number, or "
            "scalargrad.sin(v) instead of math.sin(v) to keep the gradient"
        )

    __int__ = __complex__ = __float__

    def __copy__(self) -> Value:
        return Value._rebuild(*copying.record(self))

    __deepcopy__ = copying.deepcopy
    __reduce__ = copying.reduce

    @staticmethod
    def _rebuild(
        op: Operator | None,
        data: float,
        grad: float,
        label: str,
        operands: tuple[Value | float, ...],
        partials: tuple[float, ...],
    ) -> Value:
        copying.check_record(Value, op, operands, partials)
        parents = tuple(x for x in operands if type(x) is Value)
        node = leaf(real(data), checked_label(label))
        node._grad = real(grad)
        node._operator = op
        node._operands = operands
        node._parents = parents
        node._partials = partials
        return node

    @staticmethod
    def __operator__(op: Operator, operands: tuple[Any, ...]) -> Value:
        """Build the node that `op` makes of these operands, at least one of them a Value."""
        out, operands, partials = op.evaluate(operands, Value)
        parents = tuple(x for x in operands if type(x) is Value)
        return make(op, out, operands, parents, partials)


new = object.__new__


def leaf(data: float, label: str) -> Value:
    node = new(Value)
    node._data = data
    node._grad = 0.0
    node._label = label
    node._operator = node._source = None
    node._operands = node._parents = node._partials = ()
    return node


def make(
    op: Operator,
    out: float,
    operands: tuple[Value | float, ...],
    parents: tuple[Value, ...],
    partials: tuple[float, ...],
) -> Value:
    node = new(Value)
    node._data = out
    node._grad = 0.0
    node._label = ""
    node._operator = op
    node._source = None
    node._operands = operands
    node._parents = parents
    node._partials = partials
    return modes.settle(node) if modes.active else node


def checked_label(label: Any) -> str:
    if isinstance(label, str):
        return label
    raise TypeError(f"a label is a string, got {type(label).__name__} {label!r:.60}")


# ------ operators from the table


def unary(op: Operator) -> Callable[[Value], Value]:
    forward = op.forward
    (dx,) = op.partials  # type: ignore[misc]

    def method(self: Value) -> Value:
        x = self._data
        out = forward(x)
        parents = (self,)
        return make(op, out, parents, parents, (dx(out, x),))

    return method


def binary(op: Operator) -> Callable[[Value, Any], Value]:
    forward = op.forward
    dx, dy = op.partials  # type: ignore[misc]
    dx_alone, _ = op.beside_constant or op.partials  # type: ignore[misc]
    reflected = f"__r{op.dunder}__"

    def method(self: Value, other: Any = None) -> Value:
        x = self._data
        if type(other) is Value:
            y = other._data
            out = forward(x, y)
            parents = (self, other)
            return make(op, out, parents, parents, (dx(out, x, y), dy(out, x, y)))
        y = other if type(other) is float else operand(other, reflected)
        if y is NotImplemented:
            return y
        out = forward(x, y)
        return make(op, out, (self, y), (self,), (dx_alone(out, x, y),))

    return method


def reversed_binary(op: Operator) -> Callable[[Value, Any], Value]:
    forward = op.forward
    _, dy = op.beside_constant or op.partials  # type: ignore[misc]

    def method(self: Value, other: Any) -> Value:
        x = operand(other, f"__{op.dunder}__")
        if x is NotImplemented:
            return x
        y = self._data
        out = forward(x, y)
        return make(op, out, (x, self), (self,), (dy(out, x, y),))

    return method


def called(op: Operator) -> Callable[..., Value]:
    def method(self: Value, *others: Any) -> Any:
        return op(self, *others)

    return method


def methods_of(op: Operator) -> Iterable[tuple[str, Callable[..., Any]]]:
    """The names under which a row stands on Value, each with its method."""
    if op.dunder and op.arity == 1:
        yield f"__{op.dunder}__", unary(op)
    elif op.dunder:
        yield f"__{op.dunder}__", binary(op)
        yield f"__r{op.dunder}__", reversed_binary(op)
    if op.method or (op.dunder and op.numpy):
        method = unary(op) if op.arity == 1 else called(op)
        yield from ((name, method) for name in (op.name, op.numpy) if name)


def compared(name: str) -> Callable[[Value, Any], Any]:
    compare: Any = getattr(float, name)

    def method(self: Value, other: Any) -> Any:
        if type(other) is Value:
            return compare(self._data, other._data)
        y = operand(other, name)
        return y if y is NotImplemented else compare(self._data, y)

    return method


def install() -> None:
    for op in BUILT_IN.values():
        for name, method in methods_of(op):
            method.__name__, method.__doc__ = name, op.__doc__
            setattr(Value, name, method)
    for name in ("__lt__", "__le__", "__gt__", "__ge__"):
        setattr(Value, name, compared(name))


install()
