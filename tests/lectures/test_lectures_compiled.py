"""The worked examples of lectures, compiled: the graph built while running and the one fixed
ahead of time agree; a network of two layers in twenty lines of NumPy, from scalar code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import nn
from tests.benchmarks.perceptrons import twenty_lines
from tests.benchmarks.workloads import leaves

np = pytest.importorskip("numpy")


def neuron(w: Any, x: Any) -> Any:
    return sg.sigmoid(w[0] * x[0] + w[1] * x[1] + w[2])


def product(w: Any, x: Any) -> Any:
    return sg.sum([a * b for a, b in zip(w, x)])


def logistic_regression(w: Any, x: Any) -> Any:
    return sg.softplus(-product(w, x))


def relu_layer(w: Any, x: Any) -> Any:
    return sg.sum([sg.relu(a * x[0] + x[1]) for a in w])


def linear_regression_with_decay(w: Any, x: Any) -> Any:
    return (product(w, x) - 1.0) ** 2 + 0.1 * sg.sum([sg.square(a) for a in w])


def by_a_branch(w: Any, x: Any) -> Any:
    return product(w, x) if w[0] > x[0] else neuron(w, x)


GRAPHS = [
    neuron,
    product,
    logistic_regression,
    relu_layer,
    linear_regression_with_decay,
    by_a_branch,
]


@pytest.mark.parametrize("f", GRAPHS, ids=lambda f: f.__name__)
def test_dynamic_and_static_graphs_agree(f: Callable[..., Any]) -> None:
    w, xs = [2.0, -3.0, -3.0], np.random.default_rng(0).normal(size=(20, 3)) + 1.0
    value, static = sg.value_and_grad(sg.compile(f, batch="x"))(w, xs)
    leaves = list(map(sg.Value, w))
    for x, *found in zip(xs.tolist(), value, *static):
        out = f(leaves, x)
        out.backward()
        expected = [out.data, *(leaf.grad for leaf in leaves)]
        assert found == pytest.approx(expected, rel=1e-13, abs=1e-14)
        for leaf in leaves:
            leaf.zero_grad()


def test_the_neuron_of_the_slides_has_its_figures() -> None:
    f = sg.compile(neuron)
    value, (w, x) = sg.value_and_grad(f, (0, 1))([2.0, -3.0, -3.0], [-1.0, -2.0])
    assert round(value, 4) == 0.7311
    assert [round(g, 4) for g in (*w, *x)] == [-0.1966, -0.3932, 0.1966, 0.3932, -0.5898]


def test_a_static_graph_trains_as_a_dynamic_one() -> None:
    xs = np.random.default_rng(1).normal(size=(16, 2))
    static, dynamic = nn.MLP(2, [4, 1]), nn.MLP(2, [4, 1])
    for p, q in zip(static.parameters(), dynamic.parameters()):
        q.data = p.data
    mean = sg.compile(lambda model, x: sg.square(model(x) - x[0]), batch="x", reduce="mean")
    for _ in range(5):
        losses = [
            mean(static, xs),
            sg.mean([sg.square(dynamic(x) - x[0]) for x in xs.tolist()]),
        ]
        for model, loss in zip((static, dynamic), losses):
            model.zero_grad()
            loss.backward()
            for p in model.parameters():
                p.data -= 0.05 * p.grad
        assert losses[0].data == pytest.approx(losses[1].data, rel=1e-12)


@pytest.mark.parametrize("sizes", [(64, 40, 20, 10), (3, 1000, 5, 10)])
def test_the_network_of_twenty_lines_has_the_gradients_written_by_hand(
    sizes: tuple[int, int, int, int],
) -> None:
    workload = twenty_lines(*sizes)
    ours, by_hand = leaves(workload.ours()), leaves(workload.peers["numpy"](np)())
    assert ours.shape == by_hand.shape
    assert np.abs(ours - by_hand).max() < 1e-12 * np.abs(by_hand).max()
