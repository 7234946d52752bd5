"""The search for solutions: where it ends, how precisely, and what it says where there is none."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad.implicit import lanes

coefficients = st.floats(-1.0, 1.0)


# ------ random systems, held against fifty digits
class System:
    """n equations x_i·(n + 1) + Σ a_ij·sin(x_j) = b_i·t + exp(t)/3, solved once for each t."""

    def __init__(self, numbers: list[float]) -> None:
        self.size = n = math.isqrt(len(numbers))
        self.matrix = [numbers[i * n : (i + 1) * n] for i in range(n)]

    def equations(self, xs: Any, t: Any, functions: Any) -> list[Any]:
        sin, exp, n = functions.sin, functions.exp, self.size
        return [
            xs[i] * (n + 1.0)
            + sum(a * sin(x) for a, x in zip(self.matrix[i], xs))
            - (self.matrix[i][0] * t + exp(t) / 3.0)
            for i in range(n)
        ]

    def solution(self, t: Any) -> Any:
        return sg.root(lambda xs, t: self.equations(xs, t, sg), [0.0] * self.size, t)

    def in_fifty_digits(self, t: Any) -> Any:
        found = mpmath.findroot(
            lambda *xs: self.equations(xs, t, mpmath), [mpmath.mpf(0)] * self.size, tol=1e-80
        )
        return list(found)


@given(
    st.sampled_from([1, 4, 9]).flatmap(lambda n: st.lists(coefficients, min_size=n, max_size=n)),
    coefficients,
)
@settings(max_examples=15, deadline=None)
def test_random_systems_to_the_second_derivative(numbers: list[float], t: float) -> None:
    system = System(numbers)
    with mpmath.workdps(50):
        h = mpmath.mpf(10) ** -12
        low, middle, high = (system.in_fifty_digits(mpmath.mpf(t) + k * h) for k in (-1, 0, 1))
        value = [float(x) for x in middle]
        slope = [float((b - a) / (2 * h)) for a, b in zip(low, high)]
        second = [float((a - 2 * m + b) / h**2) for a, m, b in zip(low, middle, high)]
    for f in (system.solution, sg.compile(system.solution)):
        assert f(t) == pytest.approx(value, rel=1e-14, abs=1e-15)
        assert sg.jacobian(f)(t) == pytest.approx(slope, rel=1e-13, abs=1e-14)
        assert sg.jacobian(sg.jacobian(f))(t) == pytest.approx(second, rel=1e-11, abs=1e-12)


@given(st.lists(st.floats(-30.0, 30.0), min_size=1, max_size=30))
@settings(max_examples=15, deadline=None)
def test_a_lane_ends_where_the_search_alone_ends(numbers: list[float]) -> None:
    def f(a: Any) -> Any:
        # flat far out: a plain step of Newton's method leads astray
        return sg.root(lambda x: sg.arctan(x) + 0.01 * x - 0.02 * a, 0.5 * a)

    gate = sg.compile(f, batch="a")
    alone = [f(x) for x in numbers]
    assert gate(np.array(numbers)) == pytest.approx(alone, rel=1e-12, abs=1e-14)
    for x, a in zip(alone, numbers):
        assert math.atan(x) + 0.01 * x == pytest.approx(0.02 * a, rel=1e-12, abs=1e-14)


def test_a_lane_on_its_way_does_not_begin_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: Any) -> Any:
        raise AssertionError("a search begins again")

    monkeypatch.setattr(lanes, "damped", refused)
    gate = sg.compile(lambda start: sg.root(lambda x: sg.exp(x) - 1.5, start), batch="start")
    # each step far out is one of 1
    found = gate(np.linspace(0.0, 9.0, 40))
    assert found == pytest.approx(math.log(1.5), rel=1e-15)


def test_of_several_minima_a_lane_finds_the_one_that_the_search_alone_finds() -> None:
    def f(start: Any) -> Any:
        return sg.argmin(lambda x: sg.cos(3.0 * x) + 0.05 * x * x, start)

    starts = np.linspace(-4.0, 4.0, 33) + 0.01
    alone = [f(x) for x in starts.tolist()]
    assert sg.compile(f, batch="start")(starts) == pytest.approx(alone, rel=1e-12)
    assert len({round(x, 6) for x in alone}) > 2


def test_a_limit_of_steps_is_one_in_lanes_too() -> None:
    def f(a: Any) -> Any:
        return sg.root(lambda x: sg.exp(x) - a, 9.0, steps=3)

    for call in (lambda: f(2.0), lambda: sg.compile(f, batch="a")(np.array([2.0, 8000.0]))):
        with pytest.raises(ArithmeticError, match="more steps than 3"):
            call()


OF_ROOT: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any], Any]]] = {
    "a power": (lambda x, a: x**3 - a**3, lambda a: (0.5 * a, 30.0 * a)),
    "a square root": (lambda x, a: sg.sqrt(x) - sg.sqrt(a), lambda a: (0.5 * a, 3.0 * a)),
    "so steep that it overflows": (
        lambda x, a: sg.exp(50.0 * x) - sg.exp(50.0 * a),
        lambda a: (a - 0.14, a - 0.12),
    ),
    "a pole": (lambda x, a: 1.0 / x - 1.0 / a, lambda a: (0.05 * a, 1.9 * a)),
    "flat around": (lambda x, a: sg.tanh(20.0 * (x - a)), lambda a: (a - 0.05, a + 0.05)),
    "a kink": (
        lambda x, a: (x - a) * sg.where(sg.step(x - a), 3.0 + x - a, 1.0),
        lambda a: (0.5 * a, 2.0 * a),
    ),
    "bent without end": (
        lambda x, a: x - a + (sg.abs(x - a) + 1e-300) ** 1.5,
        lambda a: (a, 2.0 * a),
    ),
    "tiny": (lambda x, a: (x * 1e180) ** 3 - (a * 1e-20) ** 3, lambda a: (8e-201 * a, 3e-200 * a)),
    "linear": (lambda x, a: 3.0 * x - 3.0 * a, lambda a: (-10.0 * a, 10.0 * a)),
    "begun where it ends": (lambda x, a: sg.exp(x) - sg.exp(a), lambda a: (a, a * (1.0 + 1e-15))),
}
"""Equations whose root is `a`, or a part of it, and between which numbers their searches begin."""


@pytest.mark.parametrize("name", OF_ROOT)
def test_lanes_and_the_search_alone_find_the_last_digits(name: str) -> None:
    f, starts = OF_ROOT[name]
    generator = np.random.default_rng(len(name))
    a, part = generator.uniform(0.5, 3.0, 4000), generator.uniform(size=4000)
    low, high = starts(a)
    begin = low + part * (high - low)

    def solution(start: Any, a: Any) -> Any:
        return sg.root(lambda x: f(x, a), start)

    right = a * 1e-200 if name == "tiny" else a
    exact = 1e-13 if name == "bent without end" else 1e-15
    assert sg.compile(solution, batch=True)(begin, a) == pytest.approx(right, rel=exact, abs=0.0)
    for lane in range(20):
        found = solution(float(begin[lane]), float(a[lane]))
        assert found == pytest.approx(right[lane], rel=exact, abs=0.0)


# ------ where it begins, where it ends
def test_a_start_that_is_a_solution_is_returned_as_it_is() -> None:
    assert sg.root(lambda x: x * x - 4.0, 2.0) == 2.0
    assert sg.root(lambda x: x, 0.0) == 0.0
    assert (
        sg.compile(lambda a: sg.root(lambda x: x * a, 0.0), batch="a")(np.ones(3)).tolist()
        == [0.0] * 3
    )


def test_a_start_may_be_of_any_kind_and_far_away() -> None:
    assert sg.root(lambda x: x * x - 2.0, 10**6) == pytest.approx(math.sqrt(2.0), rel=1e-15)
    for kind in (np.float64, np.float32, np.int64, sg.Value):
        assert sg.root(lambda x: x * x - 2.0, kind(3)) == pytest.approx(math.sqrt(2.0), rel=1e-15)
    assert sg.root(lambda x: sg.arctan(x), 50.0) == pytest.approx(0.0, abs=1e-15)


def test_unknowns_of_any_size_are_found_to_the_last_digits() -> None:
    for scale in (1e-30, 1.0, 1e30):
        found = sg.root(lambda x, s=scale: x**3 / s**3 - 2.0, 5.0 * scale)
        assert found / scale == pytest.approx(2.0 ** (1 / 3), rel=1e-15)


def test_a_step_out_of_the_domain_is_shortened() -> None:
    # from 3 the first step leads to where no logarithm is
    assert sg.root(lambda x: sg.log(x), 3.0) == pytest.approx(1.0, rel=1e-15)
    gate = sg.compile(lambda a: sg.root(lambda x: sg.log(x / a), 3.0), batch="a")
    assert gate(np.array([1.0, 2.0, 0.5])) == pytest.approx([1.0, 2.0, 0.5], rel=1e-15)


def test_a_looser_tolerance_ends_sooner() -> None:
    seen: list[float] = []

    def g(x: Any) -> Any:
        seen.append(float(getattr(x, "data", x)))
        return sg.exp(x) - 2.0

    sg.root(g, 3.0)
    strict = len(seen)
    seen.clear()
    assert sg.root(g, 3.0, tolerance=1e-2) == pytest.approx(math.log(2.0), rel=1e-3)
    assert len(seen) < strict


def test_no_step_is_tried_whose_size_is_foretold() -> None:
    seen: list[float] = []

    def g(x: Any) -> Any:
        seen.append(float(getattr(x, "data", x)))
        return x * x - 2.0

    # from 1.4142135623746899 the step is 1.6e-12, a millionth of the one before
    assert sg.root(g, 1.0) == math.sqrt(2.0)
    assert [round(x, 9) for x in seen[:-1]] == [1.0, 1.5, 1.416666667, 1.414215686, 1.414213562]


def test_a_fixed_point_need_not_attract() -> None:
    # iterated, 4·x·(1 − x) never settles
    assert sg.fixed_point(lambda x: 4.0 * x * (1.0 - x), 0.6) == pytest.approx(0.75, rel=1e-14)


def test_a_minimum_is_found_over_a_hill() -> None:
    # at the start the curve bends down: Newton's own step would lead up, to the hill at 0
    assert sg.argmin(lambda x: x**4 - x * x, 0.1) == pytest.approx(math.sqrt(0.5), rel=1e-12)

    def f(v: Any) -> Any:
        return (1.0 - v[0]) ** 2 + 100.0 * (v[1] - v[0] * v[0]) ** 2

    assert sg.argmin(f, [-1.2, 1.0]) == pytest.approx([1.0, 1.0], rel=1e-12)
    lanes = sg.compile(lambda s: sg.argmin(f, [s, 1.0]), batch="s")
    assert np.array(lanes(np.array([-1.2, 2.0]))) == pytest.approx(np.ones((2, 2)), rel=1e-12)


def test_minimum_is_found_from_where_one_of_several_curvatures_is_negative() -> None:
    def two_valleys(p: Any) -> Any:
        return sg.square(sg.square(p[0]) - 1.0) + sg.square(p[1]) + 0.1 * p[0] * p[1]

    # in a valley y is −x/20, so 4 x (x² − 1) is x/200
    right = math.sqrt(1.0 + 1.0 / 800.0)
    assert sg.argmin(two_valleys, [0.05, 0.3]) == pytest.approx([right, -right / 20.0], rel=1e-12)


# ------ no solution
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "none": (lambda: sg.root(lambda x: x * x + 1.0, 2.0), "root finds no solution of <lambda>"),
    "too few steps": (
        lambda: sg.root(lambda x: sg.exp(x) - 2.0, 9.0, steps=3),
        r"still is .*start nearer, or allow more steps than 3",
    ),
    "an equation without a solution": (
        # the equation that does not hold is not the one of the unknown's number
        lambda: sg.root(lambda v: [v[1] * v[1] + 1.0, v[0] - 1.0], [0.0, 2.0]),
        r"still is 1\S*, and x\[1\] is determined worst",
    ),
    "multiple": (lambda: sg.root(lambda x: (x - 1.0) ** 2, 3.0), "Jacobian is singular at x = 1.0"),
    "extremum": (lambda: sg.root(lambda x: x * x - 1.0, 0.0), "singular at x = 0.0"),
    "not determined": (
        lambda: sg.root(lambda v: [v[0] - 1.0, 2.0 * v[0] - 2.0], [0.0, 5.0]),
        r"so that x\[1\] is not determined",
    ),
    "nearly not determined": (
        lambda: sg.root(lambda v: [0.1 * v[0] + 0.3 * v[1], 0.3 * v[0] + 0.9 * v[1]], [1.0, 2.0]),
        "singular",
    ),
    "an infinite slope": (
        # Newton's step is 0, though here is no solution
        lambda: sg.root(lambda x: sg.exp(50.0 * x) - 2.0, 14.1316),
        "slope of it is infinite",
    ),
    "NaN": (lambda: sg.root(lambda x: x * math.nan, 1.0), "infinite or NaN at x = 1.0"),
    "saddle": (
        lambda: sg.argmin(lambda v: v[0] ** 2 - v[1] ** 2, [0.0, 0.0]),
        r"but along x\[1\]",
    ),
    "unbounded": (lambda: sg.argmin(lambda x: -x * x, 1.0), "argmin finds no minimum"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_where_no_solution_is_found_the_error_says_why(name: str) -> None:
    call, message = REFUSED[name]
    with pytest.raises(ArithmeticError, match=message):
        call()
    with pytest.raises(ArithmeticError, match=message):
        sg.compile(lambda a: call())(1.0)


def test_a_lane_without_a_solution_is_an_error_not_a_number() -> None:
    gate = sg.compile(lambda a: sg.root(lambda x: x * x - a, 1.0), batch="a")
    with pytest.raises(ArithmeticError, match="root finds no solution"):
        gate(np.array([1.0, 4.0, -1.0]))
    with pytest.raises(ArithmeticError, match="infinite or NaN"):
        gate(np.array([1.0, math.nan]))
    steep = sg.compile(lambda start: sg.root(lambda x: sg.exp(50.0 * x) - 2.0, start), batch=True)
    with pytest.raises(ArithmeticError, match="infinite or NaN at x = 14"):
        steep(np.array([1.0, 14.1316]))


def test_a_solution_without_a_derivative_says_so_where_one_is_asked_for() -> None:
    def f(a: Any) -> Any:
        return sg.root(lambda x: x**3 - a, 0.0)

    assert f(0.0) == 0.0
    with pytest.raises(ArithmeticError, match=r"has no derivative at the solution .* x = 0.0"):
        sg.grad(f)(0.0)


WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "count": (lambda: sg.root(lambda x: [x, x], 0.0), ValueError, "as many equations as unknowns"),
    "structure": (lambda: sg.fixed_point(lambda v: v[0], [1.0]), ValueError, "result of <lambda>"),
    "objective": (lambda: sg.argmin(lambda v: v, [1.0]), TypeError, "one Value"),
    "function": (lambda: sg.root(3.0, 1.0), TypeError, "root needs a function"),
    "start": (lambda: sg.root(lambda x: x, "1"), TypeError, "at x0"),
    "tolerance": (lambda: sg.root(lambda x: x, 1.0, tolerance=0.0), ValueError, "tolerance"),
    "steps": (lambda: sg.root(lambda x: x, 1.0, steps=0), ValueError, "steps"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_call_is_refused(name: str) -> None:
    call, kind, message = WRONG[name]
    with pytest.raises(kind, match=message):
        call()


def test_a_number_of_a_trace_that_cannot_be_found_is_refused_with_the_cure() -> None:
    class Holder:
        value: Any

    def f(a: Any) -> Any:
        holder = Holder()
        holder.value = a
        return sg.root(lambda x: x * x - holder.value, 1.0)

    assert f(4.0) == pytest.approx(2.0)
    with pytest.raises(TypeError, match="pass it to them as an argument"):
        sg.compile(f)(4.0)
