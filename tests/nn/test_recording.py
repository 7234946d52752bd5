"""Recording: every call of every part, in order, and nothing of it left afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from scalargrad import Value, nn
from scalargrad.nn import (
    MLP,
    Dropout,
    LayerNorm,
    Linear,
    Maxout,
    Module,
    Neuron,
    ReLU,
    Residual,
    Sequential,
    Tanh,
)
from scalargrad.nn.recording import layers, recording


def layer_names(model: Module, x: Any) -> list[str]:
    with recording(model) as calls:
        model(x)
    return [call.label for call in layers(calls.pop())]


def test_calls_are_kept_with_input_output_and_the_calls_within() -> None:
    model = Sequential(Linear(2, 3), Tanh())
    x = [1.0, 2.0]
    with recording(model) as calls:
        out = model(x)
        again = model(x)
    assert [call.output for call in calls] == [out, again]
    first = calls[0]
    assert (first.name, first.kind, first.input) == ("", "Sequential", x)
    assert [call.label for call in first.inner] == ["layers.0 Linear", "layers.1 Tanh"]
    assert first.inner[1].input is first.inner[0].output
    assert first.inner[1].output is out


def test_a_recorded_model_computes_the_same() -> None:
    nn.seed(1)
    model = MLP(2, [3, 2])
    before = [out.data for out in model([1.0, -1.0])]
    with recording(model):
        found = model([1.0, -1.0])
        assert isinstance(model, MLP)
        assert len(model.parameters()) == 17
        assert repr(model).startswith("MLP of [Layer of [ReLUNeuron(2)")
    assert [out.data for out in found] == before


@pytest.mark.parametrize(
    "model, x, names",
    [
        (MLP(2, [3, 1]), [1.0, 2.0], ["layers.0 Layer", "layers.1 Layer"]),
        (MLP(2, [1]), [1.0, 2.0], ["layers.0 Layer"]),
        (Neuron(2), [1.0, 2.0], ["Neuron"]),
        (Linear(2, 1), [1.0, 2.0], ["Linear"]),
        (Sequential(Linear(2, 2), Dropout(0.5).eval()), [1.0, 2.0], ["layers.0 Linear"]),
        (Sequential(Maxout(2, 2), ReLU()), [1.0, 2.0], ["layers.0 Maxout", "layers.1 ReLU"]),
        (
            Sequential(Residual(Sequential(Linear(2, 2), Tanh())), LayerNorm(2)),
            [1.0, 2.0],
            [
                "layers.0.inner.layers.0 Linear",
                "layers.0.inner.layers.1 Tanh",
                "layers.0 Residual",
                "layers.1 LayerNorm",
            ],
        ),
    ],
    ids=lambda x: type(x).__name__ if isinstance(x, Module) else "",
)
def test_what_counts_as_a_layer(model: Module, x: Any, names: list[str]) -> None:
    assert layer_names(model, x) == names


def test_a_part_used_twice_is_recorded_twice() -> None:
    shared = Linear(2, 2)
    assert layer_names(Sequential(shared, shared), [1.0, 2.0]) == ["layers.0 Linear"] * 2


def test_an_error_inside_leaves_the_stack_of_calls_in_order() -> None:
    model = Sequential(Linear(2, 2), Linear(3, 2))
    with recording(model) as calls:
        for _ in range(2):
            with pytest.raises(ValueError, match="expected 3 inputs"):
                model([1.0, 2.0])
    assert [call.name for call in calls] == ["", ""]


def test_what_is_no_module_cannot_be_looked_into() -> None:
    with (
        pytest.raises(TypeError, match="only a Module can be looked into, got function"),
        recording(layer_names),  # type: ignore[arg-type]
    ):
        pytest.fail("recorded")


def test_recordings_nest() -> None:
    model = Linear(1, 1)
    with recording(model) as outer:
        with recording(model) as inner:
            model([1.0])
        model([1.0])
    assert (len(outer), len(inner)) == (2, 1)
    assert type(model) is Linear


@pytest.mark.parametrize(
    "output, widths",
    [
        (Value(1.0), [1]),
        (0.5, [1]),
        ([Value(1.0), 2.0], [2]),
        ([[Value(1.0), 2.0], [3.0, 4.0]], [2, 2]),
        ([], []),
        (None, []),
        ({"a": 1.0}, []),
        ("text", []),
    ],
    ids=str,
)
def test_outputs_as_rows_of_units(output: Any, widths: list[int]) -> None:
    class Constant(Module):
        def __call__(self, x: Any) -> Any:
            return output

    model = Constant()
    with recording(model) as calls:
        model(1.0)
    assert [len(row) for row in calls[0].rows] == widths
