"""The parts of a trace: what they add up to, the twins in C, and what colours promise."""

from __future__ import annotations

from functools import partial
from itertools import combinations, count, permutations, takewhile
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalargrad import modes
from scalargrad.compiler.parts import kinds, linear
from scalargrad.compiler.parts.colouring import column_colours, read_at, star_colours
from scalargrad.compiler.parts.flat import NUMBER, Flat, of_nodes, with_numbers, without_zeros
from scalargrad.compiler.trace.chosen import Trace
from scalargrad.compiler.trace.native import nodes
from tests.support.refused_memory import refused_once
from tests.support.sparse_programs import points, program

np = pytest.importorskip("numpy")

SEEDS = st.integers(0, 2**32)


def flat(seed: int) -> Flat:
    """The trace of a random function, whose last input is a Value that it closes over."""
    size, f = program(seed, chooses=True)
    (x, p), trace = points(seed, size, 1)[0], Trace()
    with modes.tracing(trace):
        xs = [trace.input(a) for a in x]
        found = f(xs, trace.input(p))
        outputs = [trace.index(y) for y in found]
    held = [size] if seed % 2 else []
    return of_nodes(trace, [y.index for y in xs], outputs, held)


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
@pytest.mark.skipif(nodes is None, reason="nothing was built in C")
def test_the_twins_in_c_find_the_same(seed: int) -> None:
    for x in (with_numbers(flat(seed)), without_zeros(flat(seed))):
        columns = (x.sort, x.begin, x.operand, x.number, x.variable)
        assert nodes.linear_parts(*columns, x.outputs) == linear.linear_parts(*columns, x.outputs)
        computed = np.flatnonzero((x.code >= 0) & (x.variable < 0)).astype(np.int32)
        for room in (10_000, 3):
            further = computed, x.code, 2, room
            assert nodes.alike_parts(*columns, *further) == kinds.alike_parts(*columns, *further)


@pytest.mark.skipif(nodes is None, reason="nothing was built in C")
def test_the_twins_in_c_refuse_what_is_no_trace() -> None:
    x = flat(3)
    good = [x.sort, x.begin, x.operand, x.number, x.variable, x.outputs]
    for k, wrong in [
        (0, x.sort[:-1]),
        (0, np.full_like(x.sort, 77)),
        (1, x.begin[::-1].copy()),
        (2, x.operand + 10_000),
        (2, x.operand - 10_000),
        (3, x.number.astype("f4")),
        (5, np.array([-1], np.int32)),
    ]:
        with pytest.raises(ValueError, match="arrays of a Flat"):
            nodes.linear_parts(*good[:k], wrong, *good[k + 1 :])
    with pytest.raises(TypeError):
        nodes.linear_parts(*good[:-1])
    with pytest.raises(TypeError):
        nodes.alike_parts(*good)


@pytest.mark.skipif(nodes is None, reason="nothing was built in C")
def test_memory_that_is_refused_anywhere_is_an_error_and_no_crash() -> None:
    x = without_zeros(flat(5))
    columns = (x.sort, x.begin, x.operand, x.number, x.variable)
    computed = np.flatnonzero(x.code >= 0).astype(np.int32)
    for work, arguments in (
        (nodes.linear_parts, (*columns, x.outputs)),
        (nodes.alike_parts, (*columns, computed, x.code, 2, 10_000)),
    ):
        wanted = work(*arguments)
        found = (refused_once(partial(work, *arguments), at) for at in count())
        refused = list(takewhile(lambda x: x is MemoryError, found))
        assert len(refused) > 4
        assert work(*arguments) == wanted


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS)
def test_parts_add_up_to_the_outputs(seed: int) -> None:
    """Each output is the sum of its parts, by their weights."""
    size, f = program(seed, chooses=True)
    (x, p), trace = points(seed, size, 1)[0], Trace()
    with modes.tracing(trace):
        xs = [trace.input(a) for a in x]
        found = f(xs, trace.input(p))
        outputs = [trace.index(y) for y in found]
    plain = with_numbers(of_nodes(trace, [y.index for y in xs], outputs, []))
    values = np.append(list(trace.numbers), plain.number[len(trace) :])
    assert (plain.sort[len(trace) :] == NUMBER).all()
    parts = linear.linear(plain)
    assert (parts.factor == -1).all()
    sums = np.bincount(parts.output, parts.number * values[parts.node], len(outputs))
    np.testing.assert_allclose(sums, values[outputs], rtol=1e-13, atol=1e-13)


# ------ colours


def random_rows(seed: int, rows: int, columns: int) -> list[list[int]]:
    rng = Random(seed)
    chance = rng.choice((0.05, 0.2, 0.6))
    return [[j for j in range(columns) if rng.random() < chance] for _ in range(rows)]


@given(seed=SEEDS)
def test_columns_of_one_colour_share_no_row(seed: int) -> None:
    rows = random_rows(seed, 7, 9)
    colours = column_colours(rows, 9)
    for row in rows:
        assert len({colours[j] for j in row}) == len(row)


def symmetric(seed: int, size: int) -> list[list[int]]:
    entries = {(i, j) for i, row in enumerate(random_rows(seed, size, size)) for j in row}
    entries |= {(j, i) for i, j in entries}
    return [[j for j in range(size) if (i, j) in entries] for i in range(size)]


@given(seed=SEEDS)
def test_star_colours_differ_between_neighbours_and_on_each_path_of_four(seed: int) -> None:
    rows = symmetric(seed, 8)
    colours = star_colours(rows)
    joined = {(i, j) for i, row in enumerate(rows) for j in row if i != j}
    assert all(colours[i] != colours[j] for i, j in joined)
    for a, b, c, d in permutations(range(8), 4):
        if {(a, b), (b, c), (c, d)} <= joined:
            assert len({colours[k] for k in (a, b, c, d)}) >= 3


@given(seed=SEEDS)
def test_each_entry_is_read_where_no_other_is_of_its_colour(seed: int) -> None:
    rows = symmetric(seed, 8)
    colours = star_colours(rows)
    for i, j in ((i, j) for i, row in enumerate(rows) for j in row):
        at: Any = read_at(i, j, rows, colours)
        row, column = at
        assert {row, column} == {i, j}
        assert [k for k in rows[row] if colours[k] == colours[column]] == [column]


def test_colours_of_a_wrong_colouring_promise_nothing() -> None:
    rows = [[0, 1, 2], [0, 1, 2], [0, 1, 2]]
    assert all(read_at(i, j, rows, [0, 0, 0]) is None for i, j in combinations(range(3), 2))


def test_colours_of_bands_are_few() -> None:
    size = 200
    rows = [[j for j in (i - 1, i, i + 1) if 0 <= j < size] for i in range(size)]
    assert len(set(column_colours(rows, size))) == 3
    assert len(set(star_colours(rows))) == 3
