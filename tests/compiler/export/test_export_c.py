"""Programs as files in C: they compile without a warning, and compute what the function does."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import nn
from scalargrad.rows import BUILT_IN
from tests.support.compiled import compare, is_close, value_and_gradients
from tests.support.exported import ARGUMENTS, classifier, option, points, same
from tests.support.expressions import random_expression
from tests.support.in_c import built, run
from tests.support.random_programs import NAMES, function_of

np = pytest.importorskip("numpy")


def test_c_computes_forward_and_gradient(tmp_path: Path) -> None:
    f = sg.compile(option, batch=True)
    library = built(f.to_c(*ARGUMENTS), tmp_path)
    expected, slopes = value_and_gradients(f, *ARGUMENTS)
    _, (value,) = run(library.option, ARGUMENTS[1:], ARGUMENTS[:1], 0, 1)
    assert same(value, expected, 1e-14)
    _, columns = run(library.option_gradient, ARGUMENTS[1:], ARGUMENTS[:1], 0, 4)
    assert same(columns, [expected, *slopes], 1e-13)


def test_c_of_a_trained_loss_reduces_over_its_lanes(
    tmp_path: Path,
) -> None:
    loss, model, X, Y = classifier()
    library = built(loss.to_c(model, X, Y), tmp_path)
    numbers = [p.data for p in model.parameters()]
    lanes = [np.ascontiguousarray(x) for x in (X[:, 0], X[:, 1], Y)]
    results, columns = run(library.f_gradient, numbers, lanes, 1 + len(numbers), 3)
    value, slopes = value_and_gradients(loss, model, X, Y)
    expected = [float(x) for x in slopes[0].parameters()]
    assert same(results, [value, *expected]) and same(np.array(columns[:2]).T, slopes[1])


def test_every_operator_in_c_gives_what_it_gives_in_python(tmp_path: Path) -> None:
    table = points()
    sizes = [len(point) for _, point in table]
    places = [sum(sizes[:k]) for k in range(len(sizes))]

    def everything(xs: Sequence[Any]) -> list[Any]:
        return [op(*xs[at : at + n]) for (op, _), at, n in zip(table, places, sizes)]

    numbers = [x for _, point in table for x in point]
    f = sg.compile(everything)
    library = built(f.to_c(numbers, gradient=False), tmp_path)
    found, _ = run(library.everything, numbers, (), len(table), 0)
    for (op, point), x in zip(table, found):
        assert x == pytest.approx(op(*point), rel=2e-15, abs=0.0, nan_ok=True), (op, point)


def test_random_programs_in_c_agree_with_the_eager_engine(tmp_path: Path) -> None:
    names = [name for name in NAMES if BUILT_IN[name].c is not None]
    for k in range(5):
        (folder := tmp_path / str(k)).mkdir()
        at, f = in_c(names)
        library = built(sg.compile(f).to_c(*at), folder)
        found, _ = run(library.f_gradient, at, (), 1 + len(at), 0)
        for x, (_, expected, bound) in zip(found, compare(f, at)):
            assert is_close(x, expected, bound)


def in_c(names: Sequence[str]) -> tuple[Sequence[float], Any]:
    expression = random_expression(random.Random(random.getrandbits(64)), names, 12, 0.0)
    return expression.leaves, function_of(expression)


def test_the_comment_of_a_c_file_says_which_number_is_which() -> None:
    model = nn.MLP(2, [1, 1])
    source = sg.compile(lambda model, x: model(x), batch="x", reduce="mean").to_c(
        model, np.ones((2, 2))
    )
    for line in (
        "numbers[0]         model.layers.0.neurons.0.w.0",
        "lanes[1][lane]     x[1]",
        "results[0]         f",
        "results[3]         ∂f/∂model.layers.0.neurons.0.b",
        "columns[1][lane]   ∂f/∂x[1]",
    ):
        assert f" *     {line}\n" in source


def test_a_c_file_has_no_more_functions_than_it_needs() -> None:
    assert "sg_" not in sg.compile(lambda x: x * x).to_c(1.0, gradient=False)
    assert "sg_choose" not in sg.compile(lambda x: x * x).to_c(1.0)
    assert "sg_cbrt" in sg.compile(lambda x: sg.cbrt(x)).to_c(2.0)
