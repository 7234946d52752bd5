"""A transform of a gate within another transform is that of the plain function, in kind too."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
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


def outcome(outer: str, f: Function, point: tuple[float, float]) -> Any:
    try:
        return plain(OUTER[outer](f, *point))
    except (TypeError, AttributeError) as error:
        return type(error)


@pytest.mark.parametrize("where", ["within", "around", "both"])
def test_transforms_of_gates_within_transforms(where: str) -> None:
    cases = list(itertools.product(FUNCTIONS, INNER, (0, 1), OUTER, POINTS))
    source = random.Random(random.getrandbits(64))
    for f, inner, k, outer, point in source.sample(cases, min(len(cases), len(rounds(300)))):
        gate = sg.compile(f) if where != "around" else f
        found = INNER[inner](gate, k)
        found = sg.compile(found) if where != "within" else found
        expected = outcome(outer, INNER[inner](f, k), point)
        case = FUNCTIONS.index(f), inner, k, outer, point
        assert outcome(outer, found, point) == like(expected), case


def like(expected: Any) -> Any:
    if isinstance(expected, type):
        return expected
    if isinstance(expected, tuple) and "a Value" in expected:
        return (pytest.approx(expected[0], rel=1e-9, abs=1e-12), "a Value")
    return pytest.approx(expected, rel=1e-9, abs=1e-12)
