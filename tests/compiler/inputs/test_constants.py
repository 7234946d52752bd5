"""Whole numbers, texts and None among the arguments: another one is another program, and is found
without a look at the others; a program is made for those that come again."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value
from scalargrad.compiler.gate import recurring
from scalargrad.compiler.gate.recurring import OFTEN
from tests.support.language import WORDS, Model, item, tokens_of

ROWS = [[0.5, -1.5], [2.0, 0.25], [-3.0, 1.0], [0.75, -0.5]]
BY_NAME = {"a": 2.0, "b": -0.5, "": 3.0}


def steered(table: Any, x: Any, k: int, tail: list[int], name: str) -> Any:
    """A function that uses its constants in every way: index, length, key, choice, number."""
    found = x * BY_NAME.get(name, 1.0) + len(name)
    for step in range(k % 3):
        found = found * table[tail[step % len(tail)] if tail else k][step % 2] + step
    if k in tail:
        found = found - table[k][0]
    return found + sum(table[j][0] for j in tail) * k + table[-1][k % 2]


constants = st.tuples(
    st.integers(0, 3), st.lists(st.integers(0, 3), max_size=3), st.sampled_from(["", "a", "b", "c"])
)
calls = st.lists(constants, min_size=1, max_size=6)


@given(calls, st.floats(-2.0, 2.0))
def test_calls_with_constants_that_change_are_the_function_on_floats(
    made: list[Any], x: float
) -> None:
    gate = sg.compile(steered)
    slope = sg.grad(gate, 1)
    for own in made * 3:
        assert gate(ROWS, x, *own) == pytest.approx(steered(ROWS, x, *own), rel=1e-12, abs=1e-12)
        expected = sg.grad(steered, 1)(ROWS, x, *own)
        assert slope(ROWS, x, *own) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@given(calls, st.floats(-2.0, 2.0), st.integers(1, 5))
def test_calls_with_constants_that_change_are_the_function_on_values(
    made: list[Any], number: float, times: int
) -> None:
    gate = sg.compile(steered)
    table, x = [[Value(y) for y in row] for row in ROWS], Value(number)
    leaves = [x, *(y for row in table for y in row)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(recurring, "OFTEN", 3)
        for own in [y for y in made for _ in range(times)]:
            found, expected = gate(table, x, *own), steered(table, x, *own)
            assert found.data == pytest.approx(expected.data, rel=1e-12, abs=1e-12)
            slopes = sg.gradients(found, leaves), sg.gradients(expected, leaves)
            assert [s.data for s in slopes[0]] == pytest.approx([s.data for s in slopes[1]])


def told(x: Any, k: Any) -> Any:
    return x * 2.0 if k is True else x * 3.0 if type(k) is int else x * len(str(k))


def test_constants_that_are_equal_and_are_not_the_same_are_told_apart() -> None:
    np = pytest.importorskip("numpy")
    gate = sg.compile(told)
    kinds = [1, True, np.int64(1), "1", None, b"1", np.bool_(True)]
    for k in [*kinds, *reversed(kinds), *kinds]:
        assert gate(0.5, k) == told(0.5, k)


def test_arrays_of_whole_numbers_are_told_apart_by_what_they_hold() -> None:
    np = pytest.importorskip("numpy")

    def picked(v: Any, i: Any) -> Any:
        return v[i[0]] * v[i[1]]

    gate, v = sg.compile(picked), [2.0, 3.0, 5.0]
    places = [np.array(pair) for pair in ([0, 1], [1, 2], [2, 0], [2, 2])]
    for i in [*places, *places]:
        assert gate(v, i) == picked(v, i)
    i = places[0]
    i[0] = 2
    assert gate(v, i) == 15.0


def in_full(gate: Any, *args: Any) -> bool:
    """Whether a call takes no shortcut."""
    made, original = [], gate._in_full
    gate._in_full = lambda *both: made.append(both) or original(*both)
    try:
        gate(*args)
    finally:
        gate._in_full = original
    return bool(made)


needs_machine = pytest.mark.skipif(sg.engine != "native", reason="shortcuts are those of C")


@needs_machine
def test_many_constants_one_after_the_other_all_take_shortcuts() -> None:
    gate = sg.compile(lambda xs, k: xs[k] * k)
    xs = [float(k) for k in range(40)]
    assert [gate(xs, k) for k in range(40)] == [float(k * k) for k in range(40)]
    assert not any(in_full(gate, xs, k) for k in range(40))
    assert len(gate._forms) == 1


@needs_machine
def test_a_change_around_ends_the_shortcuts_of_all_constants() -> None:
    rate = [2.0]
    gate = sg.compile(lambda x, k: x * k * rate[0])
    assert [gate(1.0, k) for k in (1, 2, 1, 2)] == [2.0, 4.0, 2.0, 4.0]
    rate[0] = 3.0
    assert [gate(1.0, k) for k in (1, 2, 1, 2)] == [3.0, 6.0, 3.0, 6.0]
    assert not in_full(gate, 1.0, 2)


# ------ only for constants that come again


def counted(f: Callable[..., Any]) -> tuple[Any, list[int]]:
    gate: Any = sg.compile(f)
    traces: list[int] = []
    run = gate._programs.run
    gate._programs.run = lambda *args: traces.append(1) or run(*args)
    return gate, traces


def test_a_program_is_made_for_constants_that_come_often() -> None:
    gate, traces = counted(lambda v, k: v[k] * 2.0)
    v = [Value(1.0), Value(2.0), Value(3.0)]
    assert gate(v, 0).data == 2.0
    assert len(traces) == 1
    for _ in range(OFTEN - 1):
        assert [gate(v, k).data for k in (1, 2)] == [4.0, 6.0]
    assert len(traces) == 1
    assert [gate(v, k).data for k in (1, 2)] == [4.0, 6.0]
    assert len(traces) == 3


def test_only_so_many_constants_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recurring, "MOST", 5)
    gate, traces = counted(lambda v, k: v * k)
    for k in range(40):
        assert gate(Value(2.0), k).data == 2.0 * k
        assert len(gate._recurring._counts) <= 5
    assert len(traces) == 1


def test_the_first_call_with_constants_refuses_what_cannot_be_compiled() -> None:
    gate = sg.compile(lambda v, k: Value(float(v)) * k)
    with pytest.raises(TypeError, match="cannot follow float"):
        gate(Value(1.0), 3)


def test_floats_and_lanes_have_a_program_at_once() -> None:
    gate, traces = counted(lambda x, k: x * k)
    for k in range(4):
        gate(2.0, k)
    assert len(traces) == 4
    np = pytest.importorskip("numpy")
    lanes = sg.compile(lambda w, x, k: w * x * k, batch="x", reduce="sum")
    for k in range(4):
        assert lanes(Value(2.0), np.ones(3), k).data == 6.0 * k
    assert lanes._programs.count == 4


# ------ a language model, whose tokens pick from lists


def test_words_of_one_length_share_a_program_where_their_tokens_are_data() -> None:
    model = Model(width=4)
    gate, plain = sg.compile(model.loss), lambda tokens: model.loss(tokens, item)
    parameters = model.parameters()
    words = [word for word in WORDS if len(word) == 5][:6]
    for word in [*words, *words]:
        found, expected = gate(list(map(float, tokens_of(word)))), plain(tokens_of(word))
        assert found.data == pytest.approx(expected.data, rel=1e-12)
        slopes = [sg.gradients(loss, parameters) for loss in (found, expected)]
        same = pytest.approx([s.data for s in slopes[1]], rel=1e-9, abs=1e-12)
        assert [s.data for s in slopes[0]] == same
    assert gate._programs.count == 1


def test_words_as_whole_numbers_are_the_function_however_often_they_come() -> None:
    model = Model(width=4, seed=1)
    gate = sg.compile(model.loss)
    words = WORDS[:4] * (OFTEN + 1)
    for word in random.Random(0).sample(words, len(words)):
        tokens = tokens_of(word)
        assert gate(tokens).data == pytest.approx(model.loss(tokens).data, rel=1e-12)
    assert len(gate._programs.paths) == len(set(words))


def test_words_in_lanes() -> None:
    np = pytest.importorskip("numpy")
    model = Model(width=4, seed=2)
    words = [tokens_of(word) for word in WORDS if len(word) == 5]
    mean = sg.compile(lambda tokens: model.loss(list(tokens)), batch="tokens", reduce="mean")
    found = mean(np.array(words))
    expected = sg.sum([model.loss(tokens) for tokens in words]) / len(words)
    assert found.data == pytest.approx(expected.data, rel=1e-12)
    parameters = model.parameters()
    slopes = [sg.gradients(loss, parameters) for loss in (found, expected)]
    same = pytest.approx([s.data for s in slopes[1]], rel=1e-9, abs=1e-12)
    assert [s.data for s in slopes[0]] == same
    # other words of the same length
    count = mean._programs.count
    mean(np.array(words[::-1]))
    assert mean._programs.count == count


def test_the_program_tells_for_which_constants_it_is() -> None:
    gate = sg.compile(lambda x, tokens, name: x * sum(tokens) * len(name))
    text = str(gate.program(2.0, [3, 1, 4, 1, 5], "abc"))
    assert "for tokens[0] = 3, tokens[1] = 1, tokens[2] = 4, tokens[3] = 1, 2 more alone:" in text
    assert "alone" not in str(sg.compile(lambda x: x * x).program(2.0))
    np = pytest.importorskip("numpy")
    text = str(sg.compile(lambda x, i: x * len(i)).program(2.0, np.array([1, 2])))
    assert "for i alone:" in text
