"""The programs of one function: one for each way through its branches, each traced when a lane
first takes it."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

from ...transforms.trees import is_value
from ..inputs.arguments import Arguments, Column, Place
from ..machine.runner import Broken, runner
from ..passes.program import Program
from ..passes.task import Traced
from ..surroundings.walk import Surroundings
from ..trace.recorder import Draw, Guard
from ..trace.vocabulary import COUNT
from .conditions import Condition, Conditions, Way
from .cut import Side, shortened


class Path:
    """A program, and what to do instead where its guard k is the first that does not hold."""

    def __init__(
        self,
        traced: Traced,
        call: Arguments,
        threads: int,
        asked: Callable[[], Mapping[Guard, Condition]],
        facts: frozenset[Condition],
    ) -> None:
        """`asked` tells the condition that each guard is; it is asked when lanes leave the path."""
        self.facts = facts
        self.ask = asked
        self.program = Program(traced.trace, traced.outputs)
        self.traced = traced._replace(trace=None)
        numbers = [1.0, 1.0, *call.numbers]
        places: dict[int, Place] = {}
        self.drawn: list[Draw] = []
        self.sources: list[Any] = []
        """Of each input that is the same in all lanes: where it comes from."""
        self.compared = any(isinstance(source, Side) for source in traced.sources)
        given = len(call.arrays) + self.compared
        for i, source in zip(self.program.inputs, traced.sources):
            if not self.program.trace.lanes[i]:
                self.sources.append(source)
            elif isinstance(source, Draw):
                places[i] = given + len(self.drawn), 0
                self.drawn.append(source)
            elif isinstance(source, Side):
                places[i] = len(call.arrays), source.which
            else:
                places[i] = numbers[source].place
        self.keys = list(traced.keys())
        beside = [
            (entry, numbers[2 + which].place[0] if is_column(which, numbers) else (which,))
            for entry, which in self.keys
        ]
        given += len(self.drawn)
        self.runner = runner(self.program, places, given, beside, threads)
        self.instead: dict[int, Path] = {}
        self.form = str(traced.structure)
        self.captured = {id(x): x for x in traced.captured}

    def afresh(self, asked: Callable[[], Mapping[Guard, Condition]], traced: Traced) -> Path:
        """The same program, of a new trace, with nothing known of what to do instead."""
        path = copy.copy(self)
        path.traced = traced._replace(trace=None)
        path.__dict__.pop("asked", None)
        path.ask, path.instead = asked, {}
        return path

    @cached_property
    def asked(self) -> Mapping[Guard, Condition]:
        """Of each comparison of the function: what it is on other paths too."""
        return self.ask()

    def away(self, guard: int) -> Way:
        """The way of the lanes where this guard is the first that does not hold."""
        held = set(self.program.held_before(guard))
        unknown = [condition for condition in self.asked.values() if condition not in self.facts]
        both = list(zip(unknown, self.program.asked))
        new = frozenset(condition.otherwise() for condition, k in both if k == guard)
        facts = self.facts.union((condition for condition, k in both if k in held), new)
        decided = {}
        for (compare, x, y, outcome), condition in self.asked.items():
            other = condition.otherwise() in facts
            if other or condition in facts:
                decided[compare, x, y] = outcome != other
            if other:
                # what the function asks after that is something else
                break
        return Way(facts, new, decided)

    def run(self, call: Call, group: Any, sides: Any = None) -> tuple[list[Any], Any]:
        """Run a group of the lanes, which come with the `sides` of the guards that sent them here;
        return what Runner.run does."""
        count = call.lanes if group is None else len(group)
        numbers = call.same_in_all_lanes(self.sources)
        numbers[COUNT] = float(count or 1)
        arrays = [*call.arrays, sides] if self.compared else call.arrays
        if self.drawn:
            arrays = [*arrays, *(call.draws.below(draw.k, draw.p)[:, None] for draw in self.drawn)]
        runner = self.runner.careful if call.arguments.is_careful else self.runner
        result: tuple[list[Any], Any] = runner.run(numbers, arrays, count, group)
        return result


class Draws:
    """The random numbers of one call: the k-th is the same on every path, one for each lane."""

    def __init__(self, lanes: int | None) -> None:
        self.lanes = lanes
        self.drawn: list[Any] = []
        self.generator: Any = None

    def number(self, k: int) -> Any:
        """Numbers in [0, 1) that follow from the state of Python's `random`."""
        if self.generator is None:
            import numpy

            # without a change of that state: a function that is traced must not draw from it
            self.generator = numpy.random.default_rng(random.getstate()[1])
        while len(self.drawn) <= k:
            self.drawn.append(self.generator.random(self.lanes))
        return self.drawn[k]

    def finish(self) -> None:
        """Have the next call draw other numbers."""
        if self.drawn:
            random.random()

    def below(self, k: int, p: float) -> Any:
        return (self.number(k) < p) * 1.0

    def in_lane(self, lane: int) -> Callable[[int], float]:
        if self.lanes is None:
            return lambda k: float(self.number(k))
        return lambda k: float(self.number(k)[lane])


