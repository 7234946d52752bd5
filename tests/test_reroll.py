"""Re-rolling: loops written out number by number run side by side, and to the same bits."""

from __future__ import annotations

import math
import operator
import random
import struct
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from typing import Any

import pytest
from compiled import (
    HAS_MACHINE,
    eager,
    error_bounds,
    instruction_sets,
    is_close,
    of_arguments,
    running,
)
from expressions import rounds

import scalargrad as sg
from scalargrad import ops
from scalargrad.compiler import compile
from scalargrad.compiler.trace import Trace
from scalargrad.rows import BUILT_IN

if not HAS_MACHINE:
    pytest.skip("the native machine was not built", allow_module_level=True)

from scalargrad.compiler import reroll

machine: Any = pytest.importorskip("scalargrad.native._machine")

SIZES = (1, 3, 7, 8, 9, 56, 57, 63, 64, 65, 131)
ADD, WHERE = BUILT_IN["add"].code, BUILT_IN["where"].code


@contextmanager
def one_by_one() -> Iterator[None]:
    """Within it nothing is compiled to wide instructions."""
    few, reroll.FEW = reroll.FEW, 10**9
    try:
        yield
    finally:
        reroll.FEW = few


def bits(numbers: Iterable[float]) -> list[bytes]:
    return [struct.pack("<d", x if x == x else math.nan) for x in numbers]


def both_ways(f: Callable[..., Any], xs: list[float]) -> tuple[list[float], list[float]]:
    """The value and the gradient of `f` at a list of numbers, re-rolled and not."""
    value, (gradient,) = compile(f).value_and_grad(xs)
    with one_by_one():
        other, (expected,) = compile(f).value_and_grad(xs)
    return [value, *gradient], [other, *expected]


# ------ the passes


def traced(f: Callable[..., Any], count: int) -> tuple[Trace, list[int]]:
    trace = Trace()
    f([trace.input(1.5 + i) for i in range(count)])
    return trace, [i for i in range(len(trace)) if trace.operands[i]]


def test_levels_count_what_has_to_be_done_before() -> None:
    trace, nodes = traced(lambda x: (x[0] * x[1] + x[1]) * x[0], 2)
    assert list(reroll.levels(trace, nodes).values()) == [1, 2, 3]


def test_a_group_is_of_one_level_and_one_operator() -> None:
    trace, nodes = traced(lambda xs: [(2.0 * x, x + 1.0, (x + 1.0) * 3.0) for x in xs], 3)
    found = [[trace.row(i) for i in group] for group in reroll.groups(trace, nodes)]
    assert found == [[ops.mul] * 3, [ops.add] * 3, [ops.mul] * 3]


def test_a_group_is_cut_up_by_the_operand_that_most_share() -> None:
    trace, nodes = traced(lambda x: [x[i] * x[2 + j] for j in range(8) for i in range(2)], 10)
    parts = reroll.parts(trace, nodes)
    assert [[trace.operands[i][0] for i in part] for part in parts] == [[0] * 8, [1] * 8]


def test_a_group_that_shares_nothing_stays_whole() -> None:
    trace, nodes = traced(lambda x: [x[i] * x[8 + i] for i in range(8)], 16)
    assert reroll.parts(trace, nodes) == [nodes]


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ((5,), reroll.NUMBER),
        ((5, 5, 5), reroll.NUMBER),
        ((5, 6, 5), None),
        ((5, 6, 7), reroll.STRETCH),
        ((5, 7, 9), None),
        ((7, 6, 5), None),
        ((5, 9, 7), None),
    ],
)
def test_a_column_is_a_number_or_a_stretch_or_neither(column: Any, kind: int | None) -> None:
    assert reroll.kind_of(column) == kind


