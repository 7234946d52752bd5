"""Sparse Jacobians and Hessians: a chain, a reaction on a grid, a collocated pendulum; beside
CasADi's, of the same plain functions, and beside JAX's dense ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import scalargrad as sg
from scalargrad.compiler.machine.runner import NATIVE

from .peers import present
from .timing import Figure, minima, seconds


def chained(x: Sequence[Any], sin: Any) -> Any:
    """Rosenbrock's function, chained; see hessian.py."""
    return sum(100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2 for i in range(len(x) - 1))


def brusselator(x: Sequence[Any], sin: Any) -> list[Any]:
    """A reaction that diffuses on a torus. Source: Hairer, Wanner, Solving ordinary differential
    equations II, 1996."""
    side = int((len(x) // 2) ** 0.5)
    u, v = x[: side * side], x[side * side :]

    def spread(w: Sequence[Any], i: int, j: int) -> Any:
        around = [(i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)]
        return sum(w[a % side * side + b % side] for a, b in around) - 4.0 * w[i * side + j]

    found = []
    for i in range(side):
        for j in range(side):
            a, b = u[i * side + j], v[i * side + j]
            found.append(1.0 + a * a * b - 4.4 * a + 0.1 * spread(u, i, j))
            found.append(3.4 * a - a * a * b + 0.1 * spread(v, i, j))
    return found


def collocated(x: Sequence[Any], sin: Any) -> list[Any]:
    """The defects of a pendulum's motion, by the trapezoidal rule."""
    count = len(x) // 3
    angle, speed, torque = x[:count], x[count : 2 * count], x[2 * count :]
    step = 5.0 / count
    push = [u - sin(a) - 0.1 * w for a, w, u in zip(angle, speed, torque)]
    found = []
    for k in range(count - 1):
        found.append(angle[k + 1] - angle[k] - step * (speed[k] + speed[k + 1]) / 2.0)
        found.append(speed[k + 1] - speed[k] - step * (push[k] + push[k + 1]) / 2.0)
    return found


def lagrangian(x: Sequence[Any], sin: Any) -> Any:
    """Effort, and the defects times multipliers that differ."""
    effort = sum(u * u for u in x[2 * len(x) // 3 :])
    return effort + sum((0.5 + k % 7) * y for k, y in enumerate(collocated(x, sin)))


class Subject(NamedTuple):
    name: str
    f: Callable[[Sequence[Any], Any], Any]
    is_hessian: bool
    size: int
    quick: int
    at_most: float
    """How long a later call may take, as a multiple of CasADi's."""


SUBJECTS = (
    Subject("Hessian of a chain", chained, True, 10_000, 100, 0.4),
    Subject("Jacobian of a Brusselator", brusselator, False, 2 * 32**2, 2 * 6**2, 1.0),
    Subject("Jacobian of a collocation", collocated, False, 3 * 1001, 3 * 21, 1.0),
    Subject("Hessian of its Lagrangian", lagrangian, True, 3 * 1001, 3 * 21, 1.0),
)


def ours(subject: Subject, x: Any) -> Callable[[Any], Any]:
    derivative = sg.sparse_hessian if subject.is_hessian else sg.sparse_jacobian
    found: Callable[[Any], Any] = derivative(sg.compile(lambda x: subject.f(x, sg.sin)))
    found(x)
    return found


def in_casadi(subject: Subject, x: Any) -> Callable[[Any], Any]:
    import casadi

    unknown = casadi.SX.sym("x", len(x))
    y = subject.f(casadi.vertsplit(unknown), casadi.sin)
    if subject.is_hessian:
        y = casadi.hessian(y, unknown)[0]
    else:
        y = casadi.jacobian(casadi.vertcat(*y), unknown)
    found: Callable[[Any], Any] = casadi.Function("f", [unknown], [y])
    found(x)
    return found


def in_jax(subject: Subject, x: Any) -> Callable[[Any], Any]:
    import jax

    jax.config.update("jax_enable_x64", True)
    derivative = jax.hessian if subject.is_hessian else jax.jacfwd

    def f(x: Any) -> Any:
        y = subject.f(list(x), jax.numpy.sin)
        return y if subject.is_hessian else jax.numpy.stack(y)

    dense = jax.jit(derivative(f))
    return lambda x: jax.block_until_ready(dense(x))


def of_subject(subject: Subject, quick: bool) -> Iterator[Figure]:
    import numpy

    x = numpy.linspace(0.5, 1.5, subject.quick if quick else subject.size)
    name, compiled = f"{subject.name}, n {len(x)}", ours(subject, x)
    entries = compiled(x)
    contestants: dict[str, Callable[[], Any]] = {"ours": lambda: compiled(x)}
    if present("casadi"):
        first = seconds(lambda: in_casadi(subject, x)) / seconds(lambda: ours(subject, x))
        yield Figure(f"{name}: first: CasADi ÷ ours", first, aim="≥ 5")
        casadi = in_casadi(subject, x)
        assert abs(casadi(x).sparse() - entries).max() < 1e-12 * abs(entries).max()
        contestants["casadi"] = lambda: casadi(x)
    if present("jax") and len(x) <= 200:
        dense = in_jax(subject, x)
        numpy.testing.assert_allclose(dense(x), entries.toarray(), rtol=1e-12, atol=1e-12)
        contestants["jax"] = lambda: dense(x)
    best = minima(contestants, 3 if quick else 10)
    yield Figure(f"{name}: {entries.nnz} entries, ours", best["ours"] * 1e6, "µs")
    if "casadi" in best:
        is_native = NATIVE and sg.engine == "native"
        at_most = subject.at_most if is_native else float("inf")
        yield Figure(f"{name}: ours ÷ CasADi", best["ours"] / best["casadi"], at_most=at_most)
    if "jax" in best:
        yield Figure(f"{name}: JAX, dense ÷ ours", best["jax"] / best["ours"], aim="≥ 1")


def figures(quick: bool) -> Iterator[Figure]:
    if not present("scipy.sparse"):
        return
    for subject in SUBJECTS:
        yield from of_subject(subject, quick)
