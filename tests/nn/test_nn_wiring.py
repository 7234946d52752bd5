"""Partial connectivity, networks wired at will, and the threshold unit."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, nn

# ------ Sparse


def test_output_listens_to_its_inputs_alone() -> None:
    layer = nn.Sparse(3, [[0, 2], [1]]).with_parameters([2.0, 3.0, 0.5, 5.0, -0.5])
    assert layer([10.0, 20.0, 30.0]) == [110.5, 99.5]
    xs = [Value(1.0), Value(2.0), Value(3.0)]
    layer(xs)[0].backward()
    assert [x.grad for x in xs] == [2.0, 0.0, 3.0]


def test_mask_says_who_listens() -> None:
    assert nn.masked([[1, 0, 1], [0, 0, 0], [False, True, True]]) == [[0, 2], [], [1, 2]]


@given(st.integers(1, 8), st.integers(0, 5), st.data())
def test_random_choice_gives_each_output_as_many_inputs(nin: int, nout: int, data: Any) -> None:
    fan_in = data.draw(st.integers(0, nin))
    heard = nn.random_choice(nin, nout, fan_in)
    assert len(heard) == nout
    assert all(len(set(numbers)) == fan_in for numbers in heard)
    assert len(nn.Sparse(nin, heard).parameters()) == nout * (fan_in + 1)


@pytest.mark.parametrize("number", [-1, 3])
def test_input_that_is_not_there_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match=f"numbers of inputs, 0 to 2, got {number}"):
        nn.Sparse(3, [[0], [number]])


# ------ Wired


def test_units_run_after_those_they_listen_to_in_whatever_order_they_are_given() -> None:
    wiring = {"out": ["h", "x"], "h": ["x", "y"]}
    model = nn.Wired(["x", "y"], wiring, ["out"], activation=lambda t: t * t)
    names = [name for name, _ in model.named_parameters()]
    assert names == [
        *["units.h.weight.0", "units.h.weight.1", "units.h.bias"],
        *["units.out.weight.0", "units.out.weight.1", "units.out.bias"],
    ]
    h = (1.0 * 10.0 + 2.0 * 20.0 + 3.0) ** 2
    plain = model.with_parameters([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    assert plain([10.0, 20.0]) == [4.0 * h + 5.0 * 10.0 + 6.0]


def test_layers_are_one_way_to_wire() -> None:
    nn.seed(1)
    wired = nn.Wired([0, 1], {2: [0, 1], 3: [0, 1], 4: [2, 3]}, [4])
    layers = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1))
    w = [p.data for p in wired.parameters()]
    plain = layers.with_parameters([*w[0:2], *w[3:5], w[2], w[5], *w[6:9]])
    assert [y.data for y in wired([0.3, -0.8])] == plain([0.3, -0.8])


def test_circle_is_refused_and_shown() -> None:
    with pytest.raises(ValueError, match=r"without a cycle, got (a → b → a|b → a → b)"):
        nn.Wired(["x"], {"a": ["x", "b"], "b": ["a"]}, ["b"])


@pytest.mark.parametrize(
    ("inputs", "wiring", "outputs", "message"),
    [
        (["x"], {"a": ["y"]}, ["a"], "listens to 'y', which is neither input nor unit"),
        (["x"], {"x": [], "a": ["x"]}, ["a"], "'x' is an input and a unit"),
        (["x"], {"a": ["x"]}, ["x"], "the outputs are units, and 'x' is none of them"),
    ],
)
def test_names_are_checked(inputs: Any, wiring: Any, outputs: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        nn.Wired(inputs, wiring, outputs)


@given(st.integers(1, 4), st.integers(1, 12), st.integers(1, 5))
def test_random_wiring_has_no_circle_and_runs(nin: int, units: int, fan_in: int) -> None:
    wiring = nn.random_wiring(nin, units, fan_in)
    assert list(wiring) == list(range(nin, nin + units))
    assert all(len(set(heard)) == min(fan_in, n) for n, heard in wiring.items())
    last = nin + units - 1
    outputs = nn.Wired(range(nin), wiring, [last])([0.5] * nin)
    outputs[0].backward()
    assert len(outputs) == 1


# ------ the threshold unit


def test_threshold_unit_fires_above_its_threshold() -> None:
    unit = nn.Perceptron(2).with_parameters([1.0, 2.0, -2.0])
    assert [unit(x) for x in ([0, 0], [2, 0], [0, 1], [0.5, 1], [-3, 9])] == [0, 0, 0, 1, 1]


def test_perceptron_rule_by_hand() -> None:
    unit = nn.Perceptron(2)
    assert unit.learn([3.0, -1.0], 1, rate=0.5)
    assert [p.data for p in unit.parameters()] == [1.5, -0.5, 0.5]
    assert not unit.learn([3.0, -1.0], 1)
    assert unit.learn([1.0, 1.0], 0)
    assert [p.data for p in unit.parameters()] == [0.5, -1.5, -0.5]


@given(st.integers(1, 3), st.data())
def test_perceptron_rule_ends_where_a_plane_separates(nin: int, data: Any) -> None:
    plane = [data.draw(st.integers(-3, 3)) + 0.5 for _ in range(nin + 1)]
    samples = [
        (x, 1 if sg.dot(plane[:-1], x, plane[-1]) > 0 else 0)
        for x in product([0.0, 1.0], repeat=nin)
    ]
    unit = nn.Perceptron(nin)
    mistakes = [sum(unit.learn(x, target) for x, target in samples) for _ in range(200)]
    assert mistakes[-1] == 0
    assert all(unit(x).data == target for x, target in samples)


def test_threshold_has_no_gradient_to_learn_from() -> None:
    unit = nn.Perceptron(1)
    unit.learn([2.0], 1)
    unit([2.0]).backward()
    assert [p.grad for p in unit.parameters()] == [0.0, 0.0]


@pytest.mark.parametrize("target", [-1, 0.5, 2, "1", None])
def test_target_of_a_threshold_unit_is_zero_or_one(target: Any) -> None:
    with pytest.raises(ValueError, match="target of a threshold unit is 0 or 1, got"):
        nn.Perceptron(1).learn([1.0], target)
