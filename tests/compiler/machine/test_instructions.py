"""The table of instructions: what it lets pass and what not, in Python and in C alike."""

from __future__ import annotations

import random
from array import array
from collections.abc import Sequence

import pytest

from scalargrad.compiler.machine import instructions, reroll, tiles, wide
from scalargrad.compiler.machine.checking import ARITY
from scalargrad.compiler.machine.code_checking import is_code
from scalargrad.compiler.machine.instructions import TABLE
from scalargrad.compiler.machine.words import (
    DENSE_HEIGHT,
    MOST,
    WIDTH,
    Comparison,
    Domain,
    EndingKind,
    Instruction,
    row_instruction,
)
from scalargrad.compiler.trace.guards import COMPARE
from scalargrad.compiler.trace.native import machine
from scalargrad.compiler.trace.vocabulary import AFTER, BEFORE, LANES, NEST
from tests.support.expressions import rounds
from tests.support.instructions_made import SIZES, code_of, made, needs_loops

# code with loops has tests of its own: what it may read depends on the loops around
ROWS = [row for row in TABLE.values() if row.stages != (NEST,) and not needs_loops(row)]
STAGE = {BEFORE: "before", LANES: "lanes", AFTER: "after"}
named = pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])


def accepted(code: Sequence[int], stage: int) -> bool:
    """Whether the code may stand there; the native machine has to be of the same mind."""
    found = is_code(code, SIZES, stage)
    if machine is not None:
        try:
            machine.Program(**code_of(SIZES, **{STAGE[stage]: code})._asdict())
        except ValueError:
            assert not found, list(code)
        else:
            assert found, list(code)
    return found


def stages(row: Instruction) -> list[int]:
    return [stage for stage in STAGE if stage in row.stages]


@named
def test_an_instruction_may_stand_where_the_table_says(row: Instruction) -> None:
    for _ in rounds(30):
        code = made(row, {**SIZES, "numbers": SIZES["registers"]})
        for stage in STAGE:
            assert accepted(code, stage) == (stage in row.stages)


def outside(domain: Domain, count: int, rows: int) -> list[int]:
    """Words just beyond what this may be."""
    sizes = {**SIZES, "numbers": SIZES["places"]}
    limit = sizes[domain.limit] if isinstance(domain.limit, str) else domain.limit
    reaches = {"count": count, "stretch": count + WIDTH - 1, "sums": count * rows}
    return [domain.low - 1, min(limit - reaches.get(domain.reach, 1) + 1, MOST), -(2**31)]


@named
def test_no_word_at_the_beginning_may_be_out_of_its_range(row: Instruction) -> None:
    for _ in rounds(30):
        code = made(row)
        words = row.read(code)
        rest = getattr(words, row.rest.name) if row.rest else []
        count = getattr(words, "count", len(rest))
        for at, word in enumerate(row.words[: row.head - 2], 2):
            for x in outside(word.domain, count, words.height):
                if word.name not in ("rows", "count") or x < 1 or x > 99:
                    damaged = [*code[:at], x, *code[at + 1 :]]
                    assert not accepted(damaged, stages(row)[0])


@named
def test_an_instruction_is_as_long_as_its_words(row: Instruction) -> None:
    code = made(row)
    for length in (-1, 0, 2, len(code) + 1, 2**31 - 1):
        assert not accepted([code[0], length, *code[2:]], stages(row)[0])
    if row.rest is None:
        assert not accepted(row(*code[2:], 0), stages(row)[0])
        assert not accepted(row(*code[2:-1]), stages(row)[0])


@named
def test_damaged_code_is_refused_or_not_by_both_engines(row: Instruction) -> None:
    interesting = (-(2**31), -1, 0, 1, 2, 3, 8, 40, 300, 2**30, 2**31 - 1)
    for _ in rounds(200):
        code = made(row)
        for _ in range(random.randint(1, 3)):
            code[random.randrange(len(code))] = random.choice(interesting)
        accepted(code, random.choice(list(STAGE)))
        accepted(random.choices((*code, *interesting), k=random.randint(1, 12)), BEFORE)


@pytest.mark.parametrize("stage", list(STAGE))
def test_operators_are_checked_alike_by_both_engines(stage: int) -> None:
    numbers = SIZES["registers" if stage == LANES else "places"]
    for code, arity in ARITY.items():
        operands = [numbers - 1] * (arity or 0)
        right = row_instruction(code, 0, *operands)
        assert accepted(right, stage)
        assert not accepted(row_instruction(code, numbers, *operands), stage)
        assert not accepted(row_instruction(code, 0, *operands[:-1], -1), stage)
        assert not accepted(row_instruction(code, 0, *operands[1:]), stage)
        assert accepted([code, 2 * len(right) - 2, *right[2:] * 2], stage) == (stage == LANES)
    folds = [-1, *set(range(len(ARITY) + 20)).difference(ARITY, TABLE)]
    assert not any(accepted([code, 4, 0, 0], stage) for code in folds)


def test_words_are_read_by_their_names() -> None:
    words = instructions.DENSE.read(
        instructions.DENSE(EndingKind.STEP, 2, 5, 6, -1, 7, 3, 4, 0, 20, 21, 1, 30, 31)
    )
    assert (words.ending, words.height, words.out, words.first) == (2, 2, [5, 6], [-1, 7])
    assert (words.chooser, words.terms) == ([3, 4], [(0, 20, 21), (1, 30, 31)])
    words = instructions.LANE_PRODUCTS.read(
        instructions.LANE_PRODUCTS(2, 0, 2, 3, 4, 5, 6, 1, 1, 7, 8)
    )
    assert (words.out, words.runs) == (2, [(0, 3, 4), (0, 5, 6), (1, 7, 8)])


def test_comparisons_are_those_of_guards() -> None:
    assert [(f(1.0, 2.0), f(1.0, 1.0)) for f in COMPARE.values()] == [
        *((True, False), (True, True), (True, False)),
    ]
    assert len(COMPARE) == len(Comparison)


def test_as_many_rows_are_done_at_once_as_there_may_be_at_most() -> None:
    assert 1 <= tiles.tile_height() <= DENSE_HEIGHT


def test_wide_sums_that_follow_each_other_become_a_tile() -> None:
    terms = reroll.runs((0, 1, 0, 1), (1, 5, 2, 6))
    code = [x for out in (20, 28) for x in instructions.WIDE_PRODUCTS(out, 8, *terms)]
    expected = instructions.WIDE_TILE(8, 2, 20, 28, -1, -1, 5, 1, 1, 6, 2, 2)
    assert wide.tiled(array("i", code), 0).tolist() == expected
