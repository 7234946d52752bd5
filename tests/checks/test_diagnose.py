"""`diagnose`: units that are dead, saturated or exploding are named, healthy ones are not."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, many, nn
from scalargrad.diagnose import Diagnosis, diagnose
from scalargrad.nn import (
    ELU,
    MLP,
    BatchNorm,
    Dropout,
    LeakyReLU,
    Linear,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Softplus,
    Tanh,
)


@pytest.fixture(autouse=True, params=["graphs", "program"])
def way(request: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test once by graphs, once by a program where there can be one."""
    if request.param == "program":
        pytest.importorskip("numpy")
        monkeypatch.setattr(many, "SAMPLES", 1)
        monkeypatch.setattr(many, "WORK", 1)


DATA = [([x / 10], 0) for x in range(-10, 11)]


def units(*weights_and_biases: tuple[float, float]) -> Linear:
    """A layer of one input with these weights and biases."""
    layer = Linear(1, len(weights_and_biases))
    for row, bias, (w, b) in zip(layer.weight, layer.bias, weights_and_biases):
        row[0].data, bias.data = w, b
    return layer


def only(diagnosis: Diagnosis, name: str) -> Any:
    (layer,) = [layer for layer in diagnosis.layers if layer.name == name]
    return layer


# ------ faults


def test_dead_relus_are_named() -> None:
    model = Sequential(units((1.0, 0.0), (1.0, -1.5), (0.0, -1.0), (-1.0, 0.5)), ReLU())
    found = diagnose(model, DATA)
    assert only(found, "layers.1 ReLU").dead == [1, 2]
    assert found.count("dead") == 2
    assert not found.healthy


def test_a_relu_that_answers_to_one_sample_alone_is_not_dead() -> None:
    found = diagnose(Sequential(units((1.0, -0.95)), ReLU()), DATA)
    assert found.count("dead") == 0
    # 1 of 21 samples: it learns from less than a twentieth of them
    assert only(found, "layers.1 ReLU").saturated == [0]


@pytest.mark.parametrize("activation", [Tanh, Sigmoid, Softplus, ELU])
def test_saturated_units_are_named(activation: Any) -> None:
    model = Sequential(units((1.0, 0.0), (1.0, -20.0), (2.0, 0.5)), activation())
    found = diagnose(model, DATA)
    assert only(found, "layers.1 " + activation.__name__).saturated == [1]
    assert (found.count("saturated"), found.count("dead")) == (1, 0)


def test_tanh_beyond_all_floats_is_saturated_not_dead() -> None:
    found = diagnose(Sequential(units((0.0, 1000.0)), Tanh()), DATA)
    assert (found.count("saturated"), found.count("dead")) == (1, 0)


@given(share=st.floats(0.0, 1.0))
def test_saturated_from_19_of_20_samples_on(share: float) -> None:
    flat = round(share * 100)
    data = [([100.0 if i < flat else 0.0], 0) for i in range(100)]
    found = diagnose(Sequential(units((1.0, 0.0)), Tanh()), data)
    assert found.count("saturated") == (flat >= 95)


def test_leaky_relu_neither_dies_nor_saturates() -> None:
    model = Sequential(units((1.0, -50.0)), LeakyReLU())
    assert diagnose(model, DATA).healthy


@pytest.mark.parametrize("scale", [1.0, 1e6])
def test_exploding_is_relative_to_the_inputs(scale: float) -> None:
    data = [([scale * x[0]], y) for x, y in DATA]
    found = diagnose(units((1.0, 0.0), (2000.0, 0.0), (-500.0, 0.0)), data)
    assert found.layers[0].exploding == [1]


@pytest.mark.parametrize("bias", [math.inf, math.nan])
def test_outputs_that_are_not_finite_are_exploding(bias: float) -> None:
    assert diagnose(units((1.0, bias), (1.0, 0.0)), DATA).layers[0].exploding == [0]


def test_linear_units_and_scaling_by_constants_are_healthy() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            self.inner = units((1.0, 0.0))

        def __call__(self, x: Any) -> Any:
            return [-(1e-6 * out) / 2.0 for out in self.inner(x)]

    assert diagnose(Scaled(), DATA).healthy


def test_micrograds_networks_are_looked_into() -> None:
    nn.seed(0)
    model = MLP(1, [3, 2, 1])
    for neuron in model.layers[0].neurons[:2]:
        neuron.w[0].data, neuron.b.data = 1.0, -9.0
    found = diagnose(model, DATA)
    assert [(layer.name, layer.units) for layer in found.layers] == [
        ("layers.0 Layer", 3),
        ("layers.1 Layer", 2),
        ("layers.2 Layer", 1),
    ]
    assert found.layers[0].dead[:2] == [0, 1]


