"""A program: the straight line of operations that a traced function comes down to.

It has three stages. Numbers that are the same in all lanes are computed first, then the lanes, then
what depends on sums over the lanes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ..rows import Operator
from .lower import Fusion, lowered
from .structure import accumulate, lanes_sum, products
from .trace import CONSTANT, Guard, Trace
from .tracing import COUNT

BEFORE, LANES, AFTER, TOO_LATE = range(4)
"""The stages. What is computed lane by lane from a sum over all lanes comes TOO_LATE: it would
need the lanes a second time."""


class Program:
    """Nodes `order` of a trace, with `outputs` among them and `guards` that must hold.

    `inputs` are nodes too: those of the arguments, in order, then those of captured Values.
    """

    def __init__(self, trace: Trace, outputs: Sequence[int]) -> None:
        self.trace, self.outputs = lowered(trace, outputs)
        Fusion(self.trace, self.outputs).run()
        self.inputs = self.trace.inputs
        self.guards: list[Guard] = list(self.trace.guards)
        self.order = self.trace.needed([*self.outputs, *self.trace.guarded()])
        lanes = self.trace.lanes
        self.lane_guards = [k for k, g in enumerate(self.guards) if lanes[g.x] or lanes[g.y]]
        self.count = self.inputs[COUNT] if self.lane_guards else -1
        """The input that is how many lanes there are: only guards tell how many these are."""
        self.stages = dict(self._stages())

    def _stages(self) -> Iterator[tuple[int, int]]:
        sums_before: dict[int, bool] = {}
        for i in self.order:
            row = self.trace.rows[i]
            late = row is lanes_sum or i == self.count
            late = late or any(sums_before.get(j) for j in self.trace.operands[i])
            sums_before[i] = late
            yield i, (TOO_LATE if late else LANES) if self.trace.lanes[i] else AFTER * late

    def computed(self) -> list[int]:
        """The nodes that are neither inputs nor constants, in order."""
        return [i for i in self.order if isinstance(self.trace.rows[i], Operator)]

    def rows(self) -> set[Operator]:
        return {self.trace.row(i) for i in self.computed()}

    def constants(self) -> dict[int, float]:
        return {i: self.trace.numbers[i] for i in self.order if self.trace.rows[i] is CONSTANT}

    def counts(self) -> dict[str, int]:
        """How many instructions there are of each kind, the most frequent first."""
        return dict(Counter(self.trace.row(i).name for i in self.computed()).most_common())

    def multiply_adds(self) -> int:
        pairs = (products, accumulate)
        return sum(
            len(self.trace.operands[i]) // 2 for i in self.computed() if self.trace.rows[i] in pairs
        )

    def at_stage(self, stage: int) -> list[int]:
        return [i for i in self.computed() if self.stages[i] == stage]
