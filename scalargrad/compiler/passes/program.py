"""A program: the straight line of operations that a traced function comes down to.

A program has three stages. Uniform numbers are computed first, then the lanes, then the numbers
that depend on sums over the lanes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from ...rows import Operator
from ..trace.body import Body
from ..trace.guards import Guard
from ..trace.vocabulary import AFTER as AFTER
from ..trace.vocabulary import BEFORE as BEFORE
from ..trace.vocabulary import CONSTANT, INPUT, products
from ..trace.vocabulary import LANES as LANES
from ..trace.vocabulary import TOO_LATE as TOO_LATE
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
        self.stages, self.lane_guards, self.count = stages
        self.order = list(self.stages)
        self.is_careful = careful is None
        self._careful = careful
        rows = self.trace.rows
        self._computed = [i for i in self.order if rows[i] is not INPUT and rows[i] is not CONSTANT]

    @cached_property
    def carefully(self) -> Program:
        """The careful program of the same function, with the same guards."""
        return self if self._careful is None else self._careful()

    def computed(self) -> list[int]:
        """The nodes that are neither inputs nor constants, in order."""
        return self._computed

    def rows(self) -> set[Operator]:
        """The operators in it."""
        rows: Sequence[Any] = self.trace.rows
        return set(map(rows.__getitem__, self.computed()))

    def constants(self) -> dict[int, float]:
        rows, numbers = self.trace.rows, self.trace.numbers
        return {i: numbers[i] for i in self.order if rows[i] is CONSTANT}

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
    def is_lane(self) -> Callable[[int], bool]:
        """Tells whether a node is computed in each lane."""
        return {i for i, stage in self.stages.items() if stage == LANES}.__contains__

    def at_stage(self, stage: int) -> list[int]:
        return self._by_stage.get(stage, [])

    @cached_property
    def _by_stage(self) -> Mapping[int, list[int]]:
        stages = list(map(self.stages.__getitem__, self.computed()))
        return {
            stage: [i for i, own in zip(self.computed(), stages) if own == stage]
            for stage in {*stages}
        }