def test_units_inside_residual_parts_are_found() -> None:
    model = Sequential(Residual(Sequential(units((1.0, -5.0)), ReLU())), Linear(1, 1))
    found = diagnose(model, DATA)
    assert only(found, "layers.0.inner.layers.1 ReLU").dead == [0]
    assert only(found, "layers.0 Residual").units == 1


def test_every_token_of_a_sequence_counts() -> None:
    class PerToken(nn.Module):
        def __init__(self) -> None:
            self.inner = units((1.0, 0.0), (0.0, -1.0))

        def __call__(self, tokens: Any) -> Any:
            return [[sg.relu(out) for out in self.inner([t])] for t in tokens]

    found = diagnose(PerToken(), [([1.0, 2.0, -3.0], 0)])
    assert only(found, "PerToken").dead == [1]


# ------ what it leaves behind


def test_the_model_is_left_as_it_was() -> None:
    model = Sequential(Linear(1, 2), BatchNorm(2), Dropout(0.5), Tanh())
    kinds = [type(part) for _, part in model.named_modules()]
    numbers = [p.data for p in model.parameters()]
    diagnose(model, DATA)
    assert [type(part) for _, part in model.named_modules()] == kinds
    assert [p.data for p in model.parameters()] == numbers
    assert all(p.grad == 0.0 for p in model.parameters())
    assert all(part.training for _, part in model.named_modules())
    assert [*model[1].running_mean] == [0.0, 0.0]


def test_an_error_in_the_model_leaves_it_as_it_was_too() -> None:
    model = Sequential(Linear(2, 2))
    with pytest.raises(ValueError, match="expected 2 inputs, got 1"):
        diagnose(model, DATA)
    assert type(model) is Sequential
    assert type(model[0]) is Linear


@pytest.mark.parametrize("data, error", [([], ValueError), (None, TypeError), ([1.0], ValueError)])
def test_bad_data_are_refused(data: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        diagnose(Linear(1, 1), data)


# ------ the report


def test_the_report_reads_well() -> None:
    model = Sequential(units((1.0, -5.0), (1.0, 0.0), (9e3, 0.0)), ReLU(), Linear(3, 1))
    for w in model[2].weight[0]:
        w.data = 0.1
    assert str(diagnose(model, DATA)).splitlines() == [
        "7 units over 21 samples: 1 dead, 0 saturated, 2 exploding",
        "layers.0 Linear  3 units: 1 exploding (2)",
        "layers.1 ReLU    3 units: 1 dead (0), 1 exploding (2)",
        "layers.2 Linear  1 unit: healthy",
    ]


def test_of_many_units_the_report_names_the_first() -> None:
    found = diagnose(Sequential(units(*[(1.0, -5.0)] * 12), ReLU()), DATA)
    assert "12 dead (0, 1, 2, 3, 4, 5, 6, 7, …)" in str(found)
    assert only(found, "layers.1 ReLU").dead == list(range(12))


def test_the_report_is_plain_data() -> None:
    found = dataclasses.asdict(diagnose(Sequential(units((1.0, -5.0)), ReLU()), DATA))
    assert found["samples"] == 21
    assert found["layers"][1] == {
        "name": "layers.1 ReLU",
        "units": 1,
        "dead": [0],
        "saturated": [],
        "exploding": [],
    }


def test_a_value_as_input_is_no_unit_of_the_model() -> None:
    assert diagnose(units((1.0, 0.0)), [([Value(0.5)], 0)]).layers[0].units == 1


@pytest.mark.parametrize(
    ("model", "is_compiled"),
    [
        (lambda: Sequential(Linear(1, 4), ReLU(), Linear(4, 3), Tanh(), Dropout(0.5)), True),
        (lambda: MLP(1, [3, 2]), True),
        (lambda: Sequential(Linear(1, 2), lambda x: x if x[0] > 0.0 else [x[1], x[0]]), False),
    ],
)
def test_a_program_tells_what_graphs_tell(
    model: Any, is_compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    net, found = model(), []
    programs: list[Any] = []
    original = many.Runner.run
    monkeypatch.setattr(
        many.Runner, "run", lambda *a: programs.append(made := original(*a)) or made
    )
    monkeypatch.setattr(many, "WORK", 1)
    for samples in (1, 10**9):
        monkeypatch.setattr(many, "SAMPLES", samples)
        found.append(str(diagnose(net, DATA)))
    assert found[0] == found[1]
    assert len(programs) == is_compiled
