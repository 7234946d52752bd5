"""A path through a function's branches is for lanes that came to it by others: it takes over what
these found out, and nothing that they did not."""

from __future__ import annotations

import itertools
import math
import operator
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler import compile
from scalargrad.compiler.branches.path import Path
from scalargrad.compiler.gate.compiled import Compiled
from tests.support.compiled import EACH_RUNNER, running, value_and_gradients
from tests.support.expressions import rounds

np = pytest.importorskip("numpy")


def paths_of(compiled: Compiled) -> Iterator[Path]:
    (paths,) = compiled._programs.paths.values()
    pending = [paths.first]
    while pending:
        path = pending.pop()
        assert path is not None
        yield path
        pending += path.instead.values()


def nested(x: Any, y: Any, z: Any) -> Any:
    """Three branches, each on what the one before it computed."""
    a = x * y if x < 1.0 else x - y
    b = sg.exp(a) if a <= 0.5 else a * z
    return sg.sin(b) - x if b > y else b / 3.0 + z


def eager(f: Any, at: tuple[float, ...]) -> float:
    out = f(*map(sg.Value, at))
    return float(out.data if isinstance(out, sg.Value) else out)


@EACH_RUNNER
def test_no_path_checks_again_what_led_to_it(runner: str) -> None:
    def steps(x: Any) -> Any:
        for k in range(20):
            if x > float(k):
                # no two iterations alike: such paths are of no family
                x = x * 0.95 if k in (1, 2, 5, 11, 12, 16) else x - 0.01
            else:
                return x
        return -x

    xs = np.linspace(60.0, -1.0, 200)
    with running(runner):
        compiled = compile(steps, batch=True)
        assert compiled(xs).tolist() == [steps(x) for x in xs.tolist()]
    found = [len(path.program.guards) for path in paths_of(compiled)]
    # the first lane goes all the way, and what the others do from a step on is to return
    assert found == [20, *[0] * 20]


@EACH_RUNNER
def test_branches_three_deep_equal_eager_whichever_way_they_go(runner: str) -> None:
    levels = [-2.0, -0.5, 0.0, 0.25, 0.5, 1.0, 2.0]
    at = list(itertools.product(levels, repeat=3))
    ways = {
        (x < 1.0, a <= 0.5, b > y)
        for x, y, z in at
        for a in [x * y if x < 1.0 else x - y]
        for b in [math.exp(a) if a <= 0.5 else a * z]
    }
    assert len(ways) == 8
    for _ in rounds(6):
        random.shuffle(at)
        with running(runner):
            compiled = compile(nested, batch=True)
            found = compiled(*map(np.array, zip(*at)))
        assert found == pytest.approx([eager(nested, x) for x in at], rel=1e-14)
        assert sum(1 for _ in paths_of(compiled)) == 8


@EACH_RUNNER
def test_lanes_on_either_side_of_a_boundary_or_nan_go_as_eager_does(runner: str) -> None:
    def f(x: Any, y: Any) -> Any:
        if x < y:
            return x * 2.0 if x <= y else x * 3.0
        if x > y:
            return x * 5.0
        return x * 7.0 if x == y else y * 11.0 + 1.0

    near = [1.0, math.nextafter(1.0, 0.0), math.nextafter(1.0, 2.0), -0.0, 0.0, math.nan]
    at = list(itertools.product([*near, math.inf, -math.inf], repeat=2))
    for _ in rounds(6):
        random.shuffle(at)
        with running(runner):
            found = compile(f, batch=True)(*map(np.array, zip(*at)))
        assert found == pytest.approx([eager(f, x) for x in at], rel=0, abs=0, nan_ok=True)


@EACH_RUNNER
@pytest.mark.parametrize("f", [sg.exp, sg.tanh, sg.sin], ids=["exp", "tanh", "sin"])
def test_a_last_digit_that_differs_from_eager_at_a_boundary_makes_one_path(
    runner: str, f: Any
) -> None:
    xs = np.random.default_rng(0).normal(size=20_000)
    with running(runner):
        exact = np.array([f(x) for x in xs.tolist()])
        found = compile(lambda x: f(x), batch=True)(xs)
        at = [0, *np.flatnonzero(found != exact)[:2]]
        for x, bound in zip(xs[at], exact[at].tolist()):
            for test in (operator.lt, operator.le):
                compiled = compile(chosen_by(test, f, bound), batch=True, max_paths=2)
                assert abs(compiled(np.array([x, x, x]))).tolist() == [abs(x)] * 3


def chosen_by(test: Callable[[Any, float], bool], f: Any, bound: float) -> Callable[[Any], Any]:
    return lambda x: x if test(f(x), bound) else -x


