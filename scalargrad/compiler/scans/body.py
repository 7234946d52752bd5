"""The trace of a scan's body: what one step does, to numbers that stand for those of any step.

The body may use numbers of the function around it. For these the trace has inputs, as it has for
Values. A number of a body decides, beside one from around, where the result belongs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from ... import modes
from ...backward import Pair, sum_of_products
from ...rows import Operator
from ..trace.arithmetic import settled
from ..trace.asked import Asked
from ..trace.guards import COMPARE, Guard
from ..trace.in_python import Trace, Tracer
from ..trace.recorder import Recorder
from ..trace.tracer import VALUE, Number, Traits, traits
from ..trace.vocabulary import CONSTANT


class Inner(Tracer):
    """A number of a scan's body."""

    __slots__ = ()
    __operator_rank__ = 2

    @staticmethod
    def __operator__(op: Operator, operands: tuple[Any, ...]) -> Any:
        own = next(x for x in operands if type(x) is Inner)
        return settled(own.trace.compute(op, operands))

    def _sum_of_products(self, pairs: list[Pair]) -> Any:
        # operators of the table alone, which a trace may keep as a loop
        return sum_of_products(pairs)

    def _standing_for(self, leaf: Any) -> Any:
        if isinstance(leaf, Number) and leaf.trace is not self.trace:
            captured = self.trace.captured
            return self.trace.tracers[captured[leaf]] if leaf in captured else leaf
        return super()._standing_for(leaf)


Inner.__name__ = VALUE


class BodyTrace(Trace):
    """The trace of a body that stands in a function which is traced, or in another body."""

    def __init__(self, around: Recorder) -> None:
        super().__init__()
        self.around = around
        self.depth = around.depth + 1
        self.scan = around.scan
        # every input tells for itself whether it is a Value
        self.given = sys.maxsize
        self.turns: dict[Guard, int] = {}
        """The decisions of the body by comparing numbers, and how many nodes there were then."""
        self.unlike: list[str] = []
        """Things that are not the same in all steps, in words."""

    def _tracer(self, index: int) -> Inner:
        return Inner(self, index)

    def input_like(self, x: Traits) -> Any:
        """A new input that is such a number."""
        made = self.input(x.number, x.lane, x.plain)
        if x.linked:
            self.values.add(made.index)
        return made

    # ------ numbers from around
    def index(self, x: Any) -> int:
        if type(x) is Inner and x.trace is self:
            return x.index
        return self.constant(x) if type(x) is float else self.other(x)

    def capture(self, value: Any) -> int:
        if value not in self.captured:
            if isinstance(value, Number) and not self.is_within(value.trace):
                raise TypeError("a number of one step of a scan was kept and used in another place")
            self.captured[value] = self.input_like(traits(value)).index
        return self.captured[value]

    def is_within(self, trace: Asked) -> bool:
        return trace is self.around or getattr(self.around, "is_within", bool)(trace)

    def innermost(self, operands: Iterable[Any]) -> BodyTrace:
        """The trace of the body that is the farthest in, of this and of those of the operands."""
        inner: list[Any] = [x.trace for x in operands if type(x) is Inner]
        found: BodyTrace = max([self, *inner], key=lambda trace: trace.depth)
        return found

    def compute(self, row: Operator, operands: Iterable[Any]) -> Any:
        operands = tuple(operands)
        innermost = self.innermost(operands)
        return Trace.compute(innermost, row, operands)

    # ------ what is not the same in all steps
    def branch(self, compare: str, x: Any, y: Any) -> bool:
        trace = self.innermost((x, y))
        i, j = trace.index(x), trace.index(y)
        outcome = COMPARE[compare](trace.numbers[i], trace.numbers[j])
        if trace.rows[i] is not CONSTANT or trace.rows[j] is not CONSTANT:
            trace.turns.setdefault(Guard(compare, i, j, outcome), len(trace))
        return outcome

    def bernoulli(self, p: float) -> Any:
        raise modes.refusal(
            "compile cannot follow random numbers in the body of a scan, which runs once for all "
            "steps: draw them outside and pass them in as xs"
        )

    def unwatched(self, what: str) -> None:
        self.unlike.append(what)
