"""scan: a loop as one call, which means what a plain `for` loop means."""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings

import scalargrad as sg
from tests.support.random_scans import Case, cases

W = [0.6, -0.3]


class Point(NamedTuple):
    x: Any
    y: Any


def test_steps_follow_one_another_and_what_they_give_is_listed() -> None:
    assert sg.scan(lambda s, x: (s * x, s + x), 1.0, [2.0, 3.0]) == (6.0, [3.0, 5.0])


def test_without_xs_there_are_length_steps() -> None:
    assert sg.scan(lambda s, x: (2.0 * s, x), 1.0, length=3) == (8.0, None)


def test_numbers_are_floats() -> None:
    state, ys = sg.scan(lambda s, k: (s + k, k), 0, range(3))
    assert repr((state, ys)) == "(3.0, [0.0, 1.0, 2.0])"


@pytest.mark.parametrize("xs", [[], (), {"t": []}, deque()])
def test_without_a_step_the_state_is_as_it_was(xs: Any) -> None:
    if xs == ():
        state, ys = sg.scan(lambda s, x: (s, x), (1, 2.0), length=0)
    else:
        state, ys = sg.scan(lambda s, x: (s, x), (1, 2.0), xs)
    assert repr((state, ys)) == "((1.0, 2.0), [])"


def test_structures_of_sequences_are_taken_apart_and_put_together() -> None:
    def body(state: Any, p: Any) -> Any:
        return {"sum": state["sum"] + p.x * p.y}, (p.y, Point(p.x, [p.y, 1.0]))

    state, ys = sg.scan(body, {"sum": 0.0}, Point([1.0, 2.0], deque([3.0, 4.0])))
    assert state == {"sum": 11.0}
    assert ys == ([3.0, 4.0], Point([1.0, 2.0], [[3.0, 1.0], [4.0, 1.0]]))


def test_what_a_scan_gave_is_what_another_takes() -> None:
    _, ys = sg.scan(lambda s, x: (s + x, (s, [x, s])), 1.0, [2.0, 3.0])
    _, again = sg.scan(lambda s, y: (s, y), 0.0, ys)
    assert again == ys == ([1.0, 3.0], [[2.0, 1.0], [3.0, 3.0]])


def test_arrays_are_sequences_of_rows_and_are_stacked() -> None:
    np = pytest.importorskip("numpy")
    state, ys = sg.scan(
        lambda s, row: (s + row, 2.0 * row), np.zeros(2), np.arange(6).reshape(3, 2)
    )
    assert state.tolist() == [6.0, 9.0]
    assert ys.tolist() == [[0.0, 2.0], [4.0, 6.0], [8.0, 10.0]]


def test_values_get_their_gradients() -> None:
    a, xs = sg.Value(0.5), [sg.Value(2.0), 3.0]
    state, ys = sg.scan(lambda s, x: (s * x * a, s), 1.0, xs)
    (state + ys[1]).backward()
    assert (a.grad, xs[0].grad) == (2.0 * 3.0 + 2.0, 0.25 * 3.0 + 0.5)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: sg.scan(lambda s, x: (s, s), 1.0), TypeError, "needs xs, or length="),
        (lambda: sg.scan(lambda s, x: (s, s), 1.0, length=-1), ValueError, "no fewer than 0"),
        (lambda: sg.scan(lambda s, x: (s, s), 1.0, [1.0], 2), ValueError, "long as each other"),
        (lambda: sg.scan(lambda s, x: s, 1.0, [1.0]), TypeError, "a state and a y, got float 1.0"),
        (lambda: sg.scan(lambda s, x: ((s, s), 1.0), 1.0, [1.0]), ValueError, "structure number"),
        (lambda: sg.scan(lambda s, x: (s, "a"), 1.0, [1.0]), TypeError, "got str 'a' at the y"),
        (lambda: sg.scan(lambda s, x: (s, s), "a", [1.0]), TypeError, "got str 'a' at the state"),
        (lambda: sg.scan(lambda s, x: (s, s), 1.0, iter([1.0])), TypeError, "are sequences"),
        (lambda: sg.scan(lambda s, x: (s, s), 1.0, "ab"), TypeError, "are sequences"),
        (lambda: sg.scan(lambda s, x: (s, s), 1.0, 2.0), TypeError, "are sequences"),
        (lambda: sg.scan(lambda s, x: (s, s), 1.0, [1.0, [2.0]]), ValueError, "structure number"),
        (lambda: sg.scan(None, 1.0, [1.0]), TypeError, "scan needs a function"),
    ],
)
@pytest.mark.parametrize("compiled", [False, True])
def test_errors_say_what_was_expected(call: Any, error: Any, text: str, compiled: bool) -> None:
    if compiled:
        pytest.importorskip("numpy")
    with pytest.raises(error, match=text):
        sg.compile(call)() if compiled else call()


def test_ys_have_the_structure_of_the_first() -> None:
    def body(s: Any, x: Any) -> Any:
        return s, (s,) if x < 2.0 else (s, s)

    with pytest.raises(ValueError, match="every y of a scan must have the structure of the first"):
        sg.scan(body, 1.0, [1.0, 2.0])


@settings(max_examples=25, deadline=None)
@given(cases([1, 2, 5]))
def test_it_is_the_loop_to_the_bit(case: Case) -> None:
    xs = list(case.xs)
    for transform in (lambda f, **_: f, sg.value_and_grad):
        found, expected = (transform(f, argnums=(0, 1))(W, xs) for f in (case.scanned, case.looped))
        assert repr(found) == repr(expected)


@settings(max_examples=5, deadline=None)
@given(cases([3]))
def test_second_derivatives_are_those_of_the_loop(case: Case) -> None:
    xs = list(case.xs)
    assert repr(sg.hessian(case.scanned)(W, xs)) == repr(sg.hessian(case.looped)(W, xs))
    directions = ([1.0, 0.5],)
    for transform in (sg.jvp, sg.hvp):
        found, expected = (
            transform(lambda w, f=f: f(w, xs), (W,), directions)  # type: ignore[misc]
            for f in (case.scanned, case.looped)
        )
        assert repr(found) == repr(expected)


def test_a_checkpoint_recomputes_it() -> None:
    def f(x: Any) -> Any:
        return sg.scan(lambda s, u: (sg.sin(s) * x + u, s), x, [0.1, 0.2, 0.3])[0]

    assert sg.grad(lambda x: sg.checkpoint(f, x))(0.7) == pytest.approx(sg.grad(f)(0.7), rel=1e-14)
