"""What is done in tiles: dense layers, numbers beside lanes, sums over lanes; and that the tiles
compute what their parts would."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler import compile
from scalargrad.compiler.machine.words import DENSE_HEIGHT, TOTALS_HEIGHT, EndingKind
from scalargrad.compiler.pipeline import program_of
from scalargrad.compiler.trace.body import Body
from scalargrad.compiler.trace.in_python import Trace
from tests.support.compiled import HAS_MACHINE, instruction_sets, running, value_and_gradients

if not HAS_MACHINE:
    pytest.skip("the native machine was not built", allow_module_level=True)

from scalargrad.compiler.machine.tiles import NONE, Tiles, covering
from scalargrad.compiler.trace.native import machine

np = pytest.importorskip("numpy")

LANE, UNIFORM = True, False
LANES = (1, 63, 64, 65, 128, 261)


def tiles(f: Callable[..., Any], *lanes: bool) -> Tiles:
    trace = Trace()
    out = f(*[trace.input(0.5 + k, lane) for k, lane in enumerate(lanes)])
    return Tiles(program_of(Body(trace, [trace.index(x) for x in out])))


def shapes(found: Tiles) -> list[tuple[int, int, int]]:
    """Of each tile its rows, its terms and its ending."""
    return [(len(t), len(t[0].lanes), t[0].ending.how) for t in found.dense.values()]


# ------ which there are


def test_rows_that_read_the_same_lanes_are_one_tile() -> None:
    layer = tiles(
        lambda x, y, *w: [sg.dot([w[k], w[k + 1]], [x, y], w[k + 2]) for k in (0, 3, 6, 9)],
        *[LANE] * 2,
        *[UNIFORM] * 12,
    )
    assert shapes(layer) == [(4, 2, EndingKind.PLAIN)]


def test_more_rows_than_a_tile_holds_are_several() -> None:
    most = machine.tile_height()
    layer = tiles(lambda x, *w: [x * each for each in w], LANE, *[UNIFORM] * (2 * most + 1))
    assert [rows for rows, *_ in shapes(layer)] == [most, most, 1]


@pytest.mark.parametrize(
    ("f", "ending"),
    [
        (lambda x, w: [sg.relu(w * x)], EndingKind.RELU),
        (lambda x, w: [sg.ops.choose(x * w, sg.ops.taken(x))], EndingKind.STEP),
        (lambda x, w: [w - x], EndingKind.PLAIN),
        (lambda x, w: [x + w], EndingKind.PLAIN),
        (lambda x, w: [sg.relu(w * x), w * x], EndingKind.PLAIN),
        (lambda x, w: [sg.ops.choose(sg.ops.taken(x), w * x)], EndingKind.PLAIN),
    ],
)
def test_what_follows_a_sum_is_its_ending(f: Callable[..., Any], ending: int) -> None:
    assert shapes(tiles(f, LANE, UNIFORM)) == [(1, 1, ending)]


def test_lanes_among_themselves_are_in_no_tile() -> None:
    assert not tiles(lambda x, y: [x * y, x + y, x - y, x / y], LANE, LANE).dense


def test_what_is_lessened_by_a_number_is_in_no_tile() -> None:
    assert not tiles(lambda x, w: [x - w, x - 2.0], LANE, UNIFORM).dense


def test_a_row_that_waits_for_another_is_in_a_tile_of_its_own() -> None:
    def f(x: Any, w: Any) -> list[Any]:
        first = w * x
        return [first, sg.ops.choose((w + 1.0) * x, sg.ops.taken(first))]

    assert sorted(shapes(tiles(f, LANE, UNIFORM))) == [
        (1, 1, EndingKind.PLAIN),
        (1, 1, EndingKind.STEP),
    ]


def test_tiles_take_upstreams_that_share_most_locals() -> None:
    pairs = {k: {j: 100 * k + j for j in (NONE, 1, 2, 3, 4)} for k in (10, 11, 12, 13, 14)}
    found = list(covering(pairs))
    assert [len(b.upstreams) for b in found] == [TOTALS_HEIGHT, 1]
    assert found[0].totals[:TOTALS_HEIGHT] == (999, 1099, 1199, 1299)


def test_every_pair_is_in_one_block_that_sums_little_else() -> None:
    for seed in range(50):
        src = random.Random(seed)
        pairs = {
            k: {j: 1000 * k + j for j in src.sample(range(9), src.randint(1, 8))}
            for k in range(20, 20 + src.randint(1, 12))
        }
        found = [
            (upstream, local, total)
            for b in covering(pairs)
            for (local, upstream), total in zip(
                [(j, i) for j in b.locals for i in b.upstreams], b.totals
            )
        ]
        wanted = [triple for triple in found if triple[2] != NONE]
        expected = [(i, j, total) for i, own in pairs.items() for j, total in own.items()]
        assert sorted(wanted) == sorted(expected)
        assert len(found) == len({(i, j) for i, j, _ in found}) <= len(expected) / 0.75


def test_triangular_sums_are_few_tiles() -> None:
    pairs = {10 + k: {j: 100 * k + j for j in range(k + 2)} for k in range(10)}
    assert [len(b.upstreams) for b in covering(pairs)] == [3, 4, 3]


# ------ what they compute


def layers(rows: int, terms: int) -> Callable[..., Any]:
    def f(x: Sequence[Any], weights: Sequence[Any]) -> Any:
        hidden = [
            sg.relu(sg.dot(weights[k * terms : (k + 1) * terms], x, weights[k]))
            for k in range(rows)
        ]
        return sg.sum([h * (x[0] - w) for h, w in zip(hidden, weights)])

    return f


@pytest.mark.parametrize("name", instruction_sets())
@pytest.mark.parametrize(("rows", "terms"), [(1, 1), (2, 3), (3, 2), (4, 1), (5, 4), (9, 5)])
def test_layers_equal_the_eager_engine(name: str, rows: int, terms: int) -> None:
    random.seed(rows)
    f = layers(rows, terms)
    weights = [random.gauss(0.0, 1.0) for _ in range(rows * terms)]
    eager = sg.value_and_grad(lambda x, w: f(x, w), (0, 1))
    for lanes in LANES:
        x = np.array([[random.gauss(0.0, 1.0) for _ in range(terms)] for _ in range(lanes)])
        with running(name):
            gate = compile(f, batch="x", reduce="sum")
            value, (_, gradient) = value_and_gradients(gate, x, weights)
        each = [eager(list(map(float, row)), weights) for row in x]
        assert value == pytest.approx(math.fsum(v for v, _ in each), rel=1e-12, abs=1e-12)
        for k, found in enumerate(gradient):
            expected = math.fsum(g[k] for _, (_, g) in each)
            assert found == pytest.approx(expected, rel=1e-11, abs=1e-12)


@pytest.mark.parametrize("name", instruction_sets())
@pytest.mark.parametrize("rows", range(1, DENSE_HEIGHT + 1))
def test_a_program_made_for_one_instruction_set_runs_on_the_others(name: str, rows: int) -> None:
    x = np.random.default_rng(rows).normal(size=(131, 5))
    weights = [random.gauss(0.0, 1.0) for _ in range(rows * 5)]
    f = compile(layers(rows, 5), batch="x")
    made = f(x, weights)
    with running(name):
        assert f(x, weights) == pytest.approx(made, rel=1e-13, abs=1e-13)


@pytest.mark.parametrize("name", instruction_sets())
def test_zero_upstreams_meet_infinite_numbers(name: str) -> None:
    """The gate of a rectifier that is closed lets nothing through, however large it is."""

    def f(x: Any, w: Any) -> Any:
        return sg.relu(w * x)

    x = np.array([1.0, -1.0, -2.0] * 30)
    with running(name):
        gate = compile(f, batch=True)
        value, (slope, in_w) = value_and_gradients(gate, x, math.inf)
        total = sg.grad(compile(f, batch=True, reduce="sum"), 1)(x, math.inf)
    assert value.tolist() == [math.inf, 0.0, 0.0] * 30
    assert slope.tolist() == [math.inf, 0.0, 0.0] * 30
    assert in_w.tolist() == [1.0, 0.0, 0.0] * 30
    assert total == 30.0


@pytest.mark.parametrize("name", instruction_sets())
def test_not_a_number_goes_through_every_ending(name: str) -> None:
    def f(x: Any, w: Any) -> Any:
        return [sg.relu(w * x), x - w, w - x, x + w, sg.ops.choose(w * x, sg.ops.taken(x))]

    with running(name):
        found = compile(f, batch=True)(np.array([math.nan, 1.0]), 2.0)
    assert [math.isnan(column[0]) for column in found] == [True] * 5
    assert [column[1] for column in found] == [2.0, -1.0, 1.0, 3.0, 2.0]
