"""Loops that end when their numbers like: a walk in each lane until it falls below a barrier.

Beside it stand the same lane by lane in eager mode, and as JAX can differentiate it: a scan of all
steps in which lanes that are over are masked, for it has no reverse mode through a `while_loop`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import Any

import scalargrad as sg

from .peers import present
from .timing import Figure, minima, seconds

BARRIER = 0.8
Step = Callable[[], Any]


def passage(steps: int) -> Callable[..., Any]:
    """What is paid when the walk first falls below the barrier, or when it is over."""

    def f(begin: Any, drift: Any, spread: Any, z: Any) -> Any:
        x, k = begin, 0
        while True:
            x = x + drift / steps + spread * z[k]
            k += 1
            if x < BARRIER or k == steps:
                break
        return x * x * sg.exp(-0.05 * k / steps)

    return f


def in_jax(at: tuple[float, ...], z: Any) -> Step:
    import jax

    jax.config.update("jax_enable_x64", True)
    np, steps = jax.numpy, z.shape[1]

    def one(begin: Any, drift: Any, spread: Any, own: Any) -> Any:
        def step(state: Any, number: Any) -> Any:
            x, k, is_over = state
            moved = x + drift / steps + spread * number
            x, k = np.where(is_over, x, moved), np.where(is_over, k, k + 1)
            return (x, k, is_over | (x < BARRIER)), None

        (x, k, _), _ = jax.lax.scan(step, (begin, 0, False), own)
        return x * x * np.exp(-0.05 * k / steps)

    gradient = jax.value_and_grad(one, (0, 1, 2))
    both = jax.jit(jax.vmap(gradient, (None, None, None, 0)))
    given = np.asarray(z)
    return lambda: jax.block_until_ready(both(*at, given))


def compiled(f: Callable[..., Any], at: tuple[float, ...], z: Any) -> Step:
    both = sg.value_and_grad(sg.compile(f, batch="z"), (0, 1, 2))
    return lambda: both(*at, z)


def eager(f: Callable[..., Any], at: tuple[float, ...], z: Any) -> Step:
    both, rows = sg.value_and_grad(f, (0, 1, 2)), z.tolist()
    return lambda: [both(*at, row) for row in rows]


def agree(found: Any, expected: Any, lanes: int) -> None:
    """Raise AssertionError unless the numbers of some lanes are eager mode's."""
    value, slopes = found
    for k in range(0, lanes, max(1, lanes // 50)):
        own = [float(value[k]), *(float(slope[k]) for slope in slopes)]
        pairs = zip(own, (expected[k][0], *expected[k][1]), strict=True)
        assert all(math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-11) for x, y in pairs)


def of_other_lengths(quick: bool) -> Figure:
    """Calls without lanes, each of another length."""
    calls, random_ = 20 if quick else 100, random.Random(0)
    given = [(random_.uniform(1.0, 2.0), random_.uniform(-0.005, -0.001)) for _ in range(calls)]

    def f(x: Any, drift: Any) -> Any:
        k = 0
        while x > 0.3 and k < 2000:
            x = x + drift * (1.0 - 0.1 * x)
            k += 1
        return x * sg.exp(-0.01 * k)

    both = sg.value_and_grad(sg.compile(f), (0, 1))
    both(1.5, -0.003)
    taken = seconds(lambda: [both(*each) for each in given])
    return Figure("while, calls of other lengths: a call", 1e3 * taken / calls, "ms")


def figures(quick: bool) -> Iterator[Figure]:
    import numpy

    lanes, steps = (200, 100) if quick else (2_000, 500)
    z = numpy.random.default_rng(0).normal(size=(lanes, steps)) / math.sqrt(steps)
    f, at = passage(steps), (1.0, 0.05, 0.3)
    name = f"first passage, {lanes:,} lanes, ≤ {steps} steps"
    ours, plain = compiled(f, at, z), eager(f, at, z)
    yield Figure(f"{name}: first", seconds(ours), "s", aim="≤ 0.3 s")
    agree(ours(), plain(), lanes)
    contestants = {"ours": ours, "eager": plain}
    if present("jax"):
        contestants["JAX"] = in_jax(at, z)
        yield Figure(f"{name}: first by JAX", seconds(contestants["JAX"]), "s")
        agree(contestants["JAX"](), plain(), lanes)
    best = minima(contestants, 3 if quick else 7)
    yield Figure(f"{name}: later", 1e3 * best["ours"], "ms", aim="≤ 10 ms")
    yield Figure(f"{name}: eager ÷ ours", best["eager"] / best["ours"], at_least=5.0)
    if "JAX" in best:
        yield Figure(f"{name}: JAX ÷ ours", best["JAX"] / best["ours"])
    yield of_other_lengths(quick)
