"""Programs with loops, of functions whose operator calls are recorded."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from random import Random
from struct import pack
from typing import Any, NamedTuple

import scalargrad as sg
from scalargrad.compiler.loops.recorder import Recorder
from scalargrad.compiler.machine.encode import Code
from scalargrad.compiler.machine.instructions import TABLE
from scalargrad.compiler.machine.interpreter import RunResults
from scalargrad.compiler.machine.nest_interpreter import interpret
from scalargrad.compiler.nests.encoding import NestCode
from scalargrad.compiler.nests.lanes import LaneEncoder
from scalargrad.compiler.nests.program import Asked, Derived, LanesAsked
from scalargrad.compiler.trace.native import machine
from scalargrad.rows import BUILT_IN
from tests.support.random_loops import Counted, Functions, Recording, called


class Rows(type):
    """Any operator of the table, by its name."""

    def __getattr__(cls, name: str) -> Callable[..., Any]:
        row = BUILT_IN[name]
        return lambda *operands: called(row, row.forward, *operands)


class AllFunctions(Functions, metaclass=Rows):
    """The functions that a function may call, as `m`."""


def asked(f: Callable[..., Any], numbers: Sequence[float], most: int = 20_000) -> Asked:
    """Record `f(m, *x)`; ask for its result and the derivatives in all inputs."""
    recorder = Recorder()
    result = f(AllFunctions, *Recording(recorder, most=most).inputs(numbers))
    assert isinstance(result, Counted)
    inputs = range(len(numbers))
    return Asked(
        recorder.finish().items, [False for _ in inputs], [result.at], [True], list(inputs), True
    )


def code_of_function(
    f: Callable[..., Any], numbers: Sequence[float], careful: bool = False
) -> NestCode:
    return Derived(asked(f, numbers)).code(careful)


def eager(f: Callable[..., Any], numbers: Sequence[float]) -> list[float]:
    """The result and the derivatives in eager mode."""
    values = [sg.Value(x) for x in numbers]
    result = f(sg, *values)
    result.backward()
    return [result.data, *(value.grad for value in values)]


def runs(code: NestCode, numbers: Sequence[float], times: int = 2) -> Iterator[list[float]]:
    """Yield the results of each engine; of the native machine as often as told."""
    found, failed = interpret(code, numbers)
    assert failed == -1
    yield found
    if machine is not None:
        native = machine.Nest(**code._asdict())
        for _ in range(times):
            yield native.run(list(numbers), None, False)


def names(code: NestCode) -> list[str]:
    """The instructions by name; an operator is a `row`."""
    found, at = [], 0
    while at < len(code.code):
        row = TABLE.get(code.code[at])
        found.append(row.name if row else "row")
        at += code.code[at + 1]
    return found


def bits(numbers: Sequence[float]) -> bytes:
    return pack(f"{len(numbers)}d", *numbers)


def nest_code(code: Sequence[int], **parts: Any) -> NestCode:
    """A program of such code, with 20 places, 2 of them inputs, and 3 walks."""
    made = NestCode(
        initial=array("d", [0.0] * 20),
        indexes=array("q", [0, 3, 19]),
        code=array("i", code),
        results=array("i", [2]),
        places=20,
        inputs=2,
        walks=3,
    )
    return made._replace(**parts)


# ------ with lanes
class InLanes(NamedTuple):
    """A function `f(m, *x)` whose inputs have lanes, or have none: a column or a number each."""

    f: Callable[..., Any]
    given: Sequence[Any]
    reduce: str | None

    @property
    def lanes(self) -> list[bool]:
        return [isinstance(x, list) for x in self.given]

    @property
    def count(self) -> int:
        return len(next(x for x in self.given if isinstance(x, list)))

    def row(self, lane: int) -> list[float]:
        return [x[lane] if isinstance(x, list) else x for x in self.given]

    def encoder(self, careful: bool) -> LaneEncoder:
        """What writes the code of the value and of the derivatives in all inputs."""
        return self.derived().in_lanes(careful)

    def derived(self) -> Derived:
        """The value and the derivatives in all inputs; before these stand the number of lanes and
        their share."""
        whole = asked(lambda m, count, share, *x: self.f(m, *x), [1.0, 1.0, *self.row(0)], 4_000)
        lanes = LanesAsked([False, False, *self.lanes], self.reduce, True)
        wanted = list(range(2, len(whole.plain)))
        plain = [True, True, *whole.plain[2:]]
        return Derived(whole._replace(plain=plain, wanted=wanted, lanes=lanes))

    def code(self, encoder: LaneEncoder) -> Code:
        columns = [k for k, lane in enumerate(self.lanes, 2) if lane]
        made = [(0, k) for k in range(sum(encoder.outputs))]
        return encoder.program({k: (0, at) for at, k in enumerate(columns)}, 1, made)

    def numbers(self) -> list[float]:
        shared = [x for x in self.given if not isinstance(x, list)]
        return [float(self.count), 1.0 / self.count, *shared]

    def columns(self) -> list[list[float]]:
        return [x for x in self.given if isinstance(x, list)]

    def expected(self) -> list[Any]:
        """Value and derivatives in eager mode: a column each, or a number that is summed."""
        rows = [eager(self.f, self.row(lane)) for lane in range(self.count)]
        share = 1.0 / self.count if self.reduce == "mean" else 1.0
        own = [self.reduce is None, *(lane or self.reduce is None for lane in self.lanes)]
        columns = [[x * share for x in column] for column in zip(*rows)]
        return [x if is_own else sum(x) for x, is_own in zip(columns, own)]


def outputs_of(found: RunResults, encoder: LaneEncoder) -> list[Any]:
    """The outputs in order, of those with lanes the columns."""
    results, columns = iter(found.results), iter(found.outputs.values())
    return [next(columns) if lane else next(results) for lane in encoder.outputs]


COUNTS = (1, 5, 16, 17, 130)
"""Of lanes, about the lengths of registers."""


def given_at_random(f: Callable[..., Any], random: Random, inputs: int) -> InLanes:
    """Some of the inputs of `f` with lanes, and some without."""
    count = random.choice(COUNTS)
    lanes = random.sample(range(inputs), random.randint(1, inputs))
    rows = [[random.uniform(-1.0, 1.0) for _ in range(min(count, 4))] for _ in range(inputs)]
    columns = [(row * count)[:count] for row in rows]
    numbers = [columns[k] if k in lanes else columns[k][0] for k in range(inputs)]
    return InLanes(f, numbers, random.choice([None, "sum", "mean"]))
