"""Programs whose loops stay loops as text: how often each runs, what it carries and keeps, its
body once; of other loops why they were written out."""

from __future__ import annotations

import sys
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler.trace.native import machine

np = pytest.importorskip("numpy")
pytestmark = pytest.mark.skipif(machine is None, reason="loops stay loops on the machine alone")
STEPS = 1000


def swing(angle: Any, speed: Any) -> Any:
    for _ in range(STEPS):
        speed = speed - 0.01 * sg.sin(angle)
        angle = angle + 0.01 * speed
    return angle


def text(f: Any, *args: Any, batch: Any = None, **options: Any) -> str:
    return str(sg.compile(f, batch=batch).program(*args, **options))


@pytest.mark.parametrize("batch", [None, "angle"])
def test_a_loop_is_told_with_what_it_carries_and_keeps(batch: Any) -> None:
    at = 1.0 if batch is None else np.ones(5)
    listing = text(swing, at, 0.0, batch=batch)
    assert (
        "loops found:\nloop × 999: 5 operators, carries angle, speed; keeps 1 number a trip\n"
        in listing
    )
    assert listing.count("    loop × 999, k1 from 0:\n") == 2
    assert len(listing.splitlines()) < 60
    assert "    ∂swing/∂speed = " in listing


def test_without_a_gradient_nothing_is_kept() -> None:
    listing = text(swing, 1.0, 0.0, gradient=False)
    assert "carries angle, speed\n" in listing and "keeps" not in listing


def test_instructions_in_a_loop_count_each_time() -> None:
    program = sg.compile(swing, batch="angle").program(np.ones(3), 0.0, gradient=False)
    assert program.counts()["sin"] == STEPS
    assert program.multiply_adds() == program.counts()["multiply-add"] == 2 * STEPS
    assert f"{sum(program.counts().values()):,} instructions in each lane" in str(program)


def test_lanes_have_what_they_share_told_apart() -> None:
    def f(x: Any, k: Any) -> Any:
        scale = sg.exp(k)
        for _ in range(STEPS):
            x = sg.sin(x * scale) + 0.1
        return x

    gate = sg.compile(f, batch="x", reduce="sum")
    listing = str(gate.program(np.ones(3), 0.5, gradient=False))
    once, lanes = (listing.index(x) for x in ("once, before the lanes:\n", "in each lane:\n"))
    after = listing.index("once, after the lanes:\n")
    assert once < listing.index("= exp(k)") < lanes < listing.index("loop × ", lanes) < after
    assert "Σ lanes of" in listing[after:]


def test_a_state_in_a_list_has_the_names_of_its_entries() -> None:
    def f(start: Any) -> Any:
        state = [start, 0.1 * start]
        for _ in range(STEPS):
            state = [sg.tanh(state[1] + state[0]), 0.5 * state[0]]
        return state[0]

    assert "carries state[0], state[1]" in text(f, 0.3)


def test_a_number_of_two_iterations_ago_is_counted() -> None:
    def f(x: Any) -> Any:
        before = x
        for _ in range(STEPS):
            x, before = sg.sin(x) + 0.5 * before, x
        return x

    assert "carries 3 numbers (x)" in text(f, 0.3)


def test_loops_that_are_written_out_are_told_with_the_reason() -> None:
    def alone(xs: Any) -> Any:
        total = 0.0
        for x in xs:
            total = total + sg.exp(x) * sg.sin(x)
        return total

    listing = text(alone, [0.001 * k for k in range(STEPS)])
    assert "loops found, and written out, for numbers in them do not wait for each other" in listing
    assert "carries total" in listing


def test_loops_within_loops_are_written_out_for_that_reason() -> None:
    def f(x: Any) -> Any:
        for _ in range(40):
            for _ in range(100):
                x = sg.sin(x) + 0.1
            x = x * 0.9
        return x

    assert "written out, for a loop has others in it" in text(f, 0.3)


def test_a_program_is_told_while_a_profiler_runs() -> None:
    seen: list[str] = []

    def profiler(*_: Any) -> None:
        seen.append("")

    sys.setprofile(profiler)
    try:
        listing = text(swing, 1.0, 0.0)
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(None)
    assert "carries 2 numbers" in listing and seen
