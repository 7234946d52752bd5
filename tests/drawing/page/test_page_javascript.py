"""The operator table in JavaScript computes what it computes in Python, in a real browser.

A browser's Math may differ from the C library's by a unit in the last place, a partial derivative
of several such by more: hence 4 units everywhere. Infinities, NaN and signs of zeros are exact.
"""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.drawing.page.document import read
from scalargrad.drawing.page.javascript import kernel, runtime
from scalargrad.drawing.symbols.text import brief
from scalargrad.rows import BUILT_IN, Operator
from tests.support.browser import chromium
from tests.support.reference import sample_operands
from tests.support.special import SPECIAL, points

ULPS = 4.0
CANCELLING = {"lgamma", "polygamma", "sinc_derivative", "gelu"}
"""Rows that lose digits near zeros of the function or of its derivative, in Python as well: there
the units counted are those of 1.0."""

COMPUTE = """([runtime, kernel, points]) => {
    const row = new Function(`${runtime}; return ${kernel}`)();
    return points.map((x) => {
        const out = row.forward(x);
        return [out, ...row.partials(out, x)];
    });
}"""

FLOATS = """([floats, name, points]) => {
    const f = new Function(`${floats}; return ${name}`)();
    return points.map((x) => f(...x));
}"""

every_row = pytest.mark.parametrize("name", BUILT_IN)


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    with chromium() as browser:
        yield browser.new_page()


def in_javascript(
    page: Any, row: Operator, variable: Sequence[bool], points: Sequence[Sequence[float]]
) -> list[list[float]]:
    found: list[list[float]] = page.evaluate(
        COMPUTE, [runtime(), kernel(row, variable), [list(x) for x in points]]
    )
    return found


def in_python(row: Operator, variable: Sequence[bool], operands: Sequence[float]) -> list[float]:
    out = float(row.forward(*operands))
    local = row.local(out, list(operands), list(variable))
    return [out, *(float(p) for p, free in zip(local, variable, strict=True) if free)]


def assert_same(found: float, wanted: float, size: float, what: str) -> None:
    """`size` is that of the numbers whose last place the units are of."""
    if math.isfinite(wanted) and wanted != 0.0:
        assert abs(found - wanted) <= ULPS * math.ulp(size), f"{what} is {found!r}, not {wanted!r}"
    else:
        assert repr(float(found)) == repr(wanted), what


def check(page: Any, row: Operator, points: Sequence[Sequence[float]], *masks: Any) -> None:
    least = 1.0 if row.name in CANCELLING else 0.0
    for variable in masks:
        found = in_javascript(page, row, variable, points)
        for operands, line in zip(points, found, strict=True):
            wanted = in_python(row, variable, operands)
            for k, (x, y) in enumerate(zip(line, wanted, strict=True)):
                what = f"{row.name}{operands}, number {k}, variable {variable}"
                assert_same(x, y, max(least, abs(y)), what)


@every_row
def test_row_at_its_samples(page: Any, name: str) -> None:
    row = BUILT_IN[name]
    for operands in sample_operands(row):
        check(page, row, [operands], *product((True, False), repeat=len(operands)))


@every_row
def test_row_at_special_values(page: Any, name: str) -> None:
    row = BUILT_IN[name]
    some = points(row, SPECIAL)
    beside_constant = [(True, False), (False, True)] if row.beside_constant else []
    check(page, row, some, (True,) * len(some[0]), *beside_constant)


@pytest.mark.parametrize("name", ["erf", "erfc", "lgamma", "sinc", "cbrt", "hypot", "mod", "pow"])
def test_functions_written_by_hand_along_the_line(page: Any, name: str) -> None:
    row = BUILT_IN[name]
    spread = random.Random(name)
    near = [spread.uniform(-6.0, 6.0) for _ in range(400)]
    far = [spread.uniform(-30.0, 30.0) for _ in range(100)]
    points = [(x,) if row.arity == 1 else (x, spread.choice(near)) for x in near + far]
    check(page, row, points, (False,) * len(points[0]))


def test_rounding_to_digits_is_exact_at_halves(page: Any) -> None:
    cases = [
        (2.5, 0.0),
        (0.125, 2.0),
        (2.675, 2.0),
        (1e22, -20.0),
        (1e300, -305.0),
        (5e-324, 324.0),
    ]
    found = in_javascript(page, BUILT_IN["round_to"], (False, False), cases)
    assert [x for x, *_ in found] == [round(x, int(digits)) for x, digits in cases]


