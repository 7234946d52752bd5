"""Sparse Jacobians and Hessians: a chain, a reaction on a grid, a collocated pendulum, pictures of
points; beside CasADi's, of the same plain functions, and beside JAX's dense ones, of arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import scalargrad as sg
from scalargrad.compiler.machine.runner import NATIVE

from .peers import present
from .timing import Figure, minima, seconds

# ------ plain functions of numbers; `of` has sin, cos and sqrt


def chained(x: Sequence[Any], of: Any) -> Any:
    """Rosenbrock's function, chained; see hessian.py."""
    return sum(100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2 for i in range(len(x) - 1))


def brusselator(x: Sequence[Any], of: Any) -> list[Any]:
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


def collocated(x: Sequence[Any], of: Any) -> list[Any]:
    """The defects of a pendulum's motion, by the trapezoidal rule."""
    count = len(x) // 3
    angle, speed, torque = x[:count], x[count : 2 * count], x[2 * count :]
    step = 5.0 / count
    push = [u - of.sin(a) - 0.1 * w for a, w, u in zip(angle, speed, torque)]
    found = []
    for k in range(count - 1):
        found.append(angle[k + 1] - angle[k] - step * (speed[k] + speed[k + 1]) / 2.0)
        found.append(speed[k + 1] - speed[k] - step * (push[k] + push[k + 1]) / 2.0)
    return found


