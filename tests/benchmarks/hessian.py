"""A dense Hessian of the chained Rosenbrock function: compiled, eager, and by JAX with arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import scalargrad as sg
from scalargrad.compiler.machine.runner import NATIVE

from .peers import present
from .timing import Figure, minima


def rosenbrock(x: Any) -> Any:
    """Source: Rosenbrock, An automatic method for finding the greatest or least value of a
    function, 1960; chained as in Moré, Garbow, Hillstrom, Testing unconstrained optimization
    software, 1981."""
    return sg.sum([100.0 * sg.square(b - a * a) + sg.square(1.0 - a) for a, b in pairwise(x)])


def in_jax(x: Any) -> Callable[[], Any]:
    import jax

    jax.config.update("jax_enable_x64", True)

    def vectorised(x: Any) -> Any:
        return (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2).sum()

    hessian, given = jax.jit(jax.hessian(vectorised)), jax.numpy.asarray(x)
    return lambda: jax.block_until_ready(hessian(given))


def contestants(x: Any) -> dict[str, Callable[[], Any]]:
    """Each by a function without arguments. All compute the same, or AssertionError is raised."""
    import numpy

    eager, compiled = sg.hessian(rosenbrock), sg.hessian(sg.compile(rosenbrock))
    found: dict[str, Callable[[], Any]] = {
        "compiled": lambda: compiled(x),
        "first": lambda: sg.hessian(sg.compile(rosenbrock))(x),
        "eager": lambda: eager(x),
    }
    if present("jax"):
        found["jax"] = in_jax(x)
    expected = found["eager"]()
    for name, work in found.items():
        wrong = numpy.abs(numpy.asarray(work()) - expected).max() / numpy.abs(expected).max()
        assert wrong < 1e-12, (name, wrong)
    return found


def figures(quick: bool) -> Iterator[Figure]:
    """A later call of the compiled Hessian, the first one, and their ratios to others."""
    import numpy

    n = 50 if quick else 300
    best = minima(contestants(numpy.random.default_rng(0).normal(size=n)), 2 if quick else 10)
    name = f"dense Hessian of Rosenbrock, n {n}"
    yield Figure(f"{name}: compiled", best["compiled"] * 1e6, "µs")
    at_least = 100.0 if NATIVE else -math.inf
    yield Figure(f"{name}: eager ÷ compiled", best["eager"] / best["compiled"], at_least=at_least)
    if "jax" in best:
        ratio = best["jax"] / best["compiled"]
        yield Figure(f"{name}: JAX ÷ compiled", ratio, aim="≥ 1")
    at_most = 10.0 if NATIVE and sg.engine == "native" else math.inf
    ratio = best["first"] / best["eager"]
    yield Figure(f"{name}: first call, traced ÷ eager", ratio, at_most=at_most)
