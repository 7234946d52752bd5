"""Nests whose bodies are wide: what is alike in a body is done side by side."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler.loops.items import Loop
from scalargrad.compiler.loops.turns import in_turns
from scalargrad.compiler.loops.unrolling import unrolled
from scalargrad.compiler.machine.code_checking import is_nest
from scalargrad.compiler.machine.instructions import (
    LOOP,
    MOVE_STRETCH,
    READ_STRETCH,
    TABLE,
    WRITE_STRETCH,
)
from scalargrad.compiler.machine.nest_interpreter import interpret
from scalargrad.compiler.nests import choice
from scalargrad.compiler.nests.encoding import NestCode
from scalargrad.compiler.nests.nest import Refused
from scalargrad.compiler.nests.program import Derived
from scalargrad.compiler.nests.runner import OnNest
from scalargrad.compiler.trace.native import machine
from tests.support.expressions import rounds
from tests.support.nests_made import asked, bits, eager, nest_code, runs
from tests.support.random_loops import INPUTS, random_function

needs_machine = pytest.mark.skipif(machine is None, reason="the machine was not built")
MOST = 256
"""Loops within loops are written out up to so many calls."""


def wide_code(f: Callable[..., Any], numbers: list[float], careful: bool = False) -> NestCode:
    whole = asked(f, numbers)
    whole = whole._replace(items=in_turns(unrolled(whole.items, MOST), MOST))
    return Derived(whole, is_wide=True).code(careful)


def agrees(f: Callable[..., Any], numbers: list[float], careful: bool = False) -> NestCode:
    """Check that all engines agree with eager, the native one the second time too."""
    code = wide_code(f, numbers, careful)
    assert is_nest(code)
    first, *others = runs(code, numbers)
    for found in (first, *others):
        assert found == pytest.approx(eager(f, numbers), rel=1e-12, abs=1e-12)
    assert len({bits(found) for found in others}) <= 1
    return code


def counted(code: NestCode) -> Counter[str]:
    """How often there is each instruction within long loops; of an operator by `row`."""
    found: Counter[str] = Counter()
    at = end = 0
    while at < len(code.code):
        words = code.code[at : at + code.code[at + 1]]
        at += len(words)
        if words[0] == LOOP.code:
            end = at + LOOP.read(words).size if LOOP.read(words).trips > STEPS - 5 else end
        elif at <= end:
            found[TABLE[words[0]].name if words[0] in TABLE else "row"] += 1
    return found


@pytest.mark.parametrize("careful", [False, True])
def test_random_nested_loops_agree_with_eager(careful: bool) -> None:
    refused = done = 0
    for _ in rounds(25):
        seed = Random().randrange(2**32)
        f = random_function(seed)
        numbers = [Random(seed).uniform(-1.0, 1.0) for _ in range(INPUTS)]
        try:
            if all(map(math.isfinite, eager(f, numbers))):
                agrees(f, numbers, careful)
        except OverflowError:
            continue
        except Refused:
            refused += 1
        except BaseException:
            print(seed, f.source)  # type: ignore[attr-defined]
            raise
        done += 1
    assert refused * 10 <= done


# ------ what is done side by side
UNITS, STEPS = 12, 60


def cells(m: Any, *given: Any) -> Any:
    """Units with gates, each with weights of its own, beside each other."""
    weights, hidden, memory = given[:UNITS], list(given[UNITS:]), [0.5] * UNITS
    for _ in range(STEPS):
        for i in range(UNITS):
            gate = m.sigmoid(weights[i] * hidden[i])
            memory[i] = memory[i] * gate + m.tanh(hidden[i]) * weights[i]
            hidden[i] = m.tanh(memory[i]) * gate
    total = hidden[0]
    for x in hidden[1:]:
        total = total + x
    return total


def some(count: int) -> list[float]:
    return [Random(k).uniform(-1.0, 1.0) for k in range(count)]


def test_units_that_are_alike_are_done_side_by_side() -> None:
    found = counted(agrees(cells, some(2 * UNITS)))
    assert found["WIDE_ROW"] + found["WIDE_PRODUCTS"] >= 10
    # where they stand side by side, nothing is packed, and nothing is done one by one
    assert found["PACK"] + found["row"] + found["PRODUCTS"] <= 3


def test_what_is_kept_is_written_and_read_in_rows() -> None:
    found = counted(agrees(cells, some(2 * UNITS)))
    assert found["WRITE"] + found["READ"] == 0
    assert 1 <= found["READ_STRETCH"] <= 3
    assert 1 <= found["WRITE_STRETCH"] <= 8


def test_numbers_that_go_round() -> None:
    def ring(m: Any, k: Any, *u: Any) -> Any:
        for _ in range(15):
            u = [x + k * m.sin(u[i - 1] - x) for i, x in enumerate(u)]
        return u[0] * u[3]

    agrees(ring, some(9))


def test_numbers_of_several_iterations_ago_and_two_that_change_places() -> None:
    def f(m: Any, *x: Any) -> Any:
        before, now = list(x[:6]), list(x[6:])
        for _ in range(12):
            after = [m.tanh(a + 0.5 * b) for a, b in zip(before, now)]
            before, now = now, after
            now[0], now[1] = now[1], now[0]
        return now[0] + before[1] * now[5]

    agrees(f, some(12))


def test_sums_over_iterations_of_products_of_all_pairs() -> None:
    def f(m: Any, *given: Any) -> Any:
        rows, state = [given[4 * k : 4 * k + 4] for k in range(4)], list(given[16:])
        for _ in range(10):
            state = [m.tanh(m.sum([w * x for w, x in zip(row, state)])) for row in rows]
        return state[0] + state[3]

    agrees(f, some(20))


def test_results_of_a_long_loop_read_after_it_are_kept_once() -> None:
    """What is read of the last iteration alone is not kept in each."""

    def f(m: Any, *x: Any) -> Any:
        state = list(x)
        for _ in range(50):
            state = [m.sin(y) for y in state]
        total = state[0]
        for y in state[1:]:
            total = total + y
        return total

    whole = asked(f, some(30))
    assert sum(isinstance(item, Loop) for item in whole.items) >= 2
    code = wide_code(f, some(30))
    assert code.places < 50 * 30 + 1500


# ------ the instructions
def loop(trips: int, *body: int) -> list[int]:
    return [*LOOP(trips, len(body), 0, -1, 4, 2), *body]


def test_rows_are_moved() -> None:
    code = nest_code(
        [*loop(3, *READ_STRETCH(2, 2, 0, 0), *WRITE_STRETCH(0, 6, 2, 2)), *MOVE_STRETCH(14, 4, 3)],
        initial=array("d", range(20)),
        results=array("i", range(20)),
    )
    expected = [0, 1, 8, 9, 4, 5, 6, 7, 8, 9, 4, 5, 6, 7, 4, 5, 6, 17, 18, 19]
    assert interpret(code, [0.0, 1.0]) == (expected, -1)
    if machine is not None:
        assert machine.Nest(**code._asdict()).run([0.0, 1.0], None, False) == expected


@pytest.mark.parametrize("inside", [READ_STRETCH(2, 2, 0, 0), WRITE_STRETCH(0, 0, 2, 2)])
def test_no_row_leaves_the_memory(inside: list[int]) -> None:
    for trips, fits in ((8, True), (9, False)):
        code = nest_code(loop(trips, *inside))
        assert is_nest(code) is fits
        if machine is not None and fits:
            machine.Nest(**code._asdict())
        elif machine is not None:
            with pytest.raises(ValueError, match="not a program"):
                machine.Nest(**code._asdict())


# ------ which programs
@needs_machine
def test_long_loops_of_functions_are_not_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    def f(given: Any) -> Any:
        return cells(sg, *given)

    expected = sg.value_and_grad(f)(some(2 * UNITS))
    for least in (choice.LEAST_LONG, 1_000):
        monkeypatch.setattr(choice, "LEAST_LONG", least)
        gate = sg.value_and_grad(sg.compile(f))
        for _ in range(2):
            value, slopes = gate(some(2 * UNITS))
            assert value == pytest.approx(expected[0], rel=1e-12)
            assert slopes == pytest.approx(expected[1], rel=1e-12)
        (paths,) = gate._programs.paths.values()
        assert isinstance(paths.first.runner, OnNest) is (least == 1_000)
