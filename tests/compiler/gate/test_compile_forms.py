"""A compiled function is called as the function itself, and returns what that returns."""

from __future__ import annotations

import collections
import dataclasses
import enum
import functools
import inspect
import itertools
import numbers
import pickle
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

import scalargrad as sg
from scalargrad import Value
from scalargrad.transforms.trees import flatten

np = pytest.importorskip("numpy")


class Point(NamedTuple):
    x: Any
    y: Any

    def norm(self) -> Any:
        return sg.hypot(self.x, self.y)


@dataclasses.dataclass(frozen=True)
class Spring:
    stiffness: Any
    ends: list[Any]
    name: str = "spring"

    def energy(self) -> Any:
        return 0.5 * self.stiffness * sg.square(self.ends[1] - self.ends[0])


class Colour(enum.Enum):
    RED = 2.0


class Scaled:
    offset = 1.0

    def __init__(self, scale: float) -> None:
        self.scale = scale

    @sg.compile
    def __call__(self, x: Any, shift: float = 0.0) -> Any:
        return x * self.scale + self.offset + shift

    @classmethod
    @sg.compile
    def of_class(cls, x: Any) -> Any:
        return x * cls.offset

    @staticmethod
    @sg.compile
    def of_nothing(x: Any) -> Any:
        return x * 3.0

    @property
    @sg.compile
    def doubled(self) -> Any:
        return self.scale * 2.0


def with_keywords(x: Any, y: Any = 3.0, *rest: Any, scale: Any = 2.0, **more: Any) -> Any:
    return x * y * scale + sum(rest) + more.get("a", 0.0) - more.get("b", 0.0)


CALLS: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = [
    (with_keywords, (1.5,), {}),
    (with_keywords, (1.5, 2.0), {"scale": 4.0}),
    (with_keywords, (), {"x": 1.5, "y": 0.5}),
    (with_keywords, (1.5, 2.0, 3.0, 4.0), {"b": 1.0, "a": 2.0}),
    (functools.partial(with_keywords, scale=4.0), (1.5,), {}),
    (functools.partial(with_keywords, scale=4.0), (1.5,), {"scale": 5.0}),
    (lambda *, k: k * k, (), {"k": 3.0}),
    (lambda p: p.norm(), (Point(3.0, 4.0),), {}),
    (lambda s: s.energy(), (Spring(2.0, [1.0, 4.0]),), {}),
    (lambda d: d["b"] - d["a"][1], ({"b": 1.0, "a": (2.0, 5.0)},), {}),
    (lambda d: d[0] * d[-1], (collections.deque([2.0, 3.0]),), {}),
    (lambda f, x: f(x), (sg.tanh, 0.5), {}),
    (lambda c, x: c.value * x, (Colour.RED, 0.5), {}),
    (lambda z, x: x * z.real, (2.0 + 1.0j, 0.5), {}),
    (lambda names, x: x * len(names), (np.array(["a", "b"]), 0.5), {}),
    (lambda x, i: x[i[0]] * x[i[1]], ([2.0, 3.0, 5.0], [0, 2]), {}),
    (lambda i, x: sum(x * k for k in i), (range(4), 0.5), {}),
    (lambda v: np.mean(v * v) - v[0], (np.array([1.0, 2.0, 4.0]),), {}),
    (lambda m, v: m @ v, (np.arange(6.0).reshape(2, 3), np.array([1.0, 2.0, 4.0])), {}),
    (lambda v: [len(v), v[1:].sum(), v.max()], (np.array([1.0, 2.0, 4.0]),), {}),
    (lambda v, i: v[i].sum() * v[i[0]], (np.array([1.0, 2.0, 4.0]), np.array([2, 0])), {}),
    (lambda v, m: v[~m].sum(), (np.array([1.0, 2.0, 4.0]), np.array([True, False, False])), {}),
    (lambda v, x: v.sum() + x, (np.array([]), 2.0), {}),
    (lambda v, x: len(v) * x, (np.array(["a", "b"]), 2.0), {}),
]


def plain(x: Any) -> Any:
    return x.data if isinstance(x, Value) else x


