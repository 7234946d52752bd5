"""The programs of one function: a path for each way through its branches, traced when a lane first
takes it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from .. import pipeline
from ..inputs.arguments import Arguments
from ..machine.broken import Broken
from ..passes.task import Task
from ..passes.traced import Traced
from ..passes.variables import names_of_events
from ..surroundings.walk import Surroundings
from ..trace.rolled import Loops
from .conditions import Arrival, Condition, Conditions
from .cut import shortened
from .lanes import Draws, Lanes
from .path import Find, Path


class Unknown(Exception):
    """A lane takes a path that was not traced before."""


class Paths:
    """All paths that were found so far, as a tree whose root is the first.

    Where something that the function uses cannot be watched, the tree serves one call, and `known`
    has the programs of earlier calls, by all that they compute.
    """

    def __init__(
        self,
        task: Task,
        most: int,
        threads: int,
        known: dict[Any, Path] | None = None,
        conditions: Conditions | None = None,
    ) -> None:
        self.task = task
        self.threads = threads
        self.known = known
        self.unknown: dict[str, None] = {}
        """Things that the function read and that cannot be watched, in words."""
        self.most = most
        self.count = 0
        self.draws = False
        """Whether some path draws random numbers."""
        self.has_copies_apart = False
        """Whether on some path a Value was copied, apart from it."""
        self.first: Path | None = None
        self.conditions = conditions or Conditions()
        self.ends: dict[Any, Path] = {}
        """The paths without guards, by all that they compute."""

    # ------ tracing
    def traced(self, lanes: Lanes, lane: int, arrival: Arrival) -> Traced:
        """Trace the path that this lane takes. Raises RuntimeError if they are too many."""
        if self.count >= self.most:
            raise RuntimeError(
                f"the function took more than max_paths = {self.most} ways through its branches: "
                "choose with scalargrad.where instead of if, or raise max_paths"
            )
        if lanes.around is None:
            raise Unknown
        traced = pipeline.traced(self.task, lanes.lane(lane, arrival.decided), lanes.around)
        self.count += 1
        self.draws = self.draws or traced.draws > 0
        self.has_copies_apart = self.has_copies_apart or traced.trace.has_copies_apart
        self.unknown.update(dict.fromkeys(traced.unknown))
        return traced

    def root(self, lanes: Lanes) -> Path:
        """The path that every call takes first. Its conditions are found only when a lane leaves
        it: a large program has many guards, and most never fail."""
        traced = self.traced(lanes, 0, Arrival())
        find = partial(self.conditions.of, traced.trace, traced.sources)
        return self.path(traced, lanes, find, frozenset())

    def branch(self, path: Path, guard: int, lanes: Lanes, lane: int) -> Path:
        """The path of the lanes that leave a path at this guard; such a `lane` is traced if it is
        not known."""
        if guard not in path.instead:
            path.instead[guard] = self.beyond(lanes, lane, path.arrival_from(guard))
        return path.instead[guard]

    def beyond(self, lanes: Lanes, lane: int, arrival: Arrival) -> Path:
        """The path of lanes that arrive so from another; a known one that computes the same
        if no guards are left."""
        traced = self.traced(lanes, lane, arrival)
        conditions = self.conditions.of(traced.trace, traced.sources)
        traced = shortened(traced, conditions, arrival)
        if traced.trace.guards:
            return self.path(traced, lanes, lambda: conditions, arrival.facts)
        key = self.computed(traced)
        if key not in self.ends:
            self.ends[key] = self.path(traced, lanes, lambda: conditions, arrival.facts)
        return self.ends[key]

    def path(self, traced: Traced, lanes: Lanes, find: Find, facts: frozenset[Condition]) -> Path:
        """A new path, with the program of an earlier call if that computes the same."""
        if self.known is None:
            return Path(traced, lanes.arguments, self.threads, find, facts)
        # what two traces compute is compared node by node
        traced = traced.as_nodes
        key = facts, self.computed(traced)
        if key in self.known:
            return self.known[key].afresh(find, traced)
        path = Path(traced, lanes.arguments, self.threads, find, facts)
        self.known[key] = path
        return path

    def computed(self, traced: Traced) -> Any:
        """A key that two traces share if they compute the same under the same guards."""
        name = self.conditions.names(traced.trace, traced.sources, traced.body.wanted)
        nodes = tuple(name[i] for i in traced.outputs)
        guards = tuple((g.compare, name[g.x], name[g.y], g.outcome) for g in traced.trace.guards)
        return traced.signature(), nodes, guards

    def anew(self, arguments: Arguments) -> Traced:
        """Trace what the first lane of a call does, to look at: it becomes no path."""
        return pipeline.traced(self.task, Lanes(arguments).lane(0, {}), None)

    def names_of_events(self, arguments: Arguments, loops: Loops) -> dict[int, str]:
        """The names that the function has for what it computes in these loops; see
        `passes/variables.py`."""
        return names_of_events(self.task, Lanes(arguments).lane(0, {}), loops)

    # ------ running
    def run(
        self, arguments: Arguments, around: Surroundings
    ) -> Iterator[tuple[Path, Any, list[Any]]]:
        """Yield (path, its lanes, the outputs in them) until every lane is done.

        The lanes are an array of their indices, or None if these are all. Lanes may be
        yielded again later: till then their numbers in an output mean nothing, and sums leave them
        out.
        """
        lanes = Lanes(arguments, around)
        if self.first is None:
            self.first = self.root(lanes)
        with lanes.draws.kept() as draws:
            draws.begin(self.first.draws)
            yield from self.all_lanes(lanes, self.first, *self.first.run(lanes, None))

    def rest(
        self, arguments: Arguments, outputs: list[Any], broken: Any, draws: Draws | None
    ) -> Iterator[tuple[Path, Any, list[Any]]]:
        """The same where the first path was run already, with these draws. Raises Unknown if a
        path is to be traced: for this the function's surroundings have to be walked first."""
        assert self.first is not None
        lanes = Lanes(arguments, draws=draws)
        yield from self.all_lanes(lanes, self.first, outputs, broken)

    def all_lanes(
        self, lanes: Lanes, path: Path, outputs: list[Any], broken: Any
    ) -> Iterator[tuple[Path, Any, list[Any]]]:
        pending: list[tuple[Path, Any, Any]] = []
        group = sides = None
        while True:
            if isinstance(broken, int):
                lane = 0 if group is None else group[0]
                pending.append((self.branch(path, broken, lanes, lane), group, sides))
            elif broken is None:
                yield path, group, outputs
            else:
                others, some_hold = self.others(path, lanes, group, broken)
                if some_hold:
                    yield path, group, outputs
                pending += others
            if not pending:
                return
            path, group, sides = pending.pop()
            outputs, broken = path.run(lanes, group, sides)

    def others(
        self, path: Path, lanes: Lanes, group: Any, broken: Broken
    ) -> tuple[list[tuple[Path, Any, Any]], bool]:
        """The lanes in which a guard does not hold, by the path that each takes, with the sides of
        the guards; and whether there are lanes in which all hold."""
        import numpy

        away = numpy.flatnonzero(broken.guards >= 0)
        away = away[numpy.argsort(broken.guards[away], kind="stable")]
        guards, own, sides = broken.guards[away], away, broken.sides
        if group is not None:
            own, sides = group[away], numpy.empty((lanes.count, 2))
            sides[own] = broken.sides[away]
        begins = [0, *(numpy.flatnonzero(guards[1:] != guards[:-1]) + 1).tolist()]
        found: dict[Path, list[Any]] = {}
        for guard, begin, end in zip(guards[begins].tolist(), begins, [*begins[1:], len(own)]):
            there = path.instead.get(guard) or self.branch(path, guard, lanes, own[begin])
            found.setdefault(there, []).append(own[begin:end])
        groups = [(there, numpy.concatenate(parts), sides) for there, parts in found.items()]
        return groups, len(away) < len(broken.guards)
