"""Random programs of nested loops, and a number that has their operator calls recorded."""

from __future__ import annotations

import operator as py
from collections.abc import Callable, Sequence
from random import Random
from struct import pack
from typing import Any

from scalargrad import ops
from scalargrad.compiler.loops.items import (
    Constant,
    ConstantTable,
    InputAt,
    InputTable,
    Item,
    Loop,
    NodeAt,
    One,
    Operation,
    Reference,
    Run,
)

INPUTS = 6
VARIABLES = 4


# ------ recording
class Log:
    """Records every event as it is: what loops are compared with."""

    def __init__(self) -> None:
        self.events: list[Operation] = []

    def record(self, operator: Any, operands: Sequence[One], outcome: bool | None = None) -> int:
        self.events.append(Operation(operator, tuple(operands), outcome))
        return len(self.events) - 1


class Recording:
    """What a number of a function tells its operators to: some recorders, at most `most` calls."""

    def __init__(self, *recorders: Any, most: int = 20_000) -> None:
        self.recorders = recorders
        self.most = most

    def call(self, operator: Any, operands: Sequence[Any], outcome: bool | None = None) -> NodeAt:
        given = [x.at if type(x) is Counted else Constant(float(x)) for x in operands]
        (at, *others) = [recorder.record(operator, given, outcome) for recorder in self.recorders]
        assert all(at == other for other in others)
        self.most -= 1
        if self.most < 0:
            raise OverflowError
        return NodeAt(at)

    def inputs(self, numbers: Sequence[float]) -> list[Counted]:
        return [Counted(self, InputAt(i), x) for i, x in enumerate(numbers)]


class Counted:
    """A number of a function whose operator calls are recorded."""

    def __init__(self, recording: Recording, at: One, number: float) -> None:
        self.recording, self.at, self.number = recording, at, number


def numbers(operands: Sequence[Any]) -> list[float]:
    return [x.number if type(x) is Counted else float(x) for x in operands]


def called(row: Any, forward: Callable[..., float], *operands: Any) -> Any:
    recording = next((x.recording for x in operands if type(x) is Counted), None)
    number = forward(*numbers(operands))
    if recording is None:
        return number
    return Counted(recording, recording.call(row, operands), number)


def method(row: Any, forward: Callable[..., float]) -> tuple[Any, Any]:
    return (
        lambda x, y: called(row, forward, x, y),
        lambda x, y: called(row, forward, y, x),
    )


Counted.__add__, Counted.__radd__ = method(ops.add, py.add)  # type: ignore[attr-defined]
Counted.__sub__, Counted.__rsub__ = method(ops.sub, py.sub)  # type: ignore[attr-defined]
Counted.__mul__, Counted.__rmul__ = method(ops.mul, py.mul)  # type: ignore[attr-defined]
Counted.__neg__ = lambda x: called(ops.neg, py.neg, x)  # type: ignore[attr-defined]


def less(x: Any, y: Any) -> bool:
    outcome = py.lt(*numbers([x, y]))
    x.recording.call("<", [x, y], outcome)
    return outcome


Counted.__lt__ = less  # type: ignore[attr-defined]


class Functions:
    """The functions that random programs call, as `m`."""

    sin = staticmethod(lambda x: called(ops.sin, ops.sin.forward, x))
    tanh = staticmethod(lambda x: called(ops.tanh, ops.tanh.forward, x))
    sum = staticmethod(lambda xs: called(ops.sum, ops.sum.forward, *xs))
    dot = staticmethod(lambda xs, ys: called(ops.dot, ops.dot.forward, *xs, *ys))


def in_bits(items: Sequence[Item]) -> list[Any]:
    """Items as what can be compared bit for bit."""
    return [
        (item.trips, item.span, in_bits(item.body))
        if isinstance(item, Loop)
        else (item.operator, item.outcome, [reference_in_bits(x) for x in item.references])
        for item in items
    ]


def reference_in_bits(x: Reference) -> Any:
    match x:
        case Constant(number):
            return pack("d", number)
        case ConstantTable(numbers):
            return [pack("d", number) for number in numbers]
        case InputTable(indexes):
            return list(indexes)
        case Run(first, step, count):
            return reference_in_bits(first), step, count
    return x


