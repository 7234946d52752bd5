"""Faults inside a network: units that are dead, saturated or exploding, layer by layer.

A unit's slope is the partial derivative of its activation, which its node holds. A dead unit gives
0 with slope 0, whatever the input, and learns nothing any more. A saturated unit has a slope of
nearly 0 on nearly all inputs. The output of an exploding unit is far larger than any input, or not
finite.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from .columns import columns
from .data import samples
from .evaluating import in_mode
from .face import shown
from .many import Runner, programs_that_pay
from .messages import counted
from .modes import is_traced
from .nn.inputs import data_of
from .nn.recording import Call, layers, recording
from .outputs import number
from .scalars import is_scalar

__all__ = ["Diagnosis", "LayerDiagnosis", "diagnose"]
__dir__ = shown(__name__)

FLAT = 0.01
"""A slope below this is flat: tanh beyond ±3, sigmoid beyond ±4.6."""

MOSTLY = 0.95
"""The share of samples from which on a flat unit counts as saturated."""

HUGE = 1e3
"""Times the largest input (or 1): an output beyond it is exploding."""

SHOWN = 8
"""Units named in the report, of those that have one fault."""


@dataclass
class LayerDiagnosis:
    """The faulty units of one layer, by their positions in it."""

    name: str
    units: int
    dead: list[int] = field(default_factory=list)
    saturated: list[int] = field(default_factory=list)
    exploding: list[int] = field(default_factory=list)

    def faults(self) -> list[tuple[str, list[int]]]:
        found = [("dead", self.dead), ("saturated", self.saturated), ("exploding", self.exploding)]
        return [(fault, units) for fault, units in found if units]

    def __str__(self) -> str:
        told = [f"{len(units)} {fault} ({named(units)})" for fault, units in self.faults()]
        return f"{counted(self.units, 'unit')}: {', '.join(told) or 'healthy'}"


@dataclass
class Diagnosis:
    """A report on every layer. `str()` of it reads as one; `healthy` if no unit has a fault."""

    samples: int
    layers: list[LayerDiagnosis]

    @property
    def healthy(self) -> bool:
        return not any(layer.faults() for layer in self.layers)

    def count(self, fault: str) -> int:
        """Return how many units are "dead", "saturated" or "exploding"."""
        return sum(len(getattr(layer, fault)) for layer in self.layers)

    def __str__(self) -> str:
        units = sum(layer.units for layer in self.layers)
        faults = ", ".join(f"{self.count(f)} {f}" for f in ("dead", "saturated", "exploding"))
        width = max((len(layer.name) for layer in self.layers), default=0)
        lines = [f"{layer.name:{width}}  {layer}" for layer in self.layers]
        return "\n".join(
            [f"{counted(units, 'unit')} over {self.samples} samples: {faults}", *lines]
        )


def named(units: Sequence[int]) -> str:
    more = ", …" if len(units) > SHOWN else ""
    return ", ".join(map(str, units[:SHOWN])) + more


@dataclass
class UnitRecord:
    """The record of one unit over all samples."""

    seen: int = 0
    flat: int = 0
    silent: int = 0
    largest: float = 0.0

    def see(self, given: float, flatness: float) -> None:
        self.seen += 1
        self.flat += abs(flatness) < FLAT
        self.silent += flatness == 0.0 and given == 0.0
        # not finite counts as the largest there is
        self.largest = max(self.largest, abs(given) if math.isfinite(given) else math.inf)


def slope(output: Any) -> Any:
    """The derivative of an activation in its operand, a float or, in a function that is traced, a
    number of the trace; NaN for any other node.

    An activation is a node with one parent: no weighted sum, and no arithmetic operator, whose
    slope no input can change.
    """
    op = getattr(output, "op", None)
    if op is None or op.dunder is not None or len(output.parents) != 1 or op.arity is None:
        return math.nan
    if is_traced():
        return op.partials[0](output, *output.operands)
    return float(output.partials[0])


def diagnose(model: Any, data: Any) -> Diagnosis:
    """Return which units of `model` are dead, saturated or exploding over `data`, layer by layer.

    `data` as `fit` takes it; the targets are not looked at. The model is in evaluation mode
    meanwhile. Memory: the graph of one sample. From 30,000 samples on a compiled program runs the
    model where it can.
    """
    inputs = [x for x, _ in samples(data)]
    with in_mode(model, training=False), recording(model) as calls:
        units = seen_in_lanes(model, inputs, calls) or seen_one_by_one(model, inputs, calls)
    limit = HUGE * max(1.0, largest(inputs))
    return Diagnosis(len(inputs), [judged(name, found, limit) for name, found in units.items()])


Units = dict[str, list[UnitRecord]]
"""The records of the units of each layer, by its name."""


def outputs_by_unit(call: Call) -> Iterator[tuple[str, int, Any]]:
    """The outputs of all layers, each with its layer's name and its unit."""
    for layer in layers(call):
        for row in layer.rows:
            yield from ((layer.label, k, output) for k, output in enumerate(row))


def record_of(units: Units, name: str, k: int) -> UnitRecord:
    found = units.setdefault(name, [])
    found.extend(UnitRecord() for _ in range(k + 1 - len(found)))
    return found[k]


def seen_one_by_one(model: Any, inputs: Sequence[Any], calls: list[Call]) -> Units:
    units: Units = {}
    for x in inputs:
        model(x)
        for name, k, output in outputs_by_unit(calls.pop()):
            record_of(units, name, k).see(number(output), slope(output))
    return units


def seen_in_lanes(model: Any, inputs: Sequence[Any], calls: list[Call]) -> Units | None:
    """The same by a program; None where there can be none, or where it does not pay."""
    pays = programs_that_pay(model, inputs[0], len(inputs))
    calls.clear()
    if not pays:
        return None

    def numbers(x: Any) -> list[Any]:
        model(x)
        found = outputs_by_unit(calls.pop())
        return [(data_of(output), slope(output)) for _, _, output in found]

    try:
        given = columns(inputs, "input")
        # on another way through the model there may be other layers
        array = Runner(numbers, (given.form,), most=1).run(given)
    except Exception:
        # the model itself then tells what is wrong, if anything is
        calls.clear()
        return None
    model(inputs[0])
    places = [(name, k) for name, k, _ in outputs_by_unit(calls.pop())]
    units: Units = {}
    for (name, k), column, slopes in zip(places, array.T[::2], array.T[1::2]):
        record = record_of(units, name, k)
        for pair in zip(column.tolist(), slopes.tolist()):
            record.see(*pair)
    return units


def judged(name: str, units: Sequence[UnitRecord], limit: float) -> LayerDiagnosis:
    layer = LayerDiagnosis(name, len(units))
    for i, unit in enumerate(units):
        if unit.silent == unit.seen:
            layer.dead.append(i)
        elif unit.flat >= MOSTLY * unit.seen:
            layer.saturated.append(i)
        if unit.largest > limit:
            layer.exploding.append(i)
    return layer


def largest(inputs: Iterable[Any]) -> float:
    """The largest size of any number in `inputs`, however they are nested; 0.0 without one."""
    sizes = [0.0]
    for x in inputs:
        if isinstance(x, (list, tuple)):
            sizes.append(largest(x))
        elif is_scalar(x):
            sizes.append(abs(number(x)))
    return max(sizes)
