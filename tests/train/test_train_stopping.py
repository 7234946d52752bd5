"""How a training ends early: no better loss, or one that is not finite."""

from __future__ import annotations

import contextlib
import math
import signal
import threading
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, nn
from scalargrad.losses import squared_error
from scalargrad.nn import BatchNorm, Linear, Sequential
from scalargrad.optim import SGD
from scalargrad.train import EarlyStopping, Run, fit
from tests.support.training import LINE, numbers, quiet


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
    with pytest.raises(ValueError, match="patience must be a whole number from 1 up, got"):
        EarlyStopping(patience)


@pytest.mark.parametrize("margin", [-0.1, math.nan])
def test_margin_that_is_no_margin_is_refused(margin: float) -> None:
    with pytest.raises(ValueError, match="margin must be a number from 0 up, got"):
        EarlyStopping(margin=margin)


# ------ whoever ends the training


def stop_by_callback(run: Run) -> None:
    if run.history.epochs == 4:
        run.stop("enough")


def stop_by_update(run: Run) -> None:
    if run.updates == 5:
        run.stop("enough")


def break_off(run: Run) -> None:
    if run.history.epochs == 4:
        raise ArithmeticError("broken off")


def interrupt(run: Run) -> None:
    if run.updates == 5:
        signal.raise_signal(signal.SIGINT)


def nan_at_last(output: Any, target: Any) -> Any:
    loss = squared_error(output, target)
    return loss * math.nan if output[0].data > 0.95 and output[0].parents else loss


ENDS: dict[str, dict[str, Any]] = {
    "the last epoch": {},
    "a later callback": {"later": [stop_by_callback]},
    "a callback before it": {"earlier": [stop_by_callback]},
    "an update": {"on_update": [stop_by_update]},
    "an exception": {"later": [break_off]},
    "a loss that is NaN": {"loss": nan_at_last},
    "Ctrl-C": {"on_update": [interrupt]},
}


@pytest.mark.filterwarnings("ignore:training stopped")
@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("end", ENDS)
def test_whatever_ends_a_training_the_best_epoch_is_brought_back(end: str, wrapped: bool) -> None:
    if end == "Ctrl-C" and threading.current_thread() is not threading.main_thread():
        pytest.skip("signals reach the main thread alone")
    options = {"loss": squared_error, "later": [], "earlier": [], **ENDS[end]}
    model = Sequential(Linear(1, 1, bias=False))
    model[0].weight[0][0].data = 0.0
    kept: list[list[float]] = []
    losses: list[float] = []

    def keep(run: Run) -> None:
        kept.append(numbers(model))
        losses.append(run.history.validation[-1])

    stopping = EarlyStopping(patience=99)
    given = (lambda run: stopping(run)) if wrapped else stopping
    callbacks = [keep, *options.pop("earlier"), given, *options.pop("later")]
    loss = options.pop("loss")
    with contextlib.suppress(ArithmeticError):
        quiet(
            model,
            loss,
            [([1.0], 1.0)],
            SGD(model, 0.2),
            6,
            validation=[([1.0], 0.6)],
            callbacks=callbacks,
            **options,
        )
    best = losses.index(min(losses))
    assert 0 < best < len(losses) - 1
    assert stopping.best_epoch == best + 1
    assert numbers(model) == kept[best]


def test_running_statistics_are_brought_back_too() -> None:
    nn.seed(1)
    model = Sequential(BatchNorm(1), Linear(1, 1))
    states: list[dict[str, float]] = []
    history = quiet(
        model,
        squared_error,
        LINE,
        SGD(model, 0.3),
        5,
        validation=LINE[:2],
        callbacks=[lambda run: states.append(model.state_dict()), EarlyStopping(9)],
    )
    best = history.validation.index(min(history.validation))
    assert model.state_dict() == states[best]


