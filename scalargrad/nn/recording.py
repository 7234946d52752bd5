"""Inputs and outputs of each part of a network, recorded call by call without a change to its code.

Within `recording` every Module of the network has a subclass of its own class, whose calls keep
input and output; afterwards each Module has its class again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..scalars import is_scalar
from ..temporary import Temporary
from .module import Module


@dataclass
class Call:
    """One call of a part: its name ("" for the whole) and class, its input and output, and the
    calls within."""

    name: str
    kind: str
    input: Any
    output: Any = None
    inner: list[Call] = field(default_factory=list)

    @property
    def label(self) -> str:
        """Name and class: "layers.0 Linear"."""
        return f"{self.name} {self.kind}".lstrip()

    @property
    def rows(self) -> list[list[Any]]:
        """The output as rows of numbers or Values, one for each unit: several if it is a list of
        lists, none if it holds anything else."""
        return list(rows_of(self.output))


def recording(model: Module) -> Temporary:
    """Within `with recording(model) as calls:` each call of `model` is added to the list `calls`,
    with all calls inside.

    The list keeps the outputs, and with them their graphs: clear it between calls. Raises
    TypeError unless `model` is a Module.
    """
    if not isinstance(model, Module):
        raise TypeError(f"only a Module can be looked into, got {type(model).__name__}")
    calls: list[Call] = []
    open_calls = [Call("", "", None, inner=calls)]
    parts = [part for _, part in model.named_modules()]
    kinds = [observed(type(part), name, open_calls) for name, part in model.named_modules()]
    return Temporary((parts, "__class__", kinds), result=calls)


def observed(kind: type[Any], name: str, open_calls: list[Call]) -> Any:
    """A subclass of `kind` whose calls are kept in the innermost of `open_calls`."""

    def __call__(self: Any, *args: Any, **named: Any) -> Any:
        call = Call(name, kind.__name__, args[0] if args else None)
        open_calls[-1].inner.append(call)
        open_calls.append(call)
        try:
            call.output = kind.__call__(self, *args, **named)
        finally:
            open_calls.pop()
        return call.output

    return type(kind.__name__, (kind,), {"__call__": __call__, "__module__": kind.__module__})


def rows_of(output: Any) -> Iterator[list[Any]]:
    if is_scalar(output):
        yield [output]
    elif isinstance(output, (list, tuple)) and output:
        if all(map(is_scalar, output)):
            yield list(output)
        else:
            for part in output:
                yield from rows_of(part)


def layers(call: Call, whole: bool = True) -> Iterator[Call]:
    """Yield the calls within that are layers, in the order in which they ended.

    A single neuron is no layer: it is called beside others with the same input, or its output is
    one number in a list. Neither is a part that hands on its input, nor a container, which returns
    the output of its last part.
    """
    lists = isinstance(call.output, (list, tuple))
    inner = [c for c in call.inner if not lists or isinstance(c.output, (list, tuple))]
    if not is_one_layer(call, inner, whole):
        for c in inner:
            yield from layers(c, whole=False)
        if any(c.output is call.output for c in inner):
            return
    if call.output is not call.input and call.rows:
        yield call


def is_one_layer(call: Call, inner: list[Call], whole: bool) -> bool:
    """Tell whether the parts stand side by side, or one of them does all the work."""
    if not whole and any(c.input is call.input and c.output is call.output for c in inner):
        return True
    inputs = {id(c.input) for c in inner}
    return len(inputs) < len(inner) and (len(inputs) == 1 or not whole)