# ------ programs
class Writer:
    """Writes a random function `f(m, *x)` of nested loops over a few variables."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.lines = ["def f(m, *x):", "    v = [x[0], x[1], x[2], 0.5]; ys = []; kept = x[3]"]
        self.loops = 0

    def source(self) -> str:
        self.block(0, [])
        self.lines.append("    return v[0]*x[0] + v[1]*x[1] + v[2]*x[2] + v[3]*kept")
        return "\n".join(self.lines)

    def block(self, depth: int, counters: list[str]) -> None:
        for _ in range(self.random.randrange(1, 5)):
            if depth < 3 and self.random.random() < 0.35:
                self.loop(depth, counters)
            else:
                self.line(depth, self.guarded(counters) + self.something(counters))

    def loop(self, depth: int, counters: list[str]) -> None:
        name = f"i{self.loops}"
        self.loops += 1
        trips = self.random.choice([1, 2, 3, 4, 5, 7, 12] if depth else [5, 20, 40])
        triangular = counters and self.random.random() < 0.3
        count = f"{self.random.choice(counters)}+1" if triangular else trips
        self.line(depth, f"for {name} in range({count}):")
        self.block(depth + 1, [*counters, name])

    def line(self, depth: int, text: str) -> None:
        self.lines.append("    " * (depth + 1) + text)

    def guarded(self, counters: list[str]) -> str:
        """Nothing, or a condition: on a counter, or a guard on a number."""
        kind = self.random.random()
        if kind < 0.1 and counters:
            return f"if {self.random.choice(counters)} % {self.random.randrange(2, 5)} == 1: "
        if kind < 0.15:
            return f"if {self.variable()}*x[3] < 0.1: "
        return ""

    def something(self, counters: list[str]) -> str:
        kind = self.random.random()
        if kind < 0.1:
            return f"ys.append({self.variable()}*x[4])"
        if kind < 0.13:
            return f"kept = {self.variable()}*x[5]"
        if kind < 0.2:
            return f"{self.variable()} = {self.over_a_list(counters)}"
        return f"{self.variable()} = {self.expression(counters)}"

    def variable(self) -> str:
        return f"v[{self.random.randrange(VARIABLES)}]"

    def over_a_list(self, counters: list[str]) -> str:
        lists = ["x", "ys[-5:]", "v", "[0.1, -0.2, *x[:4]]", "[*x[:2], *v, *x[1:4]]"]
        if counters:
            lists.append(f"x[({self.random.choice(counters)})%3:][:4]")
        xs = self.random.choice(lists)
        return self.random.choice([f"m.sum([0.5, *{xs}])", f"m.dot({xs}, {xs})*0.1+x[0]"])

    def operand(self, counters: list[str]) -> str:
        random = self.random
        found = [self.variable(), f"x[{random.randrange(INPUTS)}]", f"{random.uniform(-1, 1):.2f}"]
        found.append("kept")
        if counters:
            counter = random.choice(counters)
            found += [f"x[({counter})%{INPUTS}]", f"0.01*{counter}"]
            found.append(f"x[({counter})*({counter})%{INPUTS}]")
        if random.random() < 0.3:
            back = random.randrange(1, 4)
            found.append(f"(ys[-{back}] if len(ys) > 3 else 0.3)")
        return random.choice(found)

    def expression(self, counters: list[str]) -> str:
        a, b = self.operand(counters), self.variable()
        return self.random.choice(
            [
                *(f"{a}+{b}*0.5", f"{b}*0.5-{a}", f"{a}*{b}"),
                *(f"m.sin({b}+x[0])", f"m.tanh({b}*x[1])", f"-({b}*x[2])"),
            ]
        )


def random_function(seed: int) -> Callable[..., Any]:
    """A random function `f(m, *x)` of INPUTS numbers; its `source` is an attribute."""
    source = Writer(Random(seed)).source()
    names: dict[str, Any] = {}
    exec(source, names)
    f = names["f"]
    f.source = source
    return f


def record(f: Callable[..., Any], *recorders: Any, most: int = 20_000) -> Any:
    """Run a function on INPUTS numbers; raises OverflowError where it makes more calls than
    `most`."""
    recording = Recording(*recorders, most=most)
    numbers = [Random(i).uniform(-1, 1) for i in range(INPUTS)]
    return f(Functions, *recording.inputs(numbers))
