"""A transform of a gate within another transform is that of the plain function, in kind too."""

from __future__ import annotations

import functools
import itertools
import math
import random
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import backward, forward
from tests.support.expressions import rounds

Function = Callable[..., Any]

FUNCTIONS: list[Function] = [
    lambda a, b: a * b * b,
    lambda a, b: sg.sin(a * b) + a,
    lambda a, b: sg.exp(a) * b - a / b,
    lambda a, b: sg.where(a - b, a * a * b, b * a),
    lambda a, b: a * 2.0 + b,
    lambda a, b: max(a, b) * a,
]
POINTS = [(3.0, 2.0), (-0.7, 1.3), (1.0, 1.0)]
AT_EDGES: list[Function] = [
    lambda a, b: sg.sqrt(a) * b,
    lambda a, b: sg.log(a) * b + a,
    lambda a, b: abs(a) * b,
    lambda a, b: max(a, b),
    lambda a, b: sg.maximum(a, b) * b,
    lambda a, b: sg.where(a - b, a, sg.sqrt(b)),
    lambda a, b: sg.relu(a) * b * b,
    lambda a, b: a * b * 0.0 + b,
    lambda a, b: (a * 3.0) * sg.log(b),
]
EDGES = [(0.0, 2.0), (2.0, 0.0), (0.0, 0.0), (1.0, 1.0), (800.0, 2.0)]


def scaled_slope(f: Function, k: int) -> Function:
    def of(a: Any, b: Any) -> Any:
        value, slope = sg.value_and_grad(f, k)(a, b)
        return value * slope

    return of


INNER: dict[str, Callable[[Function, int], Function]] = {
    "grad": sg.grad,
    "value_and_grad": scaled_slope,
    "jacobian": sg.jacobian,
    "hessian": sg.hessian,
    "jvp": lambda f, k: lambda a, b: sg.jvp(f, (a, b), (b, 2.0))[1],
    "vjp": lambda f, k: lambda a, b: sg.vjp(f, a, b)[1](a)[k],
}


def used(use: Callable[[Any, Any, Any], Any]) -> Callable[[Function, int], Function]:
    """A slope that the function goes on with: a constant one is a Value as well."""

    def inner(f: Function, k: int) -> Function:
        slope = sg.grad(f, k)
        return lambda a, b: use(slope(a, b), a, b)

    return inner


INNER_USED: dict[str, Callable[[Function, int], Function]] = {
    "times log": used(lambda slope, a, b: slope * sg.log(a)),
    "maximum": used(lambda slope, a, b: sg.maximum(slope, a)),
    "where": used(lambda slope, a, b: sg.where(slope, a * b, b)),
    "below": used(lambda slope, a, b: a / slope),
    "root": used(lambda slope, a, b: sg.sqrt(slope) * b),
}


def gradients_in(f: Function, x: Any, y: Any) -> tuple[float, ...]:
    """What backward() brings to the Values among x and y."""
    root = f(x, y)
    if isinstance(root, sg.Value):
        root.backward()
    return tuple(z.grad for z in (x, y) if isinstance(z, sg.Value))


OUTER: dict[str, Callable[[Function, float, float], Any]] = {
    "grad": lambda f, x, y: sg.grad(lambda a: f(a, y))(x),
    "grad of a Value": lambda f, x, y: sg.grad(lambda a: f(a, y))(sg.Value(x)),
    "grad beside a Value": lambda f, x, y: sg.grad(lambda a: f(a, sg.Value(y)))(sg.Value(x)),
    "grad of the other": lambda f, x, y: sg.grad(lambda b: f(x, b))(y),
    "grad of both": lambda f, x, y: sum(sg.grad(f, (0, 1))(x, y)),
    "backward": lambda f, x, y: gradients_in(f, sg.Value(x), sg.Value(y)),
    "backward of one": lambda f, x, y: gradients_in(f, sg.Value(x), y),
    "compiled grad": lambda f, x, y: sg.compile(sg.grad(lambda a: f(a, y)))(x),
    "grad of a gate": lambda f, x, y: sg.grad(sg.compile(lambda a: f(a, y)))(x),
    "hessian": lambda f, x, y: sg.hessian(lambda a: f(a, y))(x),
    "gradients": lambda f, x, y: sg.gradients(f(sg.Value(x), v := sg.Value(y)) + 0.0, [v])[0],
}