@EACH_RUNNER
def test_a_branch_that_is_the_same_in_all_lanes_says_nothing_of_those_before_it(
    runner: str,
) -> None:
    def f(w: Any, x: Any) -> Any:
        y = x * 2.0 if x > 0.0 else x - 1.0
        return y * w if w > 0.0 else y + w

    xs = [1.0, 2.0, -1.0, -3.0]
    with running(runner):
        for first, second in itertools.product([1.0, -1.0], repeat=2):
            compiled = compile(f, batch="x")
            assert compiled(first, np.array(xs[:2])).tolist() == [f(first, x) for x in xs[:2]]
            assert compiled(second, np.array(xs)).tolist() == [f(second, x) for x in xs]


@EACH_RUNNER
def test_a_branch_on_what_was_known_earlier_says_nothing_of_those_before_it(runner: str) -> None:
    def f(x: Any, y: Any) -> Any:
        early, late = x * y, sg.sqrt(x * x + y * y + 1.0)
        z = late if late < 2.0 else late - 1.0
        return z * early if early > 0.0 else z + early

    at = list(itertools.product([-2.0, -0.5, 0.5, 2.0], repeat=2))
    for _ in rounds(6):
        random.shuffle(at)
        with running(runner):
            found = compile(f, batch=True)(*map(np.array, zip(*at)))
        assert found == pytest.approx([eager(f, x) for x in at], rel=1e-14)


@EACH_RUNNER
def test_what_is_not_computed_in_the_same_way_is_checked(runner: str) -> None:
    """An operator that is made anew at each call is another one each time."""

    def f(x: Any) -> Any:
        twice = sg.Operator("twice", "2×", lambda x: 2.0 * x, None, (lambda out, x: 2.0,))
        return x if twice(x) > 1.0 else -x if twice(x) > 0.0 else x * x

    xs = [3.0, 0.25, -2.0, 0.75, 0.1, -0.5]
    with running(runner):
        assert compile(f, batch=True)(np.array(xs)).tolist() == [f(x) for x in xs]


def knocked_out(x: Any, y: Any) -> Any:
    """The product of exponentials; zero times it once it is too large."""
    total = 1.0 + 0.0 * x
    for _ in range(6):
        total = total * sg.exp(x * y)
        if total > y * 4.0:
            return 0.0 * total
    return total


@EACH_RUNNER
def test_what_a_guard_compared_is_not_computed_again(runner: str) -> None:
    xs, ys = np.linspace(0.0, 2.0, 300), np.linspace(0.5, 1.5, 300)
    with running(runner):
        compiled = compile(knocked_out, batch=True)
        found = compiled(xs, ys)
        value, gradient = value_and_gradients(compiled, xs, ys)
    first, *others = paths_of(compiled)
    assert len(others) > 3
    assert "exp" in first.program.counts()
    assert not any("exp" in path.program.counts() for path in others)
    # all of them multiply what is given by zero
    assert len(set(others)) == 1
    for at, *lane in zip(zip(xs.tolist(), ys.tolist()), found, value, *gradient):
        leaves = list(map(sg.Value, at))
        out = knocked_out(*leaves)
        out.backward()
        expected = [out.data, out.data, *(leaf.grad for leaf in leaves)]
        assert lane == pytest.approx(expected, rel=1e-13, abs=1e-300)


@EACH_RUNNER
def test_ends_that_differ_in_a_number_or_in_its_sign_are_two(runner: str) -> None:
    def f(x: Any) -> Any:
        if x * 3.0 < 0.0:
            return x * 0.0
        if x * 3.0 < 1.0:
            return x * -0.0
        return x * 5.0 if x * 3.0 < 2.0 else x * 7.0

    xs = np.linspace(1.0, -1.0, 64)
    with running(runner):
        found = compile(f, batch=True)(xs)
    expected = np.array([f(x) for x in xs.tolist()])
    assert found.tobytes() == expected.tobytes()


@EACH_RUNNER
def test_paths_of_several_depths_come_together_in_a_sum(runner: str) -> None:
    def f(w: Any, x: Any) -> Any:
        y = sg.sin(x) * w
        for k in range(4):
            if y < 0.25 * k:
                y = y * y + w
            elif y > 2.0:
                y = sg.log(y)
        return y

    xs = np.random.default_rng(0).normal(size=500) * 3.0
    with running(runner):
        value, (slope, _) = value_and_gradients(compile(f, batch="x", reduce="sum"), 2.5, xs)
    w = sg.Value(2.5)
    out = sg.sum([f(w, x) for x in xs.tolist()])
    out.backward()
    assert value == pytest.approx(out.data, rel=1e-12)
    assert slope == pytest.approx(w.grad, rel=1e-12)