@pytest.mark.parametrize(
    ("columns", "begins"),
    [
        ([tuple(range(30))], [0]),
        ([(*range(10), *range(20, 30))], [0, 10]),
        ([(*range(10), *[7] * 10)], [0, 10]),
        ([(*range(10), *range(20, 30)), (*[3] * 9, *range(40, 51))], [0]),
        ([(*range(10), *range(20, 40)), (*[3] * 20, *range(40, 50))], [0, 10, 20]),
        ([tuple(range(0, 60, 2))], [0]),
    ],
)
def test_columns_are_cut_into_long_pieces_only(columns: Any, begins: list[int]) -> None:
    assert reroll.cuts(columns) == begins


def test_terms_of_the_same_kinds_are_written_together() -> None:
    code = reroll.runs((0, 1, 0, 1, 1, 0), (10, 20, 11, 21, 30, 40))
    assert code == [1, 2, 10, 20, 11, 21, 2, 1, 30, 40]


def code_of(f: Callable[..., Any], count: int) -> tuple[Any, list[list[int]]]:
    """The re-rolled code of `f` as instructions."""
    trace, nodes = traced(f, count)
    constants = [i for i in range(len(trace)) if not trace.operands[i] and i not in trace.inputs]
    rerolled = reroll.Rerolled(trace, trace.inputs, constants)
    words = list(rerolled.code(nodes))
    found = []
    while words:
        found.append(words[: words[1]])
        del words[: words[1]]
    return rerolled, found


def test_a_loop_over_neighbours_becomes_one_instruction() -> None:
    _, code = code_of(lambda x: [x[i] * x[20 + i] for i in range(20)], 40)
    assert code == [[machine.WIDE_ROW, 8, 40, 20, ops.mul.code, 0b11, 0, 20]]


def test_scattered_operands_are_packed_once() -> None:
    _, code = code_of(lambda x: [w * x[3 * i] for w in x[1:3] for i in range(8)], 24)
    assert [words[0] for words in code] == [machine.PACK, machine.WIDE_ROW, machine.WIDE_ROW]
    assert code[0][3:] == [0, 3, 6, 9, 12, 15, 18, 21]
    assert code[1][7] == code[2][7] == code[0][2]


def test_scattered_constants_are_packed_beforehand() -> None:
    numbers = random.sample(range(2, 100), 20)
    rerolled, code = code_of(lambda x: [c * w for w in x for c in (*numbers, *numbers[::-1])], 2)
    assert [words[0] for words in code] == [machine.WIDE_ROW] * 2
    at = code[0][6]
    assert sorted(rerolled.initial()[at : at + 20]) == sorted(numbers)


def test_fewer_than_a_few_are_done_one_by_one() -> None:
    _, code = code_of(lambda x: [y.exp() for y in x], 3)
    assert [words[0] for words in code] == [ops.exp.code] * 3


# ------ the instructions


def program(code: Sequence[int], initial: Sequence[float], results: Sequence[int]) -> Any:
    nothing = dict.fromkeys(("totals", "splats", "lanes", "after"), array("i"))
    return machine.Program(
        initial=array("d", initial),
        results=array("i", results),
        before=array("i", code),
        registers=0,
        inputs=0,
        outputs=0,
        **nothing,
    )


def run(code: Sequence[int], initial: Sequence[float], out: range, careful: bool) -> list[float]:
    results = array("d", bytes(8 * len(out)))
    made = program(code, [*initial, *[math.nan] * (len(out) + 7)], out)
    assert made.run(array("d"), (), 0, results, None, None, careful, 1) == -1
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
        assert run(code, initial, range(18, 27), careful=True) == [0.0] * 9
        assert all(map(math.isnan, run(code, initial, range(18, 27), careful=False)))


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
        assert made.run(array("d"), (), 0, array("d", [0.0]), None, None, ran % 2, 1) == -1
    assert refused > ran > 0


# ------ whole functions

EXACT = [
    operator.add,
    operator.sub,
    operator.mul,
    lambda x, y: sg.maximum(x, y),
    lambda x, y: sg.relu(x) - y,
    lambda x, y: x * 0.5 + y,
]
ROUNDED = [
    lambda x, y: sg.tanh(x) * y,
    lambda x, y: sg.exp(-x * x) + y,
    lambda x, y: x / (y * y + 1),
]
Layer = Callable[[list[Any]], list[Any]]


