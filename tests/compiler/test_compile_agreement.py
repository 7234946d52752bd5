"""Random programs, compiled, beside the eager engine: as close as rounding leaves them.

The rule where numbers are not finite: a compiled gradient is the one of `scalargrad.gradients`.
It is NaN where that is NaN, infinite where that is infinite, and a number where that drops a
derivative that is zero whatever the operands, of which `backward` may have made 0·NaN.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler import compile
from tests.support.compiled import (
    RUNNERS,
    compare,
    eager,
    error_bounds,
    is_close,
    running,
    value_and_gradients,
)
from tests.support.expressions import Expression, random_number, rounds
from tests.support.floats import all_bits, bits
from tests.support.random_programs import NAMES, drawn, function_of

np = pytest.importorskip("numpy")

ARITHMETIC = ["add", "sub", "mul", "div", "neg", "abs", "square", "sum", "relu"]
LANES = (1, 2, 63, 64, 65, 131)


def lanes_of(source: random.Random, count: int, special: float) -> Any:
    return np.array([random_number(source, special) for _ in range(count)])


def arguments(source: random.Random, leaves: Sequence[float], count: int, special: float) -> Any:
    """Arrays with a lane in each element for most leaves, at least one, numbers for the others."""
    has = [source.random() < 0.7 for _ in leaves]
    has[source.randrange(len(has))] = True
    return [lanes_of(source, count, special) if h else x for x, h in zip(leaves, has)]


def in_lane(x: Any, lane: int) -> float:
    return float(x[lane]) if np.ndim(x) else x


@pytest.mark.parametrize("special", [0.0, 0.3])
@pytest.mark.parametrize("runner", RUNNERS)
def test_numbers_agree_with_the_eager_engine(runner: str, special: float) -> None:
    with running(runner):
        for _ in rounds(150):
            _, expression = drawn(NAMES, special)
            for found, expected, bound in compare(function_of(expression), expression.leaves):
                assert is_close(found, expected, bound), (expression, found, expected, bound)


@pytest.mark.parametrize("special", [0.0, 0.2])
@pytest.mark.parametrize("runner", RUNNERS)
def test_lanes_agree_with_the_eager_engine(runner: str, special: float) -> None:
    with running(runner):
        for _ in rounds(20):
            source, expression = drawn(NAMES, special)
            args = arguments(source, expression.leaves, source.choice(LANES), special)
            check_lanes(expression, args)


def losing(x: Any, w: Any) -> Any:
    return sg.selu(sg.cosh(sg.where(-3.0, w, x)))


def losing_behind_a_branch(x: Any, w: Any) -> Any:
    return losing(x, w) if x > 0.0 else 2.0 * losing(x, w)


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("f", [losing, losing_behind_a_branch])
def test_what_has_no_lanes_after_all_is_summed_over_them(runner: str, f: Any) -> None:
    xs, w = [0.5, -1.0, 2.0, 0.25], -0.25
    each = [sg.value_and_grad(f, 1)(x, w) for x in xs]
    with running(runner):
        _, found = sg.value_and_grad(compile(f, batch=True), 1)(np.array(xs), w)
        assert found == pytest.approx([slope for _, slope in each], rel=1e-14)
        for reduce, share in (("sum", 1.0), ("mean", 0.25)):
            gate = compile(f, batch="x", reduce=reduce)
            value, found = sg.value_and_grad(gate, 1)(np.array(xs), w)
            assert value == pytest.approx(share * sum(v for v, _ in each), rel=1e-14)
            assert found == pytest.approx(share * sum(slope for _, slope in each), rel=1e-14)
        five = compile(lambda x: sg.where(1.0, 5.0, x), batch="x", reduce="sum")
        assert five(np.array(xs)) == 20.0


def check_lanes(expression: Expression, args: list[Any]) -> None:
    """Compare every lane, and the sums over them: of the value, and of the gradient in what has no
    lanes."""
    f = function_of(expression)
    value, gradient = value_and_gradients(compile(f, batch=True), *args)
    total, by_sum = value_and_gradients(compile(f, batch=True, reduce="sum"), *args)
    sums = {-1: [0.0, 0.0]} | {k: [0.0, 0.0] for k, x in enumerate(args) if not np.ndim(x)}
    for lane in range(len(value)):
        expected = eager(f, [in_lane(x, lane) for x in args])
        bounds = error_bounds(expected)
        for k, (x, bound) in enumerate(zip(expected, bounds), -1):
            found = [in_lane(value if k < 0 else gradient[k], lane)]
            if k in sums:
                rounding = len(value) * math.ulp(x.data) if math.isfinite(x.data) else 0.0
                sums[k][0] += x.data
                sums[k][1] += bound + rounding
            else:
                found.append(in_lane(by_sum[k], lane))
            assert all(is_close(y, x.data, bound) for y in found), (expression, args, lane, k)
    for k, (expected_sum, bound) in sums.items():
        found_sum = total if k < 0 else by_sum[k]
        # what overflows, and against what, depends on the order of a sum: factors are taken out
        if math.isfinite(expected_sum):
            assert is_close(found_sum, expected_sum, bound), (expression, args, k, found_sum)


@pytest.mark.parametrize("special", [0.0, 0.3])
@pytest.mark.parametrize("runner", RUNNERS)
def test_arithmetic_and_selections_agree_bit_for_bit(runner: str, special: float) -> None:
    with running(runner):
        for _ in rounds(60):
            source, expression = drawn(ARITHMETIC, special)
            f = function_of(expression)
            args = [lanes_of(source, 3, special) for _ in expression.leaves]
            value = compile(f, batch=True)(*args)
            for lane in range(3):
                expected = eager(f, [in_lane(x, lane) for x in args])[0].data
                assert bits(in_lane(value, lane)) == bits(expected), (expression, args, lane)


@pytest.mark.parametrize("runner", RUNNERS[1:])
def test_a_lane_does_not_depend_on_its_neighbours(runner: str) -> None:
    with running(runner):
        for _ in rounds(10):
            source, expression = drawn(NAMES, 0.1)
            f = compile(function_of(expression), batch=True)
            args = [lanes_of(source, 67, 0.1) for _ in expression.leaves]
            whole, slopes = value_and_gradients(f, *args)
            for lane in (0, 1, 62, 63, 64, 66):
                value, alone = value_and_gradients(f, *(x[lane : lane + 1] for x in args))
                # a neighbour that is NaN decides how a zero adjoint is kept: as 0.0 or −0.0
                found = [x + 0.0 for x in (whole[lane], *(x[lane] for x in slopes))]
                expected = [x[0] + 0.0 for x in map(np.atleast_1d, (value, *alone))]
                assert all_bits(found) == all_bits(expected), (expression, args)


def test_the_bounds_are_tight() -> None:
    finite = tight = 0
    for _ in range(100):
        _, expression = drawn(NAMES, 0.0)
        roots = eager(function_of(expression), expression.leaves)
        for root, bound in zip(roots, error_bounds(roots)):
            finite += math.isfinite(root.data)
            tight += math.isfinite(root.data) and bound <= 1e-8 * abs(root.data)
    assert tight >= 0.8 * finite


def test_what_is_further_off_than_the_bound_is_noticed() -> None:
    assert is_close(1.0, 1.0 + 2e-16, 1e-15)
    assert not is_close(1.0, 1.0 + 1e-14, 1e-15)
    assert is_close(math.nan, math.nan, 0.0)
    assert not is_close(math.nan, 1.0, 1.0)
    assert not is_close(math.inf, -math.inf, 1.0)


def test_every_gradient_that_backward_gives_as_a_number_is_that_number() -> None:
    for _ in rounds(150):
        _, expression = drawn(NAMES, 0.3)
        f = function_of(expression)
        leaves = list(map(sg.Value, expression.leaves))
        out = f(*leaves)
        if isinstance(out, sg.Value):
            out.backward()
            graph = eager(f, expression.leaves)[1:]
            compiled = value_and_gradients(compile(f), *expression.leaves)[1]
            for leaf, found, node, bound in zip(leaves, compiled, graph, error_bounds(graph)):
                dropped = math.isnan(leaf.grad) and not math.isnan(node.data)
                # backward rounds in an order of its own
                slack = 2.0 * bound + 1e-9 * abs(found)
                assert dropped or is_close(found, leaf.grad, slack), expression


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("count", [1, 7, 64, 150])
def test_a_loop_over_the_data_in_the_function_itself_agrees(runner: str, count: int) -> None:
    """As micrograd writes it: one loss over all samples, which a program makes wide again."""
    samples = np.random.default_rng(count).normal(size=(count, 2)).tolist()

    def loss(w: Any, v: Any, b: Any) -> Any:
        hidden = [[sg.tanh(w * x + b * y), sg.relu(v * x - y)] for x, y in samples]
        scores = [v * h[0] + w * h[1] + b for h in hidden]
        return sum(sg.relu(1.0 - s * x) for s, (x, _) in zip(scores, samples)) / count + w * w

    with running(runner):
        for found, expected, bound in compare(loss, (0.5, -0.75, 0.25)):
            assert is_close(found, expected, bound + 1e-14 * abs(expected))
