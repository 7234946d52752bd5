"""Faults inside a network: units that are dead, saturated or exploding, layer by layer.

A unit's slope is the partial derivative of its activation, which its node holds. A dead unit gives
0 with slope 0, whatever the input, and learns nothing any more. A saturated unit has a slope of
nearly 0 on nearly all inputs. The output of an exploding unit is far larger than any input, or not
finite.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .data import samples
from .evaluating import in_mode
from .messages import counted
from .nn.recording import Call, layers, recording
from .outputs import number
from .scalars import is_scalar

__all__ = ["Diagnosis", "LayerDiagnosis", "diagnose"]

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

    def see(self, output: Any) -> None:
        given, flatness = number(output), slope(output)
        self.seen += 1
        self.flat += flatness is not None and abs(flatness) < FLAT
        self.silent += flatness == 0.0 and given == 0.0
        # not finite counts as the largest there is
        self.largest = max(self.largest, abs(given) if math.isfinite(given) else math.inf)


def slope(output: Any) -> float | None:
    """The derivative of an activation in its operand; None for any other node.

    An activation is a node with one parent: no weighted sum, and no arithmetic operator, whose
    slope no input can change.
    """
    op = getattr(output, "op", None)
    if op is None or op.dunder is not None or len(output.parents) != 1 or op.arity is None:
        return None
    return float(output.partials[0])


def diagnose(model: Any, data: Any) -> Diagnosis:
    """Return which units of `model` are dead, saturated or exploding over `data`, layer by layer.

    `data` as `fit` takes it; the targets are not looked at. The model is in evaluation mode
    meanwhile. Memory: the graph of one sample.
    """
    pairs = samples(data)
    units: dict[str, list[UnitRecord]] = {}
    with in_mode(model, training=False), recording(model) as calls:
        for x, _ in pairs:
            model(x)
            for call in layers(calls.pop()):
                see_layer(units.setdefault(call.label, []), call)
    limit = HUGE * max(1.0, largest(x for x, _ in pairs))
    return Diagnosis(len(pairs), [judged(name, found, limit) for name, found in units.items()])


def see_layer(units: list[UnitRecord], call: Call) -> None:
    for row in call.rows:
        units.extend(UnitRecord() for _ in range(len(row) - len(units)))
        for unit, output in zip(units, row):
            unit.see(output)


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
