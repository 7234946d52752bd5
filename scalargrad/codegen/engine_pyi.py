"""`engine.pyi`: what type checkers know of Value and of the functions, from the operator table."""

from __future__ import annotations

from ..rows import BUILT_IN, Operator

TOP = """\
# Generated from the operator table by python -m scalargrad.codegen. Do not edit.
from collections.abc import Iterable, Sequence
from typing import Any, SupportsFloat, TypeAlias, final, overload

from .rows import Operator
from .updates import Job

Number: TypeAlias = SupportsFloat
Operand: TypeAlias = Value | SupportsFloat

engine: str
wanted: str

def built(part: str) -> Any: ...

functions: dict[str, Operator]
spellings: dict[str, Operator]

def update(jobs: Sequence[Job]) -> tuple[int, int] | None: ...

class Unary(Operator):
    @overload
    def __call__(self, x: Value, /) -> Value: ...
    @overload
    def __call__(self, x: Number, /) -> float: ...

class Binary(Operator):
    @overload
    def __call__(self, x: Value, y: Operand = ..., /, **named: Operand) -> Value: ...
    @overload
    def __call__(self, x: Number, y: Value, /) -> Value: ...
    @overload
    def __call__(self, x: Number, y: Number = ..., /) -> float: ...

class Ternary(Operator):
    @overload
    def __call__(self, x: Number, y: Number, z: Number, /) -> float: ...
    @overload
    def __call__(self, x: Operand, /, *operands: Operand, **named: Operand) -> Any: ...

class Fold(Operator):
    @overload
    def __call__(self, operands: Iterable[Value], /) -> Value: ...
    @overload
    def __call__(self, operands: Iterable[float], /) -> float: ...
    @overload
    def __call__(self, operands: Iterable[Any], /) -> Any: ...

class Dot(Operator):
    @overload
    def __call__(
        self, weights: Iterable[Value], inputs: Iterable[Operand], bias: Operand | None = ...
    ) -> Value: ...
    @overload
    def __call__(
        self, weights: Iterable[Any], inputs: Iterable[Any], bias: Operand | None = ...
    ) -> Any: ...

@final
class Value:
    data: float
    grad: float
    label: str
    _number: float
    _grad: float
    _source: tuple[str, int]
    @overload
    def __new__(cls, data: Number, label: str = ...) -> Value: ...
    @overload
    def __new__(
        cls,
        data: Number,
        parents: Sequence[Value] | set[Value] = ...,
        partials: Sequence[Number] | str = ...,
        label: str = ...,
        **named: Any,
    ) -> Value: ...
    @property
    def has_grad(self) -> bool: ...
    @property
    def op(self) -> Operator | None: ...
    @property
    def parents(self) -> tuple[Value, ...]: ...
    @property
    def partials(self) -> tuple[float, ...]: ...
    @property
    def operands(self) -> tuple[Value | float, ...]: ...
    @property
    def _is_computed(self) -> bool: ...
    @property
    def _parents(self) -> tuple[Value, ...]: ...
    @property
    def _partials(self) -> tuple[float, ...]: ...
    @property
    def _operands(self) -> tuple[Value | float, ...]: ...
    @property
    def _prev(self) -> set[Value]: ...
    @property
    def _op(self) -> str: ...
    @property
    def real(self) -> Value: ...
    @property
    def imag(self) -> float: ...
    @property
    def _children(self) -> tuple[Value, ...]: ...
    @property
    def _local_grads(self) -> tuple[float, ...]: ...
    @staticmethod
    def __operator__(op: Operator, operands: tuple[Any, ...]) -> Value: ...
    @staticmethod
    def _later(call: Any, place: int, number: float) -> Value: ...
    @staticmethod
    def _rebuild(
        op: Operator | None,
        data: float,
        grad: float,
        label: str,
        operands: tuple[Value | float, ...],
        partials: tuple[float, ...],
    ) -> Value: ...
    def backward(self, seed: Number = ...) -> None: ...
    def zero_grad(self) -> None: ...
    def detach(self) -> Value: ...
    def conjugate(self) -> Value: ...
    def _adjoints(self, targets: Iterable[Value]) -> list[float]: ...
    def __lt__(self, other: Operand) -> bool: ...
    def __le__(self, other: Operand) -> bool: ...
    def __gt__(self, other: Operand) -> bool: ...
    def __ge__(self, other: Operand) -> bool: ...
    def __bool__(self) -> bool: ...
    def __pos__(self) -> Value: ...
    def __divmod__(self, other: Operand) -> tuple[Value, Value]: ...
    def __rdivmod__(self, other: Number) -> tuple[Value, Value]: ...
    def __round__(self, digits: int | None = ...) -> Value: ...
    def __floor__(self) -> Value: ...
    def __ceil__(self) -> Value: ...
    def __trunc__(self) -> Value: ...
    def __copy__(self) -> Value: ...
    def __deepcopy__(self, memo: dict[int, Any]) -> Value: ...
"""

KINDS = {1: "Unary", 2: "Binary", 3: "Ternary", None: "Fold"}


def dunders(op: Operator) -> list[str]:
    if op.dunder is None:
        return []
    if op.arity == 1:
        return [f"    def __{op.dunder}__(self) -> Value: ..."]
    return [
        f"    def __{op.dunder}__(self, other: Operand) -> Value: ...",
        f"    def __r{op.dunder}__(self, other: Number) -> Value: ...",
    ]


def methods(op: Operator) -> list[str]:
    optional = [" = ..."] * len(op.defaults)
    required = [""] * (len(op.names) - 1 - len(optional))
    others = [
        f"{name}: Operand{default}" for name, default in zip(op.names[1:], required + optional)
    ]
    parameters = ", ".join(["self", *others])
    return [f"    def {name}({parameters}) -> Value: ..." for name in op.method_names]


def stub() -> str:
    rows = list(BUILT_IN.values())
    members = [line for op in rows for line in (*dunders(op), *methods(op))]
    shown = [op for op in rows if not op.hidden]
    kinds = [
        f"{name}: {'Dot' if op.name == 'dot' else KINDS[op.arity]}"
        for op in shown
        for name in (op.name, op.numpy)
        if name
    ]
    spelled = [name for op in shown for name in (op.name, op.numpy) if name]
    names = [f'    "{name}",' for name in sorted(("Value", *spelled))]
    public = ["__all__ = [", *names, "]"]
    return TOP + "\n".join([*members, "", *kinds, "", *public, ""])