def lagrangian(x: Sequence[Any], of: Any) -> Any:
    """Effort, and the defects times multipliers that differ."""
    effort = sum(u * u for u in x[2 * len(x) // 3 :])
    return effort + sum((0.5 + k % 7) * y for k, y in enumerate(collocated(x, of)))


CAMERA, POINT, SEEN_BY = 11, 3, 4
"""Numbers of a camera (rotation 3, centre 3, focal length, principal point 2, distortion 2) and of
a point; how many cameras see each point. Half of the unknowns are the cameras'."""


def cameras(size: int) -> int:
    return max(size // (2 * CAMERA), SEEN_BY)


def adjusted(x: Sequence[Any], of: Any) -> list[Any]:
    """Where cameras see points, as in GradBench's bundle adjustment: two numbers an observation."""
    count = cameras(len(x))
    points = (len(x) - CAMERA * count) // POINT
    found = []
    for k in range(SEEN_BY * points):
        camera = x[CAMERA * (k % count) : CAMERA * (k % count + 1)]
        begin = CAMERA * count + POINT * (k // SEEN_BY)
        found += seen(camera, x[begin : begin + POINT], of)
    return found


def seen(camera: Sequence[Any], point: Sequence[Any], of: Any) -> list[Any]:
    rotation, off = camera[:3], [point[i] - camera[3 + i] for i in range(3)]
    angle = of.sqrt(sum(r * r for r in rotation))
    axis = [r / angle for r in rotation]
    cos, sin = of.cos(angle), of.sin(angle)
    along = sum(a * o for a, o in zip(axis, off)) * (1.0 - cos)
    across = [axis[i - 2] * off[i - 1] - axis[i - 1] * off[i - 2] for i in range(3)]
    x, y, z = (o * cos + c * sin + a * along for o, c, a in zip(off, across, axis))
    x, y = x / z, y / z
    square = x * x + y * y
    bent = (1.0 + camera[9] * square + camera[10] * square * square) * camera[6]
    return [x * bent + camera[7], y * bent + camera[8]]


# ------ the same of arrays, as one writes them for JAX


def chained_array(np: Any, x: Any) -> Any:
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def brusselator_array(np: Any, x: Any) -> Any:
    side = int((len(x) // 2) ** 0.5)
    u, v = x.reshape(2, side, side)

    def spread(w: Any) -> Any:
        return sum(np.roll(w, step, axis) for axis in (0, 1) for step in (-1, 1)) - 4.0 * w

    reaction = u * u * v
    found = 1.0 + reaction - 4.4 * u + 0.1 * spread(u), 3.4 * u - reaction + 0.1 * spread(v)
    return np.stack(found, 2).ravel()


def collocated_array(np: Any, x: Any) -> Any:
    angle, speed, torque = x.reshape(3, -1)
    step, push = 5.0 / len(angle), torque - np.sin(angle) - 0.1 * speed
    first = angle[1:] - angle[:-1] - step * (speed[1:] + speed[:-1]) / 2.0
    second = speed[1:] - speed[:-1] - step * (push[1:] + push[:-1]) / 2.0
    return np.stack([first, second], 1).ravel()


def lagrangian_array(np: Any, x: Any) -> Any:
    defects = collocated_array(np, x)
    effort = np.sum(x[2 * len(x) // 3 :] ** 2)
    return effort + np.sum((0.5 + np.arange(len(defects)) % 7) * defects)


def adjusted_array(np: Any, x: Any) -> Any:
    count = cameras(len(x))
    points = (len(x) - CAMERA * count) // POINT
    k = np.arange(SEEN_BY * points)
    camera = x[: CAMERA * count].reshape(count, CAMERA)[k % count]
    point = x[CAMERA * count :][: POINT * points].reshape(points, POINT)[k // SEEN_BY]
    rotation, off = camera[:, :3], point - camera[:, 3:6]
    angle = np.sqrt(np.sum(rotation**2, 1))[:, None]
    axis = rotation / angle
    along = np.sum(axis * off, 1)[:, None] * (1.0 - np.cos(angle))
    turned = off * np.cos(angle) + np.cross(axis, off) * np.sin(angle) + axis * along
    flat = turned[:, :2] / turned[:, 2:]
    square = np.sum(flat**2, 1)
    bent = (1.0 + camera[:, 9] * square + camera[:, 10] * square**2) * camera[:, 6]
    return (flat * bent[:, None] + camera[:, 7:9]).ravel()


# ------ what is measured


class Subject(NamedTuple):
    name: str
    f: Callable[[Sequence[Any], Any], Any]
    of_array: Callable[[Any, Any], Any]
    is_hessian: bool
    size: int
    quick: int
    at_most: float
    """How long a later call may take, as a multiple of CasADi's."""
    first_at_most: float = float("inf")
    """Milliseconds to the first result."""


SUBJECTS = (
    Subject("Hessian of a chain", chained, chained_array, True, 100, 100, 0.4, 20.0),
    Subject("Hessian of a chain", chained, chained_array, True, 10_000, 100, 0.4, 300.0),
    Subject("Hessian of a chain", chained, chained_array, True, 100_000, 100, 0.4, 2000.0),
    Subject(
        "Jacobian of a Brusselator", brusselator, brusselator_array, False, 2 * 32**2, 2 * 6**2, 1.0
    ),
    Subject(
        "Jacobian of a collocation", collocated, collocated_array, False, 3 * 1001, 3 * 21, 1.0
    ),
    Subject("Hessian of its Lagrangian", lagrangian, lagrangian_array, True, 3 * 1001, 3 * 21, 1.0),
    Subject("Jacobian of pictures", adjusted, adjusted_array, False, 3300, 110, 1.0),
)
LARGEST_DENSE = 4000
"""Of more numbers JAX's dense matrix is left out."""


def ours(subject: Subject, x: Any) -> Callable[[Any], Any]:
    derivative = sg.sparse_hessian if subject.is_hessian else sg.sparse_jacobian
    found: Callable[[Any], Any] = derivative(sg.compile(lambda x: subject.f(x, sg)))
    found(x)
    return found


def in_casadi(subject: Subject, x: Any) -> Callable[[Any], Any]:
    import casadi

    unknown = casadi.SX.sym("x", len(x))
    y = subject.f(casadi.vertsplit(unknown), casadi)
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
    dense = jax.jit(derivative(lambda x: subject.of_array(jax.numpy, x)))
    return lambda x: jax.block_until_ready(dense(x))


def of_subject(subject: Subject, quick: bool) -> Iterator[Figure]:
    import numpy

    x = numpy.linspace(0.5, 1.5, subject.quick if quick else subject.size)
    compiled, is_native = ours(subject, x), NATIVE and sg.engine == "native"
    entries = compiled(x)
    name, unheld = f"{subject.name}, n {len(x)}", float("inf")
    first = seconds(lambda: ours(subject, x))
    at_most = subject.first_at_most if is_native and not quick else unheld
    yield Figure(f"{name}: first", 1e3 * first, "ms", at_most=at_most)
    contestants: dict[str, Callable[[], Any]] = {"ours": lambda: compiled(x)}
    if present("casadi"):
        slower = seconds(lambda: in_casadi(subject, x)) / first
        yield Figure(f"{name}: first: CasADi ÷ ours", slower, aim="≥ 5")
        casadi = in_casadi(subject, x)
        assert abs(casadi(x).sparse() - entries).max() < 1e-12 * abs(entries).max()
        contestants["casadi"] = lambda: casadi(x)
    if present("jax") and len(x) <= LARGEST_DENSE:
        dense = in_jax(subject, x)
        scale = abs(entries).max()
        numpy.testing.assert_allclose(dense(x), entries.toarray(), rtol=1e-9, atol=1e-12 * scale)
        contestants["jax"] = lambda: dense(x)
    best = minima(contestants, 3 if quick else 10)
    yield Figure(f"{name}: {entries.nnz} entries, ours", best["ours"] * 1e6, "µs")
    if "casadi" in best:
        at_most = subject.at_most if is_native else unheld
        yield Figure(f"{name}: ours ÷ CasADi", best["ours"] / best["casadi"], at_most=at_most)
    if "jax" in best:
        at_least = 100.0 if is_native and not quick else -unheld
        ratio = best["jax"] / best["ours"]
        yield Figure(f"{name}: JAX, dense ÷ ours", ratio, at_least=at_least)


def figures(quick: bool) -> Iterator[Figure]:
    if not present("scipy.sparse"):
        return
    for subject in SUBJECTS[2:] if quick else SUBJECTS:
        yield from of_subject(subject, quick)
