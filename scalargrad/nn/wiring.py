"""Partial connectivity: units that listen to some of the layer below; networks wired at will."""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

from ..engine import Value, dot, tanh
from ..messages import described
from ..options import function, items, whole
from ..randomness import choice
from .initializers import Initializer, checked, vector, xavier_uniform
from .inputs import inputs_for
from .module import Module

Wiring = Mapping[Hashable, Sequence[Hashable]]


class Unit(Module):
    """A weighted sum of the inputs it listens to, plus a bias."""

    def __init__(self, nin: int, initializer: Initializer) -> None:
        self.weight = vector([initializer(nin, 1) for _ in range(nin)])
        self.bias = Value(0.0)

    def __call__(self, heard: Sequence[Any]) -> Any:
        return dot(self.weight, heard, self.bias)


IN_ROWS = "a list for each output, of the inputs that it listens to"


class Sparse(Module):
    """An affine map whose outputs each listen to some of `nin` inputs: output i to those
    numbered heard[i]. Raises ValueError for a number outside 0 … nin − 1."""

    def __init__(
        self,
        nin: int,
        heard: Iterable[Iterable[int]],
        initializer: Initializer = xavier_uniform,
    ) -> None:
        checked(initializer)
        self.nin = whole("nin", nin)
        rows = [items("each of heard", row, IN_ROWS) for row in items("heard", heard, IN_ROWS)]
        self._heard = [[input_number(i, nin) for i in numbers] for numbers in rows]
        self.nout = len(self._heard)
        self.units = [Unit(len(numbers), initializer) for numbers in self._heard]

    def __call__(self, x: Any) -> list[Any]:
        inputs = inputs_for(self, x, self.nin)
        heard = [[inputs[i] for i in numbers] for numbers in self._heard]
        return [unit(numbers) for unit, numbers in zip(self.units, heard)]


def input_number(i: Any, nin: int) -> int:
    if not 0 <= operator.index(i) < nin:
        raise ValueError(f"Sparse expected numbers of inputs, 0 to {nin - 1}, got {i}")
    return operator.index(i)


def masked(mask: Iterable[Iterable[Any]]) -> list[list[int]]:
    """Return the inputs that each output listens to: where its row of the mask is true."""
    text = "a list for each output, of truths for the inputs"
    rows = [items("each row of the mask", row, text) for row in items("mask", mask, text)]
    return [[i for i, wanted in enumerate(row) if wanted] for row in rows]


def random_choice(nin: int, nout: int, fan_in: int) -> list[list[int]]:
    """Return for each of `nout` outputs `fan_in` different inputs, drawn out of `nin`."""
    if not 0 <= fan_in <= whole("nin", nin):
        raise ValueError(f"fan_in must be from 0 to nin, which is {nin}, got {fan_in}")
    return [choice(nin, fan_in) for _ in range(nout)]


class Wired(Module):
    """A network of units wired in any way without a cycle.

    `wiring` gives for each unit, in any order, the names of the inputs and units it listens to.
    Units that are `outputs` are affine, all other units go through the `activation`. Raises
    ValueError for a cycle, and for a name that is neither an input nor a unit.
    """

    def __init__(
        self,
        inputs: Sequence[Hashable],
        wiring: Wiring,
        outputs: Sequence[Hashable],
        activation: Callable[[Any], Any] = tanh,
        initializer: Initializer = xavier_uniform,
    ) -> None:
        function("activation", activation, "a function of one number")
        checked(initializer)
        check_names(inputs, wiring, outputs)
        self.activation = activation
        self.units = {name: Unit(len(wiring[name]), initializer) for name in in_order(wiring)}
        self._inputs, self._outputs = list(inputs), list(outputs)
        self._heard = {name: list(wiring[name]) for name in self.units}

    def __call__(self, x: Any) -> list[Any]:
        """Return the outputs, given a number for each of the inputs."""
        known = dict(zip(self._inputs, inputs_for(self, x, len(self._inputs))))
        for name, unit in self.units.items():
            total = unit([known[source] for source in self._heard[name]])
            known[name] = total if name in self._outputs else self.activation(total)
        return [known[name] for name in self._outputs]


def in_order(wiring: Wiring) -> list[Hashable]:
    """The units, each after those it listens to."""
    from graphlib import CycleError, TopologicalSorter

    try:
        order = TopologicalSorter(wiring).static_order()
        return [name for name in order if name in wiring]
    except CycleError as error:
        cycle = " → ".join(map(str, error.args[1]))
        raise ValueError(f"a network is wired without a cycle, got {cycle}") from None


def check_names(inputs: Sequence[Hashable], wiring: Wiring, outputs: Sequence[Hashable]) -> None:
    for what, names in (("inputs", inputs), ("outputs", outputs)):
        if not isinstance(names, Iterable):
            raise TypeError(f"{what} must be a list of names, got {described(names)}")
    for name in inputs:
        if name in wiring:
            raise ValueError(f"{name!r} is an input and a unit: give them different names")
    known = {*inputs, *wiring}
    for source in [source for heard in wiring.values() for source in heard]:
        if source not in known:
            raise ValueError(f"a unit listens to {source!r}, which is neither input nor unit")
    for name in outputs:
        if name not in wiring:
            raise ValueError(f"the outputs are units, and {name!r} is none of them")


def random_wiring(nin: int, units: int, fan_in: int) -> dict[Hashable, list[Hashable]]:
    """Return a wiring drawn at random: inputs are numbered 0 … nin − 1, units from `nin` on. Each
    unit listens to `fan_in` different inputs and units before it (to all, if they are fewer)."""
    numbers = range(nin, nin + units)
    return {n: list[Hashable](choice(n, min(fan_in, n))) for n in numbers}
