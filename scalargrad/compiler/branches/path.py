"""One path: a program for one way through the branches of a function."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from ..inputs.arguments import Arguments
from ..inputs.sources import COUNT, FIRST
from ..passes.program import Program
from ..passes.traced import Traced
from ..pipeline import compiled, program_of
from ..trace.guards import Comparison, Expected, Guard
from .conditions import Arrival, Condition
from .lanes import Chances, Lanes

Find = Callable[[], Mapping[Guard, Condition]]
"""Finds the condition of each comparison that a function makes on a path."""


class Path:
    """A program for the lanes in which its guards hold.

    `facts` are the conditions known to hold in all lanes that come here. `instead` is, by guard,
    the path of the lanes in which that guard is the first that does not hold.
    """

    def __init__(
        self,
        traced: Traced,
        arguments: Arguments,
        threads: int,
        find: Find,
        facts: frozenset[Condition],
    ) -> None:
        self.facts = facts
        self._find = find
        self._program, self.layout, self.runner = compiled(traced, arguments, threads)
        self.traced = traced.without_trace()
        self.keys = list(traced.keys())
        self.draws = traced.draws
        self.instead: dict[int, Path] = {}
        self.returns = str(traced.structure)
        self.captured = {id(x): x for x in traced.captured}

    @property
    def program(self) -> Program:
        """The program without loops: one whose loops stay loops is expanded for who looks."""
        if self._program is None:
            self._program = program_of(self.traced.as_nodes.body)
        return self._program

    def afresh(self, find: Find, traced: Traced) -> Path:
        """The same program, of a new trace, with no paths known for lanes that leave it."""
        path = copy.copy(self)
        path.traced = traced.without_trace()
        path.__dict__.pop("conditions", None)
        path._find, path.instead = find, {}
        return path

    @cached_property
    def conditions(self) -> Mapping[Guard, Condition]:
        """The condition of each comparison that the function makes here. The conditions are found
        when the first lanes leave the path."""
        return self._find()

    @cached_property
    def chances(self) -> Chances:
        return Chances(self.layout.drawn)

    def arrival_from(self, guard: int) -> Arrival:
        """The arrival, elsewhere, of the lanes where this guard is the first that does not hold."""
        held = set(self.program.held_before(guard))
        unknown = [
            condition for condition in self.conditions.values() if condition not in self.facts
        ]
        both = list(zip(unknown, self.program.became))
        against = frozenset(condition.otherwise() for condition, k in both if k == guard)
        facts = self.facts.union((condition for condition, k in both if k in held), against)
        decided: dict[Comparison, bool | Expected] = {}
        for (compare, x, y, outcome), condition in self.conditions.items():
            other = condition.otherwise() in facts
            is_known = other or condition in facts
            decided[compare, x, y] = outcome != other if is_known else Expected(outcome)
            if other:
                # from here on the function makes other comparisons
                break
        # what a guard compared in a program that computes it once is not told lane by lane
        new = against if guard in self.program.lane_guards else frozenset()
        return Arrival(facts, new, decided)

    def run(self, lanes: Lanes, group: Any, sides: Any = None) -> tuple[list[Any], Any]:
        """Run a group of the lanes, which come with the `sides` of the guards that sent them here;
        return what Runner.run does."""
        layout = self.layout
        count = lanes.count if group is None else len(group)
        numbers = lanes.uniform(layout.uniform)
        numbers[COUNT] = float(count or 1)
        arrays = [*lanes.arrays, sides] if layout.compared else lanes.arrays
        if layout.drawn:
            arrays = [*arrays, lanes.draws.below(self.chances)]
        runner = self.runner.careful if lanes.arguments.is_careful else self.runner
        return runner.run(numbers, arrays, count, group)

    def fill(self, results: Any, weights: Any, lanes: Lanes) -> None:
        """Put the outputs of a run for each row of `weights` into the rows of `results`."""
        numbers = lanes.uniform(self.layout.uniform)
        del numbers[FIRST : FIRST + weights.shape[1]]
        held = self.runner.fill(results, weights, numbers)
        assert held, "no guard depends on weights"
