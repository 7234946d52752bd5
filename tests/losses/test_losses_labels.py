"""A label is checked wherever it comes from: a number, a NumPy scalar, a Value, a compiled one."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value
from scalargrad.losses import (
    binary_cross_entropy,
    binary_hinge,
    cross_entropy,
    hinge,
    log_softmax,
    nll,
)
from scalargrad.outputs import number
from scalargrad.scores import correct

OUTPUTS = [0.8, -1.3, 2.4]


def is_class(label: float) -> bool:
    return label in (0.0, 1.0, 2.0)


LOSSES: dict[str, tuple[Callable[..., Any], int, Callable[[float], bool]]] = {
    "cross_entropy": (cross_entropy, 3, is_class),
    "nll": (lambda xs, y: nll(log_softmax(xs), y), 3, is_class),
    "hinge": (hinge, 3, is_class),
    "binary_hinge": (lambda xs, y: binary_hinge(xs[0], y), 1, lambda y: y in (-1.0, 1.0)),
    "hinge of one": (hinge, 1, lambda y: y in (-1.0, 1.0)),
    "binary_cross_entropy": (binary_cross_entropy, 1, lambda y: 0.0 <= y <= 1.0),
}
"""Losses, how many outputs they get here, and which labels they take."""

NAMES = {
    loss: "label" for loss in ("cross_entropy", "hinge", "hinge of one", "binary_cross_entropy")
}
"""What the argument is called."""
COMPILED = {name: sg.compile(loss) for name, (loss, _, _) in LOSSES.items()}
LANES = {
    name: sg.compile(loss, batch=NAMES.get(name, "y")) for name, (loss, _, _) in LOSSES.items()
}
LABELS = st.floats() | st.integers(-3, 5).map(float) | st.sampled_from([0.5, -0.0, 1e-300, 1.5])


def by_number(loss: Any, outputs: list[Any], label: float) -> tuple[type, float]:
    """What the loss gives, or raises, for a plain number of the kind it takes."""
    return result(lambda: loss(outputs, int(label) if label in range(-9, 9) else label))


def result(call: Callable[[], Any]) -> tuple[type, float]:
    """The type of an error and 0.0, or float and the number that the call gives."""
    try:
        return float, number(call())
    except (TypeError, ValueError) as error:
        return type(error), 0.0


@pytest.mark.parametrize("name", LOSSES)
@given(label=LABELS)
@example(label=2.0)
@example(label=math.nan)
@example(label=math.inf)
@example(label=1.0 + 2.0**-52)
@example(label=1.0 - 2.0**-53)
def test_a_label_that_is_none_is_refused_in_every_form(name: str, label: float) -> None:
    loss, count, holds = LOSSES[name]
    outputs, good, batch = OUTPUTS[:count], 1.0, LANES[name]
    kind, cost = by_number(loss, outputs, label)
    if abs(label) >= 9 and label % 1 == 0 and kind is TypeError:
        kind = ValueError  # a whole number by its value: `by_number` gave it as a float
    assert (kind is float) == holds(label)
    expected = kind, pytest.approx(cost, rel=1e-15)
    assert result(lambda: loss(list(map(Value, outputs)), Value(label))) == expected
    assert result(lambda: COMPILED[name](outputs, label)) == expected
    assert result(lambda: batch(outputs, np.array([label]))[0]) == expected
    assert result(lambda: batch(outputs, np.array([good, label, good]))[1]) == expected
    slopes = sg.value_and_grad(COMPILED[name])
    assert result(lambda: slopes(outputs, label)[0]) == expected


@pytest.mark.parametrize("label", [2, -1, 0.5, math.nan, math.inf])
@pytest.mark.parametrize("loss", [cross_entropy, hinge])
def test_a_mean_of_a_batch_with_a_wrong_label_is_refused(loss: Any, label: float) -> None:
    f = sg.compile(loss, batch=("label",), reduce="mean")
    assert f([0.0, 1.0], [0, 1, 1]) > 0.0
    for _ in range(2):
        with pytest.raises((TypeError, ValueError), match=r"a label (is the class|0 to 1)"):
            f([0.0, 1.0], [0, 1, label])


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_by_a_computed_label_are_those_by_the_number(name: str) -> None:
    loss, count, holds = LOSSES[name]
    for label in filter(holds, (-1, 0, 1, 2)):
        by_value, plain = list(map(Value, OUTPUTS[:count])), list(map(Value, OUTPUTS[:count]))
        loss(by_value, Value(label)).backward()
        loss(plain, label).backward()
        assert [x.grad for x in by_value] == pytest.approx([x.grad for x in plain], rel=1e-15)
        slopes = sg.grad(sg.compile(loss))(OUTPUTS[:count], float(label))
        assert slopes == pytest.approx([x.grad for x in plain], rel=1e-15)


def test_one_wrong_label_is_refused_among_others_that_are_right() -> None:
    f = sg.compile(lambda x, y: binary_cross_entropy(x, y), batch=("x", "y"))
    with pytest.raises(ValueError, match="needs a label from 0 to 1, got 2"):
        f(np.array([0.3, 0.3, 0.3]), np.array([1.0, 2.0, 0.0]))
    found = f(np.array([0.3, 0.3]), np.array([1.0, 0.0]))
    assert found[0] == pytest.approx(binary_cross_entropy(0.3, 1), rel=1e-15)


KINDS = [True, np.int64(1), np.uint8(1), np.bool_(True), np.array(1)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda x: type(x).__name__)
@pytest.mark.parametrize("loss", [cross_entropy, nll, hinge])
def test_every_kind_of_whole_number_is_a_class(loss: Any, kind: Any) -> None:
    assert loss(OUTPUTS, kind) == loss(OUTPUTS, 1)
    assert correct(OUTPUTS, kind) == correct(OUTPUTS, 1)


@pytest.mark.parametrize("kind", [True, np.int8(1), np.float32(1.0), 1.0, Fraction(1), np.bool_(1)])
@pytest.mark.parametrize("loss", [binary_hinge, binary_cross_entropy])
def test_every_kind_of_number_is_a_label_of_two_classes(loss: Any, kind: Any) -> None:
    assert loss(0.3, kind) == loss(0.3, 1)
    assert correct(0.7, kind)


@pytest.mark.parametrize(
    "label, cure",
    [
        (1.0, r": use int\(1\.0\)"),
        (np.float32(2.0), r": use int\(2\.0\)"),
        (Fraction(4, 2), r": use int\(2\)"),
        ([0, 1, 0], ": use the index of the 1, which is 1"),
        ((0.0, 0.0, 1.0), ": use the index of the 1, which is 2"),
        (np.array([1, 0, 0]), ": use the index of the 1, which is 0"),
        (1.5, "float 1.5$"),
        (math.nan, "float nan$"),
        (math.inf, "float inf$"),
        ([1, 1, 0], r"list \[1, 1, 0\]: a loss is that of one sample"),
        ("cat", "str 'cat'$"),
    ],
)
@pytest.mark.parametrize("loss", [cross_entropy, nll, hinge, correct])
def test_what_is_nearly_a_class_is_refused_with_the_cure(loss: Any, label: Any, cure: str) -> None:
    with pytest.raises(TypeError, match=f"a label is the class as a whole number, got .*{cure}"):
        loss(OUTPUTS, label)


@pytest.mark.parametrize("label", [Value(1.0), Value(7.0)])
def test_scores_do_not_take_a_computed_target(label: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        correct(OUTPUTS, label)
    with pytest.raises((TypeError, ValueError)):
        correct([2.0], label)


@pytest.mark.parametrize("loss", [cross_entropy, nll, hinge])
def test_scores_may_be_numpy_numbers(loss: Any) -> None:
    outputs = [np.float64(x) for x in OUTPUTS]
    assert loss(outputs, 2) == loss(OUTPUTS, 2)
    assert log_softmax(outputs) == log_softmax(OUTPUTS)
    assert correct(outputs, 2) and correct(np.float64(3.0), 1)


def test_batches_of_changing_size_are_checked_each_by_itself() -> None:
    f = sg.compile(lambda x, y: cross_entropy([x, 0.0, 1.0], y), batch=("x", "y"))
    for size in (3, 3, 200, 3, 1, 200):
        labels = [i % 3 for i in range(size)]
        expected = [cross_entropy([0.5, 0.0, 1.0], y) for y in labels]
        assert list(f(np.full(size, 0.5), np.array(labels))) == pytest.approx(expected, rel=1e-15)
        with pytest.raises(ValueError, match="a label 0 to 2, got 3"):
            f(np.full(size, 0.5), np.array([*labels[:-1], 3]))


@pytest.mark.parametrize("labels", [[0, None], [None, 0], [0, "1"]])
def test_a_label_that_is_no_number_is_named_with_its_row(labels: list[Any]) -> None:
    f = sg.compile(lambda y: cross_entropy([0.0, 1.0], y), batch="y")
    row = labels.index(next(y for y in labels if y != 0))
    given = np.array(labels, object)
    with pytest.raises(TypeError, match=f"expected numbers as samples, got .* in row {row}: put"):
        f(given)


@pytest.mark.parametrize("rows", [[[1.0, 2.0], [1.0]], [[1.0], 2.0], [[[1.0], [1.0, 2.0]]] * 2])
def test_rows_of_several_lengths_are_refused_with_a_cure(rows: Any) -> None:
    f = sg.compile(lambda x: sg.sum(x), batch="x")
    with pytest.raises(ValueError, match=r"expected samples of one shape, got .*: pad them to one"):
        f(rows)
