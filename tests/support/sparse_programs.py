"""Random functions of a few numbers, most of whose results depend on some of these alone."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import scalargrad as sg

Program = Callable[[Sequence[Any], Any], list[Any]]

ONE: list[Callable[[Any], Any]] = [
    sg.sin,
    sg.exp,
    sg.tanh,
    lambda x: x * x,
    lambda x: x**3,
    lambda x: 1.0 / (x * x + 2.0),
    lambda x: -x,
    lambda x: x / 3.0,
    lambda x: 2.0 * x,
]
TWO: list[Callable[[Any, Any], Any]] = [
    lambda x, y: 0.7 * x + y,
    lambda x, y: 1.3 * x - 0.4 * y,
    lambda x, y: x * y,
    lambda x, y: x / (y * y + 1.5),
]
CHOOSING: list[Callable[[Any, Any], Any]] = [
    sg.maximum,
    sg.hypot,
    lambda x, y: sg.where(sg.step(x - y), x * y, x + y),
]


def program(seed: int, chooses: bool = False) -> tuple[int, Program]:
    """How many numbers a random function takes, and the function: of these and one more, in which
    nothing is differentiated. If it `chooses` it has branches, and operators that select."""
    rng = random.Random(seed)
    size = rng.randint(1, 6)
    two = TWO + CHOOSING if chooses else TWO
    steps: list[tuple[Any, ...]] = []
    for k in range(rng.randint(3, 14)):
        known = range(size + 1 + k)
        one, other = rng.choice(known), rng.choice(known)
        is_one = rng.random() < 0.5 or one == other
        steps.append((rng.choice(ONE), one) if is_one else (rng.choice(two), one, other))
    every = range(size + 1 + len(steps))
    sums = [rng.sample(every, rng.randint(1, min(5, len(every)))) for _ in range(rng.randint(1, 4))]
    weights = [[rng.uniform(0.5, 2.0) * rng.choice((1, -1)) for _ in own] for own in sums]
    branch = rng.randrange(len(steps)) if chooses and rng.random() < 0.5 else -1

    def f(x: Sequence[Any], p: Any) -> list[Any]:
        known = [*x, p]
        for k, (row, *operands) in enumerate(steps):
            y = row(*[known[i] for i in operands])
            if k == branch:
                y = y * y if y > 0.7 else y + known[0]
            known.append(y)
        found = [sum(w * known[i] for w, i in zip(own, at)) for own, at in zip(weights, sums)]
        return [y * p if len(at) > 3 else y for y, at in zip(found, sums)]

    return size, f


def points(seed: int, size: int, count: int = 4) -> list[tuple[list[float], float]]:
    rng = random.Random(seed)
    return [
        ([rng.uniform(0.2, 1.5) for _ in range(size)], rng.uniform(0.3, 2.0)) for _ in range(count)
    ]
