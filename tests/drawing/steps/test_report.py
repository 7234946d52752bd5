"""How the steps of a backward pass are shown: as text, in notebooks, in files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value
from scalargrad.drawing import explain
from scalargrad.drawing.steps.table import aligned, width
from scalargrad.drawing.symbols.patterns import PATTERNS, SWAPS
from tests.support.explained import counter_example, lecture
from tests.support.neuron import NUMBERS, neuron


def test_text_is_aligned_whatever_the_width_of_the_letters() -> None:
    weight, x = Value(2.0, "重み"), Value(3.0, "x")
    table = str(explain(sg.sin(weight * x))).split("\n\n")[1].splitlines()[1:]
    head, *rows = table
    column = head.index("= upstream × local")
    assert len(rows) == 3
    for row in rows:
        product = re.search(r"(?<!\+)= ", row)
        assert product is not None
        assert width(row[: product.start()]) == column


def test_table_aligns_wide_letters_and_accents() -> None:
    assert aligned([("重", "1"), ("a\u0301", "22"), ("abc", "3")], "<>") == [
        "重    1",
        "a\u0301    22",
        "abc   3",
    ]


def test_text_has_the_computation_the_steps_and_the_checks() -> None:
    text = str(explain(lecture()))
    assert "q  = x + y  = −2 + 5    = 3\n  f  = q × z  = 3 × (−4)  = −12" in text
    assert "multiply swaps" in text
    assert f"multiply swaps: {PATTERNS[SWAPS]}" in text
    assert "copy sums" not in text
    assert text.endswith("right")


@pytest.mark.parametrize(
    "f",
    [
        lambda x: sg.relu(x),
        lambda x: x * -0.0,
        lambda x: -sg.abs(x) * 0.0,
        lambda x: sg.step(x) * -1.0,
    ],
)
def test_a_zero_that_was_measured_has_no_sign(f: Any) -> None:
    *_, row = str(explain(f, -3.0)).splitlines()
    name, gradient, measured, *_ = row.split()
    assert (name, gradient, measured) == ("x", "0", "0")


def test_numbers_have_the_same_signs_in_every_table() -> None:
    text = str(explain(lambda x: sg.log(x) - 2.0 * x, -1.0))
    *_, head, row = text.splitlines()
    assert "-" not in row and "nan" not in row and "NaN" in row and "measured" in head
    assert "−3" in str(explain(lambda x: -3.0 * x, 1.0)).splitlines()[-1]


def test_where_there_is_no_slope_none_is_told() -> None:
    *_, row = str(explain(lambda x: sg.relu(x), 0.0)).splitlines()
    assert row.split() == ["x", "0", "—", "—", "—", "not", "smooth", "here"]


def test_notebooks_get_a_table_in_which_nothing_is_markup() -> None:
    html = explain(neuron, *NUMBERS.values())._repr_html_()
    assert html.count("<tr>") == 1 + 9
    scope: dict[str, Any] = {}
    exec(compile("def f(x): return x * x", "<b>&", "exec"), scope)
    assert "<td" in (hostile := explain(scope["f"], 3.0)._repr_html_())
    assert "<b>" not in hostile
    assert "&lt;b&gt;&amp;:1" in hostile


def test_sums_are_shown_where_there_is_something_to_add() -> None:
    head, *rows = str(explain(lecture())).split("\n\n")[1].splitlines()[1:]
    assert "sum so far" not in head
    assert "arrived" not in head
    assert len(rows) == 4
    shared = counter_example()
    assert [row.split("1 of 2")[1:] != [] for row in str(explain(shared).naive).splitlines()] == [
        *(False, True, True, False, False),
    ]


def test_notebooks_get_the_naive_walk_as_a_table_too() -> None:
    naive = explain(counter_example()).naive
    assert naive._repr_html_().count("too early: b is not complete") == 2
    assert repr(naive) == "<4 steps from c>"


def test_notebooks_get_the_first_steps_of_many() -> None:
    html = explain(sg.sum([Value(1.0)] * 1000))._repr_html_()
    assert html.count("<tr>") == 1 + 300
    assert "… and 700 more steps" in html


def test_short_form_tells_how_much_there_is() -> None:
    steps = explain(lecture())
    assert repr(steps) == "<4 steps from f, 5 nodes>"
    assert [step.parent_name for step in steps[1:3]] == ["z", "x"]
    assert str(steps[-1]) == steps[3].line


def test_saved_as_text_or_as_a_page(tmp_path: Path) -> None:
    steps = explain(lecture())
    steps.save(tmp_path / "steps.txt")
    assert (tmp_path / "steps.txt").read_text(encoding="utf-8") == f"{steps}\n"
    with pytest.raises(ValueError, match=r"ends in \.html or \.txt, got .*steps\.pdf"):
        steps.save(tmp_path / "steps.pdf")
