"""Scores, confusions and borders by a program: what the model itself gives, or its errors."""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Iterator
from typing import Any
from weakref import ref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import many, nn, optim
from scalargrad.losses import binary_cross_entropy, cross_entropy, mean_squared_error
from scalargrad.train import accuracy, confusion_matrix, correct, evaluate, fit, predict

pytest.importorskip("numpy")

Data = list[tuple[Any, Any]]


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    many._runners.clear()
    yield
    many._runners.clear()


@pytest.fixture
def pays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a program pay from the first sample on."""
    monkeypatch.setattr(many, "SAMPLES", 1)
    monkeypatch.setattr(many, "WORK", 1)


def has_program(model: Any) -> bool:
    return any(runner.function is model for runner in many._runners)


def rows(count: int, width: int = 2) -> list[list[float]]:
    return [[random.gauss(0.0, 1.0) for _ in range(width)] for _ in range(count)]


class Turning(nn.Module):
    """A way for each sign of the first input; what it gives is a tuple."""

    def __init__(self, outputs: int) -> None:
        self.left, self.right = nn.Linear(2, outputs), nn.Linear(2, outputs)

    def __call__(self, x: Any) -> Any:
        return tuple((self.left if x[0] > 0.0 else self.right)(x))


MODELS: dict[str, Callable[[int], Any]] = {
    "deep": lambda n: nn.Sequential(
        nn.Linear(2, 4), nn.BatchNorm(4), nn.Tanh(), nn.Dropout(0.5), nn.Linear(4, n)
    ),
    "turning": Turning,
    "fixed": lambda n: lambda x: [x[0] + k for k in range(n)],
    "by index": lambda n: lambda x: [[1.0, 2.0, x[1]][int(abs(x[0])) % 3]] * n,
}


def absolute(output: Any, target: Any) -> Any:
    return abs(output[0] - float(target))


def by_data(output: Any, target: Any) -> Any:
    return output[0].data if hasattr(output[0], "data") else target


MEASURES: dict[str, Any] = {
    "cross entropy": cross_entropy,
    "correct": correct,
    "absolute": absolute,
    "is less": lambda output, target: output[0] < target,
    "by data": by_data,
    "constant": lambda output, target: 2,
}


@given(
    model=st.sampled_from(sorted(MODELS)),
    measure=st.sampled_from(sorted(MEASURES)),
    count=st.integers(1, 30),
    classes=st.integers(2, 4),
)
@settings(max_examples=60)
def test_a_program_scores_as_the_model_does(
    model: str, measure: str, count: int, classes: int
) -> None:
    net = MODELS[model](classes)
    data = [(x, i % classes) for i, x in enumerate(rows(count))]
    found = []
    for samples in (1, 10**9):
        many._runners.clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(many, "SAMPLES", samples)
            patch.setattr(many, "WORK", 1)
            results = [evaluate(net, MEASURES[measure], data) for _ in range(2)]
            found.append([*results, accuracy(net, data), confusion_matrix(net, data)])
            # numbers that are fixed have no graph, and pay in no number
            assert has_program(net) == (samples == 1 and model in ("deep", "turning"))
    (*ours, matrix), (*theirs, other) = found
    assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-15)
    assert matrix == other


@pytest.mark.usefixtures("pays")
def test_a_measure_is_compiled_too() -> None:
    model, data = nn.Linear(2, 3), [(x, i % 3) for i, x in enumerate(rows(9))]
    evaluate(model, cross_entropy, data)
    evaluate(model, correct, data)
    (runner,) = many._runners
    assert [part is not None for part in runner.measures.values()] == [True, False]


@pytest.mark.usefixtures("pays")
def test_what_changes_is_followed() -> None:
    model, data = nn.Sequential(nn.Linear(2, 1)), [(x, x[0]) for x in rows(9)]
    for change in (
        lambda: None,
        lambda: setattr(model[0].weight[0][0], "data", 3.0),
        lambda: model.layers.append(nn.Tanh()),
    ):
        change()
        expected = sum((model(x)[0].data - y) ** 2 for x, y in data) / 9
        assert evaluate(model, mean_squared_error, data) == pytest.approx(expected, rel=1e-12)
    assert has_program(model)


@pytest.mark.usefixtures("pays")
@pytest.mark.parametrize(
    ("measure", "ending", "target", "text"),
    [
        (cross_entropy, [], 3, "label"),
        (cross_entropy, [], 0.5, "label"),
        (binary_cross_entropy, [nn.Sigmoid()], 1, "sigmoid"),
        (cross_entropy, [nn.softmax], 1, "softmax"),
    ],
)
def test_errors_are_those_of_the_measure(
    measure: Any, ending: list[Any], target: Any, text: str
) -> None:
    outputs = 1 if measure is binary_cross_entropy else 3
    model = nn.Sequential(nn.Linear(2, outputs), *ending)
    data = [*((x, 1) for x in rows(20)), ([0.1, 0.2], target)]
    with pytest.raises((ValueError, TypeError), match=text):
        evaluate(model, measure, data)


@pytest.mark.usefixtures("pays")
def test_a_model_that_became_another_is_judged_anew() -> None:
    model, data = nn.Sequential(nn.Linear(2, 1)), [(x, 1) for x in rows(9)]
    evaluate(model, binary_cross_entropy, data)
    model.layers.append(nn.Sigmoid())
    with pytest.raises(ValueError, match="sigmoid"):
        evaluate(model, binary_cross_entropy, data)


def test_a_program_comes_once_it_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "SAMPLES", 25)
    monkeypatch.setattr(many, "WORK", 1)
    model, data = nn.Linear(2, 1), [(x, 1.0) for x in rows(10)]
    seen = []
    for _ in range(4):
        evaluate(model, absolute, data)
        seen.append(has_program(model))
    assert seen == [False, False, True, True]


@pytest.mark.usefixtures("pays")
@pytest.mark.parametrize("compile", [None, False])
def test_validation_is_compiled_unless_that_is_forbidden(compile: bool | None) -> None:
    model, data = nn.Linear(2, 1), [(x, [x[0]]) for x in rows(10)]
    mover = optim.SGD(model, 0.1)
    named: dict[str, Any] = {"validation": data, "compile": compile, "progress": False}
    fit(model, mean_squared_error, data, mover, 2, 5, **named)
    assert has_program(model) == (compile is None)


@pytest.mark.parametrize("epochs", [1, 2, 3])
@pytest.mark.parametrize("is_compiled", [True, False])
def test_validation_is_compiled_from_its_first_run_if_all_its_runs_pay(
    epochs: int, is_compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scalargrad.train.choice.SAMPLES", 1 if is_compiled else 10**9)
    monkeypatch.setattr("scalargrad.train.choice.WORK", 1)
    monkeypatch.setattr(many, "TRACED", 20)
    model, data = nn.Linear(2, 1), [(x, [x[0]]) for x in rows(10)]
    seen = []

    def see(run: Any) -> None:
        seen.append(has_program(model))

    named: dict[str, Any] = {"validation": data, "callbacks": [see], "progress": False}
    history = fit(model, mean_squared_error, data, optim.SGD(model, 0.1), epochs, 5, **named)
    assert history.engine == ("compiled" if is_compiled else "eager")
    assert seen == [is_compiled and epochs > 1] * epochs
    assert history.validation[-1] == pytest.approx(evaluate(model, mean_squared_error, data))


@pytest.mark.usefixtures("pays")
def test_within_no_grad_and_modes_too() -> None:
    model, data = nn.Linear(2, 1), [(x, x[0]) for x in rows(10)]
    expected = evaluate(model, mean_squared_error, data)
    with sg.no_grad():
        assert evaluate(model, mean_squared_error, data) == pytest.approx(expected, rel=1e-12)
    with sg.detect_anomaly():
        assert evaluate(model, mean_squared_error, data) == pytest.approx(expected, rel=1e-12)


def test_models_are_not_kept_before_they_have_a_program() -> None:
    model = nn.Linear(2, 1)
    predict(model, rows(5))
    gone = ref(model)
    del model
    gc.collect()
    assert gone() is None


@pytest.mark.usefixtures("pays")
def test_few_programs_are_kept() -> None:
    for _ in range(many.KEPT + 3):
        predict(nn.Linear(2, 1), rows(5))
    assert len(many._runners) == many.KEPT
