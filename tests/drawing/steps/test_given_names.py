"""The names that a program gives to its Values: local names, parameters of models, labels."""

from __future__ import annotations

import random
import sys
from time import process_time
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value
from scalargrad.drawing import explain
from scalargrad.losses import squared_error
from scalargrad.nn import MLP, Linear, Module, Sequential, Tanh
from scalargrad.rows import BUILT_IN


def named(steps: Any) -> dict[str, Any]:
    return {name: node for node, name in steps.names.items()}


def product(x: Any, y: Any, z: Any) -> Any:
    q = x + y
    f = q * z
    return f


def test_local_names_at_the_return_are_the_names_of_nodes() -> None:
    steps = explain(product, -2.0, 5.0, -4.0)
    assert {name: node.data for name, node in named(steps).items()} == {
        **{"x": -2.0, "y": 5.0, "z": -4.0},
        **{"q": 3.0, "f": -12.0},
    }


def test_label_set_by_hand_wins() -> None:
    def f(x: Any) -> Any:
        q = x * x
        q.label = "mine"
        out = q + 1.0
        return out

    assert list(explain(f, 3.0).names.values()) == ["x", "mine", "out"]


def test_name_that_moves_on_is_that_of_its_last_value() -> None:
    def f(x: Any) -> Any:
        total = x * 2.0
        total = total + 1.0
        return total

    assert list(explain(f, 3.0).names.values()) == ["x", "s0", "total"]


def test_names_in_lists_have_their_places() -> None:
    def f(x: Any) -> Any:
        h = [x + 1.0, [x * 2.0]]
        return h[0] * h[1][0]

    assert set(explain(f, 3.0).names.values()) == {"x", "h_0", "h_1_0", "L"}


def unit(w: Any, x: Any) -> Any:
    s = w * x
    return sg.tanh(s)


def test_outer_function_names_first_and_equal_names_get_numbers() -> None:
    def net(x: Any, y: Any) -> Any:
        left = unit(2.0, x)
        return left + unit(3.0, y)

    steps = explain(net, 0.1, 0.2)
    names = named(steps)
    assert names["left"].data == pytest.approx(0.19737532)
    assert sorted([names["s"].data, names["s_2"].data]) == pytest.approx([0.2, 0.6])


WEIGHT = Value(2.0)


def test_globals_and_closed_over_values_are_named() -> None:
    bias = Value(1.0)
    steps = explain(lambda x: WEIGHT * x + bias, 3.0)
    assert {"WEIGHT", "bias", "x"} <= set(steps.names.values())
    assert WEIGHT.label == bias.label == ""


def test_parameters_are_named_by_their_places_and_outputs_by_their_layers() -> None:
    model = Sequential(Linear(2, 2), Tanh(), Linear(2, 1))
    steps = explain(model, [0.5, -1.0])
    places = dict(model.named_parameters())
    names = named(steps)
    assert names["w0_1_0"] is places["layers.0.weight.1.0"]
    assert names["b2_0"] is places["layers.2.bias.0"]
    assert names["x_0"].data == 0.5
    assert names["z0_1"].op is BUILT_IN["dot"] and names["a1_1"].parents == (names["z0_1"],)
    assert steps.parameters == frozenset(model.parameters())


def test_neurons_that_have_a_weighted_sum_within_name_both() -> None:
    steps = explain(MLP(2, [2, 1]), [0.5, -1.0])
    names = named(steps)
    assert names["a0_1"].parents == (names["z0_1"],)


def test_model_that_a_function_uses_is_found() -> None:
    model = Sequential(Linear(2, 1))

    def loss(x: Any, y: float) -> Any:
        (out,) = model(x)
        return squared_error(out, y)

    assert {"w0_0_0", "w0_0_1", "b0_0", "out"} <= set(explain(loss, [1.0, 2.0], 3.0).names.values())


def test_model_beside_a_value_names_its_parameters() -> None:
    model = Linear(2, 1)
    (out,) = model([1.0, 2.0])
    assert "w0_1" in explain(out, model=model).names.values()
    assert "w0_1" not in explain(out).names.values()


class Pair(Module):
    def __init__(self) -> None:
        self.query, self.key = Linear(1, 1), Linear(1, 1)

    def __call__(self, x: Any) -> Any:
        return self.query(x)[0] * self.key(x)[0]


def test_parameters_whose_short_names_would_be_equal_have_long_ones() -> None:
    names = set(explain(Pair(), [2.0]).names.values())
    assert {"query_weight_0_0", "key_weight_0_0"} <= names


@pytest.mark.parametrize("seed", range(20))
def test_names_are_unique_and_gradients_the_engines_whatever_the_program(seed: int) -> None:
    chance = random.Random(seed)

    def program(x: Any, y: Any) -> Any:
        nodes = [x, y]
        for _ in range(12):
            f = chance.choice([sg.sin, sg.tanh, sg.sigmoid])
            a, b = chance.choices(nodes, k=2)
            nodes.append(chance.choice([a + b, a * b, f(a)]))
        last = sg.sum(nodes)
        return last

    steps = explain(program, 0.3, -0.7)
    assert len(set(steps.names.values())) == len(steps.names)
    steps.root.backward()
    assert all(node.grad == steps.gradients[node] for node in steps.nodes)


def test_profiler_that_runs_already_is_left_alone() -> None:
    seen: list[str] = []
    sys.setprofile(lambda frame, event, arg: seen.append(event))
    try:
        steps = explain(product, -2.0, 5.0, -4.0)
        assert sys.getprofile() is not None
    finally:
        sys.setprofile(None)
    assert "L" in steps.names.values() and seen


def test_watching_ends_where_the_function_fails() -> None:
    with pytest.raises(ZeroDivisionError):
        explain(lambda x: 1 / 0, 1.0)
    assert sys.getprofile() is None


def test_functions_called_often_with_long_lists_cost_no_hours() -> None:
    def helper(rows: list[Any], i: int) -> Any:
        return rows[i] * 2.0

    def f(x: Any) -> Any:
        rows = [x + float(i) for i in range(3000)]
        total = sg.sum([helper(rows, i) for i in range(3000)])
        return total

    start = process_time()
    names = explain(f, 1.0).names
    assert process_time() - start < 20.0
    assert {"rows_0", "rows_2999", "total"} <= set(names.values())
