"""The programs of one function: a path for each way through its branches, traced when a lane first
takes it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from .. import pipeline
from ..inputs.arguments import Arguments
from ..passes.task import Task
from ..passes.traced import Traced
from ..passes.variables import names_of_events
from ..pipeline import Known, Offer, nobody
from ..surroundings.search import Surroundings
from ..trace.rolled import Loops
from .away import Away, joined, leaving
from .conditions import Arrival, Condition, Conditions
from .cut import spared
from .families import Families
from .family import Taken
from .lanes import Draws, Lanes
from .path import Find, Path

RUNS = 4
"""How many times a call is run at most, if each run finds new paths."""
Groups = Iterator[tuple[Path, Any, list[Any]]]
"""Paths, the lanes of each, and the outputs in them."""


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
        self.traces = 0
        """How often the function was traced, also for lanes that a family then took."""
        self.draws = False
        """Whether some path draws random numbers."""
        self.has_copies_apart = False
        """Whether on some path a Value was copied, apart from it."""
        self.first: Path | None = None
        self.conditions = conditions or Conditions()
        self.ends: dict[Any, Path] = {}
        """The paths without guards, by all that they compute."""
        self.families = Families(self)

    # ------ tracing
    def traced(self, lanes: Lanes, lane: int, arrival: Arrival, offer: Offer = nobody) -> Any:
        """Trace the path that this lane takes; return None if it was `offer`ed to a family of paths
        and that knows it now. Raises RuntimeError if they are too many."""
        if lanes.around is None:
            raise Unknown
        at = lanes.lane(lane, arrival.decided)
        self.traces += 1
        traced = pipeline.traced_or_known(self.task, at, lanes.around, offer)
        if isinstance(traced, Known):
            # only now: a trace that is refused leaves nothing behind
            traced.join()
            return None
        self.one_more()
        self.draws = self.draws or traced.draws > 0
        self.has_copies_apart = self.has_copies_apart or traced.trace.has_copies_apart
        self.unknown.update(dict.fromkeys(traced.unknown))
        return traced

    def one_more(self) -> None:
        """Count one more program. Raises RuntimeError if these are too many."""
        if self.count >= self.most:
            raise RuntimeError(
                f"the function took more than max_paths = {self.most} ways through its branches: "
                "choose with scalargrad.where instead of if, by scalargrad.step(x) for x > 0, or "
                "raise max_paths"
            )
        self.count += 1

    def root(self, lanes: Lanes) -> Path:
        """The path that every call takes first. Its conditions are found only when a lane leaves
        it: a large program has many guards, and most never fail."""
        traced = self.traced(lanes, 0, Arrival())
        find = partial(self.conditions.of, traced.trace, traced.sources)
        return self.path(traced, lanes, find, frozenset())

    def branch(self, path: Path, guard: int, lanes: Lanes, lane: int) -> Path | None:
        """The path of the lanes that leave a path at this guard; such a `lane` is traced if it is
        not known. None if a family knows the lane now."""
        if guard not in path.instead:
            found = self.beyond(lanes, lane, path.arrival_from(guard))
            if found is None:
                return None
            path.instead[guard] = found
        return path.instead[guard]

    def beyond(self, lanes: Lanes, lane: int, arrival: Arrival) -> Path | None:
        """The path of lanes that arrive so from another; a known one that computes the same
        if no guards are left."""
        traced = self.traced(lanes, lane, arrival, self.families.offer_of(lanes, lane))
        if traced is None:
            return None
        conditions = self.conditions.of(traced.trace, traced.sources)
        traced = spared(traced, conditions, arrival)
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
    def run(self, arguments: Arguments, around: Surroundings) -> Groups:
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
            whole = self.with_all_paths if self.task.reduces else self.whole
            yield from whole(arguments, around, draws)

    def whole(self, arguments: Arguments, around: Surroundings, draws: Draws) -> Groups:
        """Run all lanes of a call."""
        lanes, first = Lanes(arguments, around, draws), self.first
        assert first is not None
        yield from self.all_lanes(lanes, first, *first.run(lanes, None))

    def with_all_paths(self, arguments: Arguments, around: Surroundings, draws: Draws) -> Groups:
        """The same, by a run that finds no new path. Which lanes are summed together depends on the
        paths that are known: so the same call has the same bits when it is made again."""
        for _ in range(RUNS):
            before = self.traces
            groups = list(self.whole(arguments, around, draws))
            if self.traces == before:
                break
        yield from groups

    def rest(
        self, arguments: Arguments, outputs: list[Any], broken: Any, draws: Draws | None
    ) -> Groups:
        """The same where the first path was run already, with these draws. Raises Unknown if a
        path is to be traced: for this the function's surroundings have to be searched first."""
        assert self.first is not None
        lanes = Lanes(arguments, draws=draws)
        yield from self.all_lanes(lanes, self.first, outputs, broken)

    def all_lanes(self, lanes: Lanes, path: Path, outputs: list[Any], broken: Any) -> Groups:
        pending: list[tuple[Path, Any, Any]] = []
        group = sides = None
        while True:
            if broken is None:
                yield path, group, outputs
            elif isinstance(broken, int) and lanes.count is None:
                found = self.alone(path, broken, lanes)
                if isinstance(found, Path):
                    pending.append((found, group, sides))
                else:
                    yield found[0], group, found[1]
            else:
                away = leaving(lanes, group, sides, broken)
                if away.some_stay:
                    yield path, group, outputs
                pending += yield from self.elsewhere(path, lanes, away)
            if not pending:
                return
            path, group, sides = pending.pop()
            outputs, broken = path.run(lanes, group, sides)

    def alone(self, path: Path, guard: int, lanes: Lanes) -> Path | tuple[Path, Any]:
        """The path that a call without lanes takes from another; or one of a family, and the
        outputs."""
        while True:
            taken = None if guard in path.instead else self.families.alone(lanes)
            found = taken or self.branch(path, guard, lanes, 0)
            if found is not None:
                return found

    def elsewhere(self, path: Path, lanes: Lanes, away: Away) -> Taken:
        """Run the lanes that leave a path and are of a family; return the others by the path that
        each takes, with the sides of the guards."""
        found: dict[Path, list[Any]] = {}
        for guard, own in away.groups:
            if guard in path.instead:
                found.setdefault(path.instead[guard], []).append(own)
        left = away.but(path.instead)
        while left.groups:
            taken = yield from self.families.taking(lanes, left.lanes)
            left = self.found(path, lanes, left.only(taken, lanes.count or 1), found)
        return joined(found, away.sides)

    def found(self, path: Path, lanes: Lanes, away: Away, found: dict[Path, list[Any]]) -> Away:
        """Find the paths of lanes that leave a path at guards where none did before. Return the
        lanes that are left, as soon as a family knows some of them."""
        # those that went on for longest come first: of a loop these are the longest ways
        for guard, own in reversed(away.groups):
            there = self.branch(path, guard, lanes, int(own[0]))
            if there is None:
                break
            found.setdefault(there, []).append(own)
        return away.but(path.instead)
