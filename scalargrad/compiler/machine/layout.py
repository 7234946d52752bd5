"""Where the inputs and outputs of a program lie in the arrays of a call."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import compress
from operator import not_
from typing import Any, NamedTuple

from ...transforms.trees import ARRAY
from ..inputs.arguments import Address, Arguments, Column
from ..passes.program import Program
from ..passes.traced import Traced
from ..trace.sources import Draw, Side, Told


class Layout(NamedTuple):
    """The arrays that a program is run with are those of the call; then, if it is `compared`, one
    with the sides of the guard that sent the lanes here, or with what they are told; then, if there
    are any, one with a column for each number that is `drawn`."""

    addresses: dict[int, Address]
    """Of each input with lanes its address in these arrays."""
    given: int
    """How many arrays these are."""
    beside: list[Hashable]
    """The owner of each output: outputs that follow each other, and belong to the same owner, are
    columns of one array. Empty where no output has lanes."""
    uniform: list[Any]
    """The sources of the other inputs."""
    drawn: list[Draw]
    compared: bool


def layout_of(program: Program, traced: Traced, arguments: Arguments) -> Layout:
    """Return the layout of a program for arguments like these."""
    lanes = program.trace.lanes
    has_lanes = any(map(traced.trace.lanes.__getitem__, traced.outputs))
    varies = list(map(lanes.__getitem__, program.inputs))
    return layout(traced, arguments, program.inputs, varies, has_lanes)


def layout(
    traced: Traced,
    arguments: Arguments,
    inputs: Sequence[int],
    varies: Sequence[bool],
    makes: bool,
) -> Layout:
    """Return the layout of a program with these inputs, of which it is told whether each `varies`
    from lane to lane. `makes` tells whether some output may have lanes."""
    numbers, arrays, sources = arguments.numbers, len(arguments.arrays), traced.sources
    lanes = list(zip(compress(inputs, varies), compress(sources, varies)))
    compared = any(isinstance(x, (Side, Told)) for _, x in lanes)
    addresses: dict[int, Address] = {}
    uniform = list(compress(sources, map(not_, varies)))
    drawn: list[Draw] = []
    for i, source in lanes:
        if isinstance(source, Draw):
            addresses[i] = arrays + compared, len(drawn)
            drawn.append(source)
        elif isinstance(source, (Side, Told)):
            addresses[i] = arrays, source.which
        else:
            addresses[i] = numbers[source].address
    given = arrays + compared + bool(drawn)
    owners = list(beside(traced, numbers)) if makes else []
    return Layout(addresses, given, owners, uniform, drawn, compared)


def beside(traced: Traced, numbers: Sequence[Any]) -> Iterator[Hashable]:
    """Yield the owner of each output that every lane has its own of: of an entry the array of the
    function's result that it is in, of a derivative the entry, and the array that the number stands
    in. Other outputs have an owner each."""
    leaves = traced.structure.leaves
    arrays = [(k, leaf.kind is ARRAY) for k, leaf in enumerate(leaves) for _ in range(leaf.size)]
    for k, ((entry, which), own) in enumerate(zip(traced.keys(), traced.each)):
        leaf, is_array = arrays[entry]
        if not own or (which is None and not is_array):
            yield "output", k
        elif which is None:
            yield "result", leaf
        else:
            yield entry, numbers[which].address[0] if is_column(which, numbers) else (which,)


def is_column(which: Any, numbers: Sequence[Any]) -> bool:
    return type(which) is int and type(numbers[which]) is Column
