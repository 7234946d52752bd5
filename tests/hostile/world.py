"""What calls are made on, and what objects do in the midst of them."""

from __future__ import annotations

import gc
import random
from array import array
from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Any

import scalargrad as sg
from scalargrad import ops
from scalargrad.compiler.trace import chosen
from scalargrad.compiler.trace.native import nodes

from .objects import KINDS, Acting, Hostile, HostileInt

DEEPEST, LONGEST = 3, 400
"""Calls within calls; nodes of a trace, before another takes its place."""
ROWS = (ops.add, ops.mul, ops.tanh, ops.exp, ops.sum, ops.dot, ops.where, ops.maximum, ops.square)


class Raised(Exception):
    """Raised by an object that was asked for something."""


class RaisedHigh(BaseException):
    """The same, as if somebody had pressed Ctrl-C."""


EXPECTED = (Exception, RaisedHigh)


def acting(method: Any) -> Any:
    def acted(*args: Any) -> Any:
        Acting.act()
        return method(*args)

    return acted


class HostileTrace(chosen.Trace):
    compute = acting(chosen.Trace.compute)
    other = acting(chosen.Trace.other)


class World:
    """The objects that calls are made on. `found` are errors that no call may end with."""

    def __init__(self, seed: int, calls: Callable[[], tuple[Callable[[World], Any], ...]]) -> None:
        self.random = random.Random(seed)
        self.calls = calls()
        self.values = [sg.Value(0.5 + k) for k in range(8)]
        self.lists: deque[Any] = deque(maxlen=6)
        self.kept: deque[Any] = deque(maxlen=12)
        self.counted: Counter[str] = Counter()
        self.found: list[str] = []
        self.depth = 0
        self.rows = (*ROWS, *(self.operator(k) for k in range(2)))
        self.traces = [self.new_trace() for _ in range(3)]
        self.recorders = [nodes.LoopRecorder()]
        self.rolled: list[tuple[Any, Any]] = []
        self.asked = self.traces[0]

    # ------ choosing
    def chance(self, percent: int) -> bool:
        return self.random.random() * 100 < percent

    def some(self, pool: Iterable[Any], most: int = 6) -> list[Any]:
        pool = list(pool)
        return [self.random.choice(pool) for _ in range(self.random.randrange(most) if pool else 0)]

    def hostile(self, x: Any, percent: int = 40) -> Any:
        """`x`, or what is like it and runs code; lists are remembered, to be changed meanwhile."""
        if type(x) is list:
            self.lists.append(x)
        kinds = KINDS.get(type(x))
        if not kinds or not self.chance(percent):
            return x
        made = self.random.choice(kinds)(x)
        if isinstance(made, list):
            self.lists.append(made)
        return made

    def items(self, xs: Iterable[Any], percent: int = 25) -> Any:
        """A sequence of these, any of which may run code; so may the sequence."""
        return self.hostile([self.hostile(x, percent) for x in xs])

    def number(self) -> Any:
        return self.hostile(self.random.choice((0.5, -1.25, 0.0, 3, True, 1e300, float("nan"))))

    def value(self) -> Any:
        return self.random.choice(self.values)

    def operand(self) -> Any:
        return self.value() if self.chance(60) else self.number()

    def row(self) -> Any:
        return self.random.choice(self.rows)

    def operator(self, k: int) -> Any:
        def forward(x: float, *others: float) -> float:
            Acting.act()
            return x * 0.5

        return sg.operator(f"hostile{k}", forward, acting(lambda out, x, *others: 0.5))

    # ------ traces
    def new_trace(self) -> Any:
        trace = self.random.choice((chosen.Trace, HostileTrace))()
        if self.chance(50):
            trace.look_for_loops(self.random.choice((20, 60)))
        elif self.chance(40):
            trace.ask((ops.add,), (ops.mul,), (ops.sigmoid,), ((ops.square, ops.tanh),))
        for k in range(3):
            self.kept.append(trace.input(0.5 + k, k == 2))
        return trace

    def trace(self) -> Any:
        at = self.random.randrange(len(self.traces))
        if self.size_of(self.traces[at]) > LONGEST:
            self.traces[at] = self.new_trace()
        self.asked = self.traces[at]
        return self.asked

    def size_of(self, trace: Any) -> int:
        try:
            return len(trace)
        except EXPECTED:
            return LONGEST + 1

    def tracer(self, trace: Any) -> Any:
        known = [x for x in self.kept if getattr(x, "trace", None) is trace]
        if known and self.chance(80):
            return self.random.choice(known)
        size = len(trace)
        return trace.tracers[self.random.randrange(size)] if size else trace.input(0.5)

    def indices(self, trace: Any) -> Any:
        return self.index_items(self.some(range(len(trace) or 1)))

    def index_items(self, indices: Iterable[int]) -> Any:
        """A sequence of integers; some have a finalizer, which runs as soon as they are read."""
        if self.chance(40):
            return (HostileInt(i) if self.chance(40) else i for i in indices)
        return self.hostile([HostileInt(i) if self.chance(20) else i for i in indices])

    def grow(self) -> None:
        trace = self.asked if self.chance(80) else self.random.choice(self.traces)
        if self.size_of(trace) < LONGEST:
            x = self.tracer(trace)
            for _ in range(self.random.choice((3, 70))):
                x = x * 0.5 + 1.0
            self.kept.append(x)

    def fuse(self) -> None:
        trace = self.asked if self.chance(80) else self.random.choice(self.traces)
        trace.fuse(range(len(trace)))

    # ------ what happens in the midst of a call
    def act(self) -> None:
        if self.depth <= DEEPEST and self.chance(35):
            self.depth += 1
            try:
                self.random.choice(ACTIONS)(self)
            finally:
                self.depth -= 1

    def change_a_list(self) -> None:
        if self.lists:
            changed = self.random.choice(self.lists)
            self.random.choice(CHANGES)(changed, Hostile(0.5))

    def collect(self) -> None:
        self.leave_garbage()
        gc.collect(self.random.choice((0, 0, 0, 1, 2)))

    def leave_garbage(self) -> None:
        garbage = Hostile(0.25)
        garbage.inside = [garbage, self.value()]

    def forget(self) -> None:
        self.kept.clear()
        self.values[self.random.randrange(len(self.values))] = sg.Value(1.5)

    def change_columns(self) -> None:
        trace = self.random.choice(self.traces)
        self.random.choice(CHANGES)(trace.inputs, self.hostile(1))
        trace.captured[self.value()] = self.hostile(self.random.choice((0, 10**9)))

    def fail(self) -> None:
        raise self.random.choice((Raised, RaisedHigh, TypeError, MemoryError, StopIteration))

    def call(self) -> None:
        """One call more; what it raises is expected, but for errors in C."""
        call = self.random.choice(self.calls)
        self.counted["calls"] += 1
        if self.chance(40):
            self.leave_garbage()
        try:
            self.kept.append(call(self))
        except (SystemError, AssertionError) as error:
            self.found.append(f"{call.__name__}: {error!r}, {error.__cause__!r}")
        except EXPECTED as error:
            refused = isinstance(error, (TypeError, ValueError, IndexError)) and bool(error.args)
            self.counted["refused"] += refused
            self.counted[f"refused {call.__name__}"] += refused


def double(xs: list[Any], x: Any) -> None:
    # a slice of a list that a finalizer changes meanwhile would break Python before 3.12
    xs.extend([*xs][: 40 - len(xs)])


CHANGES: tuple[Callable[[Any, Any], None], ...] = (
    lambda xs, x: xs.clear(),
    lambda xs, x: xs.append(x),
    lambda xs, x: xs.extend([x] * 9),
    lambda xs, x: xs.__delitem__(slice(0, 1)),
    lambda xs, x: xs.__setitem__(slice(0, 1), [x]),
    double,
)
ACTIONS: tuple[Callable[[World], None], ...] = (
    *[World.change_a_list] * 6,
    *[World.leave_garbage] * 2,
    *[World.collect] * 3,
    *[World.grow] * 5,
    *[World.call] * 4,
    *[World.fuse] * 2,
    World.forget,
    World.change_columns,
    World.fail,
)


def memory(numbers: Iterable[float]) -> Any:
    """A buffer of these numbers."""
    return array("d", numbers)
