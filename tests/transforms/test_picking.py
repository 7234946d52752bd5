"""Picking by a number that may be computed: `pick(items, index)` is `items[index]`."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value

numbers = st.floats(allow_nan=True, allow_infinity=True)
columns = st.integers(1, 4)


@st.composite
def tables(draw: Any) -> tuple[Any, int]:
    """A list of numbers, or a list of lists of one length, and an index into it."""
    rows, width = draw(st.integers(1, 6)), draw(st.integers(0, 3))
    entry = numbers if width == 0 else st.lists(numbers, min_size=width, max_size=width)
    items = draw(st.lists(entry, min_size=rows, max_size=rows))
    return items, draw(st.integers(-rows, rows - 1))


def same(x: Any, y: Any) -> bool:
    """Whether two numbers, or lists of numbers, are the same bit for bit, NaN being itself."""
    if isinstance(x, list):
        return len(x) == len(y) and all(map(same, x, y))
    x, y = (z.data if isinstance(z, Value) else z for z in (x, y))
    return repr(x) == repr(y)


@given(tables())
def test_the_item_is_that_of_plain_python_whatever_stands_beside_it(table: Any) -> None:
    items, index = table
    for given_ in (index, float(index), Value(index), Value(index) + 0.0):
        assert same(sg.pick(items, given_), items[index])
    gate = sg.compile(lambda i, items: sg.pick(items, i))
    assert same(gate(float(index), items), items[index])
    assert same(gate(float(len(items) - 1), items), items[-1])


@given(tables())
def test_the_gradient_goes_to_the_item_alone(table: Any) -> None:
    items, index = table
    rows = [[Value(x) for x in (row if isinstance(row, list) else [row])] for row in items]
    place = Value(index)
    sg.sum(sg.pick(rows, place)).backward()
    picked = index % len(rows)
    for k, row in enumerate(rows):
        assert [x.grad for x in row] == [float(k == picked)] * len(row)
    assert place.grad == 0.0


def test_one_program_picks_by_every_number() -> None:
    gate = sg.compile(lambda items, i: sg.pick(items, i) * sg.pick(items, i + 1.0))
    items = [2.0, 3.0, 5.0, 7.0]
    assert [gate(items, float(i)) for i in (0, 1, 2, 1, 0)] == [6.0, 15.0, 35.0, 15.0, 6.0]
    assert gate._programs.count == 1
    # before the beginning Python counts from the end: another way through the function
    assert gate(items, -1.0) == 14.0
    assert gate._programs.count == 2


@pytest.mark.parametrize("index", [4.0, -5.0, 0.5, math.nan, math.inf, 4, -5])
def test_what_is_no_index_is_refused_compiled_or_not(index: Any) -> None:
    gate = sg.compile(lambda i: sg.pick([1.0, 2.0, 3.0, 4.0], i))
    assert gate(1.0) == 2.0
    for f in (gate, lambda i: sg.pick([1.0, 2.0, 3.0, 4.0], i)):
        for i in (index, Value(index)):
            with pytest.raises(IndexError, match="4 items need a whole number below 4"):
                f(i)


def test_what_is_no_number_or_no_table_is_refused() -> None:
    with pytest.raises(TypeError, match="an index is a whole number, got str 'a'"):
        sg.pick([1.0], "a")
    with pytest.raises(IndexError, match="at least one item, got none"):
        sg.pick([], Value(0.0))
    with pytest.raises(ValueError, match=r"shorter|longer"):
        sg.pick([[1.0], [1.0, 2.0]], Value(0.0))


def test_each_lane_picks_by_its_own_number() -> None:
    np = pytest.importorskip("numpy")
    gate = sg.compile(lambda w, i: sg.pick(w, i), batch="i")
    tokens = np.array([0, 2, 1, 1, -1])
    values, (slopes, _) = sg.value_and_grad(gate, (0, 1))([1.0, 2.0, 4.0], tokens)
    assert values.tolist() == [1.0, 4.0, 2.0, 2.0, 4.0]
    assert np.array(slopes).T.tolist() == np.eye(3)[tokens].tolist()
    with pytest.raises(IndexError, match="3 items"):
        gate([1.0, 2.0, 4.0], np.array([0, 3]))
