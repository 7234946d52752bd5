"""`predict`: the outputs for many inputs, in evaluation mode, as an array."""

from __future__ import annotations

import random
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import many, nn
from scalargrad.train import predict

numpy = pytest.importorskip("numpy")


@pytest.fixture(params=["model", "program"])
def way(request: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Once by the model itself, once by a program, which must not fall back."""
    if request.param == "program":
        monkeypatch.setattr(many, "SAMPLES", 1)
        monkeypatch.setattr(many, "WORK", 1)
        monkeypatch.setattr(many, "one_by_one", None)
    return str(request.param)


def rows(count: int = 20) -> list[list[float]]:
    return [[random.gauss(0.0, 1.0), random.gauss(0.0, 1.0)] for _ in range(count)]


def deep() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(2, 4), nn.BatchNorm(4), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4, 3)
    )


def test_each_row_has_the_outputs_of_one_input(way: str) -> None:
    model, inputs = deep(), rows()
    model.batch(inputs)
    found = predict(model, inputs)
    assert (found.shape, found.dtype) == ((20, 3), float)
    model.eval()
    expected = [[score.data for score in model(x)] for x in inputs]
    assert found == pytest.approx(numpy.array(expected), rel=1e-12, abs=1e-15)


def test_modes_chance_and_gradients_are_left_as_they_were(way: str) -> None:
    model = deep()
    model.batch(rows())
    before = random.getstate(), model.state_dict()
    predict(model, [[0.1 * i, 1.0] for i in range(20)])
    assert (random.getstate(), model.state_dict()) == before
    assert all(part.training for _, part in model.named_modules())
    assert not any(parameter.has_grad for parameter in model.parameters())


def test_one_number_for_each_input_is_no_list_of_one(way: str) -> None:
    weight, layer = sg.Value(2.0), nn.Linear(2, 1)
    assert predict(lambda x: weight * x, [float(i) for i in range(9)]).tolist() == [
        2.0 * i for i in range(9)
    ]
    assert predict(layer, rows(9)).shape == (9, 1)


def test_an_array_is_taken_as_its_rows(way: str) -> None:
    model, inputs = nn.Sequential(nn.Linear(2, 3), nn.Tanh()), rows()
    assert (predict(model, numpy.array(inputs)) == predict(model, inputs)).all()


def test_branches_are_followed(way: str) -> None:
    left, right = nn.Linear(2, 2), nn.Linear(2, 2)
    inputs = rows()
    found = predict(lambda x: left(x) if x[0] > 0.0 else right(x), inputs)
    expected = [[o.data for o in (left if x[0] > 0.0 else right)(x)] for x in inputs]
    assert found == pytest.approx(numpy.array(expected), rel=1e-12)


def test_what_cannot_be_compiled_is_computed_by_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "SAMPLES", 1)
    monkeypatch.setattr(many, "WORK", 1)
    table = [sg.Value(1.0), sg.Value(5.0)]
    assert predict(lambda i: table[i], [0, 1, 1]).tolist() == [1.0, 5.0, 5.0]


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="no input"):
        predict(nn.Linear(2, 1), [])
    with pytest.raises(TypeError, match="list of inputs"):
        predict(nn.Linear(2, 1), 3.0)
    with pytest.raises(TypeError, match="model"):
        predict(3.0, [[1.0]])
    with pytest.raises(ValueError, match="differ in shape"):
        predict(lambda x: [sg.Value(1.0)] * x, [1, 2])