@pytest.mark.parametrize(("f", "args", "named"), CALLS)
def test_a_call_in_any_form_is_the_function(f: Any, args: Any, named: Any) -> None:
    gate, expected = sg.compile(f), f(*args, **named)
    for _ in range(3):
        found = gate(*args, **named)
        if isinstance(expected, (list, np.ndarray)):
            assert len(found) == len(expected)
            assert np.allclose(found, expected, rtol=1e-14)
        else:
            assert found == pytest.approx(plain(expected), rel=1e-14)


def test_calls_in_changing_forms_do_not_disturb_each_other() -> None:
    gate = sg.compile(with_keywords)
    for args, named in [
        ((1.5,), {}),
        ((1.5,), {"scale": 4.0}),
        ((1.5, 4.0), {}),
        ((1.5,), {"y": 4.0}),
        ((1.5,), {"a": 2.0, "b": 1.0}),
        ((1.5,), {"b": 2.0, "a": 1.0}),
        ((1.5,), {}),
    ] * 2:
        assert gate(*args, **named) == with_keywords(*args, **named)  # type: ignore[arg-type]


def test_wrong_arguments_raise_what_the_function_raises() -> None:
    gate = sg.compile(lambda x, *, k: x * k)
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'k'"):
        gate(1.0)
    with pytest.raises(TypeError, match="unexpected keyword argument 'j'"):
        gate(1.0, k=1.0, j=2.0)
    assert str(inspect.signature(gate)) == "(x, *, k)"


def test_a_method_sees_its_object_and_what_changes_in_it() -> None:
    one, other = Scaled(2.0), Scaled(5.0)
    for _ in range(2):
        assert [one(3.0), other(3.0), one(3.0, shift=1.0)] == [7.0, 16.0, 8.0]
    one.scale = 7.0
    assert one(3.0) == 22.0
    Scaled.offset = 2.0
    try:
        assert [one(3.0), Scaled.of_class(3.0), one.of_class(3.0)] == [23.0, 6.0, 6.0]
    finally:
        Scaled.offset = 1.0
    assert [Scaled.of_nothing(2.0), one.doubled, one(3.0)] == [6.0, 14.0, 22.0]


def test_a_derivative_of_a_method_is_in_its_own_arguments() -> None:
    one = Scaled(2.0)
    assert sg.grad(one.__call__)(3.0) == 2.0
    assert sg.value_and_grad(one.__call__, (0, 1))(3.0, 1.0) == (8.0, (2.0, 1.0))
    assert sg.grad(one.__call__, -1)(3.0, 1.0) == 1.0


