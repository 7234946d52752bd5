"""A Jacobian of many rows is made of products with it, and is the one that eager mode gives."""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value
from scalargrad.compiler.gate.patterns import Pattern
from scalargrad.compiler.gate.probe import MOST_ROWS
from scalargrad.compiler.parts.dependences import bits, dependences
from scalargrad.compiler.trace.chosen import Trace
from scalargrad.transforms.trees import flatten

np = pytest.importorskip("numpy")

N = MOST_ROWS + 4
POINT = [0.3 * math.sin(3.0 * i) + 0.8 for i in range(N)]
SIGNS = [-x if i % 3 == 0 else x for i, x in enumerate(POINT)]


def chained(x: Any) -> Any:
    return sg.sum([100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2 for a, b in pairwise(x)])


def dense(x: Any) -> Any:
    return sg.log(sg.sum([sg.exp(a * (i + 1.0) / N) for i, a in enumerate(x)]))


def by_sign(x: Any) -> Any:
    """What stands beside a number depends on its sign: another one, and so another pattern."""
    return sg.sum([a * a * (x[i - 1] if a > 0.0 else x[i - 5]) for i, a in enumerate(x)])


def motion(p: Any) -> Any:
    """Many results, each of which depends on all that came before, of two variables."""
    at, speed, path = 1.0, 0.5, []
    for _ in range(2 * N):
        at, speed = at + 0.1 * speed * p[0], speed - 0.1 * sg.sin(at) * p[1]
        path.append(at)
    return path


def agree(found: Any, expected: Any) -> None:
    (xs, structure), (ys, other) = flatten(found, "found"), flatten(expected, "expected")
    assert str(structure) == str(other)
    assert list(map(type, xs)) == list(map(type, ys))
    numbers, others = ([getattr(x, "data", x) for x in entries] for entries in (xs, ys))
    assert numbers == pytest.approx(others, rel=1e-11, abs=1e-12, nan_ok=True)
    assert not any(x == 0.0 and math.copysign(1.0, x) < 0.0 for x in numbers)


def same_as_eager(transform: Any, f: Callable[..., Any], *points: Any) -> Any:
    """Return the gate, which was called twice at each point."""
    gate = transform(sg.compile(f))
    for x in (*points, *points):
        agree(gate(x), transform(f)(x))
    return gate


def text(gate: Any, *args: Any) -> str:
    return str(gate.program(*args, gradient=False))


# ------ how many runs
def test_rows_that_have_no_variable_in_common_are_computed_in_one_run() -> None:
    gate = same_as_eager(sg.hessian, chained, POINT, SIGNS)
    assert f"weighed sum of rows of the Jacobian, run 3 times for {N} rows" in text(gate, POINT)


def test_a_dense_hessian_takes_a_run_for_each_row() -> None:
    gate = same_as_eager(sg.hessian, dense, POINT, np.array(SIGNS))
    assert f"run {N} times for {N} rows" in text(gate, POINT)


@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_of_more_results_than_variables_columns_are_computed(kind: Any) -> None:
    results = motion if kind is not np.array else lambda p: np.array(motion(p))
    gate = same_as_eager(sg.jacobian, results, kind([0.7, 1.1]), kind([0.2, -0.4]))
    assert "weighed sum of columns of the Jacobian, run 2 times" in text(gate, kind([0.7, 1.1]))


def test_of_few_rows_a_whole_is_traced() -> None:
    gate = same_as_eager(sg.hessian, dense, POINT[:MOST_ROWS])
    assert "weighed" not in text(gate, POINT[:MOST_ROWS])


@pytest.mark.parametrize("transform", [sg.hessian, sg.jacobian])
def test_the_program_grows_with_the_variables_not_with_their_square(transform: Any) -> None:
    f = dense if transform is sg.hessian else sg.grad(dense)
    gate = transform(sg.compile(f))
    once, twice = (
        sum(gate.program([0.5] * n, gradient=False).counts().values()) for n in (2 * N, 4 * N)
    )
    assert twice < 2.2 * once


def test_a_profile_is_that_of_one_product() -> None:
    gate = sg.hessian(sg.compile(dense))
    assert "hessian" in str(gate.profile(np.array(POINT)))
    assert gate._programs.count == 0, "no whole was traced"


