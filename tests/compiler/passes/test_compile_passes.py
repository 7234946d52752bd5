"""From what a function computes to what runs: what each step on the way does, and what it keeps."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import ops
from scalargrad.compiler.machine.encode import encoded
from scalargrad.compiler.passes.lane_sums import lane_sums
from scalargrad.compiler.passes.lower import lowered
from scalargrad.compiler.passes.program import Program
from scalargrad.compiler.pipeline import program_of
from scalargrad.compiler.trace.body import Body
from scalargrad.compiler.trace.in_python import Trace, Tracer
from scalargrad.compiler.trace.vocabulary import CONSTANT, INPUT, lanes_sum

LANE, UNIFORM = True, False


def traced(f: Callable[..., Any], *inputs: tuple[float, bool]) -> tuple[Trace, list[Tracer], Any]:
    """A trace of `f`, its inputs (a number, and whether it has lanes), and the result."""
    trace = Trace()
    tracers = [trace.input(x, lane) for x, lane in inputs]
    return trace, tracers, f(*tracers)


def program(f: Callable[..., Any], *inputs: tuple[float, bool]) -> Program:
    trace, _, out = traced(f, *inputs)
    outputs = out if isinstance(out, list) else [out]
    return program_of(Body(trace, [trace.index(x) for x in outputs]))


def rows(trace: Trace) -> list[str]:
    return [row.name for row in trace.rows if row not in (INPUT, CONSTANT)]


# ------ tracing


def test_the_same_computation_is_one_node() -> None:
    trace, _, out = traced(lambda x, y: x * y + x * y - (x * y) * 1.0, (2.0, LANE), (3.0, LANE))
    assert rows(trace) == ["mul", "add", "mul", "sub"]
    assert trace.numbers[out.index] == 6.0


def test_what_depends_on_constants_alone_is_computed_at_once() -> None:
    trace, _, out = traced(lambda x: sg.exp(trace_free(x)) * x, (2.0, LANE))
    assert rows(trace) == ["mul"]
    assert trace.numbers[out.index] == 2.0


def trace_free(x: Tracer) -> Tracer:
    return x._constant(0.0)


def test_zeros_of_both_signs_and_nan_are_constants_of_their_own() -> None:
    trace = Trace()
    assert len({trace.constant(x) for x in (0.0, -0.0, float("nan"), 1.0, 1.0)}) == 4


def test_each_lane_has_what_depends_on_something_that_each_lane_has() -> None:
    trace, _, _ = traced(lambda x, w: (x * w, w * w), (2.0, LANE), (3.0, UNIFORM))
    assert trace.lanes == [True, False, True, False]


# ------ lowering


def test_rows_written_with_rows_are_taken_apart() -> None:
    trace, _, out = traced(lambda x: sg.sigmoid(x) + sg.logsumexp([x, 1.0]), (0.5, LANE))
    new, (at,), _ = lowered(Body(trace, [out.index]), careful=False)
    assert not {"sigmoid", "logsumexp"} & set(rows(new))
    assert {"exp", "log1p"} <= set(rows(new))
    assert new.numbers[at] == pytest.approx(trace.numbers[out.index], rel=1e-15)


@pytest.mark.parametrize(
    ("f", "kept"),
    [
        (lambda x: -x * 0.5 * 2.0, ["neg"]),
        (lambda x: -x * -1.0, []),
        (lambda x: -(0.25 * x) * 3.0, ["mul"]),
        (lambda x: 2.0 * x * 0.5, ["mul", "mul"]),
        (lambda x: 1e308 * (2.0 * x), ["mul", "mul"]),
        (lambda x: 3.0 * (0.3 * x), ["mul", "mul"]),
        (lambda x: 5e-324 * (0.5 * x), ["mul", "mul"]),
        (lambda x: math.inf * (0.5 * x), ["mul", "mul"]),
    ],
)
def test_numbers_are_multiplied_with_each_other_where_that_is_exact(
    f: Callable[[Any], Any], kept: list[str]
) -> None:
    trace, _, out = traced(f, (0.7, LANE))
    new, (at,), _ = lowered(Body(trace, [out.index]), careful=False)
    assert [new.row(i).name for i in new.needed([at]) if new.operands[i]] == kept
    assert new.numbers[at] == trace.numbers[out.index]


def test_a_log_sum_exp_chooses_nothing_in_lanes() -> None:
    found = program(lambda *xs: sg.logsumexp(xs), (0.5, LANE), (1.5, LANE), (-1.0, LANE))
    assert found.counts() == {
        **{"maximum": 2, "minimum": 2, "exp_difference": 2},
        **{"products": 1, "log1p": 1, "add": 1},
    }


def test_what_no_output_needs_is_left_out() -> None:
    assert program(lambda x: (sg.exp(x), x * x)[1], (2.0, LANE)).counts() == {"mul": 1}


def test_a_guard_keeps_what_it_compares() -> None:
    def f(x: Any) -> Any:
        return x * 2.0 if sg.exp(x) > 1.0 else x

    found = program(f, (2.0, LANE))
    assert found.counts() == {"exp": 1, "mul": 1}
    assert [(g.compare, g.outcome) for g in found.guards] == [("<", True)]


def test_products_that_are_the_same_in_all_lanes_leave_a_dot() -> None:
    found = program(
        lambda w, v, x: sg.dot([w, w, 2.0], [v, x, v]), (2.0, UNIFORM), (3.0, UNIFORM), (5.0, LANE)
    )
    each_lane = [i for i in found.computed() if found.trace.lanes[i]]
    assert len(each_lane) == 1
    assert len(found.trace.operands[each_lane[0]]) == 4
    assert found.trace.numbers[found.outputs[0]] == 22.0


def test_a_dot_of_numbers_with_a_bias_that_has_lanes_is_a_sum() -> None:
    found = program(lambda w, x: sg.dot([w], [-3.0], x), (2.0, UNIFORM), (5.0, LANE))
    assert found.trace.numbers[found.outputs[0]] == -1.0


@pytest.mark.parametrize(
    ("f", "counts"),
    [
        (lambda x: 2.0 * (-sg.exp(x) * 0.5), {"exp": 1, "neg": 1}),
        (lambda x: -sg.exp(x) * 3.0, {"exp": 1, "mul": 1}),
        (lambda x: 0.5 * (2.0 * x), {"mul": 2}),
        (lambda x: 5e-324 * (0.5 * x), {"mul": 2}),
    ],
)
@pytest.mark.parametrize("x", [1.5, -0.0, 1e308, float("inf")])
def test_numbers_become_one_where_their_product_neither_rounds_nor_overflows(
    f: Callable[[Any], Any], counts: dict[str, int], x: float
) -> None:
    found = program(f, (x, LANE))
    assert found.counts() == counts
    assert found.trace.numbers[found.outputs[0]] == f(x)


# ------ chains of + and ×


def test_a_sum_of_products_is_one_instruction() -> None:
    found = program(
        lambda a, b, c, d: a * b + c * d + a * d + 1.0, *[(x, LANE) for x in (2.0, 3.0, 5.0, 7.0)]
    )
    assert found.counts() == {"products": 1}
    assert found.multiply_adds() == 4


def test_a_product_taken_off_is_one_with_the_opposite_number() -> None:
    found = program(lambda x, y: x - 3.0 * y, (2.0, LANE), (5.0, LANE))
    assert found.counts() == {"products": 1}
    assert found.trace.numbers[found.outputs[0]] == -13.0


def test_what_is_used_elsewhere_stays_a_node_of_its_own() -> None:
    found = program(lambda a, b: [a * b + b * b, a * b], (2.0, LANE), (3.0, LANE))
    assert found.counts() == {"mul": 1, "products": 1}


def test_contributions_are_products_until_an_output_is_not_finite() -> None:
    trace = Trace()
    a, b, c = (trace.input(x, LANE) for x in (2.0, 3.0, 5.0))
    both = trace.compute(ops.add, [ops.chain(a, b), a * c])
    found = program_of(Body(trace, [both.index]))
    assert found.counts() == {"products": 1}
    assert found.carefully.counts() == {"chain": 1, "products": 1}
    assert found.carefully.carefully is found.carefully
    for each in (found, found.carefully):
        assert each.trace.numbers[each.outputs[0]] == 16.0


def test_a_program_without_contributions_is_careful_as_it_is() -> None:
    trace = Trace()
    a, b = (trace.input(x, LANE) for x in (2.0, 3.0))
    found = program_of(Body(trace, [(a * b).index]))
    assert found.carefully is found


def test_what_a_guard_compares_is_right_at_once() -> None:
    trace = Trace()
    a, b = (trace.input(x, LANE) for x in (2.0, 3.0))
    assert trace.branch("<", ops.chain(a, b), 7.0)
    found = program_of(Body(trace, [(a * b).index]))
    assert found.is_careful
    assert "chain" in found.counts()


def test_numbers_are_added_in_the_order_of_the_function_bit_for_bit() -> None:
    """Every row of a program computes, of the numbers of its operands, the number of the trace."""
    for _ in range(100):
        xs = [random.gauss(0.0, 1.0) * 10.0 ** random.randint(-8, 8) for _ in range(6)]
        terms = [random.sample(range(6), random.randint(1, 2)) for _ in range(7)]

        def f(*xs: Any, terms: Sequence[Sequence[int]] = terms) -> Any:
            total = 0.0
            for term in terms:
                total = total + sg.prod([xs[k] for k in term])
            return total

        found = program(f, *[(x, LANE) for x in xs])
        assert "add" not in found.counts()
        assert replayed(found) == [f(*xs)]


def replayed(found: Program) -> list[float]:
    """The outputs computed by the forward functions of the rows, in the program's order."""
    trace = found.trace
    numbers = dict(enumerate(trace.numbers))
    for i in found.computed():
        numbers[i] = trace.row(i).forward(*[numbers[j] for j in trace.operands[i]])
    return [numbers[i] for i in found.outputs]


