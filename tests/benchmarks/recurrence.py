"""Recurrences with their gradients, beside JAX's scan: a pendulum of many steps, one number at a
time, as a plain loop and as a scan; and the paths of a price, all lanes together."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import scalargrad as sg
from scalargrad.compiler.machine.runner import NATIVE

from .peers import present
from .timing import Figure, minima, seconds

AT = (1.0, 0.1, 9.8)
"""Angle, speed, and what pulls."""


def pendulum(steps: int) -> Callable[..., Any]:
    """Steps of the symplectic Euler method. Source: Hairer, Lubich, Wanner, Geometric Numerical
    Integration, section I.1."""

    def energy(angle: Any, speed: Any, g: Any) -> Any:
        for _ in range(steps):
            speed = speed - 0.001 * g * sg.sin(angle)
            angle = angle + 0.001 * speed
        return angle * angle + speed

    return energy


def pendulum_scanned(steps: int) -> Callable[..., Any]:
    """The same as a scan."""

    def energy(angle: Any, speed: Any, g: Any) -> Any:
        def step(state: Any, _: None) -> Any:
            angle, speed = state
            speed = speed - 0.001 * g * sg.sin(angle)
            return (angle + 0.001 * speed, speed), None

        (angle, speed), _ = sg.scan(step, (angle, speed), length=steps)
        return angle * angle + speed

    return energy


def of_jax(steps: int) -> Callable[[], Any]:
    import jax

    jax.config.update("jax_enable_x64", True)

    def step(state: Any, _: Any) -> Any:
        angle, speed, g = state
        speed = speed - 0.001 * g * jax.numpy.sin(angle)
        return (angle + 0.001 * speed, speed, g), None

    def energy(*begin: Any) -> Any:
        (angle, speed, _), _ = jax.lax.scan(step, begin, None, length=steps)
        return angle * angle + speed

    gradient = jax.jit(jax.value_and_grad(energy, (0, 1, 2)))
    return lambda: jax.block_until_ready(gradient(*AT))


def compiled(function: Callable[..., Any]) -> Callable[[], Any]:
    gradient = sg.value_and_grad(sg.compile(function), argnums=(0, 1, 2))
    return lambda: gradient(*AT)


WAYS = {"loop": pendulum, "scan": pendulum_scanned}
AIMS = {1_000: 10.0, 10_000: 20.0, 100_000: 100.0}
"""By steps, the milliseconds of a first gradient."""


# ------ in lanes
MARKET = (100.0, 0.04, 1.5, 0.04, 0.3)
"""The price and its variance at the beginning; back to which variance, how fast; and how much the
variance varies."""
STEPS = 250


def price(m: Any, begin: Any, variance: Any, back: Any, mean: Any, vary: Any, z: Any) -> Any:
    """The price at the end of a path, with |v| smoothed. Source: Heston, A closed-form solution for
    options with stochastic volatility, 1993."""
    dt, x, v = 1.0 / STEPS, m.log(begin), variance
    for k in range(STEPS):
        x, v = after_step(m, x, v, back, mean, vary, dt, z[2 * k], z[2 * k + 1])
    return m.exp(x)


def after_step(
    m: Any, x: Any, v: Any, back: Any, mean: Any, vary: Any, dt: float, z: Any, other: Any
) -> tuple[Any, Any]:
    positive = m.sqrt(v * v + 1e-6)
    root = m.sqrt(positive) * math.sqrt(dt)
    shock = -0.7 * z + math.sqrt(0.51) * other
    x = x - 0.5 * positive * dt + root * z
    return x, v + back * (mean - positive) * dt + vary * root * shock


def priced(paths: int) -> tuple[Callable[[], Any], Any]:
    """What computes the mean price and its gradient, and the random steps of the paths."""
    import numpy as np

    def path(begin: Any, variance: Any, back: Any, mean: Any, vary: Any, z: Any) -> Any:
        return price(sg, begin, variance, back, mean, vary, z)

    z = np.random.default_rng(0).normal(size=(paths, 2 * STEPS))
    gate = sg.compile(path, batch="z", reduce="mean")
    gradient = sg.value_and_grad(gate, argnums=(0, 1, 2, 3, 4))
    return lambda: gradient(*MARKET, z), z


def priced_by_jax(z: Any) -> Callable[[], Any]:
    import jax

    jax.config.update("jax_enable_x64", True)
    steps = jax.numpy.asarray(z.reshape(-1, STEPS, 2).transpose(1, 2, 0).copy())

    def mean(market: Any, steps: Any) -> Any:
        begin, variance, *rest = market

        def body(state: Any, z: Any) -> Any:
            return after_step(jax.numpy, *state, *rest, 1.0 / STEPS, *z), None

        ones = jax.numpy.ones(steps.shape[2])
        state = jax.numpy.log(begin) * ones, variance * ones
        (x, _), _ = jax.lax.scan(body, state, steps)
        return jax.numpy.exp(x).mean()

    gradient = jax.jit(jax.value_and_grad(mean))
    return lambda: jax.block_until_ready(gradient(MARKET, steps))


def figures_of_paths(quick: bool) -> Iterator[Figure]:
    """The first gradient over many paths and a later one, and their ratios to those of JAX."""
    paths = 1_024 if quick else 10_240
    ours, z = priced(paths)
    work, first = {"compiled": ours}, {"compiled": seconds(ours)}
    if present("jax"):
        work["jax"] = priced_by_jax(z)
        first["jax"] = seconds(work["jax"])
    best = minima(work, 3 if quick else 10)
    slow = 1.0 if NATIVE else math.inf
    name = f"{paths:,} paths of {STEPS} steps"
    yield Figure(f"{name}: first call", first["compiled"] * 1e3, "ms")
    yield Figure(f"{name}: a step", best["compiled"] / paths / STEPS * 1e9, "ns")
    if "jax" in best:
        for kind, found in (("first call", first), ("later", best)):
            ratio = found["jax"] / found["compiled"]
            yield Figure(f"{name}: JAX's scan ÷ compiled, {kind}", ratio, at_least=2.0 / slow)


def figures(quick: bool) -> Iterator[Figure]:
    """The first gradient and a later one, and their ratios to those of JAX."""
    for steps in (10_000,) if quick else AIMS:
        yield from figures_of(steps, 3 if quick else 20)
    if present("numpy"):
        yield from figures_of_paths(quick)


def figures_of(steps: int, rounds: int) -> Iterator[Figure]:
    slow = 1.0 if NATIVE else math.inf
    work = {way: compiled(made(steps)) for way, made in WAYS.items()}
    first = {way: min(seconds(work[way]), first_of(way, steps)) for way in WAYS}
    if present("jax"):
        work["jax"] = of_jax(steps)
        first["jax"] = seconds(work["jax"])
    best = minima(work, rounds)
    for way in WAYS:
        name = f"recurrence of {steps:,} steps, {way}"
        aim = f"≤ {AIMS[steps]:g}"
        target = AIMS[10_000] * slow if steps == 10_000 else math.inf
        yield Figure(f"{name}: first call", first[way] * 1e3, "ms", at_most=target, aim=aim)
        step = best[way] / steps * 1e9
        yield Figure(f"{name}: a step", step, "ns", at_most=31.0 * slow)
        if "jax" in best:
            for kind, found in (("first call", first), ("later", best)):
                yield Figure(f"{name}: JAX's scan ÷ compiled, {kind}", found["jax"] / found[way])


def first_of(way: str, steps: int) -> float:
    """The least seconds of two more first calls."""
    return min(seconds(compiled(WAYS[way](steps))) for _ in range(2))
