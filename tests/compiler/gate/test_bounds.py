"""What a gate keeps of its calls is bounded, and what it keeps is the latest."""

from __future__ import annotations

from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler.gate.finder import MOST_FORMS
from scalargrad.compiler.gate.programs import KEPT

pytestmark = pytest.mark.skipif(sg.engine != "native", reason="shortcuts are those of C")


def in_full(gate: Any, *args: Any) -> bool:
    """Whether this call takes no shortcut."""
    made, original = [], gate._in_full
    gate._in_full = lambda *given: made.append(given) or original(*given)
    try:
        gate(*args)
    finally:
        gate._in_full = original
    return bool(made)


def test_the_latest_forms_are_known_and_no_more() -> None:
    gate = sg.compile(lambda xs: sg.dot(xs, xs))
    lengths = [*range(1, MOST_FORMS + 3)]
    for n in lengths:
        assert gate([1.5] * n) == 2.25 * n
    assert len(gate._forms) == MOST_FORMS
    assert [in_full(gate, [0.5] * n) for n in lengths[2:]] == [False] * MOST_FORMS
    assert in_full(gate, [0.5])


def test_the_latest_constants_have_shortcuts_and_no_more() -> None:
    gate = sg.compile(lambda x, name: x * len(name))
    names = ["a" * n for n in range(1, KEPT + 3)]
    for name in names:
        assert gate(1.5, name) == 1.5 * len(name)
    (form,) = gate._forms
    assert len(form.shortcuts) == KEPT
    assert not any(in_full(gate, 0.5, name) for name in names[2:])
    assert in_full(gate, 0.5, names[0])


def test_a_form_without_constants_runs_by_the_shortcut_that_was_made_last() -> None:
    """Its program was forgotten for others, and made anew by a call that goes the other way."""
    gate = sg.compile(lambda x, y: x * 2.0 if x > 0.0 else x * 3.0)
    assert gate(1.0, 1.0) == 2.0
    for n in range(KEPT + 1):
        assert gate(1.0, "a" * n) == 2.0
    assert gate(-1.0, 1.0) == -3.0
    assert not in_full(gate, -2.0, 1.0)
