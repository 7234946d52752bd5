"""Sums over lanes of adjoints that many contributions make up."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import ops
from scalargrad.backward import symbolic_adjoints
from scalargrad.compiler.passes.lane_sums import lane_sums
from scalargrad.compiler.passes.lower import lowered
from scalargrad.compiler.pipeline import program_of
from scalargrad.compiler.trace import chosen, in_python
from scalargrad.compiler.trace.body import Body
from scalargrad.compiler.trace.vocabulary import accumulate, lanes_sum, moved_sum

TRACES = list(dict.fromkeys([in_python.Trace, chosen.Trace]))
USES = 5


def squares(mean: Any, weights: Any, x: Any) -> Any:
    """The difference has a contribution from each weight."""
    off = x - mean
    return sg.sum([sg.square(w * off) for w in weights])


def slope_of_squares(trace: Any) -> tuple[Any, list[int]]:
    count, _, mean, x = (
        trace.input(v, lane) for v, lane in ((9.0, 0), (1.0, 0), (2.0, 0), (3.0, 1))
    )
    weights = [trace.input(0.5 + k) for k in range(USES)]
    (slope,) = symbolic_adjoints(squares(mean, weights, x), [mean], 1.0)
    return trace, lane_sums(trace, [slope.index], count)


@pytest.mark.parametrize("kind", TRACES)
def test_contributions_are_multiplied_and_added_once_for_all_lanes(kind: Any) -> None:
    trace, sums = slope_of_squares(kind())
    assert list(trace.rows).count(accumulate) == 2, "in lanes, and of their sums"
    found = program_of(Body(trace, sums))
    lanes = [found.trace.row(i).name for i in found.computed() if found.trace.lanes[i]]
    # the difference, and for each weight its product with it, twice that
    assert lanes.count("products") == 0
    assert lanes.count("mul") <= 3 * USES


@pytest.mark.parametrize("kind", TRACES)
@pytest.mark.parametrize("careful", [False, True])
def test_of_a_sum_that_moved_lowering_computes_one_way(kind: Any, careful: bool) -> None:
    trace, sums = slope_of_squares(kind())
    assert moved_sum in list(trace.rows)
    low = lowered(Body(trace, sums), careful)
    needed = {*low.trace.needed(low.outputs), *low.trace.inputs}
    rows = list(low.trace.rows)
    unused = [rows[i] for i in range(len(rows)) if i not in needed]
    assert lanes_sum not in unused and accumulate not in unused and ops.chain not in unused


def test_signs_of_all_lanes_count_beside_infinite_weights() -> None:
    gate = sg.compile(squares, batch="x", reduce="sum")
    slope = sg.grad(gate)
    weights = [1.0, math.inf, 2.0, 3.0]
    assert math.isnan(slope(0.0, weights, np.array([1.0, -1.0])))
    assert slope(0.0, weights, np.array([1.0, 1.5])) == -math.inf


def mixed(rng: random.Random) -> Any:
    """A function of means and weights, which all lanes share, and of x: contributions to a
    difference from all weights, some of them chosen, some the same in all lanes."""
    kinds = [rng.choice([sg.square, sg.tanh, sg.relu, abs, sg.exp]) for _ in range(USES)]
    alone = rng.random() < 0.5
    shared = rng.random() < 0.5

    def f(means: Any, weights: Any, x: Any) -> Any:
        off = [a - m for a, m in zip(x, means)]
        total = 0.0
        for k, kind in enumerate(kinds):
            row = weights[k] * off[k % 2] + weights[k - 1] * off[(k + 1) % 2]
            total = total + kind(row) * weights[k]
        if alone:
            total = total + sg.sum([off[0], off[0] * 2.0, -off[0], off[0]])
        if shared:
            total = total + sg.sum([sg.exp(w * means[0]) for w in weights])
        return total

    return f


@pytest.mark.parametrize("seed", range(40))
def test_sums_over_lanes_are_those_of_eager_gradients(seed: int) -> None:
    rng = random.Random(seed)
    f, reduce = mixed(rng), rng.choice(["sum", "mean"])
    means, weights = ([rng.uniform(-1.0, 1.0) for _ in range(n)] for n in (2, USES))
    xs = np.array([[rng.uniform(-2.0, 2.0) for _ in range(2)] for _ in range(rng.choice([1, 7]))])
    found = sg.grad(sg.compile(f, batch="x", reduce=reduce), (0, 1))(means, weights, xs)
    each = [sg.grad(f, (0, 1))(means, weights, list(map(float, x))) for x in xs]
    scale = len(xs) if reduce == "mean" else 1
    for own, lanes in zip(found, zip(*each)):
        expected = np.sum(np.array(lanes, float), axis=0) / scale
        assert np.array(own, float) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def random_choices(seed: int) -> str:
    """The text of a function of x, which has lanes, and y: sums of products of what varies by lane
    only until a choice is made, and of what does not."""
    rng = random.Random(seed)

    def expression(depth: int) -> str:
        if depth == 0:
            return rng.choice(("x", "y", "0.7"))
        one, other = expression(depth - 1), expression(depth - 1)
        return rng.choice(
            (
                f"({one} + {other})",
                f"({one} * {other})",
                f"({one} + {other} + y)",
                f"sg.tanh({one})",
                f"sg.sin({one})",
                f"sg.where({rng.choice(('1.0', '0.0', '0.3'))}, {one}, {other})",
            )
        )

    return f"lambda x, y: ({expression(4)}) * y + {expression(3)}"


@pytest.mark.parametrize("seed", range(60))
def test_products_that_lose_their_lanes(seed: int) -> None:
    text = random_choices(seed)
    f, x, y = eval(text, {"sg": sg}), np.array([0.3, -0.4, 0.9]), 0.2
    for argnums in (0, 1):
        slope = sg.grad(f, argnums)
        expected = [slope(at, y) for at in x.tolist()]
        for derived in (sg.grad(sg.compile(f, batch="x"), argnums), sg.compile(slope, batch="x")):
            np.testing.assert_allclose(derived(x, y), expected, 1e-12, 1e-14, err_msg=text)
        bent = sg.compile(sg.grad(slope, argnums), batch="x", reduce="sum")
        total = sum(sg.grad(slope, argnums)(at, y) for at in x.tolist())
        np.testing.assert_allclose(bent(x, y), total, 1e-10, 1e-12, err_msg=text)
