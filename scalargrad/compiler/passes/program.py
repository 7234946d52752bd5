"""A program: the straight line of operations that a traced function comes down to.

A program has three stages. Uniform numbers are computed first, then the lanes, then the numbers
that depend on sums over the lanes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cached_property
from itertools import chain

from ...rows import Operator
from ..trace.body import Body
from ..trace.guards import Guard
from ..trace.vocabulary import AFTER as AFTER
from ..trace.vocabulary import BEFORE as BEFORE
from ..trace.vocabulary import LANES as LANES
from ..trace.vocabulary import TOO_LATE as TOO_LATE
from ..trace.vocabulary import UNNEEDED, lanes_sum, products
from .stages import Stages


class Program:
    """The nodes `order` of a trace, with `outputs` among them and `guards` that must hold.

    `inputs` are nodes too: those that a call gives, in order, then those of captured Values and
    draws.

    A program that `is_careful` keeps what does not flow apart from zero. Any other is quicker, and
    as good where all its outputs are finite; `carefully` makes the one that is
    run where they are not.
    """

    def __init__(
        self, body: Body, stages: Stages, careful: Callable[[], Program] | None = None
    ) -> None:
        self.trace, self.outputs, self.became = body
        self.inputs = self.trace.inputs
        self.guards: list[Guard] = list(self.trace.guards)
        self.stages, self.lane_guards, self.count = stages.of, stages.lane_guards, stages.counted
        self._staged = stages
        self.is_careful = careful is None
        self._careful = careful

    @cached_property
    def carefully(self) -> Program:
        """The careful program of the same function, with the same guards."""
        return self if self._careful is None else self._careful()

    @cached_property
    def order(self) -> list[int]:
        """The nodes that are needed."""
        return [i for i, stage in enumerate(self.stages) if stage != UNNEEDED]

    def needs(self, i: int) -> bool:
        return self.stages[i] != UNNEEDED

    def computed(self) -> list[int]:
        """The nodes that are neither inputs nor constants, in order."""
        return sorted(chain.from_iterable(self._staged.computed))

    def rows(self) -> set[Operator]:
        """The operators in it."""
        return self._staged.rows

    def constants(self) -> dict[int, float]:
        numbers = self.trace.numbers
        return {i: numbers[i] for i in self._staged.constants}

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
            # all uniform guards are checked before any lane runs
            return sorted(uniform)
        # in a lane a guard is checked as soon as both its sides are known
        return [k for k in range(guard) if k in uniform or latest[k] <= latest[guard]]

    @cached_property
    def sums_over_lanes(self) -> list[int]:
        rows = self.trace.rows
        return [i for i in self.at_stage(AFTER) if rows[i] is lanes_sum]

    @cached_property
    def is_lane(self) -> Callable[[int], bool]:
        """Tells whether a node is computed, or given, in each lane."""
        return self.trace.lanes.__getitem__

    def at_stage(self, stage: int) -> list[int]:
        """The nodes that are computed in a stage, in order."""
        return self._staged.computed[stage]