# ------ sums over lanes


def lanes_summed(f: Callable[..., Any], *inputs: tuple[float, bool]) -> tuple[Trace, Program]:
    trace, tracers, out = traced(lambda n, *xs: f(*xs), (64.0, UNIFORM), *inputs)
    sums = lane_sums(trace, [trace.index(out)], tracers[0])
    return trace, program_of(Body(trace, sums))


def square_of_error(w: Any, x: Any) -> Any:
    return (x - w) ** 2


def test_factors_that_are_the_same_in_all_lanes_leave_a_sum_over_lanes() -> None:
    _, found = lanes_summed(lambda w, x: w * (x * x) * 3.0 / w, (2.0, UNIFORM), (5.0, LANE))
    assert [found.trace.row(i).name for i in found.computed() if found.trace.lanes[i]] == ["mul"]
    assert found.counts()["lanes_sum"] == 1


def test_a_sum_over_lanes_moves_into_sums() -> None:
    xs = (2.0, UNIFORM), (5.0, LANE), (7.0, LANE)
    _, found = lanes_summed(lambda w, x, y: w * x + w * y - w, *xs)
    assert found.counts()["lanes_sum"] == 2
    assert not any(found.trace.lanes[i] for i in found.computed())


def test_a_sum_over_lanes_keeps_the_digits_of_differences() -> None:
    w, x = 1e8, 1e8 + np.linspace(-1e-6, 2e-6, 101)
    gates = [sg.compile(f, batch="x", reduce="sum") for f in (lambda w, x: x - w, square_of_error)]
    assert gates[0](w, x) == pytest.approx(sum(float(y) - w for y in x), rel=1e-12)
    slope = sum(-2.0 * (float(y) - w) for y in x)
    assert sg.grad(gates[1])(w, x) == pytest.approx(slope, rel=1e-12)
    assert gates[0](1e308, np.full(8, 1e308)) == 0.0


