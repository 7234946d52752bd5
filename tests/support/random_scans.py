"""Random bodies of scans, and the loop that each stands for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st

import scalargrad as sg

CONSTANTS = (0.7, -0.4, 1.5)


def slope(x: Any, y: Any) -> Any:
    """A derivative within the body."""
    return sg.grad(lambda u: sg.sin(u * y) + u * u * x)(x * 0.5)


def tangent(x: Any, y: Any) -> Any:
    return sg.jvp(lambda u: sg.tanh(u) * y, (x,), (0.3,))[1]


def summed(x: Any, y: Any) -> Any:
    """A scan within the body."""
    found, ys = sg.scan(lambda s, u: (s * 0.5 + u * x, s - y), 0.1, [0.2, x, 0.3])
    return found + ys[1]


OPERATORS: tuple[Callable[[Any, Any], Any], ...] = (
    lambda x, y: x + y,
    lambda x, y: x - y,
    lambda x, y: x * y,
    lambda x, y: x / (1.0 + y * y),
    lambda x, y: sg.sin(x),
    lambda x, y: sg.tanh(x) * 0.5,
    lambda x, y: sg.where(x - y, x, y * 0.5),
    lambda x, y: sg.maximum(x, y),
    lambda x, y: sg.sum([x, y, x, 0.1]),
    lambda x, y: sg.Value(0.3) * x,
    slope,
    tangent,
    summed,
)


class Body(NamedTuple):
    """Operators, each on two numbers there are; which of all numbers are the next state, and y."""

    steps: Sequence[tuple[int, int, int]]
    state: Sequence[int]
    ys: Sequence[int]

    def __call__(self, given: Sequence[Any]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        found = [*given, *CONSTANTS]
        for row, i, j in self.steps:
            found.append(OPERATORS[row](found[i % len(found)], found[j % len(found)]))
        pick = [found[-1 - i % len(found)] for i in (*self.state, *self.ys)]
        state = [sg.tanh(x) for x in pick[: len(self.state)]]
        return tuple(state), tuple(pick[len(self.state) :])


places = st.integers(0, 11)
bodies = st.builds(
    Body,
    st.lists(st.tuples(st.integers(0, len(OPERATORS) - 1), places, places), min_size=1, max_size=8),
    st.lists(places, min_size=1, max_size=3),
    st.lists(places, max_size=2),
)


class Case(NamedTuple):
    """A body with what it is run on: begin of the state, numbers of x, and closed-over ones."""

    body: Body
    begin: Sequence[float]
    xs: Sequence[float]

    def scanned(self, w: Any, xs: Sequence[Any]) -> Any:
        """The scan; of `w` and `xs`, and of the sum and product of `w`."""
        total, product = w[0] + w[1], w[0] * w[1]
        state, ys = sg.scan(
            lambda s, x: self.body([*s, x, total, w[0], product]), self.first(w), xs
        )
        return together(state, list(zip(*ys)) if self.body.ys else [])

    def looped(self, w: Any, xs: Sequence[Any]) -> Any:
        """The loop."""
        total, product = w[0] + w[1], w[0] * w[1]
        state, ys = self.first(w), []
        for x in xs:
            state, y = self.body([*state, x, total, w[0], product])
            ys.append(y)
        return together(state, ys if self.body.ys else [])

    def first(self, w: Any) -> tuple[Any, ...]:
        # the first number of the state is a Value where `w` is, the others are floats
        return (w[1] * self.begin[0], *self.begin[1 : len(self.body.state)])


def together(state: Sequence[Any], ys: Sequence[Sequence[Any]]) -> Any:
    total = 0.0
    for k, x in enumerate(state):
        total = total + (k + 1.0) * x
    for k, y in enumerate(ys):
        for x in y:
            total = total + x * (0.1 + 0.01 * k)
    return total


def cases(steps: Sequence[int]) -> st.SearchStrategy[Case]:
    """Cases with so many steps."""
    number = st.floats(-1.0, 1.0, allow_nan=False, width=16)
    return st.sampled_from(steps).flatmap(
        lambda n: st.builds(
            Case,
            bodies,
            st.lists(number, min_size=3, max_size=3),
            st.lists(number, min_size=1, max_size=7).map(lambda xs: (xs * n)[:n]),
        )
    )
