"""A recurrence of scalars with its gradient: a pendulum of many steps, as a plain loop and as a
scan, beside JAX's scan."""

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


def figures(quick: bool) -> Iterator[Figure]:
    """The first gradient and a later one, and their ratios to those of JAX."""
    for steps in (10_000,) if quick else AIMS:
        yield from figures_of(steps, 3 if quick else 20)


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
