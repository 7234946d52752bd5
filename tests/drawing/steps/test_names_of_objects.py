"""Objects of a user's own classes name the Values in their attributes, as models do."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy
import pytest

import scalargrad as sg
from scalargrad import Value
from scalargrad.drawing import explain
from scalargrad.nn import MLP, Linear


class Neuron:
    def __init__(self, size: int) -> None:
        self.w = [Value(random.uniform(-1.0, 1.0)) for _ in range(size)]
        self.b = Value(0.1)

    def __call__(self, x: Any) -> Any:
        act = sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b)
        out = sg.tanh(act)
        return out

    def parameters(self) -> list[Value]:
        return [*self.w, self.b]


class Layer:
    def __init__(self, size: int, count: int) -> None:
        self.neurons = [Neuron(size) for _ in range(count)]

    def __call__(self, x: Any) -> Any:
        outs = [neuron(x) for neuron in self.neurons]
        return outs[0] if len(outs) == 1 else outs


class Net:
    def __init__(self, *sizes: int) -> None:
        self.layers = [Layer(m, n) for m, n in pairwise(sizes)]

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def loss(self, x: Any, y: Any) -> Any:
        error = self(x) - y
        return error * error


def expected(net: Net) -> dict[str, Value]:
    """The names that the parameters of a model of `nn` would have."""
    found = {}
    for i, layer in enumerate(net.layers):
        for j, neuron in enumerate(layer.neurons):
            found[f"b{i}_{j}"] = neuron.b
            found |= {f"w{i}_{j}_{k}": w for k, w in enumerate(neuron.w)}
    return found


def made_within(net: Net, x: list[float]) -> Any:
    def f(x: Any) -> Any:
        local = net
        return local(x)

    return explain(f, x)


GLOBAL = SimpleNamespace(net=None)


def through_a_global(net: Net, x: list[float]) -> Any:
    GLOBAL.net = net
    return explain(lambda x: GLOBAL.net(x), x)


WAYS: dict[str, Callable[[Net, list[float]], Any]] = {
    "itself": explain,
    "closed over": lambda net, x: explain(lambda x: 2.0 * net(x), x),
    "argument": lambda net, x: explain(lambda net, x: net(x), net, x),
    "bound method": lambda net, x: explain(net.loss, x, 1.0),
    "local": made_within,
    "global": through_a_global,
    "model": lambda net, x: explain(net(x), model=net),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sizes", [(2, 1), (3, 2, 1), (1, 2, 2, 1)])
def test_parameters_have_the_names_of_their_attributes(way: str, sizes: tuple[int, ...]) -> None:
    net = Net(*sizes)
    steps = WAYS[way](net, [0.5] * sizes[0])
    named = {name: node for node, name in steps.names.items()}
    wanted = expected(net)
    assert {name: named.get(name) for name in wanted} == wanted
    assert steps.parameters == frozenset(wanted.values())


@pytest.mark.parametrize("way", ["itself", "closed over", "argument", "bound method", "local"])
def test_outputs_of_layers_are_named_by_their_layers(way: str) -> None:
    names = WAYS[way](Net(1, 2, 1), [0.5]).names.values()
    assert {"x_0", "a0_0", "a0_1"} <= set(names)


def test_outputs_of_a_model_made_within_the_function_are_named_too() -> None:
    def f(x: Any) -> Any:
        model = MLP(2, [2, 1])
        return model(x)

    assert {"a0_0", "z0_1", "w1_0_1"} <= set(explain(f, [0.5, -1.0]).names.values())


def test_lists_of_objects_name_by_their_places() -> None:
    neurons = [Neuron(1), Neuron(1)]
    for steps in (
        explain(lambda x: neurons[0](x) + neurons[1](x), [0.5]),
        explain(lambda ns, x: ns[0](x) + ns[1](x), neurons, [0.5]),
    ):
        assert {"w0_0", "b0", "w1_0", "b1"} <= set(steps.names.values())


class Mixed:
    """A list, a dict, an array, a model, an object; and what no name leads to."""

    def __init__(self) -> None:
        self.scale = {"up": Value(2.0)}
        self.row = numpy.array([Value(1.0), Value(3.0)])
        self.head = Linear(1, 1)
        self.data = [0.5] * 100_000
        self.itself = self
        self._hidden = Value(4.0)

    def __call__(self, x: Any) -> Any:
        (y,) = self.head([x * self.scale["up"] + self.row[0] * self.row[1]])
        return y * self._hidden


def test_every_kind_of_attribute_names() -> None:
    mixed = Mixed()
    steps = explain(mixed, 0.5)
    assert {"up", "row0", "row1", "weight0_0", "w0_0", "x"} & set(steps.names.values()) == {
        *("up", "row0", "row1", "w0_0", "x")
    }
    assert mixed._hidden not in steps.parameters


def test_two_attributes_of_one_name_have_long_names() -> None:
    pair = SimpleNamespace(key=Neuron(1), query=Neuron(1))
    steps = explain(lambda x: pair.key(x) * pair.query(x), [0.5])
    assert {"key_w_0", "query_w_0", "key_b", "query_b"} <= set(steps.names.values())


def test_label_set_by_hand_wins_over_an_attribute() -> None:
    neuron = Neuron(1)
    neuron.b.label = "bias"
    assert {"bias", "w0"} <= set(explain(neuron, [0.5]).names.values())


@pytest.mark.parametrize("how", ["itself", "model", "bound method"])
def test_drawing_stands_in_the_objects_and_names_their_attributes(how: str) -> None:
    net = Net(2, 1)
    drawn = {
        "itself": lambda: sg.draw(net, [0.5, -1.0]),
        "model": lambda: sg.draw(net([0.5, -1.0]), model=net),
        "bound method": lambda: sg.draw(net.loss, [0.5, -1.0], 1.0),
    }[how]()
    assert "layers.0 · Layer" in drawn.dot and "w.1" in drawn.dot


def test_function_object_without_values_is_no_model() -> None:
    class Square:
        def __call__(self, x: Any) -> Any:
            return x * x

    assert "Square" not in sg.draw(Square(), Value(2.0)).dot
