"""A compiled function as an operator: what a node that it made is differentiated by.

The node has its partial derivatives from the machine. For derivatives of these the function is run
again by the eager engine, as a graph.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from .. import ops
from ..backward import adjoint_values
from ..engine import Value
from ..rows import NOTHING, Operator, is_nothing
from ..stale import changed, same
from ..transforms.replay import held, moved, number_of, stand_in, untraced
from ..transforms.trees import flatten, is_value
from ..transforms.variables import differentiating
from .inputs.arguments import Arguments
from .passes.task import Wanted, kinds_of
from .results import Results

RUN_AGAIN = (
    "An infinity or a NaN meets a derivative of 0, and only another run of the compiled function "
    "tells whether that is a number or nothing: call backward() before a change, or compile the "
    "whole"
)


class Outcome(NamedTuple):
    """What a call came to. Of each entry's outputs so many are the entry and its derivatives in
    what is `given`; the rest are derivatives in captured Values, which are among the `others`."""

    results: Results
    given: int
    others: list[Any]


class Gate(Operator):
    """One entry of a compiled function's result, in one lane or reduced over all of them, as an
    operator on the Values it was computed from: those among its arguments, then the others."""

    # an operator made at every call: what is the same for all gates stands in the class
    code = -1
    c = count = gates = arity = beside_constant = constant_from = dunder = numpy = None
    names = defaults = samples = ()
    hidden = method = False
    selects = True

    def __init__(
        self,
        compiled: Any,
        args: Sequence[Any],
        named: Mapping[str, Any],
        operands: Sequence[Any],
        entry: int = 0,
        lane: int | None = None,
    ) -> None:
        self.compiled = compiled
        self.args = args
        self.named = named
        self.originals = operands
        self.entry = entry
        self.lane = lane

    @property
    def name(self) -> str:  # type: ignore[override]
        return getattr(self.compiled.f, "__name__", "compiled")

    symbol = __name__ = name

    def arrange(self, *operands: Any) -> tuple[Any, ...]:
        return operands

    def forward(self, *numbers: float) -> float:
        return self.computed(numbers)[0]

    def partials(self, out: Any, *operands: Any) -> list[Any]:
        if not any(map(is_value, operands)):
            return self.own(self.outcome(operands, careful=True))[1:]
        with untraced():
            root, ends = self.graph(list(map(number_of, operands)))
        # copies, for one operand may have been computed from another
        variables = [ops.identity(x) for x in operands]
        return adjoint_values(moved([root], dict(zip(ends, variables)))[0], variables)

    def is_current(self, node: Any, operands: Sequence[Any]) -> bool:
        """Whether the machine still makes of these operands what stands in the node."""
        try:
            found = self.computed([x._data for x in operands])
        except IndexError:
            # a lane is gone
            return False
        return same(found, [node._data, *node._partials])

    def decided(self, node: Any, known: dict[Any, Any]) -> list[float]:
        """The partials of a node, those that are NOTHING told from those that are zero. What one
        call computed is `known` for all nodes that it made. Raises RuntimeError if the call comes
        out differently now."""
        operands = node._operands
        key = id(self.compiled), id(self.args), id(self.named), tuple(map(id, operands))
        if key not in known:
            numbers = [x._data for x in operands]
            # a careful program may round otherwise: the quick one tells whether anything changed
            known[key] = [self.outcome(numbers, careful) for careful in (False, True)]
        before = node._partials
        try:
            quick, careful = map(self.own, known[key])
        except IndexError:
            # a lane is gone
            changed(node, RUN_AGAIN)
        if not same(quick, [node._data, *before]):
            changed(node, RUN_AGAIN)
        return [NOTHING if p == 0.0 and is_nothing(q) else p for p, q in zip(before, careful[1:])]

    # ------ the call again, its Values having these numbers
    def call(self, numbers: Sequence[float]) -> tuple[Arguments, list[Any], list[Any]]:
        """Return the arguments, with Values of their own in them; these, and the Values besides,
        in the order of the operands."""
        call = self.compiled.arguments(self.args, self.named)
        places = call.values
        copies = [stand_in(x, n) for x, n in zip(self.originals, numbers[: len(places)])]
        for k, copy in zip(places, copies):
            call.numbers[k] = copy
        return call, copies, list(self.originals[len(places) :])

    def computed(self, numbers: Sequence[float]) -> list[float]:
        """What the machine makes of these: the result, and its derivative in each operand."""
        return self.own(self.outcome(numbers))

    def outcome(self, numbers: Sequence[float], careful: bool = False) -> Outcome:
        """What the machine makes of the whole call with these."""
        with untraced(), undrawn(self.name):
            call, copies, others = self.call(numbers)
            call.is_careful = careful
            wanted = Wanted(call.values, self.compiled.is_summed(call))
            with held(others, numbers[len(copies) :]):
                return Outcome(self.compiled.run(call, wanted), 1 + len(copies), others)

    def own(self, outcome: Outcome) -> list[float]:
        """The part of this entry in this lane."""
        results, given, others = outcome
        entry = results.numbers[self.entry], *results.derivatives[self.entry]
        outputs = [in_lane(x, self.lane) for x in entry]
        found = dict(zip(results.captured, outputs[given:]))
        return [*outputs[:given], *(found.get(x, NOTHING) for x in others)]

    def graph(self, numbers: Sequence[float]) -> tuple[Any, list[Any]]:
        """Return the result as the eager engine computes it, and what stands for the operands."""
        call, copies, others = self.call(numbers)
        with undrawn(self.name), held(others, numbers[len(copies) :]), differentiating():
            return self.reduced(call, list(self.samples_of(call))), [*copies, *others]

    def samples_of(self, call: Arguments) -> Iterator[Any]:
        for lane in range(call.lanes or 1) if self.lane is None else [self.lane]:
            result = call.sample(self.compiled.f, call.numbers, lane)
            yield flatten(result, "the result", kinds_of(call))[0][self.entry]

    def reduced(self, call: Arguments, results: Sequence[Any]) -> Any:
        """What the samples come to; one of them is its share, where it has one of the mean."""
        is_mean = self.compiled.reduce == "mean"
        share = 1.0 / (call.lanes or 1) if is_mean and self.lane is not None else 1.0
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
    """An output in one lane; what is the same in all of them is a number."""
    return float(x.flat[lane] if hasattr(x, "shape") else x)
