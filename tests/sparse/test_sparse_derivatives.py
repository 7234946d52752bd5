"""Sparse Jacobians and Hessians are the dense ones, with the entries that can be other than 0."""

from __future__ import annotations

import pickle
import sys
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad.compiler.parts import pieces, program, recorded
from scalargrad.compiler.parts.compressed import Compressed
from tests.support.sparse_programs import points
from tests.support.sparse_programs import program as random_program

np = pytest.importorskip("numpy")
pytest.importorskip("scipy.sparse")

SEEDS = st.integers(0, 2**32)


def by_lanes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(program, "FEW_LANES", 0)
    patch.setattr(program, "FEW_NODES", -1)


def by_products(patch: pytest.MonkeyPatch) -> None:
    def refuse(*given: Any) -> None:
        raise pieces.TooMuchShared

    patch.setattr(recorded, "Parts", refuse)


WAYS = {"in one program": lambda patch: None, "in lanes": by_lanes, "by products": by_products}


def way_of(gate: Any) -> Any:
    """The class of what computes the derivatives: Parts, or Compressed by products."""
    (paths,) = gate._programs.paths.values()
    return type(paths.first.traced.parts)


def close(found: Any, wanted: Any) -> None:
    scale = np.abs(wanted[np.isfinite(wanted)]).max(initial=1.0)
    np.testing.assert_allclose(found, wanted, rtol=1e-13, atol=1e-13 * scale)


def chained(x: Any) -> Any:
    return sum(100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2 for i in range(len(x) - 1))


# ------ random functions


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=12, deadline=None)
@given(seed=SEEDS)
def test_values_are_those_of_dense_derivatives(way: str, seed: int) -> None:
    size, f = random_program(seed, chooses=True)

    def first(x: Any, p: Any) -> Any:
        return f(x, p)[0]

    with pytest.MonkeyPatch.context() as patch:
        WAYS[way](patch)
        jacobian, whole = sg.sparse_jacobian(f), sg.sparse_hessian(first)
        lower, upper = (sg.sparse_hessian(first, triangle=t) for t in ("lower", "upper"))
        for x, p in points(seed, size) * 2:
            close(jacobian(x, p).toarray(), np.reshape(sg.jacobian(f)(x, p), (-1, size)))
            dense = np.reshape(sg.hessian(first)(x, p), (size, size))
            found = whole(x, p).toarray()
            close(found, dense)
            np.testing.assert_array_equal(found, found.T)
            close(lower(x, p).toarray(), np.tril(dense))
            close(upper(x, p).toarray(), np.triu(dense))


@pytest.mark.parametrize("way", ["in one program", "by products"])
@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_entries_are_those_that_are_not_0_at_some_point(way: str, seed: int) -> None:
    size, f = random_program(seed)

    def first(x: Any, p: Any) -> Any:
        return f(x, p)[0]

    with pytest.MonkeyPatch.context() as patch:
        WAYS[way](patch)
        for derivative, g in ((sg.sparse_jacobian, f), (sg.sparse_hessian, first)):
            found = [derivative(g)(x, p) for x, p in points(seed, size, 3)]
            stands = np.zeros(found[0].shape, bool)
            stands[np.repeat(range(len(stands)), np.diff(found[0].indptr)), found[0].indices] = True
            np.testing.assert_array_equal(stands, sum(x.toarray() != 0 for x in found) > 0)


# ------ large ones


@pytest.mark.parametrize("size", [2, 3, 40, 3000])
def test_hessian_of_a_chain_has_three_diagonals(size: int) -> None:
    x = np.linspace(-0.5, 1.5, size)
    found = sg.sparse_hessian(chained)(x)
    diagonal = np.zeros(size)
    diagonal[:-1] = 1200.0 * x[:-1] ** 2 - 400.0 * x[1:] + 2.0
    diagonal[1:] += 200.0
    assert found.nnz == 3 * size - 2
    close(found.diagonal(), diagonal)
    close(found.diagonal(1), -400.0 * x[:-1])
    close(found.diagonal(-1), -400.0 * x[:-1])


def test_jacobian_of_nested_loops_and_tables() -> None:
    size = 14
    links = [(i, (i * 5 + k) % size) for i in range(size) for k in (1, 3, 4)]
    weights = [0.1 * i - 0.3 for i in range(len(links))]

    def f(x: Any) -> Any:
        flows = [w * sg.sin(x[i] - x[j]) for w, (i, j) in zip(weights, links)]
        return [sum(y for y, (i, _) in zip(flows, links) if i == k) + x[k] for k in range(size)]

    x = np.linspace(0.1, 2.0, size)
    found = sg.sparse_jacobian(f)(x)
    close(found.toarray(), np.array(sg.jacobian(f)(x)))
    assert found.nnz == len({*links, *((k, k) for k in range(size))})


