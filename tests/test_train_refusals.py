"""What `fit` refuses, before anything changes, and what it says."""

from __future__ import annotations

from typing import Any

import pytest

import scalargrad as sg
from scalargrad import nn
from scalargrad.losses import squared_error
from scalargrad.nn import Linear
from scalargrad.optim import SGD
from scalargrad.train import History, correct, fit

LINE = [([x / 4], 3.0 * x / 4 - 1.0) for x in range(-4, 5)]
XOR = [([0.0, 0.0], -1), ([0.0, 1.0], 1), ([1.0, 0.0], 1), ([1.0, 1.0], -1)]


def quiet(*args: Any, **named: Any) -> History:
    return fit(*args, **named, progress=False)


def numbers(model: nn.Module) -> list[float]:
    return [p.data for p in model.parameters()]


@pytest.mark.parametrize(
    "change, kind, message",
    [
        ({"epochs": 0}, ValueError, "epochs must be a whole number from 1 up, got 0"),
        ({"epochs": 1.5}, ValueError, "epochs must be a whole number from 1 up, got 1.5"),
        ({"batch_size": -2}, ValueError, "batch_size must be a whole number from 1 up, got -2"),
        ({"data": []}, ValueError, "there is no sample"),
        ({"validation": []}, ValueError, "there is no sample"),
        ({"metrics": {"accuracy": correct}}, ValueError, r"\['accuracy'\] are of the validation"),
        (
            {"metrics": {"validation": correct}, "validation": XOR},
            ValueError,
            "'validation' needs another name",
        ),
    ],
)
def test_bad_arguments_are_refused_before_anything_changes(
    change: dict[str, Any], kind: type[Exception], message: str
) -> None:
    model = Linear(1, 1).eval()
    before = numbers(model)
    call = {"data": LINE, "epochs": 1, "batch_size": 4, **change}
    with pytest.raises(kind, match=message):
        quiet(model, squared_error, optimizer=SGD(model, 0.1), **call)
    assert numbers(model) == before
    assert not model.training


def test_an_optimizer_of_another_model_is_refused() -> None:
    with pytest.raises(ValueError, match="the optimizer moves none of the model's parameters"):
        quiet(Linear(1, 1), squared_error, LINE, SGD(Linear(1, 1), 0.1), 1)


def test_training_within_no_grad_is_refused() -> None:
    model = Linear(1, 1)
    with sg.no_grad(), pytest.raises(RuntimeError, match="nothing to learn from within no_grad"):
        quiet(model, squared_error, LINE, SGD(model, 0.1), 1)


@pytest.mark.parametrize("place", ["the loss", "the penalty"])
def test_a_loss_that_is_no_value_is_refused(place: str) -> None:
    model = Linear(1, 1)
    loss = squared_error if place == "the penalty" else lambda output, target: 1.0
    with pytest.raises(TypeError, match=f"{place} must be a Value that depends on the parameters"):
        quiet(model, loss, LINE, SGD(model, 0.1), 1, penalty=lambda: 0.5)
