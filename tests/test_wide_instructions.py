"""Instructions on stretches of numbers: each computes what the numbers one by one would."""

from __future__ import annotations

import math
import operator
import random
import struct
from array import array
from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any

import pytest
from compiled import HAS_MACHINE, instruction_sets, running
from expressions import rounds

from scalargrad.rows import BUILT_IN

if not HAS_MACHINE:
    pytest.skip("the native machine was not built", allow_module_level=True)

from scalargrad.compiler import reroll

machine: Any = pytest.importorskip("scalargrad.native._machine")

SIZES = (1, 3, 7, 8, 9, 56, 57, 63, 64, 65, 131)
ADD, WHERE = BUILT_IN["add"].code, BUILT_IN["where"].code


def bits(numbers: Iterable[float]) -> list[bytes]:
    return [struct.pack("<d", x if x == x else math.nan) for x in numbers]


def program(code: Sequence[int], initial: Sequence[float], results: Sequence[int]) -> Any:
    nothing = dict.fromkeys(("totals", "splats", "lanes", "after", "inputs", "outputs"), array("i"))
    return machine.Program(
        initial=array("d", initial),
        results=array("i", results),
        before=array("i", code),
        registers=0,
        given=0,
        made=0,
        **nothing,
    )


def run(code: Sequence[int], initial: Sequence[float], out: range, careful: bool) -> list[float]:
    results = array("d", bytes(8 * len(out)))
    made = program(code, [*initial, *[math.nan] * (len(out) + 7)], out)
    assert made.run([], (), 0, results, None, None, None, careful, 1) == -1
    return results.tolist()


@pytest.mark.parametrize("name", instruction_sets())
@pytest.mark.parametrize("size", SIZES)
def test_sums_of_products_are_those_of_the_numbers(name: str, size: int) -> None:
    initial = [random.gauss(0.0, 1.0) for _ in range(3 * size)]
    kinds = (0, 0, 1, 1, 0, 1, 0, 1, 1, 0)
    places = (0, size - 1, 0, size, 2, 2 * size, 1, 0, size, size)
    terms = reroll.runs(kinds, places)
    code = [machine.WIDE_PRODUCTS, 4 + len(terms), 3 * size, size, *terms]

    def total(i: int) -> float:
        read = [initial[at + i * kind] for kind, at in zip(kinds, places)]
        return reduce(operator.add, map(operator.mul, read[::2], read[1::2]), -0.0)

    with running(name):
        found = run(code, initial, range(3 * size, 4 * size), careful=False)
    assert bits(found) == bits(map(total, range(size)))