def test_an_end_before_the_first_epoch_leaves_the_model_as_it_is() -> None:
    model = Linear(1, 1)
    after: list[list[float]] = []

    def stop(run: Run) -> None:
        after.append(numbers(model))
        run.stop("at once")

    quiet(
        model,
        squared_error,
        LINE,
        SGD(model, 0.1),
        3,
        2,
        callbacks=[EarlyStopping()],
        on_update=[stop],
    )
    assert numbers(model) == after[0]


@pytest.mark.parametrize("restore", [True, False])
def test_one_serves_one_training(restore: bool) -> None:
    stopping = EarlyStopping(restore=restore)
    first, second = Linear(1, 1), Linear(1, 1)
    quiet(first, squared_error, LINE, SGD(first, 0.1), 2, callbacks=[stopping])
    before = numbers(second)
    with pytest.raises(ValueError, match=r"has served a training, .* make a new one"):
        quiet(second, squared_error, LINE, SGD(second, 0.1), 2, callbacks=[stopping])
    assert numbers(second) == before
    with pytest.raises(ValueError, match="has served a training"):
        quiet(
            second,
            squared_error,
            LINE,
            SGD(second, 0.1),
            2,
            callbacks=[lambda run: stopping(run)],
        )


def test_the_same_one_twice_in_one_training_is_refused() -> None:
    stopping, model = EarlyStopping(patience=2), Linear(1, 1)
    before = numbers(model)
    with pytest.raises(ValueError, match="the same EarlyStopping stands in callbacks twice"):
        quiet(model, squared_error, LINE, SGD(model, 0.1), 9, callbacks=[stopping, stopping])
    assert numbers(model) == before
    both = [EarlyStopping(patience=2), EarlyStopping(patience=3)]
    assert quiet(model, squared_error, LINE, SGD(model, 1e-300), 9, callbacks=both).epochs == 3


def test_a_model_that_is_no_module_cannot_be_restored() -> None:
    w = Value(0.0)
    call = (lambda x: w * x), squared_error, [(1.0, 2.0)], SGD([w], 0.1), 2
    with pytest.raises(TypeError, match=r"got function .*: pass EarlyStopping\(restore=False\)"):
        quiet(*call, callbacks=[EarlyStopping()])
    assert w.data == 0.0
    assert quiet(*call, callbacks=[EarlyStopping(restore=False)]).epochs == 2


def test_losses_that_are_never_finite_are_said_to_be() -> None:
    model = Linear(1, 1)
    history = quiet(
        model,
        lambda output, target: squared_error(output, target) * (1.0 if target else math.inf),
        [([1.0], 1.0)],
        SGD(model, 0.1),
        9,
        validation=[([1.0], 0.0)],
        callbacks=[EarlyStopping(patience=3)],
    )
    assert (history.epochs, history.stopped) == (3, "no finite loss in 3 epochs")


# ------ losses that are no numbers


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_stops_before_the_update(bad: float) -> None:
    model = Linear(1, 1)
    before: list[list[float]] = []

    def loss(output: Any, target: Any) -> Any:
        return squared_error(output, target) * (bad if len(before) == 2 else 1.0)

    with pytest.warns(RuntimeWarning, match="training stopped: the loss is") as caught:
        history = fit(
            model,
            loss,
            LINE,
            SGD(model, 0.1),
            9,
            batch_size=9,
            on_update=[lambda run: before.append(numbers(model))],
            progress=False,
        )
    assert history.stopped == f"the loss is {bad}: nothing was moved (update 3)"
    assert numbers(model) == before[-1]
    assert len(history.losses) == 2
    assert caught[0].filename == __file__, "not where fit was called"


def test_a_gradient_that_is_not_finite_stops_before_the_update() -> None:
    w = Value(0.0)
    with pytest.warns(RuntimeWarning, match="the gradient of parameter 0 of group 0 is inf"):
        history = quiet(lambda x: sg.sqrt(w), lambda out, y: out, [(1.0, 1.0)], SGD([w], 0.1), 3)
    assert (w.data, history.losses) == (0.0, [])
    assert history.stopped.endswith("(update 1)")
