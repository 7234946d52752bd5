"""Loops of thousands of operators, which are recorded as loops, in every way of differentiating."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import scalargrad as sg

STEPS = 900


def state(a: Any, b: Any) -> Any:
    s = 0.1
    for _ in range(STEPS):
        s = sg.tanh(s * a + b)
    return s


def states(a: Any, b: Any) -> list[Any]:
    s, found = 0.1, []
    for k in range(STEPS):
        s = sg.tanh(s * a + b)
        if k % 40 == 0:
            found.append(s * b)
    return found


def several(a: Any, b: Any) -> list[Any]:
    s = state(a, b)
    return [s * k for k in range(20)]


def slope_of_state(a: Any, b: Any) -> Any:
    return sg.gradients(state(a, b) + 0.0 * b, [a + 0.0, a])[1]


def slope_within(a: Any, b: Any) -> Any:
    s, middle = 0.1, None
    for k in range(STEPS):
        s = sg.tanh(s * a + b)
        middle = s if k == STEPS // 2 else middle
    return sg.gradients(s * middle, [middle, s])


TRANSFORMS: dict[str, Callable[[Any], Callable[[Any, Any], Any]]] = {
    "value": lambda f: f,
    "jvp": lambda f: lambda a, b: sg.jvp(f, (a, b), (1.0, 0.5))[1],
    "vjp": lambda f: lambda a, b: sg.vjp(f, a, b)[1](f(a, b)),
    "jacobian": lambda f: sg.jacobian(f, (0, 1)),
    "compiled jvp": lambda f: sg.compile(lambda a, b: sg.jvp(f, (a, b), (1.0, 0.5))[1]),
    "grad of a tangent": lambda f: sg.jacobian(lambda a, b: sg.jvp(f, (a, b), (1.0, 0.5))[1]),
}


def numbers(x: Any) -> Any:
    if isinstance(x, (list, tuple)):
        return [numbers(y) for y in x]
    return x.data if isinstance(x, sg.Value) else x


@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize("f", [state, states, several])
def test_transforms_of_gates_with_long_loops_are_those_of_plain_functions(
    f: Callable[..., Any], name: str
) -> None:
    transform = TRANSFORMS[name]
    found, expected = transform(sg.compile(f)), transform(f)
    for a, b in ((0.3, 0.2), (0.9, -0.1)):
        plain = numbers(expected(a, b))
        for x in (a, sg.Value(a)):
            difference = np.array(numbers(found(x, b))) - np.array(plain)
            assert np.abs(difference).max() < 1e-12 * (1.0 + np.abs(np.array(plain)).max())


@pytest.mark.parametrize("f", [slope_of_state, slope_within])
def test_gradients_within_a_long_loop_find_their_nodes(f: Callable[..., Any]) -> None:
    a, b = sg.Value(0.3), sg.Value(0.2)
    assert numbers(sg.compile(f)(a, b)) == pytest.approx(numbers(f(a, b)), rel=1e-12)


def test_long_loops_over_lanes_have_tangents() -> None:
    tangent = sg.jvp(sg.compile(state, batch="a"), (np.array([0.3, 0.4]), 0.2), (np.ones(2), 0.0))
    expected = [sg.jvp(state, (a, 0.2), (1.0, 0.0))[1] for a in (0.3, 0.4)]
    assert tangent[1].tolist() == pytest.approx(expected, rel=1e-12)


# ------ no_grad within


w = sg.Value(2.0)


def with_itself(d: Any) -> Any:
    with sg.no_grad():
        u = d * 1.0
    return sg.maximum(d, u)


def with_one_outside(d: Any) -> Any:
    with sg.no_grad():
        u = w * 1.0
    return sg.clamp(d, u, 5.0) + sg.minimum(u, d)


def with_a_constant(d: Any) -> Any:
    with sg.no_grad():
        u = sg.exp(0.0) * 2.0
    return sg.maximum(d, u)


@pytest.mark.parametrize("f", [with_itself, with_one_outside, with_a_constant])
def test_what_is_computed_without_gradients_is_a_value_where_it_is_one_outside(f: Any) -> None:
    for x in (1.0, 2.0, 3.0):
        assert sg.grad(sg.compile(f))(x) == sg.grad(f)(x)
        assert type(sg.compile(f)(x)) is type(f(x))
        assert type(sg.compile(f)(sg.Value(x))) is type(f(sg.Value(x)))