CHANGES: dict[str, Callable[[Any], Any]] = {
    "appended": lambda xs: xs.append(xs[0]) or sum(xs),
    "set": lambda xs: xs.__setitem__(0, xs[1] * 2.0) or xs[0],
    "sorted": lambda xs: xs.sort() or xs[0],
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("args", [[2.0, 1.0], np.array([2.0, 1.0])], ids=["list", "array"])
def test_a_change_of_an_argument_is_refused(change: str, args: Any) -> None:
    if change == "appended" and not isinstance(args, list):
        pytest.skip("an array has no append")
    with pytest.raises(TypeError, match="compile cannot follow a change of an argument"):
        sg.compile(CHANGES[change])(args)
    assert list(args) == [2.0, 1.0]
    own = sg.compile(lambda xs: CHANGES[change](list(xs)))
    assert own(args) == CHANGES[change](list(args))


# ------ results


def results(x: Any, n: int) -> Any:
    big = x > 1.0
    rest = [x, None, "text", Colour.RED, Point(x, n)]
    return {"double": x * 2.0, "n": n, "half": n / 2, "big": big, "rest": rest}


@pytest.mark.parametrize("x", [0.5, 2.0, Value(0.5), Value(2.0)])
def test_results_have_the_kinds_of_the_function_s(x: Any) -> None:
    gate, expected = sg.compile(results), results(x, 3)
    for _ in range(2):
        found = gate(x, 3)
        assert list(found) == list(expected)
        assert [type(y) for y in found.values()] == [type(y) for y in expected.values()]
        assert [type(y) for y in found["rest"]] == [type(y) for y in expected["rest"]]
        assert (found["n"], found["half"], found["big"]) == (3, 1.5, plain(x) > 1.0)
        assert plain(found["double"]) == 2.0 * plain(x)
        assert found["rest"][4].y == 3


def test_what_no_gradient_can_flow_to_is_a_number_beside_a_loss() -> None:
    w = Value(2.0)

    def loss(x: Any) -> Any:
        y = x * w
        return y, 1 if y > 3.0 else 0, y.data, x

    gate = sg.compile(loss)
    for x in (1.0, 4.0, 1.0):
        found, expected = gate(x), loss(x)
        assert [type(y) for y in found] == [type(y) for y in expected]
        assert [plain(y) for y in found] == [plain(y) for y in expected]
        w.zero_grad()
        found[0].backward()
        assert w.grad == x


def test_a_value_returned_as_it_was_given_is_that_value() -> None:
    v, x = Value(2.0), Value(5.0)
    closed, larger, same = (
        sg.compile(lambda x: v),
        sg.compile(lambda x: max(x, v)),
        sg.compile(lambda x: x),
    )
    for _ in range(3):
        assert closed(1.0) is v
        assert larger(1.0) is v
        assert larger(3.0) == 3.0
        assert larger(x) is x
        assert same(x) is x
        assert same(1.5) == 1.5


def test_values_on_one_path_only_do_not_disturb_the_other() -> None:
    v = Value(2.0)
    gate = sg.compile(lambda x: x * v if x > 0.0 else -x)
    for x in (-1.0, 0.2, -1.0, 0.3, -2.0, 0.2):
        found = gate(x)
        assert plain(found) == (2.0 * x if x > 0.0 else -x)
        assert isinstance(found, Value) == (x > 0.0)


def test_structures_differ_by_types_keys_and_their_order() -> None:
    f = lambda d: 2.0 * [*d.values()][0] - [*d.values()][1]  # noqa: E731, RUF015
    gate = sg.compile(f)
    for d in ({"a": 1.0, "b": 5.0}, {"b": 5.0, "a": 1.0}, {"a": 5.0, "b": 1.0}):
        assert gate(d) == f(d)

    def named(factor: float) -> Any:
        class Pair(NamedTuple):
            x: float

            def scaled(self) -> Any:
                return self.x * factor

        return Pair

    gate = sg.compile(lambda p: p.scaled())
    assert [gate(named(k)(2.0)) for k in (3.0, 4.0)] == [6.0, 8.0]


def test_gradients_keep_the_types_and_the_order_of_the_arguments() -> None:
    gate = sg.compile(lambda s, d: s.energy() * d["b"] + d["a"])
    at = Spring(2.0, [1.0, 4.0]), {"b": 3.0, "a": 1.0}
    numbers_only = dataclasses.replace(at[0], name=0.0)
    by_spring, by_dict = sg.grad(gate, (0, 1))(numbers_only, at[1])
    assert by_spring == Spring(13.5, [-18.0, 18.0], 0.0)  # type: ignore[arg-type]
    assert list(by_dict.items()) == [("b", 9.0), ("a", 1.0)]
    assert sg.grad(sg.compile(lambda p: p.norm()))(Point(3.0, 4.0)) == pytest.approx((0.6, 0.8))


def test_integers_are_constants_unless_a_derivative_is_taken_in_them() -> None:
    gate = sg.compile(lambda x, y: x * x * y)
    assert [gate(3, 2), type(gate(3, 2))] == [18, int]
    assert sg.grad(gate, (0, 1))(3, 2) == (12.0, 9.0)
    assert sg.grad(sg.compile(lambda v: v[0] * v[1]))([2, 3]) == [3.0, 2.0]
    assert sg.grad(gate)(True, np.int64(2)) == 4.0
    assert sg.jvp(gate, (3, 2), (1, 0)) == (18.0, 12.0)


def test_arrays_of_indices_and_masks_are_constants_and_others_are_seen() -> None:
    gate, v = sg.compile(lambda v, i: v[i].sum()), np.array([1.0, 2.0, 4.0])
    for i in (np.array([0, 2]), np.array([1, 1]), np.array([True, False, False]), np.array([0, 2])):
        assert gate(v, i) == v[i].sum()
    masked = np.ma.array([1.0, 2.0], mask=[0, 1])
    assert sg.compile(lambda v: v.sum())(masked) == 1.0
    assert sg.grad(sg.compile(lambda v: v[0] * v[1]))(np.array([2, 3])).tolist() == [3.0, 2.0]


def test_within_no_grad_closed_over_values_stand_still() -> None:
    w, x = Value(2.0), Value(3.0)

    def f(x: Any) -> Any:
        with sg.no_grad():
            shifted = w + 2.0
        return shifted * x

    for _ in range(2):
        sg.compile(f)(x).backward()
    assert (w.grad, x.grad) == (0.0, 8.0)


def test_a_derivative_within_is_a_number_or_a_graph_as_in_eager_mode() -> None:
    f = lambda x, k: sg.grad(lambda a: a * a * x)(k) * 1.0  # noqa: E731
    gate, v = sg.compile(f), Value(3.0)
    for _ in range(2):
        assert [type(gate(v, 2.0)), gate(v, 2.0)] == [type(f(v, 2.0)), f(v, 2.0)]
        assert gate(3.0, 2.0) == f(3.0, 2.0) == 12.0
        assert sg.grad(gate)(3.0, 2.0) == sg.grad(f)(3.0, 2.0) == 4.0
        assert sg.grad(lambda x: gate(x, 2.0))(3.0) == 4.0


def test_isinstance_is_told_what_eager_mode_has() -> None:
    def kinds(x: Any) -> Any:
        y = x * 2.0
        return [
            *(isinstance(x, k) for k in (float, int, (int, float), Value, numbers.Real, str)),
            *(isinstance(y, k) for k in (float, Value)),
        ]

    gate = sg.compile(kinds)
    for x in (1.0, Value(1.0), 1.0):
        assert gate(x) == kinds(x)
    wraps = sg.compile(lambda x: (x if isinstance(x, Value) else Value(x)) * 2.0)
    assert [type(wraps(x)) for x in (1.0, Value(1.0))] == [Value, Value]
    inner = lambda x: x * x if isinstance(x, Value) else x  # noqa: E731
    assert sg.compile(sg.grad(inner))(3.0) == sg.grad(sg.compile(inner))(3.0) == 6.0


def test_gates_and_their_derivatives_are_pickled_by_what_they_are_made_of() -> None:
    for order in (sg.square, sg.compile(sg.square), sg.grad(sg.compile(sg.square), (0,))):
        gate = order if order is not sg.square else sg.compile(order)
        assert pickle.loads(pickle.dumps(gate))(3.0) == gate(3.0)


# ------ at every call of a form, the first and those that take a shortcut


def test_an_array_of_values_is_an_array_at_every_call() -> None:
    np = pytest.importorskip("numpy")
    w = sg.Value(2.0)
    gates = [
        sg.compile(lambda a: np.array([a[0] * 2.0, a[1] * 3.0])),
        sg.compile(lambda a: np.array([a[0] * 2.0])),
        sg.compile(lambda a: np.array([w * a[0], w])),
    ]
    for gate in gates:
        first, *later = [gate([sg.Value(1.0), sg.Value(2.0)]) for _ in range(3)]
        for found in later:
            assert type(found) is type(first) and found.shape == first.shape
            assert found.tolist() == first.tolist()


@pytest.mark.parametrize("what", [{1, 2}, bytearray(b"ab"), type("L", (list,), {})([1.0, 2.0])])
def test_what_is_no_key_may_stand_in_a_container(what: Any) -> None:
    gate = sg.compile(lambda p, x: x * len(p[0]))
    assert [gate([what], 2.0), gate([what], 3.0)] == [4.0, 6.0]


# ------ whole numbers that are differentiated


@pytest.mark.parametrize("transform", [sg.grad, sg.value_and_grad, sg.jacobian, sg.hessian])
@pytest.mark.parametrize("argnums", [1, -1, (1,), (0, 1)])
@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_whole_numbers_that_a_transform_within_differentiates_are_data(
    transform: Any, argnums: Any, kind: Any
) -> None:
    def f(x: Any, ws: Any) -> Any:
        return sg.tanh(sg.dot(ws, [x, 2.0, x])) * x

    gate, eager = sg.compile(transform(f, argnums)), transform(f, argnums)
    for x, ws in ((0.5, [1, 2, 3]), (2, [3, 1, 4]), (0.25, [-1, 5, 9])):
        found, wanted = gate(x, kind(ws)), eager(x, kind(ws))
        for a, b in zip(flatten(found, "x")[0], flatten(wanted, "x")[0], strict=True):
            assert np.allclose(a, b, rtol=1e-12, atol=1e-15)
    assert "alone" not in str(gate.program(0.5, kind([1, 1, 2]), gradient=False))


def test_wrapper_of_a_transform_keeps_its_own_whole_numbers() -> None:
    derived = sg.value_and_grad(lambda x: x * x)

    @functools.wraps(derived)
    def chosen(which: int) -> Any:
        return derived([2.0, 3.0][which])

    gate = sg.compile(chosen)
    assert [gate(0), gate(1)] == [(4.0, 4.0), (9.0, 6.0)]


# ------ forms in turn


def in_full(gate: Any, calls: list[tuple[Any, ...]]) -> int:
    """How many of these calls take no shortcut."""
    made, original = [], gate._in_full
    gate._in_full = lambda *given: made.append(given) or original(*given)
    try:
        for args in calls:
            gate(*args)
    finally:
        gate._in_full = original
    return len(made)


KINDS: dict[str, Callable[[list[float]], Any]] = {
    "list": list,
    "tuple": tuple,
    "list of float64": lambda xs: [*map(np.float64, xs)],
    "list of int": lambda xs: [*map(int, xs)],
    "list that ends in an int": lambda xs: [*xs[:-1], 1],
    **{
        f"array of {name}": functools.partial(np.array, dtype=name)
        for name in ("float64", "float32", ">f8", "int64", "bool")
    },
}
PLAIN = {"list", "list of int", "list that ends in an int"}
"""Kinds that share a form where derivatives are taken."""
GATES: dict[str, Callable[[Any], Any]] = {
    "value_and_grad(compile(f))": lambda f: sg.value_and_grad(sg.compile(f)),
    "compile(value_and_grad(f))": lambda f: sg.compile(sg.value_and_grad(f)),
    "compile(grad(f))": lambda f: sg.compile(sg.grad(f)),
}
MEANT = dict(zip(GATES, (sg.value_and_grad, sg.value_and_grad, sg.grad), strict=True))


@pytest.mark.skipif(sg.engine != "native", reason="shortcuts are those of C")
@pytest.mark.parametrize("title", GATES)
@pytest.mark.parametrize("kinds", [*itertools.combinations(KINDS, 2)])
def test_calls_that_take_turns_in_kind_all_take_shortcuts(
    title: str, kinds: tuple[str, ...]
) -> None:
    def f(ws: Any, x: Any) -> Any:
        return sg.tanh(sg.dot(ws, [x, 2.0, x]))

    gate, eager = GATES[title](f), MEANT[title](f)
    rows = [[0.5, 0.25, 1.5], [2.0, -0.75, 0.5], [-1.25, 3.0, 2.5]]
    calls = [(KINDS[kind](row), 0.5) for row in rows for kind in kinds]
    assert in_full(gate, calls[:2]) == (1 if {*kinds} <= PLAIN else 2)
    assert in_full(gate, calls[2:]) == 0
    for args in calls:
        for a, b in zip(flatten(gate(*args), "x")[0], flatten(eager(*args), "x")[0], strict=True):
            assert np.allclose(a, b, rtol=1e-12, atol=1e-15)


@pytest.mark.skipif(sg.engine != "native", reason="shortcuts are those of C")
def test_a_change_around_replaces_the_forms_of_all_kinds() -> None:
    rate = [2.0]
    gate = sg.compile(lambda ws: sg.dot(ws, ws) * rate[0])
    calls = [(np.array([1.0, 2.0], kind),) for kind in ("float64", "float32")]
    for rate[0] in (2.0, 3.0, 4.0):
        assert [gate(*args) for args in calls] == [5.0 * rate[0]] * 2
        assert in_full(gate, calls) == 0
        assert len(gate._forms) == 2