def test_one_part_of_all_numbers_goes_by_products() -> None:
    x = np.linspace(-1.0, 1.0, 60)

    def f(x: Any) -> Any:
        return sg.log(sg.sum([sg.exp(a * b) for a, b in pairwise(x)])) * x[0]

    gate = sg.sparse_hessian(f)
    close(gate(x).toarray(), sg.hessian(f)(x))
    assert way_of(gate) is Compressed


def test_results_that_share_all_they_compute() -> None:
    def f(x: Any) -> Any:
        states = [x[0]]
        for u in x[1:]:
            states.append(sg.tanh(states[-1] + u) * states[-1])
        return states

    x = np.linspace(0.2, 0.9, 60)
    found = sg.sparse_jacobian(f)(x)
    close(found.toarray(), np.array(sg.jacobian(f)(x)))
    assert found.nnz == 60 * 61 // 2


# ------ the form of arguments and results


def test_containers_are_flattened_in_the_order_in_which_they_are_written() -> None:
    def f(d: Any, z: Any) -> Any:
        return {"b": d["y"][0] * z, "a": [d["x"] * d["y"][1], z]}

    d = {"y": [2.0, 3.0], "x": 5.0}
    found = sg.sparse_jacobian(f, argnums=(1, 0))(d, 7.0)
    assert found.toarray().tolist() == [[2.0, 7.0, 0.0, 0.0], [0.0, 0.0, 5.0, 3.0], [1.0, 0, 0, 0]]
    assert found.nnz == 5


@pytest.mark.parametrize(
    ("f", "x", "shape"),
    [
        (lambda x: [], [], (0, 0)),
        (lambda x: [], [1.0, 2.0], (0, 2)),
        (lambda x: [1.0, 2.0], [], (2, 0)),
        (lambda x: 3.0, 1.0, (1, 1)),
        (lambda x: [x[1], 4.0], [1, 2], (2, 2)),
    ],
)
def test_edge_cases(f: Any, x: Any, shape: tuple[int, int]) -> None:
    found = sg.sparse_jacobian(f)(x)
    assert found.shape == shape
    assert found.nnz == (shape == (2, 2))
    pattern = sg.sparsity(f)(x)
    assert (pattern.shape, pattern.dtype, pattern.nnz) == (shape, bool, found.nnz)


def test_hessian_without_numbers_and_of_what_is_linear() -> None:
    assert sg.sparse_hessian(lambda x: 1.0)([]).shape == (0, 0)
    assert sg.sparse_hessian(lambda x: 2.0 * x[0] - x[1] / 3.0)([1.0, 2.0]).nnz == 0


def test_lanes_of_a_gate_are_rows_and_gates_are_followed() -> None:
    gate = sg.compile(lambda w, x: w[0] * x + w[1] * x * x, batch="x")
    found = sg.sparse_jacobian(gate)([2.0, 3.0], np.array([1.0, 2.0, 5.0]))
    assert found.toarray().tolist() == [[1.0, 1.0], [2.0, 4.0], [5.0, 25.0]]
    cube = sg.compile(lambda x: x**3)
    found = sg.sparse_jacobian(lambda x: [cube(x[0]) * x[1]])([2.0, 3.0])
    assert found.toarray().tolist() == [[36.0, 8.0]]


def test_pattern_of_a_gradient_is_that_of_the_hessian() -> None:
    found = sg.sparsity(sg.grad(lambda x: x[0] * x[1] + x[2] ** 3))([1.0, 2.0, 3.0])
    assert found.toarray().astype(int).tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]


def test_lagrangian_is_a_function_of_multipliers_that_are_held_fixed() -> None:
    def lagrangian(x: Any, multipliers: Any) -> Any:
        parts = [sg.sin(a * b) for a, b in pairwise(x)]
        return sum(m * (p + q) / 2.0 for m, p, q in zip(multipliers, parts, parts[1:]))

    for size in (5, 900):
        x, m = np.linspace(0.1, 1.2, size), np.linspace(-1.0, 2.0, size - 2)
        found = sg.sparse_hessian(lagrangian)(x, m)
        # by hand: of each part (p, q) → sin(p·q) with its two multipliers
        p, q = x[:-1], x[1:]
        weights = np.convolve(m, [0.5, 0.5])
        diagonal = np.zeros(size)
        diagonal[:-1] -= weights * q * q * np.sin(p * q)
        diagonal[1:] -= weights * p * p * np.sin(p * q)
        close(found.diagonal(), diagonal)
        close(found.diagonal(1), weights * (np.cos(p * q) - p * q * np.sin(p * q)))


# ------ paths, and what is around


def test_another_way_through_a_branch_has_its_own_entries() -> None:
    f = sg.sparse_jacobian(lambda x: [x[0] * x[1] if x[0] < x[1] else x[0]])
    found = [f([a, 2.0]) for a in (1.0, 3.0, 1.0, 5.0)]
    assert [x.toarray().tolist() for x in found] == [[[2, 1]], [[1, 0]], [[2, 1]], [[1, 0]]]
    assert [x.nnz for x in found] == [2, 1, 2, 1]