class Unknown(Exception):
    """A lane takes a path that was not traced before."""


class Call:
    """What the paths of one call run on."""

    def __init__(self, arguments: Arguments, around: Surroundings | None = None) -> None:
        self.arguments = arguments
        self.around = around
        """What the function uses; None if only paths are run that are known."""
        self.arrays = arguments.arrays
        self.lanes = arguments.lanes
        self.draws = Draws(self.lanes)
        count = self.lanes or 1
        self.numbers = [float(count), 1.0 / count, *arguments.numbers]
        """Floats, Values, and Columns of the arrays."""
        self.known: tuple[Sequence[Any], list[float]] = (), []

    def same_in_all_lanes(self, sources: Sequence[Any]) -> list[float]:
        """These inputs; most paths have the same."""
        # Values with equal numbers are not one and the same: 0.0 equals −0.0
        if list(map(id, sources)) != list(map(id, self.known[0])):
            self.known = sources, [self.number(source) for source in sources]
        return self.known[1].copy()

    def number(self, source: Any) -> float:
        """An input that is the same in all lanes."""
        if type(source) is int:
            source = self.numbers[source]
        elif type(source) is Draw:
            return float(self.draws.below(source.k, source.p))
        return source if type(source) is float else source.data

    def in_lane(self, lane: int) -> list[float]:
        return [x[lane] if type(x) is Column else number_of(x) for x in self.numbers]


