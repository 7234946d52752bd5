"""A program: the straight line of operations that a traced function comes down to.

It has three stages. Numbers that are the same in all lanes are computed first, then the lanes, then
what depends on sums over the lanes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from ...rows import Operator
from ..inputs.sources import COUNT
from ..trace.recorder import CONSTANT, Guard
from ..trace.vocabulary import AFTER as AFTER
from ..trace.vocabulary import BEFORE as BEFORE
from ..trace.vocabulary import LANES as LANES
from ..trace.vocabulary import TOO_LATE as TOO_LATE
from ..trace.vocabulary import products
from .lower import FLOWING, lowered


class Program:
    """Nodes `order` of a trace, with `outputs` among them and `guards` that must hold.

    `inputs` are nodes too: those of the arguments, in order, then those of captured Values.

    One that is not `careful` takes nothing for a zero, which is as good where all its outputs are
    finite, and quicker; else `carefully` is to be run. A guard tells nothing of a NaN: what it
    compares has to be right at once.
    """

    def __init__(self, trace: Any, outputs: Sequence[int], careful: bool = False) -> None:
        self.is_careful = careful or flows(trace, trace.guarded()) or not flows(trace, outputs)
        self._traced = None if self.is_careful else (trace, outputs)
        self.trace, self.outputs, asked = lowered(trace, outputs, self.is_careful)
        self.inputs = self.trace.inputs
        self.guards: list[Guard] = list(self.trace.guards)
        numbers = {guard: k for k, guard in enumerate(self.guards)}
        self.asked = [numbers[guard] for guard in asked]
        """The number of the guard that each guard of the trace has become."""
        wanted = [*self.outputs, *self.trace.guarded()]
        self.trace.fuse(wanted)
        self.order = self.trace.needed(wanted)
        rows, lanes = self.trace.rows, self.trace.lanes
        self.lane_guards = [k for k, g in enumerate(self.guards) if lanes[g.x] or lanes[g.y]]
        self.count = self.inputs[COUNT] if self.lane_guards else -1
        """The input that is how many lanes there are: only guards tell how many these are."""
        stages = self.trace.stages(self.count)
        self.stages: dict[int, int] = {i: stages[i] for i in self.order}
        self._computed = [i for i in self.order if isinstance(rows[i], Operator)]

    @cached_property
    def carefully(self) -> Program:
        """The same program, in which what does not flow is not zero; with the same guards."""
        return self if self._traced is None else Program(*self._traced, careful=True)

    def computed(self) -> list[int]:
        """The nodes that are neither inputs nor constants, in order."""
        return self._computed

    def rows(self) -> set[Operator]:
        return {self.trace.row(i) for i in self.computed()}

    def constants(self) -> dict[int, float]:
        return {i: self.trace.numbers[i] for i in self.order if self.trace.rows[i] is CONSTANT}

    def counts(self) -> dict[str, int]:
        """How many instructions there are of each kind, the most frequent first."""
        return dict(Counter(self.trace.row(i).name for i in self.computed()).most_common())

    def multiply_adds(self) -> int:
        operands, rows = self.trace.operands, self.trace.rows
        factors = [operands[i] for i in self.computed() if rows[i] is products]
        # without the 0.0 of sums that are no −0.0
        zeros = {i for i, number in self.constants().items() if number == 0.0}
        return sum(j not in zeros for pairs in factors for j in pairs[::2])

    def held_before(self, guard: int) -> list[int]:
        """The guards that hold wherever `guard` is found to be the first that does not."""
        latest = [max(g.x, g.y) for g in self.guards]
        uniform = set(range(guard)).difference(self.lane_guards)
        if guard not in self.lane_guards:
            # lanes are not looked at before what is the same in all of them
            return sorted(uniform)
        # in a lane a guard is checked as soon as both its sides are known
        return [k for k in range(guard) if k in uniform or latest[k] <= latest[guard]]

    def at_stage(self, stage: int) -> list[int]:
        return [i for i in self.computed() if self.stages[i] == stage]


def flows(trace: Any, wanted: Sequence[int]) -> bool:
    """Tell whether something not flowing might be something else than a zero in what is wanted."""
    rows = trace.rows
    return any(rows[i] in FLOWING for i in trace.needed(wanted))
