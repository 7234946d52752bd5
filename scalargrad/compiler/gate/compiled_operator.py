"""A compiled function as an operator: the nodes that the function made are differentiated by it.

The node has its partial derivatives from the machine. For derivatives of these the function is run
again by the eager engine, as a graph.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from ... import ops
from ...engine import Value
from ...modes import differentiating, outermost
from ...scalars import NOTHING, is_nothing, is_value
from ...stale import changed, same
from ...transforms.replay import Replayed, held, number_of, stand_in, untraced
from ..inputs.arguments import Arguments
from .results import Results

RUN_AGAIN = (
    "An infinity or a NaN meets a derivative of 0, and only another run of the compiled function "
    "tells whether that is a number or nothing: call backward() before a change, or compile the "
    "whole"
)


class CallResults(NamedTuple):
    """The results of a call. Of each entry's outputs so many, `of_call`, are the entry and its
    derivatives in Values of the call; the rest are derivatives in captured Values, which are among
    `others`."""

    results: Results
    of_call: int
    others: list[Any]


class CompiledOperator(Replayed):
    """One entry of a compiled function's result, in one lane or reduced over all of them, as an
    operator on the Values it was computed from: those among its arguments, then the others.

    It is made where the function is called: a call made again is within a transform if that one
    was."""

    block: Callable[[], Any] = staticmethod(outermost)
    """The block for a call made again: `differentiating` of one that was within a transform."""
    known: tuple[float, float] | None = None
    """The number that the call made again gives, and that of the node, where they come from two
    programs."""

    def __init__(
        self,
        programs: Any,
        args: Sequence[Any],
        named: Mapping[str, Any],
        operands: Sequence[Any],
        entry: int = 0,
        lane: int | None = None,
    ) -> None:
        self.programs = programs
        self.args = args
        self.named = named
        self.originals = operands
        self.entry = entry
        self.lane = lane

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.programs.meaning.name("compiled")  # type: ignore[no-any-return]

    symbol = __name__ = name

    def forward(self, *numbers: float) -> float:
        return self.computed(numbers)[0]

    def slopes(self, numbers: Sequence[float]) -> list[float]:
        return self.entry_in_lane(self.call_results(numbers, careful=True))[1:]

    def is_current(self, node: Any, operands: Sequence[Any]) -> bool:
        """Whether the machine still makes of these operands what stands in the node."""
        try:
            found = self.computed([x._number for x in operands])
        except IndexError:
            # a lane is gone
            return False
        return same(found, [node._number, *node._partials])

    def decided(self, node: Any, known: dict[Any, Any]) -> list[float]:
        """The partials of a node, those that are NOTHING told from those that are zero. The
        results of one call are `known` for all nodes that the call made. Raises RuntimeError if the
        call comes out differently now."""
        operands = node._operands
        key = id(self.programs), id(self.args), id(self.named), tuple(map(id, operands))
        if key not in known:
            numbers = [x._number for x in operands]
            # a careful program may round otherwise: the quick one tells whether anything changed
            known[key] = [self.call_results(numbers, careful) for careful in (False, True)]
        before = node._partials
        try:
            quick, careful = map(self.entry_in_lane, known[key])
        except IndexError:
            # a lane is gone
            changed(node, RUN_AGAIN)
        if not same(quick, [node._number, *before]):
            changed(node, RUN_AGAIN)
        return [NOTHING if p == 0.0 and is_nothing(q) else p for p, q in zip(before, careful[1:])]

    # ------ the call again, its Values having these numbers
    def with_numbers(self, numbers: Sequence[float]) -> tuple[Arguments, list[Any], list[Any]]:
        """Return the arguments, with Values of their own in them; these, and the Values besides,
        in the order of the operands."""
        arguments = self.arguments()
        positions = arguments.values
        copies = [stand_in(x, n) for x, n in zip(self.originals, numbers[: len(positions)])]
        for k, copy in zip(positions, copies):
            arguments.numbers[k] = copy
        return arguments, copies, list(self.originals[len(positions) :])

    def arguments(self) -> Arguments:
        programs = self.programs
        of = programs if programs.shares_objects else programs.meaning
        return of.arguments(self.args, self.named)  # type: ignore[no-any-return]

    def computed(self, numbers: Sequence[float]) -> list[float]:
        """The result with these numbers, and its derivative in each operand, from the machine."""
        return self.entry_in_lane(self.call_results(numbers))

    def call_results(self, numbers: Sequence[float], careful: bool = False) -> CallResults:
        """The results of the whole call with these numbers, from the machine."""
        with untraced(), undrawn(self.name), self.block():
            arguments, copies, others = self.with_numbers(numbers)
            arguments.is_careful = careful
            wanted = self.programs.meaning.wanted(arguments)
            with held(others, numbers[len(copies) :]):
                return CallResults(self.programs.run(arguments, wanted)[0], 1 + len(copies), others)

    def entry_in_lane(self, found: CallResults) -> list[float]:
        """The part of this entry in this lane. A constant has no derivatives: nothing flows."""
        results, of_call, others = found
        entry = results.numbers[self.entry], *results.derivatives[self.entry]
        outputs = list(map(self.number_of, entry))
        if self.known and same(outputs[:1], self.known[:1]):
            outputs[0] = self.known[1]
        if len(outputs) == 1:
            return outputs + [NOTHING] * (of_call - 1 + len(others))
        captured = dict(zip(results.captured, outputs[of_call:]))
        return [*outputs[:of_call], *(captured.get(x, NOTHING) for x in others)]

    def number_of(self, x: Any) -> float:
        """An output in the lane of the node."""
        return in_lane(x, self.lane)

    def graph(self, out: Any, operands: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Return the result as the eager engine computes it, and what stands for the operands."""
        with untraced():
            return self.eagerly(list(map(number_of, operands)))

    def eagerly(self, numbers: Sequence[float]) -> tuple[Any, list[Any]]:
        if self.programs.has_copies_apart and self.block is not differentiating:
            # while it runs again copies keep their link
            raise TypeError(
                "compile cannot follow a graph of derivatives through copy.copy(x) or deepcopy(x): "
                "a copy is apart from x; call backward(), or a transform of the compiled function"
            )
        arguments, copies, others = self.with_numbers(numbers)
        with undrawn(self.name), held(others, numbers[len(copies) :]), differentiating():
            return self.reduced(arguments, list(self.samples_of(arguments))), [*copies, *others]

    def samples_of(self, arguments: Arguments) -> Iterator[Any]:
        lanes = range(arguments.lanes or 1) if self.lane is None else [self.lane]
        for entries, _ in self.programs.meaning.samples(arguments, lanes):
            yield entries[self.entry]

    def reduced(self, arguments: Arguments, results: Sequence[Any]) -> Any:
        """The samples' results, reduced; of a mean one sample alone has its share."""
        is_mean = self.programs.meaning.reduce == "mean"
        share = 1.0 / (arguments.lanes or 1) if is_mean and self.lane is not None else 1.0
        out = (ops.mean if is_mean else ops.sum)(results) * share
        return out if is_value(out) else Value(out)

    def __reduce__(self) -> Any:
        raise TypeError(f"a graph with a node of compiled function {self.name} cannot be pickled")


@contextmanager
def undrawn(name: str) -> Iterator[None]:
    """Raise RuntimeError if random numbers are drawn within: they are not those of the call."""
    before = random.getstate()
    yield
    if random.getstate() != before:
        raise RuntimeError(
            f"{name} draws random numbers, and others when it runs again, as it has to for a graph "
            "of its derivatives or where an infinity or a NaN meets a derivative of 0: draw them "
            "outside and pass them in"
        )


def in_lane(x: Any, lane: int | None) -> float:
    """An output in one lane; a uniform one is a number."""
    return float(x.flat[lane] if hasattr(x, "shape") else x)