# ------ operators of the user's own


def test_operator_of_ones_own_is_followed_through_its_python(page: Any) -> None:
    cube = sg.operator("cube", lambda x: x * x * x + sg.exp(x), lambda out, x: 3.0 * x * x)
    (found,) = in_javascript(page, cube, (True,), [(2.0,)])
    assert found == pytest.approx([8.0 + math.exp(2.0), 12.0], rel=1e-15)


@pytest.mark.parametrize(
    "forward",
    [
        lambda x: x if x > 0.0 else 0.0,
        lambda x: x if x else 1.0,
        lambda x: 1.0 if x == 0.0 else x,
        lambda x: math.exp(x),
        lambda x: float(x),
    ],
)
def test_operator_that_cannot_be_followed_is_no_frozen_number(forward: Any) -> None:
    assert kernel(sg.operator("own", forward, lambda out, x: 1.0), (True,)) == "null"


def test_operator_of_ones_own_with_a_built_in_name_is_not_taken_for_it() -> None:
    assert "lgamma" not in kernel(
        sg.operator("lgamma", lambda x: x + x, lambda out, x: 2.0), (True,)
    )


# ------ numbers as Python writes them


def doubles(count: int) -> list[float]:
    bits = random.Random(1)
    anything = [struct.unpack("<d", bits.randbytes(8))[0] for _ in range(count)]
    readable = [round(bits.uniform(-1e3, 1e3), bits.randrange(6)) for _ in range(count)]
    borders = [10.0**k for k in range(-8, 24)] + [9.999999999999999e15, 1e16]
    return [*anything, *readable, *borders, *SPECIAL]


def floats(page: Any, name: str, xs: Sequence[Any], *more: Any) -> list[Any]:
    found: list[Any] = page.evaluate(FLOATS, [read("floats.js"), name, [[x, *more] for x in xs]])
    return found


def test_repr_is_pythons(page: Any) -> None:
    xs = doubles(2000)
    assert floats(page, "repr", xs) == list(map(repr, xs))


def test_shortened_numbers_are_those_of_text_and_drawing(page: Any) -> None:
    ties = [1.0625, 1.1875, 100.0625, 0.00030517578125, 2.5e-7]
    xs = [*doubles(2000), *ties, 999999.0, 1e6, 1234567.0, 12345.5]
    assert floats(page, "brief", xs) == list(map(brief, xs))


def test_numbers_are_read_back_from_pythons_repr(page: Any) -> None:
    xs = doubles(500)
    found = floats(page, "fromRepr", list(map(repr, xs)))
    assert list(map(repr, map(float, found))) == list(map(repr, xs))


# ------ numbers as readers type them


def typed(page: Any, text: str) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(FLOATS, [read("typed.js"), "readTyped", [[text]]])[0]
    return found


@pytest.mark.parametrize(
    "text",
    [
        *(" 1.5 ", "-2", "1_000", ".5", "5.", "1e-3", "+0", "pi/4", "2*3", "3*-2", "-8/2"),
        *("-(1 + 2)/4", "2**3**2", "-2**2", "2**-1", "1 - 2 - 3", "8/4/2", "2*pi*(1+e)"),
    ],
)
def test_what_is_typed_is_read_as_python_reads_it(page: Any, text: str) -> None:
    wanted = eval(text, {"pi": math.pi, "e": math.e})
    assert typed(page, text) == {"value": pytest.approx(wanted, rel=1e-15)}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("−3·2", -6.0), ("1÷4", 0.25), ("π", math.pi), ("3²", 9.0), ("2^3", 8.0), ("-inf", -math.inf)],
)
def test_signs_of_books_are_read_too(page: Any, text: str, wanted: float) -> None:
    assert typed(page, text) == {"value": wanted}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Nothing is typed"),
        ("abc", "“abc” is no number: type a number such as −4, 0.25, 1e-3, pi/4 or 2*3."),
        ("1,5", "“1,5” has a comma: write 1.5."),
        ("1e400", "1e400 is too large"),
        ("1/0", "divides by 0"),
        ("(1+2", "lacks a bracket"),
        *((x, "is no number") for x in ("1 2", "--", "2x", "1.5.2", "0x10", "alert(1)", ")", "*3")),
    ],
)
def test_what_cannot_be_read_is_told_in_words(page: Any, text: str, problem: str) -> None:
    assert problem in typed(page, text)["problem"]
