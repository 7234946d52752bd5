"""Instructions on stretches of numbers: each computes what the numbers one by one would."""

from __future__ import annotations

import math
import operator
import random
from array import array
from collections.abc import Sequence
from functools import reduce
from typing import Any

import pytest

from scalargrad.compiler.machine.instructions import PACK, WIDE_PRODUCTS, WIDE_ROW, WIDE_TILE
from scalargrad.compiler.machine.words import DENSE_HEIGHT, WideTerm
from scalargrad.rows import BUILT_IN
from tests.support.compiled import HAS_MACHINE, instruction_sets, running
from tests.support.expressions import rounds
from tests.support.floats import all_bits

if not HAS_MACHINE:
    pytest.skip("the native machine was not built", allow_module_level=True)

from scalargrad.compiler.machine import reroll, wide

machine: Any = pytest.importorskip("scalargrad.native._machine")

ROWS: int = machine.tile_height()
SIZES = (1, 3, 7, 8, 9, 56, 57, 63, 64, 65, 131)
ADD, WHERE = BUILT_IN["add"].code, BUILT_IN["where"].code


def program(code: Sequence[int], initial: Sequence[float], results: Sequence[int]) -> Any:
    nothing = dict.fromkeys(("totals", "splats", "lanes", "after", "inputs", "outputs"), array("i"))
    return machine.Program(
        initial=array("d", initial),
        results=array("i", results),
        before=array("i", code),
        indexes=array("q"),
        registers=0,
        given=0,
        made=0,
        walks=0,
        **nothing,
    )


def run(code: Sequence[int], initial: Sequence[float], out: range) -> list[float]:
    results = array("d", bytes(8 * len(out)))
    made = program(code, [*initial, *[math.nan] * (len(out) + 7)], out)
    assert made.run([], (), 0, results, None, None, None, False, 1) == -1
    return results.tolist()


@pytest.mark.parametrize("name", instruction_sets())
@pytest.mark.parametrize("size", SIZES)
def test_sums_of_products_are_those_of_the_numbers(name: str, size: int) -> None:
    initial = [random.gauss(0.0, 1.0) for _ in range(3 * size)]
    kinds = (0, 0, 1, 1, 0, 1, 0, 1, 1, 0)
    places = (0, size - 1, 0, size, 2, 2 * size, 1, 0, size, size)
    terms = reroll.runs(kinds, places)
    code = WIDE_PRODUCTS(3 * size, size, *terms)

    def total(i: int) -> float:
        read = [initial[at + i * kind] for kind, at in zip(kinds, places)]
        return reduce(operator.add, map(operator.mul, read[::2], read[1::2]), -0.0)

    with running(name):
        found = run(code, initial, range(3 * size, 4 * size))
    assert all_bits(found) == all_bits(map(total, range(size)))


@pytest.mark.parametrize("name", instruction_sets())
@pytest.mark.parametrize("size", SIZES)
def test_rows_take_numbers_and_stretches(name: str, size: int) -> None:
    initial = [float(i % 2) for i in range(size)] + [random.random() for _ in range(2 * size)]
    for stretches in range(8):
        code = WIDE_ROW(3 * size, size, WHERE, stretches, 0, size, 2 * size)
        with running(name):
            found = run(code, initial, range(3 * size, 4 * size))
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
            if row.c is not None and row.elementary is None and row.arity is not None:
                stretches = (1 << row.arity) - 1
                code = WIDE_ROW(70, 70, row.code, stretches, *[0] * row.arity)
                xs = [0.1 + i / 50 for i in range(70)]
                found = run(code, xs, range(70, 140))
                expected = [row.forward(*[x] * row.arity) for x in xs]
                assert found == pytest.approx(expected, rel=1e-14, nan_ok=True)


# ------ several sums together


def tile(outs: Sequence[int], firsts: Sequence[int], size: int, terms: Any) -> Any:
    """A tile of sums; of each term the stretch, then a number for each sum."""
    words = [size, len(outs), *outs, *firsts, *(x for term in terms for x in term)]
    return WIDE_TILE(*words)


@pytest.mark.parametrize("name", instruction_sets())
@pytest.mark.parametrize("rows", range(1, DENSE_HEIGHT + 1))
@pytest.mark.parametrize("size", SIZES)
def test_sums_that_share_their_stretches_are_those_of_the_numbers(
    name: str, rows: int, size: int
) -> None:
    initial = [random.gauss(0.0, 1.0) for _ in range(size + 20)]
    end = len(initial)
    terms = [(random.randrange(21), *random.sample(range(end), rows)) for _ in range(5)]
    firsts = [random.choice((-1, random.randrange(end))) for _ in range(rows)]
    outs = [end + row * size for row in range(rows)]

    def total(row: int, i: int) -> float:
        products = (initial[at + i] * initial[numbers[row]] for at, *numbers in terms)
        return reduce(operator.add, products, -0.0 if firsts[row] < 0 else initial[firsts[row]])

    expected = [total(row, i) for row in range(rows) for i in range(size)]
    with running(name):
        found = run(tile(outs, firsts, size, terms), initial, range(end, end + rows * size))
    assert all_bits(found) == all_bits(expected)