def test_many_branches_in_a_loop() -> None:
    def f(x: Any) -> Any:
        return sum((a - 1.0) ** 2 * b if a > 0.5 else a * b * b for a, b in pairwise(x))

    g = sg.sparse_hessian(f)
    for x in (np.linspace(0.0, 1.0, 9), np.linspace(1.0, 0.0, 9), np.linspace(0.0, 1.0, 9)):
        close(g(x).toarray(), sg.hessian(f)(x))


def test_what_the_function_closes_over_may_change() -> None:
    factor, value = [3.0], sg.Value(2.0)
    f = sg.sparse_jacobian(lambda x: [factor[0] * value * x[0] ** 2])
    assert f([1.0]).toarray() == 12.0
    factor[0], value.data = 5.0, 7.0
    assert f([1.0]).toarray() == 70.0


# ------ nothing is not zero


def test_an_entry_stands_where_a_derivative_happens_to_be_0() -> None:
    f = sg.sparse_jacobian(lambda x: [x[0] * x[1], sg.where(x[0], x[1], x[2])])
    found = f([0.0, 0.0, 1.0])
    assert found.nnz == 4
    assert found.toarray().tolist() == [[0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]


@pytest.mark.parametrize("way", WAYS)
def test_nothing_comes_through_a_factor_of_0_and_a_zero_is_a_number(way: str) -> None:
    held = sg.Value(0.0)

    def f(x: Any, p: Any) -> Any:
        none = [sg.sqrt(x[0]) * 0.0 + x[1], 0.0 * sg.sqrt(x[0]) + x[1]]
        return [*none, sg.sqrt(x[0]) * p, sg.sqrt(x[0]) * held]

    with pytest.MonkeyPatch.context() as patch:
        WAYS[way](patch)
        found = sg.sparse_jacobian(f)([0.0, 1.0], 0.0)
    assert found.nnz == 4
    wanted = [[0.0, 1.0], [0.0, 1.0], [0.0, 0.0], [np.nan, 0.0]]
    np.testing.assert_array_equal(found.toarray(), wanted)


def test_a_way_not_chosen_never_makes_a_nan() -> None:
    f = sg.sparse_hessian(lambda x: sum(sg.where(a, a * sg.log(a), a * a) for a in x))
    for count in (3, 500):
        found = f(np.zeros(count))
        assert found.nnz == count
        assert (found.diagonal() == 2.0).all()


# ------ the result


def test_results_do_not_share_what_scipy_changes_in_place() -> None:
    f = sg.sparse_hessian(lambda x: x[0] ** 3 * x[1])
    one = f([0.0, 1.0])
    one.eliminate_zeros()
    assert one.nnz == 0
    assert f([1.0, 2.0]).toarray().tolist() == [[12.0, 3.0], [3.0, 0.0]]


def test_derivative_is_kept_and_pickled() -> None:
    gate = sg.compile(chained)
    assert sg.sparse_hessian(gate) is sg.sparse_hessian(gate)
    lower = pickle.loads(pickle.dumps(sg.sparse_hessian(gate, triangle="lower")))
    assert lower([1.0, 2.0]).nnz == 3


class Spring:
    stiffness = 3.0

    def energy(self, x: Any) -> Any:
        return self.stiffness * (x[0] - x[1]) ** 2


def test_of_a_method_the_object_is_no_argument() -> None:
    assert sg.sparse_hessian(Spring().energy)([1.0, 2.0]).toarray().tolist() == [[6, -6], [-6, 6]]


# ------ refusals


def test_refusals_say_what_to_do() -> None:
    f = sg.sparse_jacobian(lambda x: [x * x])
    with pytest.raises(TypeError, match="no Values: pass numbers"):
        f(sg.Value(2.0))
    with pytest.raises(TypeError, match="take jacobian or hessian"):
        sg.compile(lambda x: f(x))(2.0)
    with pytest.raises(TypeError, match="take jacobian or hessian"), sg.detect_anomaly():
        f(2.0)
    with pytest.raises(TypeError, match="is none to be shown or exported"):
        f.program(2.0)
    with pytest.raises(TypeError, match="must return one Value"):
        sg.sparse_hessian(lambda x: [x])(1.0)
    with pytest.raises(ValueError, match='triangle must be "lower"'):
        sg.sparse_hessian(chained, triangle="both")
    with pytest.raises(TypeError, match="sparse_jacobian needs a function"):
        sg.sparse_jacobian(3)  # type: ignore[arg-type]


def test_missing_scipy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.sparse", None)
    with pytest.raises(ImportError, match="pip install scipy"):
        sg.sparse_jacobian(lambda x: [x])(1.0)
