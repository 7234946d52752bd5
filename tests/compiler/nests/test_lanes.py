"""Programs with loops and lanes: their outputs are those of eager mode, lane by lane."""

from __future__ import annotations

import math
from random import Random
from typing import Any

import numpy as np
import pytest

from scalargrad.compiler.machine.code_checking import is_code
from scalargrad.compiler.machine.encode import Code
from scalargrad.compiler.machine.interpreter import interpret
from scalargrad.compiler.nests.nest import Refused
from scalargrad.compiler.trace.native import machine
from scalargrad.compiler.trace.vocabulary import LANES
from tests.support.expressions import rounds
from tests.support.instructions_made import natively
from tests.support.nests_made import InLanes, given_at_random, outputs_of
from tests.support.random_loops import INPUTS, random_function


def agrees(given: InLanes, careful: bool = False) -> Code:
    """Check that the interpreter and the native machine agree with eager."""
    encoder = given.encoder(careful)
    code = given.code(encoder)
    sizes = {"registers": code.registers, "places": len(code.initial), "walks": code.walks}
    sizes |= {name: len(getattr(code, name)) // 2 for name in ("inputs", "outputs")}
    assert is_code(code.lanes, {**sizes, "totals": len(code.totals)}, LANES, code.indexes)
    columns = {(0, k): x for k, x in enumerate(given.columns())}
    found = [interpret(code, given.numbers(), columns, given.count)]
    if machine is not None:
        found.append(natively(code, given.numbers(), given.columns(), given.count))
    expected = given.expected()
    for results in found:
        for x, y in zip(outputs_of(results, encoder), expected, strict=True):
            assert np.allclose(x, y, rtol=1e-11, atol=1e-11), (x, y)
    return code


@pytest.mark.parametrize("careful", [False, True])
def test_random_loops_in_lanes_agree_with_eager(careful: bool) -> None:
    refused = done = 0
    for _ in rounds(12):
        random = Random(seed := Random().randrange(2**32))
        f = random_function(seed)
        if "< 0.1" in f.source:  # type: ignore[attr-defined]
            continue
        given = given_at_random(f, random, INPUTS)
        try:
            if not all(np.isfinite(x).all() for x in given.expected()):
                continue
            agrees(given, careful)
        except OverflowError:
            continue
        except Refused:
            refused += 1
        except BaseException:
            print(seed, f.source)  # type: ignore[attr-defined]
            raise
        done += 1
    assert refused <= 2 + done // 5


def pendulum(m: Any, angle: Any, speed: Any, g: Any) -> Any:
    for _ in range(50):
        speed = speed - 0.01 * g * m.sin(angle)
        angle = angle + 0.01 * speed
    return angle * angle + speed


@pytest.mark.parametrize("reduce", [None, "sum", "mean"])
def test_a_register_for_each_number_that_is_kept(reduce: str | None) -> None:
    angles = [0.1 * k for k in range(20)]
    code = agrees(InLanes(pendulum, [angles, 0.1, 9.8], reduce))
    assert code.registers < 200
    assert len(code.lanes) < 400


def test_tables_stand_among_the_numbers_that_lanes_share() -> None:
    def f(m: Any, x: Any) -> Any:
        for k in range(200):
            x = m.sin(x) + math.cos(k)
        return x

    code = agrees(InLanes(f, [[0.3, 0.7]], None))
    assert len(code.initial) > 200 > code.registers - 200


def test_what_lanes_share_is_computed_before_them() -> None:
    def f(m: Any, x: Any, r: Any) -> Any:
        decay = m.exp(-(r * r))
        for _ in range(30):
            x = x * decay + m.tanh(r)
        return x

    code = agrees(InLanes(f, [[0.3, 0.7, -0.2], 0.4], "sum"))
    assert len(code.before) > 8


def test_results_that_do_not_differ_by_lane() -> None:
    def f(m: Any, x: Any, r: Any) -> Any:
        for _ in range(30):
            x = x + r
        return r * 3.0 + x * 0.0

    for reduce in (None, "sum", "mean"):
        agrees(InLanes(f, [[0.3, 0.7, -0.2], 0.4], reduce))


def test_inputs_in_a_row_are_walked() -> None:
    def f(m: Any, *x: Any) -> Any:
        s = x[0]
        for _ in range(3):
            for k in range(6):
                s = m.sin(s * x[k]) + x[5 - k] * x[(k * k) % 6]
        return s

    columns = [[0.1 * k + 0.01 * lane for lane in range(5)] for k in range(6)]
    agrees(InLanes(f, [*columns[:3], 0.3, *columns[4:]], "mean"))
    agrees(InLanes(f, columns, None))


def test_a_comparison_of_numbers_is_refused() -> None:
    def f(m: Any, x: Any) -> Any:
        for _ in range(30):
            x = m.sin(x) if x < 2.0 else x
        return x

    with pytest.raises(Refused):
        agrees(InLanes(f, [[0.3, 0.7]], None))
