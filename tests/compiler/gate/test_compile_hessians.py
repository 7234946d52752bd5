"""The Hessian of a gate is that of its function, whatever the form of the arguments, and the same
as a gate of the Hessian."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import pytest

import scalargrad as sg
from scalargrad import Value, nn
from scalargrad.compiler.gate import jacobians, probe
from scalargrad.compiler.passes import record
from scalargrad.transforms.trees import flatten

np = pytest.importorskip("numpy")

N = 12
POINT = [0.3 * math.sin(3.0 * i) + 0.8 for i in range(N)]


def chained(x: Any) -> Any:
    """Sparse: each number stands beside its neighbours alone."""
    return sg.sum([100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2 for a, b in pairwise(x)])


def dense(x: Any) -> Any:
    return sg.exp(sg.sum([sg.sin(a) * (i + 1.0) / 40.0 for i, a in enumerate(x)]))


class Pair(NamedTuple):
    one: Any
    other: Any


def of_model(net: Any, x: Any) -> Any:
    return sg.square(net([x, 0.5]) - 1.0)


def across(x: Any, scale: float, y: Any) -> Any:
    return scale * chained([*x, *y.values()])


def model() -> Any:
    sg.seed(3)
    return nn.MLP(2, [3, 1])


ARRAY = np.array(POINT)
FORMS: dict[str, tuple[Callable[..., Any], Any, tuple[Any, ...]]] = {
    "list": (chained, 0, (POINT,)),
    "dense list": (dense, 0, (POINT,)),
    "tuple": (chained, 0, (tuple(POINT),)),
    "array": (chained, 0, (ARRAY,)),
    "matrix": (lambda x: chained(list(x.ravel())), 0, (ARRAY.reshape(3, 4),)),
    "dict": (lambda d: chained(list(d.values())), 0, ({f"k{i}": x for i, x in enumerate(POINT)},)),
    "nest": (lambda p: chained([*p.one, p.other["a"]]), 0, (Pair(POINT[:5], {"a": 0.4}),)),
    "list and array": (lambda p: chained([*p[0], *p[1]]), 0, ([POINT[:3], ARRAY[3:6]],)),
    "model": (of_model, 0, (model(), 0.3)),
    "model and number": (of_model, (0, 1), (model(), 0.3)),
    "several": (across, (0, 2), (POINT[:3], 2.0, {"a": 0.5, "b": 0.9})),
    "several, exchanged": (across, (-1, 0), (POINT[:3], 2.0, {"a": 0.5, "b": 0.9})),
    "number": (lambda x: sg.exp(x * x), 0, (0.7,)),
    "linear": (lambda x: 2.0 * x[0] + x[1], 0, ([0.5, 0.25],)),
    "constant": (lambda x: 3.0, 0, ([0.5, 0.25],)),
}
EACH_FORM = pytest.mark.parametrize("form", FORMS)


@pytest.fixture(params=["whole", "products"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each Hessian is one program, or made of products, whatever the number of its rows."""
    most = {"whole": math.inf, "products": 0}[request.param]
    monkeypatch.setattr(jacobians, "MOST_ROWS", most)
    monkeypatch.setattr(probe, "MOST_ROWS", most)
    name: str = request.param
    return name


EACH_WAY = pytest.mark.usefixtures("way")


def bits(result: Any) -> tuple[str, bytes]:
    """The structure of a result, and its numbers, whose signs and zeros count."""
    found, structure = flatten(result, "the result")
    return str(structure), np.array(found, float).tobytes()


def agree(found: Any, expected: Any) -> None:
    (xs, structure), (ys, other) = flatten(found, "found"), flatten(expected, "expected")
    assert str(structure) == str(other)
    assert list(map(type, xs)) == list(map(type, ys))
    numbers, others = ([getattr(x, "data", x) for x in entries] for entries in (xs, ys))
    assert numbers == pytest.approx(others, rel=1e-11, abs=1e-12)
    # what does not flow is shown as 0.0
    assert not any(x == 0.0 and math.copysign(1.0, x) < 0.0 for x in numbers)


@EACH_WAY
@EACH_FORM
def test_the_hessian_of_a_gate_is_in_the_structure_and_the_numbers_of_eager(form: str) -> None:
    f, argnums, args = FORMS[form]
    expected = sg.hessian(f, argnums)(*args)
    of_gate = sg.hessian(sg.compile(f), argnums)
    for found in (of_gate(*args), of_gate(*args)):
        agree(found, expected)