# ------ other paths
def test_on_another_path_rows_depend_on_other_variables() -> None:
    rng = random.Random(1)
    points = [[a * rng.choice([-1.0, 1.0]) for a in POINT] for _ in range(6)]
    gate = same_as_eager(sg.hessian, by_sign, [1.0] * N, *points)
    both = sg.compile(sg.hessian(by_sign))
    for x in points:
        assert np.array(both(x)).tobytes() == np.array(gate(x)).tobytes()


def test_on_another_path_there_are_other_results() -> None:
    def results(x: Any) -> Any:
        rows = [a * b for a, b in pairwise(x)]
        return rows[:3] if x[0] < 0.0 else rows if x[0] < 1.0 else {"rows": rows}

    points = [[0.5, *POINT], [-0.5, *POINT], [1.5, *POINT]]
    same_as_eager(sg.jacobian, results, *points)
    same_as_eager(sg.jacobian, results, *reversed(points))


def test_over_lanes_each_sample_takes_its_path() -> None:
    rows = np.array([SIGNS, POINT, SIGNS[::-1], [-x for x in SIGNS]])
    blocks = np.array([sg.hessian(by_sign)(row) for row in rows])
    gate = sg.hessian(sg.compile(by_sign, batch="x"))
    for _ in range(2):
        agree(gate(rows), blocks)
    agree(sg.compile(sg.hessian(by_sign), batch="x")(rows), blocks)


@pytest.mark.parametrize("reduce", ["sum", "mean"])
def test_in_weights_that_all_lanes_share_it_is_added_up(reduce: str) -> None:
    def wave(w: Any, x: Any) -> Any:
        z = sg.dot(list(w), list(x))
        return sg.sin(z) if z > 0.0 else z * z

    rows = np.random.default_rng(1).normal(size=(7, N))
    blocks = [np.array(sg.hessian(wave)(POINT, row)) for row in rows.tolist()]
    total = sum(blocks) / (1 if reduce == "sum" else len(blocks))
    gate = sg.hessian(sg.compile(wave, batch="x", reduce=reduce))
    for _ in range(2):
        assert np.array(gate(POINT, rows)) == pytest.approx(total, rel=1e-11, abs=1e-12)
    assert "run" in text(gate, POINT, rows)


# ------ nothing is not zero
@pytest.mark.parametrize("transform", [sg.hessian, lambda f: sg.jacobian(sg.grad(f))])
def test_rows_of_one_run_keep_their_infinities_to_themselves(transform: Any) -> None:
    def f(x: Any) -> Any:
        return sg.sum([sg.sqrt(a) * b for a, b in zip(x[::2], x[1::2])])

    point = [0.0 if i in (0, 6) else 0.5 + i for i in range(N)]
    gate = same_as_eager(transform, f, point, POINT)
    assert not np.isfinite(gate(point)).all()
    assert np.isfinite(np.array(gate(point))[2:6]).all()


