"""Hessians, sparse and dense, and their products with many tangents: compiled, eager, and by JAX
with arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import scalargrad as sg
from scalargrad.compiler.machine.runner import NATIVE

from .peers import present
from .timing import Figure, minima

Contestants = dict[str, Callable[[], Any]]


def rosenbrock(x: Any) -> Any:
    """Source: Rosenbrock, An automatic method for finding the greatest or least value of a
    function, 1960; chained as in Moré, Garbow, Hillstrom, Testing unconstrained optimization
    software, 1981."""
    return sg.sum([100.0 * sg.square(b - a * a) + sg.square(1.0 - a) for a, b in pairwise(x)])


def rosenbrock_of_arrays(np: Any, x: Any) -> Any:
    return (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2).sum()


def log_sum_exp(x: Any) -> Any:
    """Each entry of its Hessian is a number of its own."""
    return sg.log(sg.sum([sg.exp(0.5 * a) for a in x]))


def log_sum_exp_of_arrays(np: Any, x: Any) -> Any:
    return np.log(np.exp(0.5 * x).sum())


class Subject(NamedTuple):
    name: str
    f: Callable[[Any], Any]
    of_arrays: Callable[[Any, Any], Any]
    """The same for JAX: (jax.numpy, x)."""
    at_least: float
    """How many times as long as a later compiled call eager mode has to take."""


SUBJECTS = (
    Subject("Hessian of Rosenbrock", rosenbrock, rosenbrock_of_arrays, 30.0),
    Subject("Hessian of log-sum-exp", log_sum_exp, log_sum_exp_of_arrays, 10.0),
)


def in_jax(of_arrays: Callable[[Any, Any], Any], x: Any) -> Callable[[], Any]:
    import jax

    jax.config.update("jax_enable_x64", True)
    hessian = jax.jit(jax.hessian(lambda x: of_arrays(jax.numpy, x)))
    given = jax.numpy.asarray(x)
    return lambda: jax.block_until_ready(hessian(given))


def check(contestants: Contestants, expected: Any) -> None:
    """Raise AssertionError unless all compute the same."""
    import numpy

    for name, work in contestants.items():
        wrong = numpy.abs(numpy.asarray(work()) - expected).max() / numpy.abs(expected).max()
        assert wrong < 1e-12, (name, wrong)


def contestants(subject: Subject, x: Any) -> Contestants:
    """Each by a function without arguments; "first" is a call that traces."""
    f, given = subject.f, x.tolist()
    eager, compiled = sg.hessian(f), sg.hessian(sg.compile(f))
    found: Contestants = {
        "compiled": lambda: compiled(x),
        "first": lambda: sg.hessian(sg.compile(f))(x),
        "first, of a list": lambda: sg.hessian(sg.compile(f))(given),
        "eager": lambda: eager(x),
    }
    if present("jax"):
        found["jax"] = in_jax(subject.of_arrays, x)
    check(found, found["eager"]())
    return found


def of_hessian(subject: Subject, x: Any, rounds: int) -> Iterator[Figure]:
    """A later call of the compiled Hessian, and ratios to it; first calls and eager ones."""
    best = minima(contestants(subject, x), rounds)
    name, is_native = f"{subject.name}, n {len(x)}", NATIVE and sg.engine == "native"
    yield Figure(f"{name}: compiled", best["compiled"] * 1e6, "µs")
    at_least = subject.at_least if NATIVE else -math.inf
    yield Figure(f"{name}: eager ÷ compiled", best["eager"] / best["compiled"], at_least=at_least)
    if "jax" in best:
        yield Figure(f"{name}: JAX ÷ compiled", best["jax"] / best["compiled"], aim="≥ 1")
    # of a small one most of a first call is what any costs
    is_large = is_native and len(x) > 100
    for first, most in (("first", 1.0), ("first, of a list", 1.5)):
        at_most = most if is_large else math.inf
        ratio = best[first] / best["eager"]
        text = f"{name}: {first}: traced ÷ eager"
        yield Figure(text, ratio, at_most=at_most, aim="≤ 1")


def of_products(x: Any, rounds: int) -> Iterator[Figure]:
    """Products of one Hessian with many tangents, named in `batch`: one forward pass for all."""
    import numpy

    tangents = numpy.random.default_rng(1).normal(size=(100, len(x)))

    def product(x: Any, v: Any) -> Any:
        return sg.hvp(rosenbrock, (x,), (v,))[0]

    together, gate = sg.compile(product, batch="v"), sg.compile(rosenbrock)
    found: Contestants = {
        "together": lambda: together(x, tangents),
        "one by one": lambda: [sg.hvp(gate, (x,), (v,))[0] for v in tangents],
    }
    check(found, tangents @ sg.hessian(gate)(x))
    best = minima(found, rounds)
    name = f"100 products with a Hessian, n {len(x)}"
    yield Figure(f"{name}: one by one ÷ together", best["one by one"] / best["together"], aim="≥ 1")


def figures(quick: bool) -> Iterator[Figure]:
    import numpy

    x = numpy.random.default_rng(0).normal(size=50 if quick else 300)
    rounds = 2 if quick else 10
    for subject in SUBJECTS:
        yield from of_hessian(subject, x, rounds)
    yield from of_products(x, rounds)
