"""Derivatives of derivatives, computed when they are asked for.

A gate that computes a gradient among Values returns Values, which may be differentiated again: n
derivatives in n Values have n² derivatives of their own, and most of them are never asked for. So
such a call runs a program without these, and its results are nodes that know the call. Whoever asks
one for its operands has the call run by the program with all derivatives, on the numbers that it
had; that is done once for all nodes of the call.
"""

from __future__ import annotations

import copy
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ...modes import differentiating, outermost
from ...scalars import is_value
from ...transforms.replay import held, number_of, stand_in, untraced
from ...transforms.variables import inside
from ..inputs.arguments import Arguments, Column
from ..inputs.sources import FIRST
from ..surroundings.search import Surroundings
from .compiled_operator import CallResults, CompiledOperator, undrawn
from .programs import Programs

Settled = tuple[CompiledOperator, tuple[Any, ...], Any]
"""An operator, its operands, and an array of a partial for each."""


class CallLike:
    """What a call has in common with others like it: the form of its `arguments`, and what was
    `around` it."""

    def __init__(
        self, programs: Programs, arguments: Arguments, around: Surroundings | None
    ) -> None:
        self.programs = programs
        self.arguments = arguments.without_numbers()
        self.around = around
        self.findings = None if around is None else tuple(around.findings)
        self.block: Callable[[], Any] = differentiating if inside() else outermost
        """A call made again is within a transform if it was."""

    def holds(self) -> bool:
        """Whether all that the function uses is as it was."""
        around = self.around
        if around is None or around.altered or around.unknown:
            return False
        if around.hold():
            return True
        return tuple(self.programs.around(self.arguments).findings) == self.findings

    def numbers(self, read: Sequence[Any]) -> list[Any]:
        """The numbers of a call as they are now; `read` are the inputs of its program, some in
        arrays and in tuples of Values."""
        found: list[Any] = []
        for x in read[FIRST:]:
            if type(x) is float:
                found.append(x)
            else:
                found += [v._number for v in x] if type(x) is tuple else flat(x)
        if self.arguments.shape is None:
            return found
        rest = iter(found)
        return [None if own else next(rest) for own in self.arguments.own]


def flat(x: Any) -> list[float]:
    """The numbers of an array."""
    return x.tolist() if type(x) is array else x.ravel().tolist()


def numbers_of(numbers: Sequence[Any]) -> list[Any]:
    """The same of the numbers of a call."""
    return [number_of(x) if is_value(x) else None if type(x) is Column else x for x in numbers]


class Later:
    """A call whose results are nodes that have their operands and partials later.

    `given` are its arguments by place and by name, `numbers` its numbers, None where each lane has
    its own; `operands` are the Values among them, then the captured ones; `results` are the numbers
    of its entries.
    """

    __slots__ = ("arrays", "data", "found", "given", "like", "numbers", "operands", "results")

    def __init__(
        self,
        like: CallLike,
        given: tuple[Sequence[Any], Mapping[str, Any]],
        operands: tuple[Any, ...],
        numbers: list[Any],
        arrays: Sequence[Any],
        results: Sequence[Any],
    ) -> None:
        self.like = like
        self.given = given
        self.operands = operands
        self.numbers = numbers
        self.arrays = [x.copy() for x in arrays]
        self.results = results
        others = operands[len(like.arguments.values) :]
        self.data = [x._number for x in others] if others else []
        """The numbers of the captured Values."""
        self.found: CallResults | None = None

    # ------ places
    def place(self, entry: int, lane: int | None) -> int:
        """The place of a node in the call, for the engine."""
        return entry if lane is None else entry + len(self.results) * (lane + 1)

    def settled(self, place: int) -> Settled:
        """The operator of the node in a place, its operands and its partials."""
        row, entry = divmod(place, len(self.results))
        lane = row - 1 if row else None
        op = CompiledOperator(self.like.programs, *self.given, self.operands, entry, lane)
        op.block = self.like.block
        found = self.computed()
        number, *partials = op.entry_in_lane(found)
        op.known = number, op.number_of(self.results[entry])
        return op, self.operands, array("d", partials)

    # ------ the call again
    def computed(self) -> CallResults:
        if self.found is None:
            self.found = self.run()
        return self.found

    def run(self) -> CallResults:
        programs, count = self.like.programs, len(self.like.arguments.values)
        name, others = programs.meaning.name("f"), list(self.operands[count:])
        if not self.like.holds():
            raise RuntimeError(
                f"{name} uses something that has changed since the call, so its results cannot be "
                "differentiated any more: call backward() before the change, or compile the whole"
            )
        arguments, block = self.with_numbers(), self.like.block
        with (
            untraced(),
            undrawn(name),
            differentiating(level=False),
            block(),
            held(others, self.data),
        ):
            results, _ = programs.run(arguments, programs.meaning.wanted(arguments))
        return CallResults(results, 1 + count, others)

    def with_numbers(self) -> Arguments:
        """The arguments as they were, with Values of their own in them."""
        arguments = copy.copy(self.like.arguments)
        arguments.arrays = self.arrays
        columns = self.columns()
        arguments.numbers = [next(columns) if x is None else x for x in self.numbers]
        for k, x in zip(arguments.values, self.operands):
            arguments.numbers[k] = stand_in(x, arguments.numbers[k])
        return arguments

    def columns(self) -> Iterator[Column]:
        lanes = (leaf for leaf in self.like.arguments.leaves if leaf.has_lanes)
        for which, (leaf, own) in enumerate(zip(lanes, self.arrays)):
            rows = own.reshape(len(own), -1)
            yield from (Column(rows, (which, k)) for k in range(len(leaf.numbers)))
