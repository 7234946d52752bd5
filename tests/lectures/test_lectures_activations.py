"""The worked examples of lectures on back-propagation: activations.

Figures are those of the lectures, or follow from their formulas by hand.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import pytest

import scalargrad as sg
from scalargrad import Value, nn

# ------ activations

ACTIVATIONS = [
    # activation, x, value, slope: to four decimals
    (nn.Activation(lambda x: x), -1.7, -1.7, 1.0),
    (nn.Step(), 0.3, 1.0, 0.0),
    (nn.Step(), -0.3, 0.0, 0.0),
    (nn.Sigmoid(), 0.0, 0.5, 0.25),
    (nn.Sigmoid(), 1.0, 0.7311, 0.1966),
    (nn.Tanh(), 0.0, 0.0, 1.0),
    (nn.Tanh(), 1.0, 0.7616, 0.4200),
    (nn.ReLU(), 2.0, 2.0, 1.0),
    (nn.ReLU(), -2.0, 0.0, 0.0),
    (nn.LeakyReLU(0.1), -2.0, -0.2, 0.1),
    (nn.LeakyReLU(0.01), -2.0, -0.02, 0.01),
    (nn.ELU(), -1.0, -0.6321, 0.3679),
    (nn.SiLU(), 1.0, 0.7311, 0.9277),
    (nn.SiLU(), -1.2785, -0.2785, 0.0),  # where swish is smallest
    (nn.HardSwish(), 1.0, 0.6667, 0.8333),
    (nn.HardSwish(), -3.5, 0.0, 0.0),
    (nn.HardSwish(), 3.5, 3.5, 1.0),
    (nn.GELU(), 1.0, 0.8413, 1.0833),
    (nn.GELU(), -1.0, -0.1587, -0.0833),
]


@pytest.mark.parametrize(("activation", "x", "value", "slope"), ACTIVATIONS)
def test_activations_have_the_values_and_slopes_of_their_formulas(
    activation: Any, x: float, value: float, slope: float
) -> None:
    v = Value(x)
    out = activation(v)
    out.backward()
    assert out.data == pytest.approx(value, abs=5e-5)
    assert (v.grad if out is not v else 1.0) == pytest.approx(slope, abs=5e-5)


def test_maxout_is_the_larger_of_two_affine_maps() -> None:
    # max(2x + 1, −x + 4): they cross at x = 1
    maxout = nn.Maxout(1, 1).with_parameters([2.0, -1.0, 1.0, 4.0])
    assert [maxout(x)[0] for x in (-1.0, 1.0, 2.0)] == [5.0, 3.0, 5.0]


def test_maxout_holds_relu_and_leaky_relu() -> None:
    relu, leaky = (nn.Maxout(1, 1).with_parameters([1.0, w, 0.0, 0.0]) for w in (0.0, 0.1))
    for x in (-2.0, -0.5, 0.5, 2.0):
        assert relu(x)[0] == sg.relu(x)
        assert leaky(x)[0] == sg.leaky_relu(x, 0.1)


def test_sigmoid_saturates_and_is_not_centred_on_zero() -> None:
    slopes = [sg.grad(sg.sigmoid)(x) for x in (-10.0, 0.0, 10.0)]
    assert [round(slope, 6) for slope in slopes] == [4.5e-05, 0.25, 4.5e-05]
    assert all(sg.sigmoid(x) > 0.0 for x in (-10.0, -1.0, 0.0))
    assert sg.tanh(-1.0) == -sg.tanh(1.0)


def test_gradients_of_weights_behind_a_sigmoid_share_their_sign() -> None:
    # its inputs are all positive, so ∂/∂w = upstream · input has the sign of upstream
    w = [Value(0.5), Value(-1.0), Value(2.0)]
    sg.dot(w, nn.Sigmoid()([-3.0, 0.1, 4.0])).backward(-1.0)
    assert all(x.grad < 0.0 for x in w)


def test_relu_that_never_fires_is_dead_and_leaky_relu_is_not() -> None:
    for activation, dead in ((nn.ReLU(), True), (nn.LeakyReLU(), False)):
        layer = nn.Linear(1, 1)
        layer.weight[0][0].data, layer.bias[0].data = 1.0, -10.0
        model = nn.Sequential(layer, activation)
        sg.sum([y for (y,) in model.batch([[x] for x in (-1.0, 0.0, 2.0)])]).backward()
        assert (layer.bias[0].grad == 0.0) is dead


# ------ functions of which activations are made

E, BETA = 0.1, 0.7
Function = Callable[..., Any]

OF_ONE: dict[str, tuple[Function, Function]] = {
    "x": (lambda x: x * 1.0, lambda x: x),
    "−x": (lambda x: -x, lambda x: -x),
    "abs x": (abs, abs),
    "x²": (sg.square, lambda x: x**2),
    "x³": (lambda x: x**3, lambda x: x**3),
    "√x": (sg.sqrt, mpmath.sqrt),
    "βx": (lambda x: BETA * x, lambda x: BETA * x),
    "x + β": (lambda x: x + BETA, lambda x: x + BETA),
    "log(abs x + ε)": (lambda x: sg.log(abs(x) + E), lambda x: mpmath.log(abs(x) + E)),
    "exp": (sg.exp, mpmath.exp),
    "sin": (sg.sin, mpmath.sin),
    "cos": (sg.cos, mpmath.cos),
    "sinh": (sg.sinh, mpmath.sinh),
    "cosh": (sg.cosh, mpmath.cosh),
    "tanh": (sg.tanh, mpmath.tanh),
    "asinh": (sg.asinh, mpmath.asinh),
    "atan": (sg.atan, mpmath.atan),
    "sinc": (lambda x: sg.sinc(x / math.pi), mpmath.sinc),
    "max(x, 0)": (sg.relu, lambda x: max(x, 0)),
    "min(x, 0)": (lambda x: sg.minimum(x, 0.0), lambda x: min(x, 0)),
    "σ": (sg.sigmoid, lambda x: 1 / (1 + mpmath.exp(-x))),
    "log(1 + eˣ)": (sg.softplus, lambda x: mpmath.log(1 + mpmath.exp(x))),
    "exp(−x²)": (lambda x: sg.exp(-sg.square(x)), lambda x: mpmath.exp(-(x**2))),
    "erf": (sg.erf, mpmath.erf),
}
OF_TWO: dict[str, tuple[Function, Function]] = {
    "+": (lambda x, y: x + y, lambda x, y: x + y),
    "−": (lambda x, y: x - y, lambda x, y: x - y),
    "×": (lambda x, y: x * y, lambda x, y: x * y),
    "x/(y + ε)": (lambda x, y: x / (y + E), lambda x, y: x / (y + E)),
    "max": (sg.maximum, max),
    "min": (sg.minimum, min),
    "σ(x)·y": (lambda x, y: sg.sigmoid(x) * y, lambda x, y: y / (1 + mpmath.exp(-x))),
    "exp(−β(x−y)²)": (
        lambda x, y: sg.exp(-BETA * sg.square(x - y)),
        lambda x, y: mpmath.exp(-BETA * (x - y) ** 2),
    ),
    "exp(−β·abs(x−y))": (
        lambda x, y: sg.exp(-BETA * abs(x - y)),
        lambda x, y: mpmath.exp(-BETA * abs(x - y)),
    ),
    "βx + (1−β)y": (
        lambda x, y: BETA * x + (1.0 - BETA) * y,
        lambda x, y: BETA * x + (1 - mpmath.mpf(BETA)) * y,
    ),
}


def agrees(ours: float, exact: Any) -> bool:
    return ours == pytest.approx(float(exact), rel=1e-14, abs=1e-15)


@pytest.mark.parametrize("x", [1.3, 0.4, -0.8])
@pytest.mark.parametrize("name", OF_ONE)
def test_functions_of_one_number_and_their_derivatives_are_exact(name: str, x: float) -> None:
    ours, exact = OF_ONE[name]
    x = abs(x) if name == "√x" else x
    value, slope = sg.value_and_grad(ours)(x)
    assert agrees(value, exact(mpmath.mpf(x)))
    with mpmath.workdps(40):
        assert agrees(slope, mpmath.diff(exact, mpmath.mpf(x)))


@pytest.mark.parametrize(("x", "y"), [(1.3, 0.4), (-0.8, 0.9), (-0.5, -1.2)])
@pytest.mark.parametrize("name", OF_TWO)
def test_functions_of_two_numbers_and_their_derivatives_are_exact(
    name: str, x: float, y: float
) -> None:
    ours, exact = OF_TWO[name]
    value, slopes = sg.value_and_grad(ours, argnums=(0, 1))(x, y)
    at = mpmath.mpf(x), mpmath.mpf(y)
    assert agrees(value, exact(*at))
    with mpmath.workdps(40):
        assert agrees(slopes[0], mpmath.diff(exact, at, (1, 0)))
        assert agrees(slopes[1], mpmath.diff(exact, at, (0, 1)))


@pytest.mark.parametrize("name", OF_ONE)
def test_any_function_of_one_number_is_an_activation(name: str) -> None:
    ours, _ = OF_ONE[name]
    assert nn.Activation(ours)([0.4, [1.3]]) == [ours(0.4), [ours(1.3)]]
