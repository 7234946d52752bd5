"""Re-rolling: loops written out number by number run side by side, and to the same bits."""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import ops
from scalargrad.compiler import compile
from scalargrad.compiler.machine.instructions import PACK, WIDE_ROW
from scalargrad.compiler.trace.in_python import Trace
from scalargrad.compiler.trace.vocabulary import accumulate
from tests.support.compiled import (
    HAS_MACHINE,
    eager,
    error_bounds,
    is_close,
    of_arguments,
)
from tests.support.expressions import rounds
from tests.support.floats import all_bits

if not HAS_MACHINE:
    pytest.skip("the native machine was not built", allow_module_level=True)

from scalargrad.compiler.machine import reroll

machine: Any = pytest.importorskip("scalargrad.native._machine")


@contextmanager
def one_by_one() -> Iterator[None]:
    """Within it nothing is compiled to wide instructions."""
    few, reroll.FEW = reroll.FEW, 10**9
    try:
        yield
    finally:
        reroll.FEW = few


def both_ways(f: Callable[..., Any], xs: list[float]) -> tuple[list[float], list[float]]:
    """The value and the gradient of `f` at a list of numbers, re-rolled and not."""
    value, gradient = sg.value_and_grad(compile(f))(xs)
    with one_by_one():
        other, expected = sg.value_and_grad(compile(f))(xs)
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
    found = reroll.sharers(trace, nodes)
    assert [[trace.operands[i][0] for i in nodes] for nodes in found] == [[0] * 8, [1] * 8]


def test_a_group_that_shares_nothing_stays_whole() -> None:
    trace, nodes = traced(lambda x: [x[i] * x[8 + i] for i in range(8)], 16)
    assert reroll.sharers(trace, nodes) == [nodes]


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
    assert code == [WIDE_ROW(40, 20, ops.mul.code, 0b11, 0, 20)]


def test_scattered_operands_are_packed_once() -> None:
    _, code = code_of(lambda x: [w * x[3 * i] for w in x[1:3] for i in range(8)], 24)
    assert [words[0] for words in code] == [PACK.code, WIDE_ROW.code, WIDE_ROW.code]
    assert code[0][3:] == [0, 3, 6, 9, 12, 15, 18, 21]
    assert code[1][7] == code[2][7] == code[0][2]


def test_scattered_constants_are_packed_beforehand() -> None:
    numbers = random.sample(range(2, 100), 20)
    rerolled, code = code_of(lambda x: [c * w for w in x for c in (*numbers, *numbers[::-1])], 2)
    assert [words[0] for words in code] == [WIDE_ROW.code] * 2
    at = code[0][6]
    assert sorted(rerolled.initial()[at : at + 20]) == sorted(numbers)


def test_fewer_than_a_few_are_done_one_by_one() -> None:
    _, code = code_of(lambda x: [y.exp() for y in x], 3)
    assert [words[0] for words in code] == [ops.exp.code] * 3


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
        assert all_bits(found) == all_bits(expected)


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
    assert all_bits(found) == all_bits(expected)


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


def test_a_gradient_with_many_contributions_is_one_sum() -> None:
    trace = Trace()
    xs = [trace.input(1.5 + i) for i in range(6)]
    out = sum(xs[0] * x for x in xs[1:])
    size = len(trace)
    (shown,) = sg.gradients(out, xs[:1])
    gradient, zero = shown.operands
    assert (shown.op, zero, gradient.op) == (sg.ops.add, 0.0, accumulate)
    assert gradient.operands[::2] == (1.0,) * 5
    assert {x.index for x in gradient.operands[1::2]} == {x.index for x in xs[1:]}
    assert trace.numbers[gradient.index] == sum(1.5 + i for i in range(1, 6))
    # the sum, what is shown of it, and the constants 1.0 and 0.0
    assert len(trace) <= size + 4


def test_guards_are_checked_on_what_was_computed_side_by_side() -> None:
    def f(xs: list[Any]) -> Any:
        squares = [x * x for x in xs]
        return sum(squares) if squares[5] > 1.0 else -sum(squares)

    gate = compile(f)
    for x in (0.5, 2.0, 0.5):
        xs = [0.1] * 5 + [x] + [0.2] * 5
        assert gate(xs) == pytest.approx(f(xs), rel=1e-15)
