"""Derivatives of compiled functions in models whose parameters were computed: a graph, as in eager
mode, through which backward() reaches what they were computed from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import nn

FORMS: dict[str, Callable[[Any], Any]] = {
    "gradient of the compiled": lambda f: sg.grad(sg.compile(f)),
    "compiled gradient": lambda f: sg.compile(sg.grad(f)),
    "gradient within": lambda f: sg.compile(lambda model, x: sg.grad(f)(model, x)),
}


def loss(model: Any, x: Any) -> Any:
    return sg.square(model([x, 0.3]) - 1.0)


def model_of(kind: str, t: Any) -> Any:
    """A model whose parameters are products with t: all of them, or one."""
    sg.seed(0)
    model = nn.MLP(2, [3, 1])
    parameters = model.parameters()
    computed = [k == 1 or kind == "all" for k in range(len(parameters))]
    return model.with_parameters([p * t if own else p for p, own in zip(parameters, computed)])


def slopes_of(derived: Callable[..., Any], kind: str) -> tuple[list[type], float, float]:
    """The types of a gradient, the sum of its squares, and the derivative of that sum in t."""
    t = sg.Value(0.7)
    found = derived(model_of(kind, t), 0.2).parameters()
    total = sum(x * x for x in found)
    total.backward()
    return list(map(type, found)), total.data, t.grad


@pytest.mark.parametrize("kind", ("all", "one"))
@pytest.mark.parametrize("form", FORMS)
def test_a_gradient_is_a_graph(form: str, kind: str) -> None:
    expected = slopes_of(sg.grad(loss), kind)
    derived = FORMS[form](loss)
    for _ in range(3):
        types, *found = slopes_of(derived, kind)
        assert types == expected[0]
        assert found == pytest.approx(expected[1:], rel=1e-12)


@pytest.mark.parametrize("form", FORMS)
def test_models_take_turns(form: str) -> None:
    """One of leaves and one of computed Values, again and again: numbers and Values in turn."""
    derived, t = FORMS[form](loss), sg.Value(0.7)
    leaves, computed = nn.MLP(2, [3, 1]), model_of("all", t)
    for _ in range(3):
        for model in (leaves, computed, leaves):
            found = derived(model, 0.2).parameters()
            expected = sg.grad(loss)(model, 0.2).parameters()
            assert list(map(type, found)) == list(map(type, expected))
            assert list(map(number, found)) == pytest.approx(list(map(number, expected)))


def number(x: Any) -> float:
    return float(x.data if isinstance(x, sg.Value) else x)
