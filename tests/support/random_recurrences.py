"""Random recurrences over data in lists, as people write filters and likelihoods: states, sums,
numbers computed from the data alone, and numbers kept for later."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

import scalargrad as sg

FUNCTIONS = (
    "sg.sin({})",
    "sg.cos({})",
    "sg.tanh({})",
    "sg.sigmoid({})",
    "sg.softplus({})",
    "sg.square({})",
    "sg.exp(-sg.square({}))",
    "sg.log(2.0 + sg.sin({}))",
    "sg.sqrt(0.1 + sg.square({}))",
)
LOOPS = (
    ["for x, y in zip(xs, ys):"],
    ["for k, x in enumerate(xs):", "    y = ys[k]"],
    ["for k in range(len(xs)):", "    x, y = xs[k], ys[len(xs) - 1 - k]"],
)


class Recurrence(NamedTuple):
    """A function f(p, xs, ys) of a list of parameters and two of data, and its text."""

    f: Callable[..., Any]
    parameters: int
    text: str


class Writer:
    """Writes the text of one."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.states = [f"s{k}" for k in range(random.randint(1, 3))]
        self.sums = [f"total{k}" for k in range(random.randint(0, 3))]
        self.parameters = random.randint(1, 3)
        self.known = ["x", "x", "y", "before", *self.states]
        self.known += [f"p[{k}]" for k in range(self.parameters)]

    def expression(self, depth: int) -> str:
        random = self.random
        if depth == 0 or random.random() < 0.2:
            return random.choice([*self.known, repr(round(random.uniform(-1.0, 1.0), 2))])
        one = self.expression(depth - 1)
        if random.random() < 0.4:
            return random.choice(FUNCTIONS).format(one)
        other = self.expression(depth - 1)
        if random.random() < 0.2:
            return f"({one}) / (1.5 + sg.square({other}))"
        return f"({one}) {random.choice('+-*')} ({other})"

    def any(self) -> str:
        return self.expression(self.random.randint(1, 3))

    def body(self) -> list[str]:
        random, lines = self.random, []
        for k in range(random.randint(1, 4)):
            lines.append(f"t{k} = {self.any()}")
            self.known.append(f"t{k}")
        nexts = [f"0.5 * {s} + 0.3 * sg.tanh({self.any()})" for s in self.states]
        lines.append(f"{', '.join(self.states)}, = {', '.join(nexts)},")
        lines += random.choice([[], ["before = x"], [f"before = {random.choice(self.states)}"]])
        lines += [f"{s} = {s} {random.choice('+-')} ({self.any()})" for s in self.sums]
        return lines + random.choice([[], [f"kept.append({random.choice(self.known)})"]])

    def text(self) -> str:
        random = self.random
        begin = ["before, kept = 0.0, []"]
        begin += [f"{s} = {random.choice(['0.0', '0.1', 'p[0]'])}" for s in self.states + self.sums]
        loop = [*random.choice(LOOPS), *(f"    {line}" for line in self.body())]
        ends = random.sample([*self.known[4:], *self.sums], 1 + random.randrange(3))
        order = random.choice(["kept", "reversed(kept)"])
        end = ["later = 0.0", f"for z in {order}:", "    later = later + sg.tanh(z) * z"]
        lines = [*begin, *loop, *end, f"return later + {' + '.join(f'({x})' for x in ends)}"]
        return "\n    ".join(["def f(p, xs, ys):", *lines])


def recurrence(seed: int) -> Recurrence:
    writer = Writer(Random(seed))
    text = writer.text()
    names: dict[str, Any] = {"sg": sg}
    exec(text, names)
    return Recurrence(names["f"], writer.parameters, text)
