"""Networks as users of torch, Keras and scikit-learn write them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Value, nn, optim, train
from scalargrad.losses import squared_error
from scalargrad.nn import BatchNorm, Block, Linear, Module, ReLU, Residual, Sequential, Tanh
from scalargrad.nn.module import NeedsBatch
from tests.support.nested import numbers

X = [0.5, -1.5]


# ------ functions as layers

ROWS = ["relu", "tanh", "sigmoid", "leaky_relu", "gelu", "softplus", "abs", "exp", "square"]


@pytest.mark.parametrize("name", ROWS)
def test_a_function_of_a_number_is_a_layer(name: str) -> None:
    function = getattr(sg, name)
    expected = [function(x) for x in X]
    assert Sequential(function)(X) == expected
    assert Sequential(function).batch([X, X]) == [expected, expected]
    assert Residual(function)(X) == [x + y for x, y in zip(X, expected)]
    assert Sequential(function)([X]) == [expected]


def test_it_is_the_module_of_that_name() -> None:
    model = Sequential(Linear(2, 2), sg.relu, sg.leaky_relu)
    assert type(model[1]) is ReLU
    assert "LeakyReLU(slope=0.01)" in repr(model)


def test_an_operator_of_ones_own_is_a_layer() -> None:
    double = sg.operator("double", lambda x: 2.0 * x, lambda out, x: 2.0)
    model = Sequential(double)
    assert model(X) == [1.0, -3.0]
    assert "double" in repr(model)


def test_functions_of_a_list_and_own_functions_are_called_as_they_are() -> None:
    assert Sequential(sg.max)(X) == 0.5
    assert sum(Sequential(nn.softmax)(X)) == pytest.approx(1.0)
    assert Sequential(lambda xs: xs[0], sg.exp)(X) == math.exp(0.5)


@pytest.mark.parametrize(
    "layer, message",
    [
        (sg.maximum, "function of one number or of a list, got .*maximum"),
        (math.tanh, r"keeps no gradient, .* use scalargrad\.tanh"),
        (ReLU, r"got the class ReLU: call it, ReLU\(…\)"),
        ([Linear(1, 1)], r"got \[Linear.*: unpack it with \*"),
        (Value(1.0), "a layer is a Module or a function, got Value"),
        (Module(), "a layer is a Module or a function"),
    ],
)
@pytest.mark.parametrize("place", [Sequential, Residual])
def test_what_is_no_layer_is_refused_at_once(place: Any, layer: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        place(layer)


@pytest.mark.parametrize("activation", [sg.tanh, Tanh, lambda: Tanh()])
def test_a_block_takes_a_function_or_what_makes_a_part(activation: Any) -> None:
    nn.seed(0)
    block = Block(2, activation=activation)
    assert type(block.mlp[1]) is Tanh
    assert len(block([X, X])) == 2


# ------ forward


class Net(Module):
    def __init__(self) -> None:
        self.layer = Linear(2, 1)

    def forward(self, x: Any) -> Any:
        return self.layer(x)[0]


class Twice(Net):
    def forward(self, x: Any) -> Any:
        return 2.0 * super().forward(x)


class Called(Twice):
    def __call__(self, x: Any) -> Any:
        return super().forward(x) + 1.0


class Mixin:
    layer: Any

    def forward(self, x: Any) -> Any:
        return self.layer(x)[0] - 7.0


class Mixed(Mixin, Net):
    pass


class Heir(Called):
    pass


def test_forward_stands_for_call() -> None:
    for kind, result in (
        (Net, lambda y: y),
        (Twice, lambda y: 2.0 * y),
        (Called, lambda y: 2.0 * y + 1.0),
        (Mixed, lambda y: y - 7.0),
        (Heir, lambda y: 2.0 * y + 1.0),
    ):
        net = kind()
        expected = result(net.layer(X)[0].data)
        assert net(X).data == expected
        assert [y.data for y in net.batch([X])] == [expected]
        assert Sequential(net, sg.exp)(X).data == math.exp(expected)


def test_a_model_with_forward_is_trained_and_compiled() -> None:
    net = Net()
    before = net.state_dict()
    history = train.fit(net, squared_error, [(X, 1.0)], optim.SGD(net, 0.1), 2, progress=False)
    assert history.losses[1] < history.losses[0]
    assert net.state_dict() != before
    assert float(sg.compile(lambda x: net([x, -1.5]))(0.5).data) == pytest.approx(net(X).data)


def test_a_module_without_either_is_no_function() -> None:
    with pytest.raises(TypeError, match="'Module' object is not callable"):
        Module()(X)


# ------ slices


def test_a_slice_of_a_sequential_is_one_that_shares_the_layers() -> None:
    model = Sequential(Linear(2, 3), Tanh(), Linear(3, 1)).eval()
    part = model[:2]
    assert type(part) is Sequential
    assert part[0] is model[0] and len(part) == 2
    assert not part.training
    assert numbers(model[2:](part(X))) == numbers(model(X))
    assert type(model[::2]) is Sequential and model[-1] is model[2]
    assert list(model) == model.layers


# ------ in print


def test_functions_stand_in_the_summary_in_their_place() -> None:
    def first(xs: Any) -> Any:
        return xs[0]

    model = Sequential(Linear(2, 2), nn.softmax, Sequential(first, Tanh()), lambda x: x)
    lines = [line.split("  ")[-1] if "layers" in line else line for line in repr(model).split("\n")]
    places = [line.split()[0] for line in repr(model).split("\n")[1:]]
    assert places == ["layers.0", "layers.1", "layers.2", "layers.0", "layers.1", "layers.3"]
    assert [lines[i] for i in (2, 4, 6)] == ["softmax", "first", "<lambda>"]


def test_more_than_ten_layers_stay_in_order() -> None:
    model = Sequential(*[Linear(1, 1) for _ in range(12)], nn.softmax, Linear(1, 1))
    assert [line.split()[0] for line in repr(model).split("\n")[1:]] == [
        "layers.0",
        "layers.12",
        "layers.13",
    ]


# ------ BatchNorm in a Module of one's own


class Own(Module):
    def __init__(self) -> None:
        self.one, self.norm, self.two = Linear(2, 3), BatchNorm(3), Linear(3, 1)

    def __call__(self, x: Any) -> Any:
        return self.two(self.norm(self.one(x)))


class InTurn(Own):
    def batch(self, samples: Any) -> Any:
        return self.two.batch(self.norm.batch(self.one.batch(samples)))


DATA = [([0.0, 1.0], 1.0), ([1.0, 0.5], 0.0), ([2.0, -1.0], 1.0)]


@pytest.mark.parametrize("within", [lambda own: own, lambda own: Sequential(own, Tanh())])
def test_batch_norm_says_what_to_do_in_a_module_of_ones_own(within: Any) -> None:
    model = within(Own())
    for call in (
        lambda: model.batch([x for x, _ in DATA]),
        lambda: train.fit(model, squared_error, DATA, optim.SGD(model, 0.1), 1, progress=False),
    ):
        with pytest.raises(NeedsBatch, match=r"Give Own a method batch\(self, samples\)"):
            call()
    with pytest.raises(ValueError, match=r"call model.batch\(samples\), or model.eval\(\) first"):
        model([0.0, 1.0])
    assert numbers(model.eval().batch([DATA[0][0]])) == numbers([model(DATA[0][0])])


def test_the_cure_helps() -> None:
    model = InTurn()
    history = train.fit(model, squared_error, DATA, optim.SGD(model, 0.05), 9, progress=False)
    assert history.losses[-1] < history.losses[0]
    assert [*model.norm.running_mean] != [0.0] * 3


# ------ models of floats


def test_a_model_of_floats_is_an_argument_as_any_other() -> None:
    nn.seed(2)
    model = Sequential(Linear(2, 2), sg.tanh, Linear(2, 1))
    floats = model.with_parameters([p.data for p in model.parameters()])

    def f(net: Any, x: float) -> Any:
        return net([x, -1.5])[0]

    expected = f(model, 0.5).data
    assert f(floats, 0.5) == expected
    slopes = [p.data if hasattr(p, "data") else p for p in sg.grad(f)(model, 0.5).parameters()]
    for function in (f, sg.compile(f)):
        found = function(floats, 0.5)
        assert float(getattr(found, "data", found)) == pytest.approx(expected, rel=1e-15)
        found = sg.grad(function)(floats, 0.5).parameters()
        assert found == pytest.approx(slopes, rel=1e-13)
    assert train.accuracy(floats, [(X, 1)], threshold=-9.0) == 1.0
    assert train.evaluate(floats, squared_error, [(X, 1.0)]) == (expected - 1.0) ** 2
    assert sg.check_gradient(f, floats, 0.5).ok


def test_numpy_scalars_pass_through_layers() -> None:
    x = [np.float64(0.5), np.float32(-1.5)]
    assert Sequential(sg.relu)(x) == [0.5, 0.0]
    assert nn.softmax(x) == nn.softmax(X)