def plain(x: Any) -> Any:
    """The numbers of a result, and whether they are Values."""
    return (x.data, "a Value") if isinstance(x, sg.Value) else x


class NotFinite:
    """What equals every infinity and NaN. A gate's slope is one number, the sum over all paths
    through it: ±∞ times that is ±∞ where the plain function's paths give NaN one by one."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, float) and not math.isfinite(other)


def close(x: Any) -> Any:
    if isinstance(x, tuple):
        return tuple(map(close, x))
    return NotFinite() if math.isnan(x) else pytest.approx(x, rel=1e-9, abs=1e-12)


def outcome(outer: str, f: Function, point: tuple[float, float]) -> Any:
    try:
        return plain(OUTER[outer](f, *point))
    except (TypeError, AttributeError, ZeroDivisionError) as error:
        return type(error)


GROUPS = {
    "at random": (FUNCTIONS, INNER, POINTS),
    "at edges": (AT_EDGES, INNER, EDGES),
    "used on": (FUNCTIONS + AT_EDGES, INNER_USED, POINTS + EDGES),
}


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("where", ["within", "around", "both"])
def test_transforms_of_gates_within_transforms(where: str, group: str) -> None:
    functions, inners, points = GROUPS[group]
    cases = list(itertools.product(functions, inners, (0, 1), OUTER, points))
    source = random.Random(random.getrandbits(64))
    for f, inner, k, outer, point in source.sample(cases, min(len(cases), len(rounds(200)))):
        gate = sg.compile(f) if where != "around" else f
        found = inners[inner](gate, k)
        found = sg.compile(found) if where != "within" else found
        expected = outcome(outer, inners[inner](f, k), point)
        case = functions.index(f), inner, k, outer, point
        assert outcome(outer, found, point) == like(expected), case


def like(expected: Any) -> Any:
    if isinstance(expected, tuple) and "a Value" in expected:
        return (close(expected[0]), "a Value")
    return expected if isinstance(expected, type) else close(expected)


# ------ what an inner derivative costs
def steps_with(derivative: Any, count: int) -> Any:
    """Steps that each take a derivative of an energy at a point that was computed so far."""

    def f(k: Any) -> Any:
        x, v = 0.3 + 0.0 * k, 0.0
        for _ in range(count):
            v = 0.9 * v - 0.1 * derivative(lambda u: sg.sin(k * u) + u * u, x)
            x = x + 0.1 * v
        return x

    return f


INNER = {
    "grad": lambda f, x: sg.grad(f)(x),
    "jvp": lambda f, x: sg.jvp(f, (x,), (1.0,))[1],
    "vjp": lambda f, x: sg.vjp(f, x)[1](1.0)[0],
    "hessian": lambda f, x: sg.hessian(f)(x),
}


@pytest.mark.parametrize("name", INNER)
@pytest.mark.parametrize("way", [lambda f: f, sg.compile], ids=["eager", "compiled"])
def test_an_inner_derivative_walks_only_what_its_function_computes(
    name: str, way: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths: list[int] = []

    def noted(walk: Any) -> Any:
        def walked(*args: Any) -> Any:
            found = walk(*args)
            lengths.append(len(found))
            return found

        return walked

    monkeypatch.setattr(backward, "backward_order", noted(backward.backward_order))
    monkeypatch.setattr(forward, "topological_order", noted(forward.topological_order))
    sg.grad(way(steps_with(INNER[name], 40)))(1.3)
    if not lengths:
        pytest.skip("the walk is in C")
    assert len(lengths) >= 40
    # one, of the function as a whole, may be long
    assert sum(length > 60 for length in lengths) <= 1


def with_history(before: Any, y: Any, k: Any, u: Any) -> Any:
    return sg.sin(u * y) * before + u * k


@pytest.mark.parametrize("name", INNER)
def test_inner_derivatives_are_right_where_they_use_what_was_computed_before(name: str) -> None:
    def f(k: Any) -> Any:
        x = y = 0.3 * k
        for _ in range(4):
            energy = functools.partial(with_history, x, y, k)
            x, y = sg.tanh(y + INNER[name](energy, x)), y * x + 0.1
        return x + y

    slope = (f(1.3 + 1e-6) - f(1.3 - 1e-6)) / 2e-6
    assert sg.grad(f)(1.3) == pytest.approx(slope, rel=1e-6)
    assert sg.grad(sg.compile(f))(1.3) == pytest.approx(sg.grad(f)(1.3), rel=1e-12)
