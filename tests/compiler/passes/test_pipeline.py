"""The passes of the compiler in order: after each of them the body computes the same."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad.compiler import pipeline
from scalargrad.compiler.branches.lanes import Lanes
from scalargrad.compiler.trace.body import Body
from scalargrad.compiler.trace.recorder import Recorder
from scalargrad.compiler.trace.vocabulary import lanes_sum
from scalargrad.compiler.walkthrough import after_each_pass
from scalargrad.rows import Operator

PASSES = ["recorded", "with derivatives", "with sums over lanes", "lowered", "fused"]


def hinge(w: Any, x: Any) -> Any:
    d = w * x - 1.0
    return 3.0 * sg.square(d) if d > 0.0 else -d


def net(w: Any, x: Any) -> Any:
    return sg.logsumexp([sg.tanh(w * x), sg.sigmoid(x) - 0.5 * w, 0.25]) / (1.0 + x * x)


def folded(w: Any, x: Any) -> Any:
    return sg.dot([w, 2.0, x], [x, w, x], w) + sg.where(x > 0.0, sg.exp(w), w**3.0)


def replayed(body: Body) -> list[float]:
    """The numbers of the outputs, computed by the forward functions of the rows alone."""
    trace: Recorder = body.trace
    numbers = dict(enumerate(trace.numbers))
    for i in trace.needed(body.wanted):
        row = trace.rows[i]
        if isinstance(row, Operator):
            numbers[i] = row.forward(*[numbers[j] for j in trace.operands[i]])
    return [numbers[i] for i in body.outputs]


def bodies(gate: Any, *args: Any) -> dict[str, list[float]]:
    """What the body computes after each pass, of value and gradient."""
    viewed = gate._viewed(args, {}, True)
    found: dict[str, list[float]] = {}

    def show(name: str, body: Body) -> None:
        found[name] = replayed(body)

    lane = Lanes(viewed.arguments).lane(0, {})
    traced = pipeline.traced(viewed.paths.task, lane, None, show)
    pipeline.program_of(traced.body, show=show)
    pipeline.program_of(traced.body, True, lambda name, body: show(f"carefully {name}", body))
    return found


@pytest.mark.parametrize("f", [hinge, net, folded])
@pytest.mark.parametrize("w", [1.5, -0.7])
def test_every_pass_keeps_what_a_function_and_its_gradient_are(
    f: Callable[..., Any], w: float
) -> None:
    found = bodies(sg.compile(f), w, 0.8)
    value, gradient = sg.value_and_grad(f, (0, 1))(w, 0.8)
    assert found.pop("recorded") == [value]
    assert list(found) == [*PASSES[1:], "carefully lowered", "carefully fused"]
    for name, numbers in found.items():
        assert numbers == pytest.approx([value, *gradient], rel=1e-14), name


@pytest.mark.parametrize("f", [hinge, net, folded])
def test_every_pass_keeps_a_mean_over_one_lane(f: Callable[..., Any]) -> None:
    found = bodies(sg.compile(f, batch="x", reduce="mean"), 1.5, np.array([0.8]))
    value, gradient = sg.value_and_grad(f, (0, 1))(1.5, 0.8)
    for name in PASSES[1:]:
        assert found[name] == pytest.approx([value, *gradient], rel=1e-14), name


def test_a_walkthrough_has_the_text_of_every_pass_in_order() -> None:
    found = after_each_pass(sg.compile(hinge, batch="x"), 1.5, np.array([0.8, 0.9]))
    assert list(found) == [*PASSES, "encoded"]
    assert found["recorded"].splitlines() == [
        *("| v4 = w * x", "| v6 = v4 - 1.0", "| v8 = v6 * v6", "| v10 = 3.0 * v8"),
        *("  only if 0.0 < v6", "  outputs: v10"),
    ]


def test_a_walkthrough_marks_what_differs_from_lane_to_lane() -> None:
    gate = sg.compile(lambda w, x: sg.exp(w) * x, batch="x", reduce="sum")
    lines = after_each_pass(gate, 1.0, np.array([2.0, 3.0]))["with sums over lanes"].splitlines()
    assert lines == [
        *("  v4 = exp(w)", "| v5 = v4 * x", "  v6 = Σ lanes of x", "  v7 = v4 * v6"),
        *("  v8 = Σ lanes of v5", "  v9 = v8, or v7 where all is finite", "  v11 = v9 + 0.0"),
        "  outputs: v11",
    ]


def test_a_text_names_operands_of_rows_of_any_number_and_constants_by_their_numbers() -> None:
    gate = sg.compile(lambda x: sg.sum([x, math.inf, -2.0]))
    text = after_each_pass(gate, 1.0)["recorded"]
    assert "= sum(x, inf, (-2.0))" in text


def test_a_sum_over_lanes_of_a_uniform_number_is_a_product_before_it_is_lowered() -> None:
    gate = sg.compile(lambda w, x: sg.exp(w), batch="x", reduce="sum")
    text = after_each_pass(gate, 0.0, np.ones(3))["with sums over lanes"]
    assert lanes_sum.symbol not in text
    assert "lane_count * " in text