def test_a_sum_over_lanes_moves_through_what_only_stops_a_gradient() -> None:
    for stopped in (sg.stop_gradient, sg.ops.identity):
        _, found = lanes_summed(lambda w, x, f=stopped: f(w * x), (2.0, UNIFORM), (5.0, LANE))
        assert not any(found.trace.lanes[i] for i in found.computed())


def test_what_has_no_lanes_is_multiplied_by_their_number() -> None:
    trace, found = lanes_summed(lambda w: sg.exp(w), (0.0, UNIFORM))
    assert found.counts() == {"exp": 1, "mul": 1}
    assert trace.rows.count(lanes_sum) == 0


# ------ registers


def registers(found: Program) -> int:
    inputs = [i for i in found.inputs if found.trace.lanes[i]]
    return encoded(found, {i: (0, k) for k, i in enumerate(inputs)}, 1).registers


@pytest.mark.parametrize("length", [10, 100, 1000])
def test_a_long_chain_needs_few_registers(length: int) -> None:
    def f(x: Any) -> Any:
        for _ in range(length):
            x = sg.sin(x) + 1.0
        return x

    assert registers(program(f, (0.5, LANE))) <= 3


def test_what_is_kept_for_later_keeps_its_register() -> None:
    def f(x: Any) -> Any:
        kept = [sg.sin(x * (k + 1.0)) for k in range(20)]
        return sg.sum([sg.exp(y) * y for y in kept]) + sg.prod(kept)

    # 20 sines, their exponentials, and 20 factors of x
    assert 40 <= registers(program(f, (0.5, LANE))) <= 62


