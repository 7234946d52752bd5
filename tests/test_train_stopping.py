"""How a training ends early: no better loss, or one that is not finite."""

from __future__ import annotations

from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, nn
from scalargrad.losses import squared_error
from scalargrad.nn import Linear
from scalargrad.optim import SGD
from scalargrad.train import EarlyStopping, History, fit

LINE = [([x / 4], 3.0 * x / 4 - 1.0) for x in range(-4, 5)]


def quiet(*args: Any, **named: Any) -> History:
    return fit(*args, **named, progress=False)


def numbers(model: nn.Module) -> list[float]:
    return [p.data for p in model.parameters()]


def test_early_stopping_ends_and_brings_back_the_best_epoch() -> None:
    model = Linear(1, 1)
    model.weight[0][0].data, model.bias[0].data = 0.0, 0.0
    kept: list[list[float]] = []
    history = quiet(
        model,
        squared_error,
        [([1.0], 1.0)],
        SGD(model, 0.05),
        50,
        validation=[([1.0], 0.5)],
        callbacks=[lambda run: kept.append(numbers(model)), EarlyStopping(patience=3)],
    )
    best = history.validation.index(min(history.validation))
    assert best > 0
    assert history.epochs == best + 1 + 3
    assert history.stopped.startswith("no better loss than ")
    assert history.stopped.endswith(f"epoch {best + 1}")
    assert numbers(model) == kept[best]


def test_early_stopping_brings_back_the_best_after_the_last_epoch_too() -> None:
    model = Linear(1, 1, bias=False)
    model.weight[0][0].data = 0.0
    kept: list[list[float]] = []
    history = quiet(
        model,
        squared_error,
        [([1.0], 1.0)],
        SGD(model, 0.2),
        4,
        validation=[([1.0], 0.6)],
        callbacks=[lambda run: kept.append(numbers(model)), EarlyStopping(patience=9)],
    )
    assert history.stopped == ""
    assert numbers(model) == kept[history.validation.index(min(history.validation))] != kept[-1]


def test_early_stopping_without_validation_goes_by_the_training_loss() -> None:
    model = Linear(1, 1)
    stopping = EarlyStopping(patience=2, restore=False)
    history = quiet(model, squared_error, LINE, SGD(model, 1e-300), 9, callbacks=[stopping])
    assert history.epochs == 3


@pytest.mark.parametrize("patience", [0, -1])
def test_patience_below_one_is_refused(patience: int) -> None:
    with pytest.raises(ValueError, match="patience must be at least 1 epoch, got"):
        EarlyStopping(patience)


# ------ losses that are no numbers


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_stops_before_the_update(bad: float) -> None:
    model = Linear(1, 1)
    before: list[list[float]] = []

    def loss(output: Any, target: Any) -> Any:
        return squared_error(output, target) * (bad if len(before) == 2 else 1.0)

    with pytest.warns(RuntimeWarning, match="training stopped: the loss is") as caught:
        history = quiet(
            model,
            loss,
            LINE,
            SGD(model, 0.1),
            9,
            batch_size=9,
            on_update=[lambda run: before.append(numbers(model))],
        )
    assert history.stopped == f"the loss is {bad}: nothing was moved (update 3)"
    assert numbers(model) == before[-1]
    assert len(history.losses) == 2
    assert caught[0].filename == __file__


def test_a_gradient_that_is_not_finite_stops_before_the_update() -> None:
    w = Value(0.0)
    with pytest.warns(RuntimeWarning, match="the gradient of parameter 0 of group 0 is inf"):
        history = quiet(lambda x: sg.sqrt(w), lambda out, y: out, [(1.0, 1.0)], SGD([w], 0.1), 3)
    assert (w.data, history.losses) == (0.0, [])
    assert history.stopped.endswith("(update 1)")