@pytest.mark.parametrize("name", instruction_sets())
@pytest.mark.parametrize("kinds", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_a_zero_upstream_is_not_propagated(name: str, kinds: tuple[int, int]) -> None:
    initial = [0.0] * 9 + [math.inf] * 9
    terms = reroll.runs((*kinds, *kinds), (0, 9, 0, 9))
    code = [machine.WIDE_ACCUMULATE, 4 + len(terms), 18, 9, *terms]
    with running(name):
        # without care the results would be NaN, and then the program is run again with care
        for careful in (True, False):
            assert run(code, initial, range(18, 27), careful=careful) == [0.0] * 9


@pytest.mark.parametrize("name", instruction_sets())
@pytest.mark.parametrize("size", SIZES)
def test_rows_take_numbers_and_stretches(name: str, size: int) -> None:
    initial = [float(i % 2) for i in range(size)] + [random.random() for _ in range(2 * size)]
    for stretches in range(8):
        code = [machine.WIDE_ROW, 9, 3 * size, size, WHERE, stretches, 0, size, 2 * size]
        with running(name):
            found = run(code, initial, range(3 * size, 4 * size), careful=False)
        own = [i * (stretches >> k & 1) for i in range(size) for k in range(3)]
        chosen = [
            initial[size + x] if initial[condition] else initial[2 * size + y]
            for condition, x, y in zip(own[::3], own[1::3], own[2::3])
        ]
        assert found == chosen


@pytest.mark.parametrize("name", instruction_sets())
def test_every_row_has_a_wide_form(name: str) -> None:
    with running(name):
        for row in BUILT_IN.values():
            if row.c is not None and row.gates is None and row.arity is not None:
                stretches = (1 << row.arity) - 1
                code = [machine.WIDE_ROW, 6 + row.arity, 70, 70, row.code, stretches]
                xs = [0.1 + i / 50 for i in range(70)]
                found = run([*code, *[0] * row.arity], xs, range(70, 140), careful=False)
                expected = [row.forward(*[x] * row.arity) for x in xs]
                assert found == pytest.approx(expected, rel=1e-14, nan_ok=True)


PACK, PRODUCTS, ROW = machine.PACK, machine.WIDE_PRODUCTS, machine.WIDE_ROW


@pytest.mark.parametrize(
    "code",
    [
        [PACK, 4, -1, 0],
        [PACK, 4, 30, 0],
        [PACK, 4, 0, 30],
        [PACK, 4, 24, 0],
        [PRODUCTS, 3, 0],
        [PRODUCTS, 4, 0, 0],
        [PRODUCTS, 4, 0, -1],
        [PRODUCTS, 4, 0, 2**31 - 1],
        [PRODUCTS, 4, 24, 1],
        [PRODUCTS, 4, -1, 1],
        [PRODUCTS, 8, 0, 8, 4, 1, 0, 0],
        [PRODUCTS, 8, 0, 8, -1, 1, 0, 0],
        [PRODUCTS, 8, 0, 8, 3, 2, 0, 0],
        [PRODUCTS, 8, 0, 8, 3, -1, 0, 0],
        [PRODUCTS, 8, 0, 8, 3, 1, 0, 16],
        [PRODUCTS, 8, 0, 8, 3, 1, 16, 0],
        [PRODUCTS, 8, 0, 8, 0, 1, 30, 0],
        [PRODUCTS, 8, 0, 8, 1, 1, -1, 0],
        [ROW, 5, 0, 8, ADD],
        [ROW, 6, 0, 8, ADD, 0],
        [ROW, 8, 0, 8, ADD, 4, 0, 0],
        [ROW, 8, 0, 8, ADD, -1, 0, 0],
        [ROW, 8, 0, 0, ADD, 3, 0, 0],
        [ROW, 8, 0, 8, ADD, 3, 0, 16],
        [ROW, 8, 0, 8, ADD, 1, 0, 30],
        [ROW, 8, 16, 8, ADD, 3, 0, 0],
        [ROW, 9, 0, 8, ADD, 3, 0, 0, 0],
        [ROW, 8, 0, 8, 10**6, 3, 0, 0],
        [ROW, 8, 0, 8, PRODUCTS, 3, 0, 0],
    ],
)
def test_damaged_wide_code_is_refused(code: list[int]) -> None:
    with pytest.raises(ValueError, match="not a program of the machine"):
        program(code, [0.0] * 30, [])


def test_random_wide_code_is_refused_or_runs_but_never_crashes() -> None:
    whole = [
        *(PACK, 7, 40, 0, 3, 6, 9),
        *(PRODUCTS, 12, 50, 9, 1, 1, 0, 10, 3, 1, 10, 20),
        *(ROW, 8, 60, 9, ADD, 0b10, 0, 50),
    ]
    refused = ran = 0
    for _ in rounds(3000):
        words = list(whole)
        for _ in range(random.randint(1, 3)):
            words[random.randrange(len(words))] = random.choice(
                [-(2**31), -1, 0, 1, 2, 3, 8, 64, 76, 83, 90, 2**30, 2**31 - 1]
            )
        try:
            made = program(words, [0.5] * 90, [60])
        except ValueError:
            refused += 1
            continue
        ran += 1
        assert made.run([], (), 0, array("d", [0.0]), None, None, None, ran % 2, 1) == -1
    assert refused > ran > 0
