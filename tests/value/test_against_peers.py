"""Random smooth graphs against other libraries where installed, and against mpmath always."""

from __future__ import annotations

import importlib.util
import math
import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest

import scalargrad as sg
from tests.support.expressions import Expression, random_expression

mpmath = pytest.importorskip("mpmath")

Gradient = Callable[[Expression], list[float]]
GRAPHS = 150


def bounded_division(x: Any, y: Any) -> Any:
    return x / (1.5 + y * y)


ARITHMETIC: dict[str, Any] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "bounded_division": bounded_division,
    "square": lambda x: x * x,
    "neg": lambda x: -x,
}
SMOOTH = ["tanh", "sin", "cos", "exp"]
"""What every peer has, on floats, tensors and arrays alike."""
NAMES = [*ARITHMETIC, *SMOOTH, *SMOOTH]


def functions_of(peer: Any) -> dict[str, Any]:
    """The operators in terms of a peer's own functions; exp is kept from overflowing by sin."""
    found = {name: getattr(peer, name) for name in SMOOTH}
    return {**ARITHMETIC, **found, "exp": lambda x: peer.exp(peer.sin(x))}


def tame(expression: Expression, functions: Mapping[str, Any]) -> bool:
    """Tell whether no node is so large that sin and cos of it lose their digits."""
    return all(abs(node.data) < 50.0 for node in expression.compute(sg.Value, functions))


def random_smooth(source: random.Random) -> Expression:
    functions = functions_of(sg)
    while True:
        expression = random_expression(source, NAMES, source.randint(2, 25), special=0.0)
        if tame(expression, functions):
            return expression


def by_scalargrad(
    expression: Expression, functions: Mapping[str, Any] | None = None
) -> list[float]:
    nodes = expression.compute(sg.Value, functions or functions_of(sg))
    nodes[-1].backward()
    return [nodes[-1].data, *(leaf.grad for leaf in nodes[: len(expression.leaves)])]


def by_compiled(expression: Expression) -> list[float]:
    functions = functions_of(sg)

    def root(*leaves: Any) -> Any:
        return expression.at(leaves).compute(lambda x: x, functions)[-1]

    variables = range(len(expression.leaves))
    value, found = sg.value_and_grad(sg.compile(root), variables)(*expression.leaves)
    return [value, *found]


def by_torch(expression: Expression) -> list[float]:
    torch = pytest.importorskip("torch")

    def leaf(x: float) -> Any:
        return torch.tensor(x, dtype=torch.float64, requires_grad=True)

    nodes = expression.compute(leaf, functions_of(torch))
    nodes[-1].backward()
    leaves = nodes[: len(expression.leaves)]
    return [nodes[-1].item(), *(0.0 if x.grad is None else x.grad.item() for x in leaves)]


def by_jax(expression: Expression) -> list[float]:
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    functions = functions_of(jax.numpy)

    def root(*leaves: Any) -> Any:
        return expression.at(leaves).compute(lambda x: x, functions)[-1]

    indices = tuple(range(len(expression.leaves)))
    value, found = jax.value_and_grad(root, argnums=indices)(*expression.leaves)
    return [float(value), *map(float, found)]


def by_autograd(expression: Expression) -> list[float]:
    autograd = pytest.importorskip("autograd")
    functions = functions_of(pytest.importorskip("autograd.numpy"))

    def root(leaves: Any) -> Any:
        return expression.at(leaves).compute(lambda x: x, functions)[-1]

    value, found = autograd.value_and_grad(root)(expression.leaves)
    return [float(value), *map(float, found)]


def by_mpmath(expression: Expression) -> list[float]:
    """Central differences in 60 digits: right to far more than a float holds."""
    functions, h = functions_of(mpmath), mpmath.mpf(10) ** -20

    def root(leaves: Any) -> Any:
        return expression.at(leaves).compute(mpmath.mpf, functions)[-1]

    def slope(i: int) -> float:
        leaves = [mpmath.mpf(x) for x in expression.leaves]
        up = [x + h * (i == j) for j, x in enumerate(leaves)]
        down = [x - h * (i == j) for j, x in enumerate(leaves)]
        return float((root(up) - root(down)) / (2 * h))

    with mpmath.workdps(60):
        return [float(root(expression.leaves)), *map(slope, range(len(expression.leaves)))]


def rounding(expression: Expression) -> float:
    """How far two correct results may lie apart: an ulp a node, of the largest number on the way,
    carried on by the largest gradient."""
    nodes = expression.compute(sg.Value, functions_of(sg))
    nodes[-1].backward()
    data, grad = (max(1.0, *map(abs, xs)) for xs in zip(*((v.data, v.grad) for v in nodes)))
    return 2e-16 * len(nodes) * data * grad * data


@pytest.mark.parametrize(
    "peer", [by_torch, by_jax, by_autograd, by_mpmath], ids=lambda peer: peer.__name__[3:]
)
def test_random_smooth_graphs_agree_with(peer: Gradient) -> None:
    source = random.Random(random.getrandbits(64))
    for _ in range(GRAPHS):
        expression = random_smooth(source)
        close = pytest.approx(peer(expression), rel=0.0, abs=rounding(expression))
        assert by_scalargrad(expression) == close, expression
        if importlib.util.find_spec("numpy"):
            assert by_compiled(expression) == close, expression


def test_a_gradient_one_millionth_off_is_noticed() -> None:
    wrong = sg.operator("wrong", math.tanh, lambda out, x: 1.000001 * (1.0 - out * out))
    source, noticed = random.Random(random.getrandbits(64)), 0
    for _ in range(20):
        expression = random_expression(source, ["tanh", "sub"], 4, special=0.0)
        ours = by_scalargrad(expression, {**functions_of(sg), "tanh": wrong})
        right = pytest.approx(by_mpmath(expression), rel=0.0, abs=rounding(expression))
        noticed += ours != right
    assert noticed > 0
