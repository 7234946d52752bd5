"""The shortcut of a call that is like an earlier one: no tracing, one run on the machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...transforms.variables import inside
from ..branches.lanes import Draws
from ..branches.path import Path
from ..branches.paths import Paths, Unknown
from ..inputs.arguments import Arguments
from ..inputs.sources import COUNT, FIRST, SHARE
from ..machine.runner import OnMachine
from ..nests.runner import OnNest
from ..parts.runner import OnSparse
from .results import Merge, Results

MISSED = object()
"""In place of a result: the shortcut gave up."""
Finish = Callable[..., Any]
"""Makes a result of a call's arguments, a program's outputs, and the Values among the arguments;
where derivatives come later also of the numbers and the arrays that were read."""


class Shortcut:
    """How to run calls like an earlier one on the machine, and how to `finish` their results."""

    __slots__ = (
        *("arguments", "at_once", "captured", "chances", "come_later", "draws", "finish"),
        "is_inside",
        *("paths", "returns", "runner", "same", "traced", "wanted"),
    )

    def __init__(self, paths: Paths, path: Path, arguments: Arguments, finish: Finish) -> None:
        self.paths = paths
        self.arguments = arguments.without_numbers()
        self.finish = finish
        assert isinstance(path.runner, (OnMachine, OnNest, OnSparse))
        self.runner = path.runner
        self.traced = path.traced
        self.come_later = path.traced.come_later
        self.wanted = path.traced.wanted.positions if path.traced.wanted else ()
        self.returns = path.returns
        self.draws = path.draws
        self.chances = path.chances if path.layout.drawn else None
        self.is_inside = path.traced.is_inside
        self.captured = tuple(path.traced.captured)
        each = zip(path.traced.each, self.runner.outputs)
        self.same = [k for k, (own, lane) in enumerate(each) if own and not lane]
        """Outputs that every lane has its own of, though they are all the same number."""
        self.at_once = None if self.draws or self.captured else self.runner.at_once
        """In place of `outputs`, where nothing but the numbers of a call counts."""

    def outputs(self, args: tuple[Any, ...], numbers: list[Any], arrays: list[Any]) -> Any:
        """Return the outputs for what was read of a call's arguments; None if the call is to be
        made in full."""
        if self.is_inside is not None and inside() is not self.is_inside:
            return None
        if self.captured:
            numbers.append(self.captured)
        lanes = int(numbers[COUNT]) if arrays else None
        numbers[SHARE] = 1.0 / numbers[COUNT]
        if self.draws:
            return self.by_chance(args, numbers, arrays, lanes)
        outputs, broken = self.runner.run(numbers, arrays, lanes)
        if broken is not None:
            return self.apart(args, outputs, broken, None)
        return self.spread(outputs, lanes) if self.same else outputs

    def fill(self, results: Any, weights: Any, numbers: list[Any]) -> bool:
        """Run a call without lanes for each row of `weights`, its first argument, and put the
        outputs into the rows of `results`. Return whether that is done."""
        if self.draws or (self.is_inside is not None and inside() is not self.is_inside):
            return False
        if self.captured:
            numbers.append(self.captured)
        del numbers[FIRST]
        return self.runner.fill(results, weights, numbers)

    def by_chance(self, args: Any, numbers: Any, arrays: Any, lanes: Any) -> Any:
        """The same where random numbers are drawn."""
        with Draws(lanes).kept() as draws:
            draws.begin(self.draws)
            if self.chances is not None:
                arrays.append(draws.below(self.chances))
            outputs, broken = self.runner.run(numbers, arrays, lanes)
            if broken is None:
                return self.spread(outputs, lanes) if self.same else outputs
            found = self.apart(args, outputs, broken, draws)
            if found is None:
                draws.undo()
            return found

    def apart(self, args: Any, outputs: Any, broken: Any, draws: Any) -> list[Any] | None:
        """The outputs where not all lanes take the first path."""
        return None if isinstance(broken, int) else self.merged(args, outputs, broken, draws)

    def merged(
        self, args: Sequence[Any], outputs: Any, broken: Any, draws: Draws | None
    ) -> list[Any] | None:
        """The outputs of all paths, some lanes having left the first; None if another one uses
        other Values."""
        arguments = self.arguments.like(args)
        merge = Merge(arguments, self.wanted)
        try:
            for path, group, found in self.paths.rest(arguments, outputs, broken, draws):
                merge.add(path, group, found)
        except Unknown:
            return None
        results = merge.results()
        if merge.returns != self.returns or not self.fits(results):
            return None
        return results.outputs() if self.traced.wanted else results.numbers

    def fits(self, results: Results) -> bool:
        """Whether these come in the order of the first path's outputs, from the same Values, and
        are Values in all lanes or in none."""
        own, others = self.traced.entries, results.entries
        known = list(map(id, self.captured)) == list(map(id, results.captured))
        alike = [(x.linked, x.kind) for x in own] == [(x.linked, x.kind) for x in others]
        return known and alike and all(lanes is None for lanes in results.plain)

    def spread(self, outputs: Any, lanes: Any) -> Any:
        import numpy

        found = list(outputs)
        for k in self.same:
            found[k] = numpy.full(lanes, found[k])
        return found
