"""Code as text: every instruction of the table can be printed, with all that its words say."""

from __future__ import annotations

import re

import pytest

from scalargrad.compiler.machine.disassembly import lines
from scalargrad.compiler.machine.instructions import (
    DENSE,
    GUARD,
    LANE_PRODUCTS,
    TABLE,
    TOTALS,
    WIDE_ROW,
)
from scalargrad.compiler.machine.words import EndingKind, Instruction, LaneTerm, row_instruction
from scalargrad.rows import BUILT_IN
from tests.support.instructions_made import SIZES, made


@pytest.mark.parametrize("row", TABLE.values(), ids=lambda row: row.name)
def test_text_has_the_name_and_every_place_and_register(row: Instruction) -> None:
    for _ in range(20):
        words = made(row, SIZES)
        (text,) = lines(words, "r")
        assert text.startswith(f"{row.name}: ")
        found = row.read(words)
        for word in row.words:
            x = getattr(found, word.name)
            if word.domain.limit in ("places", "registers", "numbers"):
                for k in x if isinstance(x, list) else [x]:
                    assert re.search(rf"\b[ur]{k}\b" if k >= 0 else "none", text), text


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (GUARD(0, 3, 4, 1, 2), "GUARD: how IS_LESS, x r3, y r4, outcome 1, number 2"),
        (
            DENSE(EndingKind.STEP, 2, 5, 6, -1, 7, 3, 4, 0, 20, 21),
            "DENSE: ending STEP, height 2, out r5 r6, first none u7, chooser r3 r4, "
            "terms (r0 u20 u21)",
        ),
        (
            LANE_PRODUCTS(2, LaneTerm.UNIFORM_LANE, 1, 7, 3, LaneTerm.LANE_ALONE, 1, 0, 4),
            "LANE_PRODUCTS: out r2, runs u7·r3 + r4",
        ),
        (TOTALS(1, 2, 3, 4, -1, 5), "TOTALS: total 1, height 2, x r3 r4, y none r5"),
        (
            WIDE_ROW(40, 8, BUILT_IN["add"].code, 2, 3, 16),
            "WIDE_ROW: out u40, count 8, row add, stretches 2, operands u3 u16",
        ),
    ],
)
def test_instructions_are_printed_by_the_names_of_their_words(words: list[int], text: str) -> None:
    assert list(lines(words, "r")) == [text]


def test_operators_of_one_kind_have_a_line_each() -> None:
    code = BUILT_IN["sub"].code
    both = [code, 8, 0, 1, 2, 3, 4, 5]
    assert list(lines(both, "r")) == ["r0 = sub(r1, r2)", "r3 = sub(r4, r5)"]
    assert list(lines(row_instruction(code, 9, 7, 8), "u")) == ["u9 = sub(u7, u8)"]