def wide_sum(out: int, size: int, first: int, kind: int, terms: Sequence[int]) -> Any:
    begins = [WideTerm.NUMBER_NUMBER, 1, first, ONE] if first >= 0 else []
    words = [out, size, *begins, kind, len(terms) // 2, *terms]
    return WIDE_PRODUCTS(*words)


ONE = 0


def random_sums(size: int, given: int) -> tuple[array[int], list[int]]:
    """Code of sums that mostly share their stretches, and where all that it computes stands."""
    kind = random.choice((WideTerm.NUMBER_STRETCH, WideTerm.STRETCH_NUMBER))
    stretches = [random.randrange(given - size) for _ in range(random.randint(1, 4))]
    code, known, out = array("i"), list(range(given)), given
    for _ in range(random.randint(1, 12)):
        # what was computed before is read now and then: by no sum of the same tile
        places = known if random.random() < 0.2 else known[:given]
        terms = [(random.choice(places), at) for at in stretches]
        ordered = terms if kind == WideTerm.NUMBER_STRETCH else [term[::-1] for term in terms]
        first = random.choice((-1, random.choice(places)))
        code.extend(wide_sum(out, size, first, kind, [x for term in ordered for x in term]))
        known += range(out, out + size)
        out += size + random.choice((0, 0, 0, 3))
        if random.random() < 0.1:
            code.extend([BUILT_IN["exp"].code, 4, out, random.randrange(given)])
            known.append(out)
            out += 1
    return code, known[given:]


@pytest.mark.parametrize("name", instruction_sets())
def test_code_in_tiles_does_the_same(name: str) -> None:
    for _ in rounds(60):
        size = random.choice((1, 5, 8, 17, 100))
        code, computed = random_sums(size, 40 + size)
        initial = [1.0, *(random.gauss(0.0, 0.3) for _ in range(39 + size))]
        out = range(40 + size, computed[-1] + 1)
        with running(name):
            apart, together = (
                all_bits(run(words, initial, out)) for words in (code, wide.tiled(code, ONE))
            )
        assert all(apart[k - out[0]] == together[k - out[0]] for k in computed)


def sums_in_row(count: int, gap: int = 0, number: int = 1) -> array[int]:
    kind = WideTerm.NUMBER_STRETCH
    outs = range(20, 20 + count * (8 + gap), 8 + gap)
    return array("i", [x for out in outs for x in wide_sum(out, 8, 3, kind, (number, 5, 2, 6))])


@pytest.mark.parametrize(
    ("code", "rows"),
    [
        (sums_in_row(ROWS + 3), [ROWS, 3]),
        (sums_in_row(1), [1]),
        # a vector of the last would reach over what stands in between
        (sums_in_row(3, gap=1), [1, 1, 1]),
        # the others read what the first computes, or the last what the second does
        (sums_in_row(3, number=20), [1, 2]),
        (sums_in_row(3, number=28), [2, 1]),
    ],
)
def test_sums_that_share_their_stretches_are_tiles(code: array[int], rows: list[int]) -> None:
    found, at, words = [], 0, wide.tiled(code, ONE)
    while at < len(words):
        found.append(words[at + 3] if words[at] == WIDE_TILE.code else 1)
        at += words[at + 1]
    assert found == rows


@pytest.mark.parametrize(
    "code",
    [
        PACK(-1, 0),
        PACK(30, 0),
        PACK(0, 30),
        PACK(24, 0),
        WIDE_PRODUCTS(0),
        WIDE_PRODUCTS(0, 0),
        WIDE_PRODUCTS(0, -1),
        WIDE_PRODUCTS(0, 2**31 - 1),
        WIDE_PRODUCTS(24, 1),
        WIDE_PRODUCTS(-1, 1),
        WIDE_PRODUCTS(0, 8, 4, 1, 0, 0),
        WIDE_PRODUCTS(0, 8, -1, 1, 0, 0),
        WIDE_PRODUCTS(0, 8, 3, 2, 0, 0),
        WIDE_PRODUCTS(0, 8, 3, -1, 0, 0),
        WIDE_PRODUCTS(0, 8, 3, 1, 0, 16),
        WIDE_PRODUCTS(0, 8, 3, 1, 16, 0),
        WIDE_PRODUCTS(0, 8, 0, 1, 30, 0),
        WIDE_PRODUCTS(0, 8, 1, 1, -1, 0),
        WIDE_TILE(8),
        WIDE_TILE(8, 1),
        WIDE_TILE(0, 1, 0, -1),
        WIDE_TILE(8, 0),
        WIDE_TILE(1, 7, *[0] * 7, *[-1] * 7),
        WIDE_TILE(8, 1, 16, -1),
        WIDE_TILE(8, 1, -1, -1),
        WIDE_TILE(8, 1, 0, -2),
        WIDE_TILE(8, 1, 0, 30),
        WIDE_TILE(8, 1, 0, -1, 0),
        WIDE_TILE(8, 1, 0, -1, 16, 0),
        WIDE_TILE(8, 1, 0, -1, 0, 30),
        WIDE_TILE(8, 1, 0, -1, 0, -1),
        WIDE_ROW(0, 8, ADD),
        WIDE_ROW(0, 8, ADD, 0),
        WIDE_ROW(0, 8, ADD, 4, 0, 0),
        WIDE_ROW(0, 8, ADD, -1, 0, 0),
        WIDE_ROW(0, 0, ADD, 3, 0, 0),
        WIDE_ROW(0, 8, ADD, 3, 0, 16),
        WIDE_ROW(0, 8, ADD, 1, 0, 30),
        WIDE_ROW(16, 8, ADD, 3, 0, 0),
        WIDE_ROW(0, 8, ADD, 3, 0, 0, 0),
        WIDE_ROW(0, 8, 10**6, 3, 0, 0),
        WIDE_ROW(0, 8, PACK.code, 3, 0, 0),
    ],
)
def test_damaged_wide_code_is_refused(code: list[int]) -> None:
    with pytest.raises(ValueError, match="not a program of the machine"):
        program(code, [0.0] * 30, [])
