"""Objects that outlive a trace, with the numbers in them in place of Tracers.

What a traced function raises reaches the caller as plain Python has it: with floats, and with
Values above those of the call. What it left elsewhere is cleaned in the same way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from types import CellType, FunctionType, MemberDescriptorType, SimpleNamespace
from typing import Any

from ...engine import Value
from ...scalars import is_value
from ...transforms.trees import is_array
from ..trace.recorder import Recorder
from ..trace.tracer import Number
from ..trace.vocabulary import CONSTANT, STRUCTURE
from .installed import is_installed_class

PLAIN = {float, int, bool, str, bytes, type(None), type}


def number_of(x: Number) -> Any:
    """A Tracer as a number by itself."""
    number = float(x.trace.numbers[x.index])
    return Value(number) if x.in_graph else number


class Replay:
    """Tracers of one trace as eager mode has them: floats, and Values above the `inputs`, which
    are the Values that nodes stand for."""

    def __init__(self, trace: Recorder, inputs: Mapping[int, Any]) -> None:
        self.trace = trace
        self.known: dict[int, Any] = {}
        self.inputs = inputs

    def __call__(self, x: Number) -> Any:
        trace: Recorder = self.trace
        if x.trace is not trace:
            return number_of(x)
        for i in trace.needed([x.index]):
            if i not in self.known:
                self.known[i] = self.made(i)
        return self.known[x.index]

    def made(self, i: int) -> Any:
        trace = self.trace
        row, number = trace.rows[i], float(trace.numbers[i])
        if row is CONSTANT or not trace.is_linked(trace.tracers[i]):
            return number
        if i in self.inputs:
            return self.inputs[i]
        if isinstance(row, str) or row in STRUCTURE or i in trace.leaves:
            return Value(number)
        operands = [self.known[j] for j in trace.operands[i]]
        kind: Any = Value
        found = kind.__operator__(row, tuple(operands))
        return found if is_value(found) else Value(found)


class Releasing:
    """Puts a `number` in place of each Tracer that it finds, in place where it can."""

    def __init__(self, number: Callable[[Number], Any] = number_of) -> None:
        self.number = number
        self.done: dict[int, tuple[Any, Any]] = {}
        """The successor of each object; the object itself keeps its identity for it."""

    def of(self, x: Any) -> Any:
        """Return what is to stand in place of an object: mostly the object itself."""
        kind = type(x)
        if kind in PLAIN:
            return x
        if issubclass(kind, Number):
            return self.number(x)
        if id(x) not in self.done:
            self.done[id(x)] = x, x
            self.done[id(x)] = x, self.inside(kind, x)
        return self.done[id(x)][1]

    def inside(self, kind: type, x: Any) -> Any:
        for base, visit in VISITS.items():
            if issubclass(kind, base):
                found = visit(self, x)
                break
        else:
            found = x
            if is_array(x) and x.dtype == object:
                of_items(self, x.ravel(), x.flat)
        if issubclass(kind, BaseException) or not is_installed_class(kind):
            self.of_attributes(found)
        return found

    def of_attributes(self, x: Any) -> None:
        if isinstance(getattr(x, "__dict__", None), dict):
            of_dict(self, x.__dict__)
        for kind in type(x).__mro__:
            for slot in list(vars(kind).values()):
                if type(slot) is MemberDescriptorType:
                    self.of_slot(slot, x)

    def of_slot(self, slot: Any, x: Any) -> None:
        try:
            held = slot.__get__(x)
            if (new := self.of(held)) is not held:
                slot.__set__(x, new)
        except (AttributeError, TypeError):
            # an empty one, or one that is only read
            return


def of_items(releasing: Releasing, items: Any, holder: Any) -> Any:
    for k, x in enumerate(list(items)):
        if (new := releasing.of(x)) is not x:
            holder[k] = new
    return holder


def of_dict(releasing: Releasing, x: dict[Any, Any]) -> Any:
    for key, held in list(x.items()):
        if (new := releasing.of(held)) is not held:
            dict.__setitem__(x, key, new)
    return x


def of_tuple(releasing: Releasing, x: tuple[Any, ...]) -> Any:
    found = tuple(map(releasing.of, x))
    return x if all(new is old for new, old in zip(found, x)) else tuple.__new__(type(x), found)


def of_error(releasing: Releasing, x: BaseException) -> Any:
    if (args := releasing.of(x.args)) is not x.args:
        x.args = args
    for other in (x.__cause__, x.__context__, *getattr(x, "exceptions", ())):
        releasing.of(other)
    return x


def of_function(releasing: Releasing, x: FunctionType) -> Any:
    for cell in x.__closure__ or ():
        releasing.of(cell)
    for name in ("__defaults__", "__kwdefaults__"):
        if (new := releasing.of(held := getattr(x, name))) is not held:
            setattr(x, name, new)
    of_dict(releasing, x.__dict__)
    return x


def of_cell(releasing: Releasing, x: CellType) -> Any:
    try:
        held = x.cell_contents
    except ValueError:
        return x
    if (new := releasing.of(held)) is not held:
        x.cell_contents = new
    return x


def of_partial(releasing: Releasing, x: partial[Any]) -> Any:
    of_dict(releasing, x.keywords)
    if (args := releasing.of(x.args)) is not x.args:
        x.__setstate__((x.func, args, x.keywords, x.__dict__))  # type: ignore[attr-defined]
    return x


VISITS: dict[type, Callable[[Releasing, Any], Any]] = {
    list: lambda releasing, x: of_items(releasing, x, x),
    deque: lambda releasing, x: of_items(releasing, x, x),
    dict: of_dict,
    tuple: of_tuple,
    BaseException: of_error,
    FunctionType: of_function,
    CellType: of_cell,
    partial: of_partial,
    SimpleNamespace: lambda releasing, x: of_dict(releasing, x.__dict__) and x,
}
