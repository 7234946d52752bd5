"""What `fit` refuses, before anything changes, and what it says."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Value, nn
from scalargrad.losses import (
    binary_cross_entropy,
    binary_hinge,
    cross_entropy,
    hinge,
    squared_error,
)
from scalargrad.nn import BatchNorm, Dropout, Linear, Sequential
from scalargrad.optim import SGD
from scalargrad.train import EarlyStopping, accuracy, correct
from scalargrad.train.callbacks import Run
from scalargrad.train.recipe import Recipe, sees_whole_batches
from scalargrad.train.trial import try_out
from tests.support.training import LINE, XOR, numbers, quiet

REFUSED: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"epochs": 0}, ValueError, "epochs must be a whole number from 1 up, got 0"),
    ({"epochs": 1.5}, ValueError, "epochs must be a whole number from 1 up, got 1.5"),
    ({"epochs": True}, ValueError, "epochs must be a whole number from 1 up, got True"),
    ({"epochs": None}, TypeError, "fit needs epochs, .* such as epochs=10"),
    ({"batch_size": -2}, ValueError, "batch_size must be a whole number from 1 up, got -2"),
    ({"data": []}, ValueError, "data: there is no sample"),
    ({"data": 3.0}, TypeError, r"data: expected pairs \(input, target\), got float 3.0"),
    ({"validation": []}, ValueError, "validation: there is no sample"),
    ({"validation": 0.2}, TypeError, r"validation: expected pairs \(input, target\), got float"),
    ({"loss": "mse"}, TypeError, "loss must be a function .* got str 'mse'"),
    ({"model": [1.0]}, TypeError, "model must be a Module or a function, got list"),
    ({"optimizer": "adam"}, TypeError, "needs an optimizer .* got str 'adam'"),
    ({"optimizer": SGD}, TypeError, "needs an optimizer .* got type"),
    ({"optimizer": None}, TypeError, "needs an optimizer .* got nothing"),
    ({"optimizer": [0.0, 1.0]}, TypeError, r"inputs and targets go into one tuple: fit\("),
    ({"metrics": {"accuracy": correct}}, ValueError, r"\['accuracy'\] are of the validation"),
    ({"metrics": ["accuracy"], "validation": XOR}, TypeError, "metrics must be a dict .* got list"),
    ({"metrics": correct, "validation": XOR}, TypeError, "metrics must be a dict .* got function"),
    ({"metrics": {"a": "acc"}, "validation": XOR}, TypeError, "metric 'a' must be a function"),
    (
        {"metrics": {"a": accuracy}, "validation": XOR},
        TypeError,
        "got accuracy, .* pass train.corr",
    ),
    (
        {"metrics": {"a": lambda o, t: "no"}, "validation": LINE},
        TypeError,
        "expected a number|must",
    ),
    ({"metrics": {"validation": correct}, "validation": XOR}, ValueError, "needs another name"),
    (
        {"callbacks": EarlyStopping()},
        TypeError,
        r"callbacks must be a list .* got Early.*: pass \[",
    ),
    ({"callbacks": [EarlyStopping]}, TypeError, "got the class EarlyStopping: call it"),
    ({"callbacks": ["stop"]}, TypeError, "each of callbacks must be a function of the Run"),
    ({"callbacks": None}, TypeError, "callbacks must be a list of functions of the Run, got None"),
    ({"on_update": lambda run: None}, TypeError, "on_update must be a list of functions"),
    (
        {"on_update": [EarlyStopping()]},
        ValueError,
        "EarlyStopping goes by epochs: pass it in callb",
    ),
    ({"clip": -1.0}, ValueError, "clip must be a positive norm, got -1.0"),
    ({"clip": "1"}, TypeError, "clip must be the largest norm, or a function, got str"),
    ({"penalty": 0.5}, TypeError, "penalty must be a function without arguments, got float"),
    ({"penalty": Value(0.0)}, TypeError, "penalty must be a function without arguments, got Val"),
    ({"schedule": 0.5}, TypeError, "schedule must be a function of the number of the update"),
]


@pytest.mark.parametrize("change, kind, message", REFUSED, ids=[str(x[0])[:50] for x in REFUSED])
def test_bad_arguments_are_refused_before_anything_changes(
    change: dict[str, Any], kind: type[Exception], message: str
) -> None:
    model = Linear(1, 1).eval()
    before = numbers(model)
    call = {
        "model": model,
        "loss": squared_error,
        "data": LINE,
        "optimizer": SGD(model, 0.1),
        "epochs": 1,
        "batch_size": 4,
        **change,
    }
    with pytest.raises(kind, match=message):
        quiet(**call)
    assert numbers(model) == before
    assert not model.training


# ------ labels

BAD = [3, -1, 1.5, "cat", None, [0, 1, 0]]
LOSSES = {
    cross_entropy: BAD,
    hinge: BAD,
    binary_cross_entropy: [2, -0.5, math.nan, "cat", None],
    binary_hinge: [0, 2, 0.5, "cat"],
    squared_error: [[1.0, 2.0], "cat", None],
}
WRONG_LABELS = [(loss, label) for loss, labels in LOSSES.items() for label in labels]


@pytest.mark.parametrize("part", ["data", "validation"])
@pytest.mark.parametrize("loss, label", WRONG_LABELS, ids=str)
def test_a_label_that_does_not_fit_is_refused_before_anything_is_trained(
    loss: Any, label: Any, part: str
) -> None:
    model = Linear(2, 3 if loss in (cross_entropy, hinge) else 1)
    before = numbers(model)
    data = {name: [([0.5, 1.0], 1)] * 20 for name in ("data", "validation")}
    data[part].insert(17, ([1.0, 2.0], label))
    with pytest.raises((TypeError, ValueError), match=rf"^{part}, sample 17: "):
        quiet(model, loss, optimizer=SGD(model, 0.1), epochs=1, batch_size=2, **data)
    assert numbers(model) == before


def test_a_label_that_only_a_metric_refuses_is_refused_at_once() -> None:
    model = Linear(1, 1)
    before = numbers(model)
    with pytest.raises(ValueError, match="validation, sample 1: a lone score needs a target"):
        quiet(
            model,
            squared_error,
            LINE,
            SGD(model, 0.1),
            1,
            validation=[([1.0], 1), ([2.0], 5)],
            metrics={"accuracy": correct},
        )
    assert numbers(model) == before


def test_outputs_of_different_lengths_are_judged_each_by_its_own_targets() -> None:
    w = Value(0.5)
    data = [([1.0] * n, [2.0] * n) for n in (1, 2, 3)]
    model, step = (lambda xs: [w * x for x in xs]), SGD([w], 0.01)
    assert quiet(model, squared_error, data, step, 1, validation=data).epochs == 1
    with pytest.raises(ValueError, match="data, sample 3: expected 2 targets"):
        quiet(model, squared_error, [*data, ([1.0] * 2, [2.0])], step, 1)


def test_what_is_tried_beforehand_draws_nothing() -> None:
    def trained(noise: float) -> list[float]:
        nn.seed(4)
        model = Sequential(Linear(1, 3), Dropout(0.4), Linear(3, 1))

        def loss(output: Any, target: Any) -> Any:
            return squared_error(output, target + noise * random.random())

        quiet(model, loss, LINE, SGD(model, 0.1), 2, validation=LINE)
        return numbers(model)

    nn.seed(4)
    model = Sequential(Linear(1, 3), Dropout(0.4), Linear(3, 1))
    state = random.getstate()
    recipe = Recipe(
        squared_error, LINE, 2, LINE, {}, None, None, [], [], True, sees_whole_batches(model)
    )
    try_out(recipe, Run(model, SGD(model, 0.1), 1))
    assert random.getstate() == state
    assert trained(0.1) == trained(0.1) != trained(0.0)


def test_a_model_that_cannot_run_in_evaluation_mode_yet_is_left_to_the_training() -> None:
    class Late(Linear):
        def __call__(self, x: Any) -> Any:
            if not self.training:
                raise RuntimeError("not yet")
            return super().__call__(x)

    model = Late(1, 1)
    assert quiet(model, squared_error, LINE, SGD(model, 0.1), 1).epochs == 1


def test_callbacks_that_can_be_walked_once_serve_all_epochs() -> None:
    model, seen = Linear(1, 1), []
    callbacks = (f for f in [lambda run: seen.append(run.history.epochs)])
    quiet(model, squared_error, LINE, SGD(model, 0.1), 3, callbacks=callbacks)
    assert seen == [1, 2, 3]


def test_numbers_of_epochs_may_be_numpy_integers() -> None:
    model = Linear(1, 1)
    history = quiet(model, squared_error, LINE, SGD(model, 0.1), np.int64(2), np.int32(4))
    assert history.epoch_ends == [3, 6]


# ------ how they fit together


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


def without_gradient(output: Any, target: Any) -> Any:
    with sg.no_grad():
        return squared_error(output, target)


CONSTANT = {
    "detached": lambda output, target: squared_error(output[0].detach(), target),
    "of the number": lambda output, target: squared_error(Value(output[0].data), target),
    "without gradient": without_gradient,
    "a constant": lambda output, target: Value(1.0),
    "of another model": lambda output, target: squared_error(OTHER([1.0]), target),
}
OTHER = Linear(1, 1)


@pytest.mark.parametrize("loss", CONSTANT.values(), ids=CONSTANT)
@pytest.mark.parametrize("parts", [[], [BatchNorm]], ids=["samples", "batches"])
def test_a_loss_that_depends_on_no_parameter_is_refused(loss: Any, parts: Any) -> None:
    model = Sequential(Linear(1, 1), *[part(1) for part in parts])
    before = numbers(model)
    with pytest.raises(ValueError, match="the loss does not depend on the parameters"):
        quiet(
            model, lambda y, t: loss(y if isinstance(y, list) else [y], t), LINE, SGD(model, 0.1), 3
        )
    assert numbers(model) == before


def test_a_loss_may_depend_on_parameters_for_some_targets_alone() -> None:
    model = Linear(1, 1)
    before = numbers(model)

    def masked(output: Any, target: Any) -> Any:
        return squared_error(output, target) if target > 0.0 else Value(0.0)

    quiet(model, masked, LINE, SGD(model, 0.1), 1, 1, shuffle=False)
    assert numbers(model) != before


def test_a_penalty_may_be_all_that_is_learnt_from() -> None:
    model = Linear(1, 1)
    before = numbers(model)

    def penalty() -> Any:
        return sg.sum([sg.square(p - 1.0) for p in model.parameters()])

    quiet(model, lambda *_: Value(0.0), LINE, SGD(model, 0.1), 1, penalty=penalty)
    assert numbers(model) != before