@pytest.mark.parametrize(
    "f, uniform",
    [
        (lambda x, w: x * w, math.inf),
        (lambda x, w: x * w, math.nan),
        (lambda x, w: x / w, 0.0),
        (lambda x, w: x * sg.log(w), 0.0),
        (lambda x, w: -(x * sg.log(0.0)) + w, 1.0),
    ],
)
def test_signs_of_all_lanes_count_beside_an_infinite_factor(f: Any, uniform: float) -> None:
    for xs in ([0.0, 2.0], [1.5, -1.0], [1.0, 2.0], [-1.0, -2.0]):
        gate = sg.compile(f, batch="x", reduce="sum")
        with np.errstate(all="ignore"):
            expected = sum(f(sg.Value(x), uniform) for x in xs).data
        found = gate(np.array(xs), uniform)
        assert found == expected or (math.isnan(found) and math.isnan(expected))


JOINED = {
    "times": lambda x, w: x * w,
    "over": lambda x, w: x / w,
    "minus": lambda x, w: -x - w,
    "a choice": lambda x, w: sg.where(w > 0.5, x, -x),
    "log": lambda x, w: x * sg.log(sg.abs(w)),
}


@pytest.mark.parametrize("seed", range(40))
def test_a_factor_that_becomes_infinite_counts_in_each_lane(seed: int) -> None:
    draw = random.Random(seed)
    joins = [draw.choice(list(JOINED.values())) for _ in range(3)]

    def f(x: Any, w: Any) -> Any:
        return reduce(lambda found, pair: pair[0](found, pair[1]), zip(joins, w), x)

    gate = sg.value_and_grad(sg.compile(f, batch="x", reduce="sum"), (0, 1))
    numbers = [2.0, math.inf, -math.inf, 0.0, math.nan, 0.75]
    for k in range(8):
        xs = [draw.choice([0.0, 1.5, -2.0, 3.0]) for _ in range(4)]
        w = [draw.choice(numbers if k else [2.0, 0.75]) for _ in range(3)]
        samples = [sg.value_and_grad(f, (0, 1))(x, w) for x in xs]
        value, (by_x, by_w) = gate(np.array(xs), w)
        assert_alike(value, sum(v for v, _ in samples))
        assert_alike(by_x, [one for _, (one, _) in samples])
        assert_alike(by_w, [sum(column) for column in zip(*(all_w for _, (_, all_w) in samples))])


def assert_alike(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_an_array_that_nothing_was_computed_from_may_change_its_shape() -> None:
    gate = sg.compile(lambda x, y: sum(t for t in y if t > 0.25), batch=True)
    calls = [((2, 3), -1.0), ((1,), 1.0), ((3, 2), -1.0), ((2,), -1.0), ((3, 2), 1.0), ((6,), 1.0)]
    for shape, y in calls * 2:
        assert np.shape(gate(np.zeros(shape), (y, y / 8.0))) == shape
