"""A recurrence of scalars with its gradient: a pendulum of many steps, beside JAX's scan."""

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


def scanned(steps: int) -> Callable[[], Any]:
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


def compiled(steps: int) -> Callable[[], Any]:
    gradient = sg.value_and_grad(sg.compile(pendulum(steps)), argnums=(0, 1, 2))
    return lambda: gradient(*AT)


def figures(quick: bool) -> Iterator[Figure]:
    """The first gradient and a later one, and their ratios to those of JAX."""
    steps, slow = 10_000, 1.0 if NATIVE else math.inf
    name = f"recurrence of {steps:,} steps"
    work = {"compiled": compiled(steps)}
    first = {"compiled": min([seconds(work["compiled"]), *(first_of(steps) for _ in range(2))])}
    if present("jax"):
        work["jax"] = scanned(steps)
        first["jax"] = seconds(work["jax"])
    best = minima(work, 3 if quick else 20)
    yield Figure(f"{name}: first call", first["compiled"] * 1e3, "ms", at_most=20.0 * slow)
    yield Figure(f"{name}: a step", best["compiled"] / steps * 1e9, "ns", at_most=31.0 * slow)
    if "jax" in best:
        for kind, found in (("first call", first), ("later", best)):
            yield Figure(f"{name}: JAX's scan ÷ compiled, {kind}", found["jax"] / found["compiled"])


def first_of(steps: int) -> float:
    """The seconds of a first call."""
    return seconds(compiled(steps))
