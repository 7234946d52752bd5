"""The derivatives of a model are a model with as many parameters, however many of them are equal,
or one node."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import nn

Function = Callable[..., Any]

FORMS: dict[str, Callable[[Function], Function]] = {
    "eager": sg.grad,
    "grad of a gate": lambda f: sg.grad(sg.compile(f)),
    "a gate of grad": lambda f: sg.compile(sg.grad(f)),
    "a gate of value_and_grad": lambda f: lambda *args: sg.compile(sg.value_and_grad(f))(*args)[1],
    "a gate of a gate's grad": lambda f: sg.compile(sg.grad(sg.compile(f))),
}


def random_case(source: random.Random) -> tuple[Any, list[float]]:
    """A model with dead units and equal weights, so that many gradients are alike; its inputs."""
    nin, hidden = source.randint(1, 3), source.randint(1, 3)
    model = nn.Sequential(nn.Linear(nin, hidden), nn.ReLU(), nn.Linear(hidden, 2))
    for parameter in model.parameters():
        parameter.data = source.choice([-1.0, 0.0, 0.5, 1.0])
    return model, [source.choice([0.0, 1.0, 0.7]) for _ in range(nin)]


def loss(model: Any, xs: list[float]) -> Any:
    return 3.0 * sum(model(xs))


def by_backward(model: Any, xs: list[float]) -> list[float]:
    """The gradients in the order of the parameters, by the pass that makes no model."""
    model.zero_grad()
    out = loss(model, xs)
    if isinstance(out, sg.Value):
        out.backward()
    return [parameter.grad for parameter in model.parameters()]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", range(6))
def test_each_parameter_has_its_gradient(form: str, seed: int) -> None:
    model, xs = random_case(random.Random(seed))
    wanted = by_backward(model, xs)
    gradient = FORMS[form](loss)(model, xs)
    assert list(map(float, gradient.parameters())) == wanted
    names = [name for name, _ in model.named_parameters()]
    assert [name for name, _ in gradient.named_parameters()] == names


@pytest.mark.parametrize("form", FORMS)
def test_each_parameter_has_its_gradient_where_the_function_uses_none(form: str) -> None:
    gradient = FORMS[form](lambda model: sg.Value(0.5))(nn.Linear(2, 2))
    assert list(map(float, gradient.parameters())) == [0.0] * 6


@pytest.mark.parametrize("form", [lambda f: f, sg.compile], ids=["eager", "compiled"])
@pytest.mark.parametrize("outer", [sg.grad, lambda f: lambda x: sg.jacobian(f)(x)])
def test_gradients_that_are_one_node_count_each_on_the_way_back(
    form: Callable[[Function], Function], outer: Callable[[Function], Function]
) -> None:
    model = nn.Linear(2, 2)

    def of_scale(x: Any) -> Any:
        gradient = sg.grad(lambda m: x * sum(m([1.0, 1.0])))(model)
        return sum(p * p for p in gradient.parameters())

    assert outer(form(of_scale))(2.0) == 24.0


# ------ by rows
Transform = Callable[[Function], Function]

ORDERS: dict[str, Callable[[Transform], Transform]] = {
    "eager": lambda transform: transform,
    "of a gate": lambda transform: lambda f: transform(sg.compile(f)),
    "a gate of it": lambda transform: lambda f: sg.compile(transform(f)),
}


@pytest.mark.parametrize("order", ORDERS)
def test_each_row_of_a_jacobian_has_all_parameters(order: str) -> None:
    def outputs(m: Any) -> list[Any]:
        return [m([0.3, 0.4])[0], 2.0 * m([1.0, 1.0])[0]]

    rows = ORDERS[order](sg.jacobian)(outputs)(nn.Linear(2, 2))
    assert [list(map(float, row.parameters())) for row in rows] == [
        [0.3, 0.4, 0.0, 0.0, 1.0, 0.0],
        [2.0, 2.0, 0.0, 0.0, 2.0, 0.0],
    ]


@pytest.mark.parametrize("order", ORDERS)
def test_each_row_of_a_hessian_has_all_parameters(order: str) -> None:
    rows = ORDERS[order](sg.hessian)(lambda m: sg.square(m([1.0])[0]))(nn.Linear(1, 1))
    assert [list(map(float, row.parameters())) for row in rows.values()] == [[2.0, 2.0]] * 2