def layers(source: random.Random, kinds: Sequence[Any], width: int) -> list[Layer]:
    """Steps from a list of numbers to the next: loops as people write them, some irregular."""

    def beside() -> Layer:
        act, shift = source.choice(kinds), source.randrange(1, width)
        return lambda x: [act(a, x[(i + shift) % len(x)]) for i, a in enumerate(x)]

    def matrix() -> Layer:
        rows = [[source.uniform(-1.0, 1.0) for _ in range(width)] for _ in range(width)]
        return lambda x: [sum((w * a for w, a in zip(row, x)), x[k]) for k, row in enumerate(rows)]

    def against_one() -> Layer:
        act, at = source.choice(kinds), source.randrange(width)
        return lambda x: [act(a, x[at]) for a in x]

    def scattered() -> Layer:
        picks = [(source.choice(kinds), *source.choices(range(width), k=2)) for _ in range(width)]
        return lambda x: [act(x[i], x[j]) for act, i, j in picks]

    def products_of_all() -> Layer:
        return lambda x: [sum(a * b * 0.1 for b in x) for a in x]

    return [
        source.choice((beside, matrix, against_one, scattered, products_of_all))() for _ in "123"
    ]


def of_layers(steps: Sequence[Layer]) -> Callable[[list[Any]], Any]:
    def f(x: list[Any]) -> Any:
        for step in steps:
            x = step(x)
        return sum(x)

    return f


def test_exact_programs_give_the_same_bits() -> None:
    for seed in rounds(60):
        source = random.Random(seed)
        width = source.choice((2, 4, 5, 8, 9, 17))
        f = of_layers(layers(source, EXACT, width))
        found, expected = both_ways(f, [source.uniform(-1.0, 1.0) for _ in range(width)])
        assert bits(found) == bits(expected)


def test_programs_with_functions_differ_by_what_these_may_be_off() -> None:
    for seed in rounds(40):
        source = random.Random(seed)
        width = source.choice((4, 8, 9))
        f = of_layers(layers(source, [*EXACT[:3], *ROUNDED], width)[:2])
        at = [source.uniform(-1.0, 1.0) for _ in range(width)]
        bounds = error_bounds(eager(of_arguments(f, width), at))
        for found, expected, bound in zip(*both_ways(f, at), bounds):
            assert is_close(found, expected, 2.0 * bound)


def test_infinities_and_zero_adjoints_are_as_they_were() -> None:
    def f(xs: list[Any]) -> Any:
        return sum(sg.where(x > 0.0, sg.sqrt(x), 0.0) * y for x, y in zip(xs[::2], xs[1::2]))

    found, expected = both_ways(f, [0.0, 1.0, 4.0, 0.0, -1.0, math.inf, 9.0, 2.0] * 3)
    assert bits(found) == bits(expected)


def test_a_loop_over_samples_runs_in_few_instructions() -> None:
    samples = [(random.gauss(0.0, 1.0), random.gauss(0.0, 1.0)) for _ in range(64)]

    def outputs(weights: list[Any]) -> list[Any]:
        hidden = [
            [sg.tanh(w * x + v * y) for w, v in zip(weights[:8], weights[8:])] for x, y in samples
        ]
        return [sum(h) for h in hidden]

    _, code = code_of(outputs, 16)
    _, nodes = traced(outputs, 16)
    assert 20 * len(code) < len(nodes)


def test_guards_are_checked_on_what_was_computed_side_by_side() -> None:
    def f(xs: list[Any]) -> Any:
        squares = [x * x for x in xs]
        return sum(squares) if squares[5] > 1.0 else -sum(squares)

    gate = compile(f)
    for x in (0.5, 2.0, 0.5):
        xs = [0.1] * 5 + [x] + [0.2] * 5
        assert gate(xs) == pytest.approx(f(xs), rel=1e-15)
