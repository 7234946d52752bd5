"""Branches on numbers are followed, whichever way they go: never a frozen one."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler import compile
from tests.support.compiled import (
    EACH_RUNNER,
    Function,
    of_arguments,
    running,
    value_and_gradients,
)
from tests.support.expressions import rounds

np = pytest.importorskip("numpy")


def halved(x: Any) -> Any:
    while x > 1.0:
        x = x / 2.0
    return x


def median(x: Any, y: Any, z: Any) -> Any:
    return sorted([x, y, z])[1]


def piecewise(x: Any, y: Any, z: Any) -> Any:
    if x < y and not z >= 1.0:
        return x * y
    return x - z if x <= 0.0 or y == x else max(y, z) * 3.0


def truth(x: Any, y: Any, z: Any) -> Any:
    return (x and y * 2.0) or z + 1.0


def clipped(x: Any, y: Any, z: Any) -> Any:
    low, high = min(y, z), max(y, z)
    return low if x < low else high if x > high else x * 1.0


def bisected(x: Any, y: Any, z: Any) -> Any:
    """The root of t·|t| = x, found by a loop whose every step branches on what it computed."""
    low, high = -4.0 + 0.0 * y, 4.0 + 0.0 * z
    for _ in range(6):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if middle * abs(middle) < x else (low, middle)
    return low + x


FUNCTIONS = [
    lambda x, y, z: halved(x) * y + z,
    *(median, piecewise, truth, clipped, bisected),
]
POINTS = [-3.0, -1.0, -0.0, 0.0, 0.5, 1.0, 1.0, 2.0, 7.5]


def outcome(f: Function, at: Sequence[float]) -> list[float]:
    leaves = list(map(sg.Value, at))
    out = f(*leaves)
    if not isinstance(out, sg.Value):
        return [float(out), 0.0, 0.0, 0.0]
    out.backward()
    return [out.data, *(leaf.grad for leaf in leaves)]


@EACH_RUNNER
@pytest.mark.parametrize("f", FUNCTIONS)
def test_replays_with_flipped_comparisons_equal_eager(runner: str, f: Function) -> None:
    with running(runner):
        compiled = compile(f)
        for _ in rounds(30 if runner == "numpy" else 60):
            at = [random.choice([*POINTS, random.gauss(0.0, 3.0)]) for _ in range(3)]
            value, gradient = value_and_gradients(compiled, *at)
            assert [value, *gradient] == pytest.approx(outcome(f, at), rel=1e-14, abs=1e-300), at
            assert compiled(*at) == value


@EACH_RUNNER
@pytest.mark.parametrize("f", FUNCTIONS)
def test_lanes_on_several_paths_equal_eager(runner: str, f: Function) -> None:
    with running(runner):
        compiled = compile(f, batch=True)
        for count in (1, 65, 131):
            xs, ys, zs = (np.array(random.choices(POINTS, k=count)) for _ in range(3))
            value, gradient = value_and_gradients(compiled, xs, ys, zs)
            for lane, at in enumerate(zip(xs, ys, zs)):
                found = [value[lane], *(g[lane] for g in gradient)]
                assert found == pytest.approx(outcome(f, at), rel=1e-14, abs=1e-300), at


@EACH_RUNNER
def test_sums_over_lanes_are_over_all_paths(runner: str) -> None:
    def f(w: Any, x: Any) -> Any:
        return w * x if x > 0.0 else w * w if x < -1.0 else x - w

    xs = np.array(random.choices(POINTS, k=131))
    with running(runner):
        total = value_and_gradients(compile(f, batch="x", reduce="sum"), 3.0, xs)
        mean = value_and_gradients(compile(f, batch="x", reduce="mean"), 3.0, xs)
    each = [outcome(f, (3.0, x)) for x in xs.tolist()]
    assert total[0] == pytest.approx(sum(x[0] for x in each), rel=1e-13)
    assert total[1][0] == pytest.approx(sum(x[1] for x in each), rel=1e-13)
    assert total[1][1] == pytest.approx([x[2] for x in each], rel=1e-13)
    assert mean[0] == pytest.approx(total[0] / 131, rel=1e-13)
    assert mean[1][0] == pytest.approx(total[1][0] / 131, rel=1e-13)


@EACH_RUNNER
def test_a_function_with_many_random_branches_agrees_in_every_lane(runner: str) -> None:
    for _ in rounds(3):
        tests = [(random.randrange(3), random.choice(POINTS)) for _ in range(5)]

        def f(xs: Sequence[Any], tests: Any = tests) -> Any:
            y = xs[0] + xs[1] * xs[2]
            for k, threshold in tests:
                y = y * xs[k] if xs[k] > threshold else y - xs[k]
                if y == threshold or y > 5.0:
                    y = y / 3.0
            return y

        with running(runner):
            compiled = compile(of_arguments(f, 3), batch=True)
            lanes = [np.array(random.choices(POINTS, k=64)) for _ in range(3)]
            value, gradient = value_and_gradients(compiled, *lanes)
        for lane, at in enumerate(zip(*lanes)):
            found = [value[lane], *(g[lane] for g in gradient)]
            expected = outcome(compiled.__wrapped__, at)
            assert found == pytest.approx(expected, rel=1e-12, abs=1e-300), (tests, at)


def test_nan_takes_the_way_that_eager_takes() -> None:
    for f in (piecewise, clipped):
        compiled = compile(f)
        for at in [(math.nan, 1.0, 2.0), (1.0, math.nan, 0.0), (0.5, 1.0, math.nan)]:
            assert compiled(*at) == pytest.approx(outcome(f, at)[0], nan_ok=True)


def test_a_branch_on_a_derivative_is_followed() -> None:
    """Its adjoints of zero beside infinite partial derivatives must not turn into NaN."""

    def f(x: Any, y: Any) -> Any:
        slope = sg.grad(lambda t: y * sg.sqrt(t))(x)
        return x + 1.0 if slope < 5.0 else x - 1.0

    lanes = np.array([0.0, 1.0, 0.0, 1e-4]), np.array([0.0, 1.0, 0.0, 1.0])
    assert compile(f, batch=True)(*lanes).tolist() == [1.0, 2.0, 1.0, 1e-4 - 1.0]


def test_too_many_paths_are_an_error_that_names_the_cure() -> None:
    def steps(x: Any) -> Any:
        n = 0.0
        while x > n:
            n += 1.0
        return n * x

    compiled = compile(steps, batch=True, max_paths=4)
    assert [compiled(x) for x in (0.5, 1.5, 2.5, 0.7)] == [0.5, 3.0, 7.5, 0.7]
    with pytest.raises(RuntimeError, match=r"max_paths = 4 .* scalargrad\.where instead of if"):
        compiled(np.array([0.5, 9.5, 4.5, 2.5, 3.5]))
    assert compiled(1.25) == 2.5


def test_branches_within_containers_and_inner_functions_are_followed() -> None:
    def f(points: Any) -> Any:
        best = max(points, key=lambda p: p["x"] * p["w"])
        return {"best": best["x"], "others": [p["x"] for p in points if p["x"] != best["x"]]}

    def given(*xs: float) -> Any:
        return [{"x": x, "w": 2.0} for x in xs]

    two = compile(lambda a, b: f([{"x": a, "w": 2.0}, {"x": b, "w": 1.0}])["best"], batch=True)
    assert two(np.array([1.0, 3.0]), np.array([5.0, 4.0])).tolist() == [5.0, 3.0]
    assert compile(lambda points: f(points)["best"])(given(1.0, 4.0, 2.0)) == 4.0


def test_results_of_two_structures_raise() -> None:
    compiled = compile(lambda x: [x, x] if x > 0.0 else x, batch=True)
    with pytest.raises(TypeError, match=r"results of one structure.* in one branch and"):
        compiled(np.array([1.0, -1.0]))


def test_a_comparison_of_constants_is_no_path() -> None:
    def f(x: Any, k: int) -> Any:
        y = sg.sin(0.5)
        return x * 2.0 if y < 1.0 and k > 3 else -x

    compiled = compile(f, max_paths=1)
    assert [compiled(x, k) for x in (1.0, -1.0) for k in (2, 5)] == [-1.0, 2.0, 1.0, -2.0]


def test_where_needs_no_path() -> None:
    f = compile(lambda x: sg.where(sg.step(x), sg.log(x), -x), batch=True, max_paths=1)
    value, slope = sg.value_and_grad(f)(np.array([1.0, -2.0, 0.0]))
    assert value.tolist() == [0.0, 2.0, 0.0]
    assert slope.tolist() == [1.0, -1.0, -1.0]