def test_what_is_not_chosen_contributes_nothing() -> None:
    def f(x: Any) -> Any:
        chosen = [sg.where(a > 0.0, sg.sqrt(sg.maximum(a, 0.0)), 0.0) * b for a, b in pairwise(x)]
        return sg.sum(chosen) + sg.relu(x[0]) * sg.exp(x[1])

    same_as_eager(sg.hessian, f, [0.0, 1.0] * (N // 2), SIGNS)


def test_infinite_columns_are_those_of_eager() -> None:
    def results(p: Any) -> Any:
        return [
            sg.sqrt(p[0]) * (p[1] if k % 2 else 1.0) + sg.where(p[1] > 0.0, p[1], 0.0) / p[0]
            for k in range(2 * N)
        ]

    same_as_eager(sg.jacobian, results, [0.0, 0.0], [0.0, 1.0], [2.0, -1.0])


# ------ what else a function may use
def test_a_value_closed_over_is_read_at_each_call() -> None:
    scale = Value(2.0)

    def f(x: Any) -> Any:
        return chained(x) * scale

    gate = same_as_eager(sg.hessian, f, POINT)
    scale.data = 3.0
    agree(gate(POINT), sg.hessian(f)(POINT))


def test_among_values_the_entries_are_nodes_of_eager() -> None:
    values = list(map(Value, POINT))
    found, expected = sg.hessian(sg.compile(chained))(values), sg.hessian(chained)(values)
    agree(found, expected)
    agree(sg.gradients(found[1][1], values), sg.gradients(expected[1][1], values))


def test_an_operator_of_ones_own_is_traced_as_a_whole() -> None:
    cube = sg.operator("cube_of_rows", lambda x: x**3, lambda out, x: 3.0 * x * x)

    def f(x: Any) -> Any:
        return sg.sum([cube(a) * b for a, b in pairwise(x)])

    gate = same_as_eager(sg.hessian, f, POINT)
    assert "weighed" not in text(gate, POINT)


def test_what_cannot_be_watched_is_traced_once_a_call_and_said_once() -> None:
    class Opaque:
        __slots__ = ("scale",)

        def __init__(self, scale: float) -> None:
            self.scale = scale

    held = {"of": Opaque(2.0)}
    runs = []

    def f(x: Any) -> Any:
        runs.append(1)
        return chained(x) * eval("held['of'].scale", {"held": held})

    gate = sg.hessian(sg.compile(f))
    with pytest.warns(RuntimeWarning, match="traced anew") as told:
        first = gate(POINT)
    assert len(told) == 1
    agree(first, sg.hessian(f)(POINT))
    held["of"] = Opaque(5.0)
    runs.clear()
    agree(gate(POINT), sg.hessian(f)(POINT))
    assert len(runs) <= 3


def test_another_function_in_the_clothes_of_a_jacobian_is_itself() -> None:
    hessian = sg.hessian(chained)

    @functools.wraps(hessian)
    def doubled(x: Any) -> Any:
        return [[2.0 * entry for entry in row] for row in hessian(x)]

    agree(sg.compile(doubled)(POINT), doubled(POINT))


def test_a_hessian_within_another_transform_is_differentiated() -> None:
    gate = sg.hessian(sg.compile(chained))

    def corner(t: Any) -> Any:
        return gate([t, *POINT])[0][0]

    def plain(t: Any) -> Any:
        return sg.hessian(chained)([t, *POINT])[0][0]

    assert sg.grad(corner)(0.7) == pytest.approx(sg.grad(plain)(0.7))
    assert sg.grad(sg.compile(corner))(0.7) == pytest.approx(sg.grad(plain)(0.7))


def test_by_name_and_with_static_arguments() -> None:
    def f(x: Any, power: int, *, scale: float) -> Any:
        return scale * sg.sum([a**power * b for a, b in pairwise(x)])

    gate = sg.hessian(sg.compile(f))
    for power in (2, 3, 2):
        for scale in (0.5, 2.0):
            agree(gate(POINT, power, scale=scale), sg.hessian(f)(POINT, power, scale=scale))


# ------ patterns
def drawn_pattern(rng: random.Random) -> Pattern:
    rows, columns = rng.randint(1, 30), rng.randint(1, 30)
    share = rng.choice([0.0, 0.05, 0.3, 0.9])
    masks = [sum((rng.random() < share) << j for j in range(columns)) for _ in range(rows)]
    return Pattern(masks, columns)


@pytest.mark.parametrize("seed", range(40))
def test_rows_of_a_group_have_no_variable_in_common(seed: int) -> None:
    pattern = drawn_pattern(random.Random(seed))
    taken: dict[int, int] = {}
    for group, row in zip(pattern.groups(), pattern.rows):
        assert not taken.get(group, 0) & row
        taken[group] = taken.get(group, 0) | row
    assert sorted(taken) == list(range(len(taken)))


@pytest.mark.parametrize("seed", range(40))
def test_entries_and_columns_are_those_of_the_rows(seed: int) -> None:
    pattern = drawn_pattern(random.Random(seed))
    entries = set(zip(*pattern.entries()))
    assert entries == {(i, j) for i, row in enumerate(pattern.rows) for j in bits(row)}
    back = pattern.transposed()
    assert {(i, j) for j, i in zip(*back.entries())} == entries
    assert back.transposed().rows == pattern.rows
    assert pattern.widest == max(map(len, map(list, map(bits, pattern.rows))))


def test_dependences_are_found_along_all_operands() -> None:
    trace = Trace()
    x, y, z = (trace.input(float(k)) for k in range(3))
    product, alone = x * y, sg.sin(z)
    outputs = [product.index, (product + alone).index, alone.index, trace.constant(2.0)]
    assert dependences(trace, outputs, [x.index, y.index, z.index]) == [0b011, 0b111, 0b100, 0]