class Paths:
    """All paths that were found so far, as a tree whose root is the first.

    Where what the function uses cannot be watched, the tree is for one call, and `known` are the
    programs of earlier ones, by all that they compute.
    """

    def __init__(
        self,
        trace: Callable[..., Traced],
        most: int,
        threads: int,
        known: dict[Any, Path] | None = None,
        conditions: Conditions | None = None,
    ) -> None:
        self.threads = threads
        self.known = known
        self.unknown: dict[str, None] = {}
        """What the function read that cannot be watched, in words."""
        self.trace = trace
        self.most = most
        self.count = 0
        self.first: Path | None = None
        self.conditions = conditions or Conditions()
        self.ends: dict[Any, Path] = {}
        """Those without guards, by what they compute."""

    def followed(self, call: Call, lane: int, way: Way) -> Traced:
        """Trace the path that this lane takes. Raises RuntimeError if they are too many."""
        if self.count >= self.most:
            raise RuntimeError(
                f"the function took more than max_paths = {self.most} ways through its branches: "
                "choose with scalargrad.where instead of if, or raise max_paths"
            )
        if call.around is None:
            raise Unknown
        drawn = call.draws.in_lane(lane)
        traced = self.trace(call.in_lane(lane), drawn, way.decided, call.around)
        self.count += 1
        self.unknown.update(dict.fromkeys(traced.unknown))
        return traced

    def root(self, call: Call) -> Path:
        """The path that every call takes first. What its guards are on other paths is found only
        when a lane leaves it: a large program has many, and most are never asked about."""
        traced = self.followed(call, 0, Way())
        asked = partial(self.conditions.of, traced.trace, traced.sources)
        return self.path(traced, call, asked, frozenset())

    def path(self, traced: Traced, call: Call, asked: Any, facts: frozenset[Condition]) -> Path:
        """A new path, with the program of an earlier call if that computes the same."""
        if self.known is None:
            return Path(traced, call.arguments, self.threads, asked, facts)
        key = facts, self.computed(traced)
        if key in self.known:
            return self.known[key].afresh(asked, traced)
        path = Path(traced, call.arguments, self.threads, asked, facts)
        self.known[key] = path
        return path

    def new(self, call: Call, lane: int, way: Way) -> Path:
        """The path of lanes that come this way from another; the known one that ends alike."""
        traced = self.followed(call, lane, way)
        asked = self.conditions.of(traced.trace, traced.sources)
        traced = shortened(traced, asked, way)
        end = None if traced.trace.guards else self.computed(traced)
        path = self.ends.get(end)
        if path is None:
            path = self.path(traced, call, lambda: asked, way.facts)
            if end is not None:
                self.ends[end] = path
        return path

    def computed(self, traced: Traced) -> Any:
        """What two traces have in common if they compute the same under the same guards."""
        wanted = [*traced.outputs, *traced.trace.guarded()]
        name = self.conditions.names(traced.trace, traced.sources, wanted)
        form, captured = str(traced.structure), tuple(map(id, traced.captured))
        given = (e.given if type(e.given) is int else id(e.given) for e in traced.entries)
        own = ((entry.own, entry.linked, entry.beside, entry.kind) for entry in traced.entries)
        nodes = tuple(name[i] for i in traced.outputs)
        guards = tuple((g.compare, name[g.x], name[g.y], g.outcome) for g in traced.trace.guards)
        sources = tuple(x if isinstance(x, (int, tuple)) else id(x) for x in traced.sources)
        return form, captured, tuple(traced.each), tuple(given), tuple(own), nodes, guards, sources

    def anew(self, arguments: Arguments) -> Traced:
        """Trace what the first lane of a call does, to look at: it becomes no path."""
        call = Call(arguments)
        return self.trace(call.in_lane(0), call.draws.in_lane(0), {}, None)

    def run(
        self, arguments: Arguments, around: Surroundings
    ) -> Iterator[tuple[Path, Any, list[Any]]]:
        """Yield (path, its lanes, the outputs in them) until every lane is done.

        The lanes are an array of their indices, or None if these are all. An output that every
        lane has its own of stands for nothing in lanes that are yielded again later; a sum is over
        the others.
        """
        call = Call(arguments, around)
        if self.first is None:
            self.first = self.root(call)
        yield from self.all_lanes(call, self.first, *self.first.run(call, None))
        call.draws.finish()

    def rest(
        self, arguments: Arguments, outputs: list[Any], broken: Any
    ) -> Iterator[tuple[Path, Any, list[Any]]]:
        """The same where the first path was run already. Raises Unknown if a path is to be traced:
        that takes a look at what is around."""
        assert self.first is not None
        call = Call(arguments)
        yield from self.all_lanes(call, self.first, outputs, broken)
        call.draws.finish()

    def all_lanes(
        self, call: Call, path: Path, outputs: list[Any], broken: Any
    ) -> Iterator[tuple[Path, Any, list[Any]]]:
        pending: list[tuple[Path, Any, Any]] = []
        group = sides = None
        while True:
            if isinstance(broken, int):
                lane = 0 if group is None else group[0]
                pending.append((self.instead(path, broken, call, lane), group, sides))
            elif broken is None:
                yield path, group, outputs
            else:
                others, some_hold = self.others(path, call, group, broken)
                if some_hold:
                    yield path, group, outputs
                pending += others
            if not pending:
                return
            path, group, sides = pending.pop()
            outputs, broken = path.run(call, group, sides)

    def others(
        self, path: Path, call: Call, group: Any, broken: Broken
    ) -> tuple[list[tuple[Path, Any, Any]], bool]:
        """The lanes in which a guard does not hold, by the path that each takes, with the sides of
        the guards; and whether there are lanes in which all hold."""
        import numpy

        away = numpy.flatnonzero(broken.guards >= 0)
        away = away[numpy.argsort(broken.guards[away], kind="stable")]
        guards, lanes, sides = broken.guards[away], away, broken.sides
        if group is not None:
            lanes, sides = group[away], numpy.empty((call.lanes, 2))
            sides[lanes] = broken.sides[away]
        begins = [0, *(numpy.flatnonzero(guards[1:] != guards[:-1]) + 1).tolist()]
        found: dict[Path, list[Any]] = {}
        for guard, begin, end in zip(guards[begins].tolist(), begins, [*begins[1:], len(lanes)]):
            there = path.instead.get(guard) or self.instead(path, guard, call, lanes[begin])
            found.setdefault(there, []).append(lanes[begin:end])
        groups = [(there, numpy.concatenate(parts), sides) for there, parts in found.items()]
        return groups, len(away) < len(broken.guards)

    def instead(self, path: Path, guard: int, call: Call, lane: int) -> Path:
        if guard not in path.instead:
            path.instead[guard] = self.new(call, lane, path.away(guard))
        return path.instead[guard]


def is_column(which: Any, numbers: Sequence[Any]) -> bool:
    return type(which) is int and type(numbers[2 + which]) is Column


def number_of(x: Any) -> float:
    return x.data if is_value(x) else float(x)
