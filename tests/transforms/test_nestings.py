"""Compile and checkpoint change no derivative, whatever is nested in whatever."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

import scalargrad as sg
from tests.support.expressions import rounds
from tests.support.nestings import Tree, random_nesting, run

SCOPE = 6


def scope_of(xs: Sequence[Any]) -> list[Any]:
    """Values to close over: leaves, and some that are computed from these and one another."""
    x, y, z = xs
    product = x * y
    return [x, y, z, product, sg.sin(product) + z, sg.tanh(z * x)]


def recorded(tree: Tree, point: Sequence[float], plainly: bool) -> list[float]:
    """Value, backward(), gradients and second derivatives in all Values of the scope."""
    leaves = [sg.Value(x) for x in point]
    scope = scope_of(leaves)
    root = run(tree, scope, plainly) + 0.0
    first = sg.gradients(root, scope)
    second = [sg.gradients(g, scope) for g in first]
    root.backward()
    found = [root, *first, *(h for row in second for h in row)]
    return [x.data for x in found] + [x.grad for x in leaves]


def transformed(tree: Tree, point: Sequence[float], plainly: bool) -> list[float]:
    """Value, gradient and Hessian as the transforms give them."""

    def f(xs: list[Any]) -> Any:
        return run(tree, scope_of(xs), plainly)

    value, gradient = sg.value_and_grad(f)(list(point))
    return [value, *gradient, *(h for row in sg.hessian(f)(list(point)) for h in row)]


def close(expected: Sequence[float]) -> Any:
    size = max(map(abs, expected))
    return pytest.approx(expected, rel=1e-9, abs=1e-10 * (1.0 + size))


@pytest.mark.parametrize("measure", [recorded, transformed])
def test_random_nestings_have_the_derivatives_of_the_plain_nesting(measure: Any) -> None:
    source = random.Random(random.getrandbits(64))
    for _ in rounds(150):
        tree = random_nesting(source, SCOPE)
        point = [source.uniform(-1.5, 1.5) for _ in range(3)]
        found, expected = measure(tree, point, False), measure(tree, point, True)
        assert found == close(expected), (tree, point)