@EACH_WAY
@EACH_FORM
def test_before_or_after_compile_the_bits_are_the_same(form: str) -> None:
    f, argnums, args = FORMS[form]
    one, other = sg.hessian(sg.compile(f), argnums), sg.compile(sg.hessian(f, argnums))
    assert bits(one(*args)) == bits(other(*args))
    assert bits(one(*args)) == bits(other(*args)), "a later call takes a shortcut"


@EACH_WAY
@pytest.mark.parametrize("form", ["list", "array", "dict", "several"])
def test_a_later_call_has_containers_of_its_own(form: str) -> None:
    f, argnums, args = FORMS[form]
    gate = sg.hessian(sg.compile(f), argnums)
    first = gate(*args)
    before = bits(first)
    spoiled, rows = gate(*args), [first]
    assert all(row is not other for row in rows for other in [spoiled])
    if isinstance(spoiled, list):
        assert len({id(row) for row in spoiled}) == len(spoiled)
        spoiled[0][0] = spoiled[1][0] = math.inf
    elif not isinstance(spoiled, (dict, tuple)):
        spoiled[...] = math.inf
    assert bits(first) == bits(gate(*args)) == before


@EACH_WAY
def test_among_values_the_entries_are_values_as_in_eager() -> None:
    values = list(map(Value, POINT[:4]))
    found, expected = sg.hessian(sg.compile(chained))(values), sg.hessian(chained)(values)
    agree(found, expected)
    gradient = sg.gradients(found[1][1], values)
    agree(gradient, sg.gradients(expected[1][1], values))


@EACH_WAY
@pytest.mark.parametrize("reduce", [None, "sum", "mean"])
def test_over_lanes_each_sample_has_its_block(reduce: str | None) -> None:
    rows = np.array([POINT[:4], POINT[4:8], POINT[8:]])
    found = sg.hessian(sg.compile(chained, batch="x", reduce=reduce))(rows)
    blocks = [sg.hessian(chained)(row) for row in rows]
    if reduce is None:
        agree(found, np.array(blocks))
        agree(sg.compile(sg.hessian(chained), batch="x")(rows), np.array(blocks))
        return
    whole = np.asarray(found).reshape(3, -1)
    scale = 1.0 if reduce == "sum" else 1.0 / 3.0
    for k, block in enumerate(blocks):
        own = [x for x in whole.reshape(-1, 16) if np.allclose(x, scale * block.ravel())]
        assert own, k


@EACH_WAY
@pytest.mark.parametrize("reduce", ["sum", "mean"])
def test_in_weights_that_all_lanes_share_it_is_added_up(reduce: str) -> None:
    def logistic(w: Any, x: Any, y: Any) -> Any:
        z = sg.dot(list(w), list(x))
        return sg.softplus(z) - y * z

    rng = np.random.default_rng(1)
    rows, labels, w = rng.normal(size=(9, 4)), rng.integers(0, 2, 9).astype(float), POINT[:4]
    fold = {"sum": sg.sum, "mean": sg.mean}[reduce]

    def whole(w: Any) -> Any:
        return fold([logistic(w, x, y) for x, y in zip(rows.tolist(), labels.tolist())])

    gate = sg.compile(logistic, batch=("x", "y"), reduce=reduce)
    agree(sg.hessian(gate)(w, rows, labels), sg.hessian(whole)(w))
    agree(sg.hessian(sg.compile(whole))(w), sg.hessian(whole)(w))


def test_what_is_said_of_an_entry_is_found_once_for_each_node(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    entry = record.entry
    monkeypatch.setattr(record, "entry", lambda *a: asked.append(a[3]) or entry(*a))
    sg.hessian(sg.compile(chained))(POINT)
    # a band of three, and the one 0 of all that do not flow
    assert len(asked) <= 3 * N + 1 < N * N


def test_products_with_a_hessian_are_those_of_eager() -> None:
    tangent = [math.cos(i) for i in range(N)]
    for transform in (sg.jvp, sg.hvp):
        found = transform(sg.compile(chained), (POINT,), (tangent,))
        agree(found, transform(chained, (POINT,), (tangent,)))


@EACH_WAY
def test_a_zero_by_choice_stays_one_in_a_hessian() -> None:
    def f(x: Any) -> Any:
        return sg.where(x[0] > 0.0, sg.sqrt(sg.maximum(x[0], 0.0)), x[1]) * x[1] + sg.relu(x[2])

    for point in ([0.0, 2.0, -1.0], [4.0, 2.0, 0.0], [-1.0, 0.0, 3.0]):
        agree(sg.hessian(sg.compile(f))(point), sg.hessian(f)(point))
