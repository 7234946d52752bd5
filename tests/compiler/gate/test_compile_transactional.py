"""All or nothing: a function that raises, wherever it does, leaves everything as it was."""

from __future__ import annotations

import random
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler import compile
from scalargrad.randomness import bernoulli
from tests.support.compiled import RUNNERS, running

np = pytest.importorskip("numpy")

FAILURES = [ZeroDivisionError, KeyboardInterrupt, MemoryError, SystemExit]


class Trouble:
    """Raises what it is told to, once, when it is armed."""

    def __init__(self, failure: type[BaseException]) -> None:
        self.failure = failure
        self.fuse: list[int] = []

    def strike(self) -> None:
        if self.fuse:
            self.fuse.pop()
            raise self.failure


def state(compiled: Any, values: list[Any]) -> Any:
    grads = [(v.grad, v.has_grad) for v in values]
    kept = compiled._programs.paths, compiled._programs._kept
    return [*map(dict, kept)], grads, random.getstate()


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("lanes", [False, True])
def test_a_function_that_raises_while_first_traced_leaves_nothing(
    runner: str, failure: type[BaseException], lanes: bool
) -> None:
    trouble, w = Trouble(failure), sg.Value(2.0)

    def f(x: Any) -> Any:
        y = w * x + bernoulli(0.5)
        trouble.strike()
        return y * y

    with running(runner):
        compiled = compile(f, batch=True)
        w.grad = 0.25
        before = state(compiled, [w])
        trouble.fuse.append(1)
        with pytest.raises(failure):
            compiled(np.ones(70) if lanes else 1.0)
        assert state(compiled, [w]) == before
        assert compiled(1.0).data in (4.0, 9.0)


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("runner", RUNNERS)
def test_a_function_that_raises_on_a_later_path_leaves_the_others(
    runner: str, failure: type[BaseException]
) -> None:
    trouble = Trouble(failure)

    def f(x: Any) -> Any:
        if x > 0.0:
            return x * 2.0
        trouble.strike()
        return x * 3.0

    xs = np.array([1.0, -1.0, 2.0])
    with running(runner):
        compiled = compile(f, batch=True)
        assert compiled(np.array([1.0, 5.0])).tolist() == [2.0, 10.0]
        before = random.getstate()
        trouble.fuse.append(1)
        with pytest.raises(failure):
            compiled(xs)
        assert random.getstate() == before
        assert compiled(np.array([1.0, 5.0])).tolist() == [2.0, 10.0]
        assert compiled(xs).tolist() == [2.0, -3.0, 4.0]
        assert sg.grad(compiled)(xs).tolist() == [2.0, 3.0, 2.0]


def test_a_function_that_raises_does_not_stay_being_traced() -> None:
    def f(x: Any) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        compile(f)(1.0)
    x = sg.Value(2.0)
    assert (x * x).parents == (x, x)
    x.data = 3.0
    assert x.data == 3.0


def test_draws_of_a_call_that_failed_are_drawn_again() -> None:
    trouble = Trouble(KeyboardInterrupt)

    def f(x: Any) -> Any:
        if x > 0.0:
            return x * bernoulli(0.5)
        trouble.strike()
        return x

    xs = np.array([1.0] * 60 + [-1.0])
    first, second = compile(f, batch=True), compile(f, batch=True)
    random.seed(5)
    trouble.fuse.append(1)
    with pytest.raises(KeyboardInterrupt):
        first(xs)
    again = first(xs)
    random.seed(5)
    assert again.tolist() == second(xs).tolist()


def test_gradients_are_as_before_when_a_call_like_an_earlier_one_is_refused() -> None:
    w = sg.Value(1.0)
    compiled = compile(lambda x: w * x, batch="x", reduce="sum")
    loss = compiled(np.ones(3))
    loss.backward()
    with pytest.raises(ValueError, match="none"):
        compiled(np.ones(0))
    assert w.grad == 3.0


def test_an_error_in_a_branch_has_the_user_s_traceback() -> None:
    def f(x: Any) -> Any:
        return {}["missing"] if x > 1.0 else x

    compiled = compile(f)
    assert compiled(0.5) == 0.5
    with pytest.raises(KeyError, match="missing"):
        compiled(2.0)
    assert compiled(0.5) == 0.5
