"""What a compiled function takes and gives: numbers, arrays, Values, containers, models."""

from __future__ import annotations

import warnings
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import nn
from scalargrad.compiler import compile
from tests.support.compiled import value_and_gradients

np = pytest.importorskip("numpy")


def product(x: Any, y: Any) -> Any:
    return x * y + sg.sin(x)


def slope(x: float, y: float) -> tuple[float, float]:
    return sg.grad(product, (0, 1))(x, y)  # type: ignore[no-any-return]


@pytest.mark.parametrize("x", [np.float64(0.5), np.float32(0.5), Fraction(1, 2), Decimal("0.5")])
def test_numbers_of_any_kind_are_floats(x: Any) -> None:
    value, gradient = value_and_gradients(compile(product), x, 3.0)
    assert float(value) == product(0.5, 3.0)
    assert [float(g) for g in gradient] == list(slope(0.5, 3.0))


def test_an_integer_is_a_constant_unless_a_derivative_is_taken_in_it() -> None:
    seen = []

    def powered(x: Any, n: Any) -> Any:
        seen.append(type(n))
        return x**n

    gate = compile(powered)
    assert (gate(2.0, 3), seen) == (8.0, [int])
    assert (sg.grad(gate)(2.0, 3), seen[1:]) == (12.0, [int])
    assert sg.value_and_grad(gate, (0, 1))(2, 3) == sg.value_and_grad(powered, (0, 1))(2, 3)


@pytest.mark.parametrize("dtype", ["f4", ">f8", "i4", "u1", "?"])
def test_arrays_of_any_numbers_are_lanes(dtype: str) -> None:
    xs = np.array([0, 1, 1], dtype=dtype)
    value, (dx, dy) = value_and_gradients(compile(product, batch=True), xs, 3.0)
    assert value == pytest.approx([product(float(x), 3.0) for x in xs], rel=1e-15)
    assert dx == pytest.approx([slope(float(x), 3.0)[0] for x in xs], rel=1e-15)
    assert dy.tolist() == xs.astype(float).tolist()
    _, total = sg.value_and_grad(compile(product, batch=True, reduce="sum"), 1)(xs, 3.0)
    assert total == float(xs.sum())


@pytest.mark.parametrize("dtype", ["f4", ">f8", "i4", "u1", "?", "O"])
def test_an_array_is_an_array_of_numbers_as_in_eager_mode(dtype: str) -> None:
    def f(xs: Any, y: Any) -> Any:
        assert isinstance(xs, np.ndarray)
        return (xs[1:] * y).sum() + sg.sin(xs[0]) * len(xs)

    xs = np.array([0, 1, 1], dtype=dtype)
    found, expected = (sg.value_and_grad(g, (0, 1))(xs, 3.0) for g in (compile(f), f))
    assert found[0] == expected[0]
    assert found[1][0].tolist() == expected[1][0].tolist()
    assert found[1][1] == expected[1][1]


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[::2],
        lambda a: a[::-1],
        lambda a: a.reshape(4, 5).T,
        lambda a: a.reshape(4, 5)[:, 1],
        lambda a: np.broadcast_to(a[:1], 7),
        lambda a: np.frombuffer(b"\0" + a.tobytes(), np.uint8)[1:].view("<f8"),
    ],
)
def test_arrays_that_are_not_contiguous_are_read_where_they_are(view: Any) -> None:
    xs = view(np.linspace(-2.0, 2.0, 20))
    compiled = compile(product, batch=True)
    for _ in range(2):
        value, dx = sg.value_and_grad(compiled)(xs, 3.0)
        assert value.shape == dx.shape == xs.shape
        assert value == pytest.approx(xs * 3.0 + np.sin(xs), rel=1e-15, abs=1e-15)
        assert dx == pytest.approx(3.0 + np.cos(xs), rel=1e-15)


def test_arguments_broadcast_as_numpy_does_and_gradients_have_their_shapes() -> None:
    xs, ys = np.linspace(0.1, 0.9, 3).reshape(3, 1), np.linspace(1.0, 2.0, 4)
    value, (dx, dy) = value_and_gradients(compile(product, batch=True), xs, ys)
    assert value == pytest.approx(xs * ys + np.sin(xs), rel=1e-15)
    assert dx == pytest.approx(ys + np.cos(xs), rel=1e-15)
    assert dy == pytest.approx(xs + 0.0 * ys, rel=1e-15)


def test_gradients_of_a_sum_over_broadcast_arguments_have_the_shapes_of_these() -> None:
    xs, ys = np.linspace(0.1, 0.9, 3).reshape(3, 1), np.linspace(1.0, 2.0, 4)
    gate = compile(product, batch=True, reduce="sum")
    value, (dx, dy) = value_and_gradients(gate, xs, ys)
    assert value == pytest.approx((xs * ys + np.sin(xs)).sum(), rel=1e-14)
    assert (dx.shape, dy.shape) == (xs.shape, ys.shape)
    assert dx[:, 0] == pytest.approx((ys + np.cos(xs)).sum(axis=1), rel=1e-14)
    assert dy == pytest.approx(4 * [xs.sum()], rel=1e-14)


def test_calls_of_other_lengths_and_kinds_follow_one_another() -> None:
    compiled = compile(product, batch=True)
    for x in (0.5, np.ones(3), np.ones(130), sg.Value(0.5), np.ones((2, 2)), np.ones(3), 0.5):
        expected = np.vectorize(product)(
            getattr(x, "data", x) if isinstance(x, sg.Value) else x, 2.0
        )
        found = compiled(x, 2.0)
        assert np.asarray(getattr(found, "data", found), float) == pytest.approx(
            expected, rel=1e-15
        )


def test_no_sample_and_unequal_numbers_of_samples_are_errors() -> None:
    compiled = compile(lambda w, x, y: w * x + y, batch=("x", "y"), reduce="sum")
    with pytest.raises(ValueError, match="at least one sample, got none"):
        compiled(1.0, np.empty(0), np.empty(0))
    with pytest.raises(ValueError, match="one number of samples"):
        compiled(1.0, np.ones(3), np.ones(4))
    assert compiled(2.0, np.ones(3), np.ones(3)) == 9.0
    with pytest.raises(ValueError, match="one number of samples"):
        compiled(1.0, np.ones(3), np.ones(4))
    for options in ({}, {"batch": True}):
        with pytest.raises(ValueError):
            compile(product, **options)(np.ones(3), np.ones(4))
    with pytest.raises(ValueError, match=r"got the number 1\.0"):
        compiled(1.0, 1.0, np.ones(1))


@pytest.mark.parametrize("x", [1j, object(), product, np.array(["a"]), [1.0, object()]])
def test_what_is_no_number_is_refused(x: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        compile(product)(x, 1.0)


def test_samples_may_have_axes_of_their_own() -> None:
    def f(w: Any, x: Any) -> Any:
        return w[0] * x[0, 1] + w[1] * x[1, 2] + x.sum()

    xs, w = np.arange(30.0).reshape(5, 2, 3), np.array([2.0, 3.0])
    value, (dw, dx) = value_and_gradients(compile(f, batch="x", reduce="sum"), w, xs)
    assert value == (2.0 * xs[:, 0, 1] + 3.0 * xs[:, 1, 2]).sum() + xs.sum()
    assert dw.tolist() == [xs[:, 0, 1].sum(), xs[:, 1, 2].sum()]
    assert dx.tolist() == [[[1.0, 3.0, 1.0], [1.0, 1.0, 4.0]]] * 5


def test_lists_of_rows_are_samples() -> None:
    compiled = compile(lambda x: x[0] * x[1], batch="x", reduce="mean")
    assert compiled([[1.0, 2.0], [3.0, 4.0]]) == 7.0


TRUTHS = np.array([[0, 1], [1, 1], [1, 0]])
FORMS: dict[str, Any] = {
    **{dtype: TRUTHS.astype(dtype) for dtype in ("f2", "f4", "f8", ">f4", "i1", "i8", "u8", "?")},
    "longdouble": TRUTHS.astype(np.longdouble),
    "lists of floats": TRUTHS.astype(float).tolist(),
    "lists of ints": TRUTHS.tolist(),
    "lists of bools": TRUTHS.astype(bool).tolist(),
    "lists of all kinds": [[0, 1.0], [True, np.float32(1.0)], (np.float64(1.0), np.int64(0))],
    "lists of NumPy's floats": [[np.float64(x) for x in row] for row in TRUTHS],
    "list of tuples": [*map(tuple, TRUTHS.tolist())],
    "list of arrays": [*TRUTHS],
    "tuple of lists": tuple(TRUTHS.tolist()),
    "not contiguous": np.asfortranarray(TRUTHS),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("axis", [1, 2])
def test_samples_of_every_form_give_what_floats_give(form: str, axis: int) -> None:
    def f(w: Any, x: Any) -> Any:
        return w * (x if axis == 1 else x[0] - 0.3 * x[1]) + sg.sin(w)

    both = sg.value_and_grad(compile(f, batch="x", reduce="sum"))
    rows = FORMS[form]
    samples = rows if axis == 2 else rows[0]
    expected = both(0.7, np.asarray(TRUTHS if axis == 2 else TRUTHS[0], float))
    assert [both(0.7, samples) for _ in range(3)] == [expected] * 3
    # the same form with other numbers in it, and with more of them
    more = samples * 2 if isinstance(samples, (list, tuple)) else np.concatenate([samples] * 2)
    assert both(0.7, more)[1] == pytest.approx(2.0 * expected[1], rel=1e-15)


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "?"])
def test_elements_of_arrays_of_several_axes_are_lanes_at_every_call(dtype: str) -> None:
    def f(x: Any, y: Any) -> Any:
        return {"product": x * y, "sign": -1.0 if x > 0.5 else sg.sin(y) + 1.0, "same": 2.0}

    gate, both = compile(f, batch=True), sg.value_and_grad(compile(product, batch=True), (0, 1))
    xs, ys = np.arange(6).reshape(2, 3).astype(dtype), np.linspace(1.0, 2.0, 6).reshape(2, 3)
    column = ys[:, :1]
    for x, y in [(xs, ys), (xs, ys), (xs[::-1], ys.T.copy().T), (xs, column), (xs, 3.0)] * 2:
        rows = [
            [f(float(a), float(b)) for a, b in zip(*row)]
            for row in zip(x, np.broadcast_to(y, x.shape))
        ]
        for name, found in gate(x, y).items():
            assert np.broadcast_to(found, x.shape).tolist() == [
                [pytest.approx(entry[name], rel=1e-14) for entry in row] for row in rows
            ]
        value, (dx, dy) = both(x, y)
        assert value.shape == dx.shape == x.shape
        expected = [
            slope(float(a), float(b)) for a, b in zip(x.flat, np.broadcast_to(y, x.shape).flat)
        ]
        assert dx.ravel().tolist() == pytest.approx([a for a, _ in expected], rel=1e-14)
        assert np.sum(dy) == pytest.approx(sum(b for _, b in expected), rel=1e-14)
    # as many lanes in another shape, and one lane
    assert gate(xs.reshape(3, 2), ys.reshape(3, 2))["product"].shape == (3, 2)
    assert gate(xs.reshape(1, 3, 2), ys.reshape(1, 3, 2))["product"].shape == (1, 3, 2)
    assert gate(xs[:1, :1], ys[:1, :1])["product"].shape == (1, 1)


@pytest.mark.parametrize("number", [2**53, 2**62, -(2**63), 2**63, -(2**70)])
def test_integers_that_floats_are_may_be_samples(number: int) -> None:
    gate = compile(lambda x: x * 1.0, batch="x")
    for samples in ([1, 2], [number, 2], [number, 0.5], (True, number), np.array([number, 1])):
        assert [float(y) for y in gate(samples)] == [float(x) for x in samples]


@pytest.mark.parametrize("number", [2**53 + 1, 2**62 + 1, 2**63 - 1, 2**64 + 1, -(2**70) - 1])
@pytest.mark.parametrize("of", [list, tuple, np.array])
def test_integers_that_no_float_is_are_refused_as_samples(number: int, of: Any) -> None:
    gate = compile(lambda x: x % 2, batch="x")
    elements = compile(lambda x: x % 2, batch=True)
    for _ in range(3):
        assert gate(of([1, 2])).tolist() == [1.0, 0.0]
    with pytest.raises(TypeError, match=r"that no float is"):
        gate(of([number, 2]))
    if of is np.array:
        with pytest.raises(TypeError, match=r"that no float is"):
            elements(of([number, 2]))


def test_samples_that_are_no_numbers_any_more_are_refused() -> None:
    gate = compile(lambda x: x * 2.0, batch="x")
    gate([1.0, 2.0])
    gate([1.0, 2.0])
    for samples in (["1", "2"], [1.0, None], [1.0, [2.0]], [1j, 2j]):
        with pytest.raises((TypeError, ValueError)):
            gate(samples)
    with pytest.raises(ValueError, match="at least one sample"):
        gate([])
    value = sg.Value(3.0)
    found = gate([1.0, value])
    found[1].backward()
    assert value.grad == 2.0


def test_a_tuple_of_arrays_after_one_of_rows_is_several_arguments() -> None:
    gate = compile(lambda x: 10.0 * x[0] + x[1], batch="x")
    for _ in range(2):
        assert gate(([1.0, 2.0], [3.0, 4.0])).tolist() == [12.0, 34.0]
        assert gate((np.array([1.0, 2.0]), np.array([3.0, 4.0]))).tolist() == [13.0, 24.0]


@pytest.mark.parametrize("xs", [np.array([1.0, 2.0]), np.array([1.0, 2.0], "f4"), np.array(2.0)])
@pytest.mark.parametrize("is_on_left", [True, False])
def test_a_number_times_an_array_is_traced_once(xs: Any, is_on_left: bool) -> None:
    gate = compile(lambda y, xs: np.sum(y * xs if is_on_left else xs * y))
    with warnings.catch_warnings():
        # a gate that is traced anew at each call says so
        warnings.simplefilter("error")
        assert [gate(3.0, xs), gate(4.0, xs)] == [3.0 * xs.sum(), 4.0 * xs.sum()]


@pytest.mark.parametrize("dtype", ["i8", "u1", "?", "U3", "c16"])
def test_a_constant_array_is_told_by_its_content(dtype: str) -> None:
    gate = compile(lambda x, at: x * str(at.tolist()).count("1"))
    for content in ([1, 1], [1, 0], [1, 1], [1, 0], [0, 0, 1]):
        at = np.array(content).astype(dtype)
        assert gate(2.0, at) == 2.0 * str(at.tolist()).count("1")


def test_gradients_stand_in_the_structure_of_the_arguments() -> None:
    def f(weights: Any, x: Any, mode: str) -> Any:
        hidden = sg.dot(weights["w"], x, weights["b"])
        return hidden * weights["scale"][0] if mode == "on" else hidden

    weights = {"w": [1.0, 2.0], "b": 0.5, "scale": (3.0, 1)}
    value, (dw, dx) = sg.value_and_grad(compile(f), (0, 1))(weights, [4.0, 5.0], "on")
    assert value == 3.0 * 14.5
    assert dw == {"w": [12.0, 15.0], "b": 3.0, "scale": (14.5, 0.0)}
    assert list(dw) == list(weights)
    assert dx == [3.0, 6.0]


def test_an_array_of_values_is_no_lane() -> None:
    values = np.array([sg.Value(2.0), sg.Value(3.0)], dtype=object)
    out = compile(lambda v, x: v[0] * v[1] * x)(values, 4.0)
    out.backward()
    assert out.data == 24.0
    assert [v.grad for v in values] == [12.0, 8.0]


def test_keywords_defaults_and_any_number_of_arguments() -> None:
    compiled = compile(lambda x, y=3.0, *, z=1.0, **more: x * y - z * sum(more.values(), 1.0))
    assert compiled(2.0) == 5.0
    assert compiled(y=2.0, x=2.0) == 3.0
    assert compiled(2.0, z=0.5, v=1.0, w=2) == 4.0
    # an argument is what is passed
    assert sg.value_and_grad(compiled)(2.0, z=0.5) == (5.5, 3.0)
    assert sg.grad(compiled, (0, 1))(2.0, 4.0) == (4.0, 2.0)
    with pytest.raises(TypeError, match="1 positional argument"):
        sg.grad(compiled, 1)(2.0)
    several = compile(lambda *xs: sg.prod(xs))
    assert value_and_gradients(several, 2.0, 3.0, 4.0) == (24.0, (12.0, 8.0, 6.0))
    assert several(5.0) == 5.0
    with pytest.raises(TypeError):
        compiled()


@pytest.mark.parametrize(
    "options",
    [{"reduce": "max"}, {"max_paths": 0}, {"threads": 1.5}, {"batch": "nobody"}],
)
def test_wrong_options_say_what_is_right(options: Any) -> None:
    with pytest.raises(ValueError, match=r"must be|batch names arguments"):
        compile(product, **options)
    with pytest.raises(TypeError, match="compile needs a function"):
        compile(3)


def test_a_model_among_the_arguments_gets_a_model_of_gradients() -> None:
    model = nn.MLP(2, [3, 1])
    loss = compile(lambda m, x: m(x) ** 2, batch="x", reduce="mean")
    xs = np.linspace(-1.0, 1.0, 10).reshape(5, 2)
    value, gradient = sg.value_and_grad(loss)(model, xs)
    expected = sg.mean([model(x) ** 2 for x in xs.tolist()])
    expected.backward()
    found = [p.data if isinstance(p, sg.Value) else p for _, p in gradient.named_parameters()]
    assert value == pytest.approx(expected.data, rel=1e-14)
    assert found == pytest.approx([p.grad for p in model.parameters()], rel=1e-12, abs=1e-15)


def test_several_results_keep_their_structure() -> None:
    compiled = compile(lambda x: {"square": x * x, "rest": [x, 1.0]}, batch=True)
    found = compiled(np.array([1.0, 2.0]))
    assert {k: np.asarray(x).tolist() for k, x in (("square", found["square"]),)} == {
        "square": [1.0, 4.0]
    }
    assert np.asarray(found["rest"][0]).tolist() == [1.0, 2.0]
    assert compiled(3.0) == {"square": 9.0, "rest": [3.0, 1.0]}
    with pytest.raises(TypeError, match=r"must return one Value.*jacobian"):
        sg.value_and_grad(compiled)(3.0)
    with pytest.raises(TypeError, match=r"must return one number.*jacobian"):
        compiled.program(3.0)


@pytest.mark.parametrize("size", [2, 40])
def test_results_in_arrays_are_new_ones_every_time(size: int) -> None:
    w = np.arange(size * 3.0).reshape(size, 3)

    @sg.compile(batch="x", reduce="sum")
    def f(w: Any, x: Any) -> Any:
        return {"scaled": w * x, "none": np.empty((0, 4)), "one": x, "rows": [w[0] + x, w[1]]}

    batches = [np.ones(3), np.arange(4.0), np.arange(5.0)]
    first, *others = [f(w, xs) for xs in batches]
    for x in (first["scaled"], *first["rows"]):
        x[:] = np.nan
    for found, xs in zip(others, batches[1:]):
        total = xs.sum()
        expected = [w * total, np.empty((0, 4)), total, len(xs) * w[0] + total, len(xs) * w[1]]
        for x, y in zip([found["scaled"], found["none"], found["one"], *found["rows"]], expected):
            assert np.shape(x) == np.shape(y)
            assert np.array_equal(x, y)


def test_derivative_that_is_one_number_has_the_shape_of_its_argument_every_time() -> None:
    gate = compile(lambda x, y: 2.0 * x + y * 0.0, batch=True)
    for _ in range(3):
        value, (by_x, by_y) = value_and_gradients(gate, np.arange(4.0), np.ones(4))
        assert value.tolist() == [0.0, 2.0, 4.0, 6.0]
        assert by_x.tolist() == [2.0] * 4 and by_y.tolist() == [0.0] * 4
        assert compile(lambda x: 3.0, batch=True)(np.arange(3.0)).tolist() == [3.0] * 3


@pytest.mark.parametrize("used", [(0, 1, 2, 3, 4), (1, 3), (4,)])
@pytest.mark.parametrize("count", [1, 64, 131])
def test_gradients_in_rows_stand_where_the_rows_have_their_numbers(
    used: tuple[int, ...], count: int
) -> None:
    rows = np.random.default_rng(count).normal(size=(count, 5))

    def product(x: Any, y: Any) -> Any:
        found = y
        for k in used:
            found = found * x[k]
        return found if found > 0.0 else sg.exp(found)

    compiled = compile(product, batch=("x", "y"))
    for _ in range(2):
        value, (in_x, in_y) = value_and_gradients(compiled, rows, rows[:, 0])
        for lane in range(count):
            leaves = list(map(sg.Value, [*rows[lane], rows[lane, 0]]))
            out = product(leaves[:5], leaves[5])
            out.backward()
            assert value[lane] == pytest.approx(out.data, rel=1e-14)
            expected = [x.grad for x in leaves]
            assert [*in_x[lane], in_y[lane]] == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("kind", [str, bytes, int])
def test_a_constant_of_a_class_of_its_own_is_watched(kind: Any) -> None:
    own = type("Own", (kind,), {})
    one, other = own(kind()), own(kind())
    one.factor, other.factor = 2.0, 3.0
    scaled = sg.compile(lambda x, by: x * by.factor)
    assert (scaled(1.0, one), scaled(1.0, other), scaled(1.0, one)) == (2.0, 3.0, 2.0)
    one.factor = 5.0
    assert scaled(1.0, one) == 5.0


def test_rows_of_a_batch_divide_as_arrays_do() -> None:
    def f(y: Any) -> Any:
        try:
            return sg.sum([1.0 / x for x in y]) if isinstance(y, np.ndarray) else 1.0 / y
        except ZeroDivisionError:
            return 7.0

    rows, numbers = np.array([[0.0, 1.0], [2.0, 4.0]]), np.array([0.0, 2.0])
    with np.errstate(divide="ignore"):
        assert sg.compile(f, batch="y")(rows).tolist() == [f(row) for row in rows]
    assert sg.compile(f, batch="y")(numbers).tolist() == [7.0, 0.5]


@pytest.mark.parametrize("xs", [[1.0, 2.0], (1.0, 2.0), [[1.0], [2.0]], [sg.Value(1.0)], []])
def test_lists_alone_are_no_elements(xs: Any) -> None:
    for f in (lambda x: x * x, lambda x: x * 2):
        gate = compile(f, batch=True)
        for call in (gate, sg.grad(gate), gate.program):
            with pytest.raises(TypeError, match=r"expected an array, got .*: np\.asarray\(xs\)"):
                call(xs)


@pytest.mark.parametrize("xs", [[1.0, 2.0], (1.0, 2.0)])
def test_error_of_a_list_beside_an_array_tells_what_to_do(xs: Any) -> None:
    gate = compile(lambda x, y: x * y, batch=True)
    for given in ((np.ones(2), xs), (xs, np.ones(2)), (xs, 2.5)):
        with pytest.raises(TypeError, match=r"np\.asarray\(xs\) makes an array of a list"):
            gate(*given)


def test_a_list_beside_an_array_is_one_argument() -> None:
    gate = compile(lambda w, x: w[0] * x + w[1], batch=True)
    assert gate([2.0, 1.0], np.array([1.0, 3.0])).tolist() == [3.0, 7.0]
    assert gate([2.0, 1.0], 3.0) == 7.0


def test_errors_that_are_not_of_lists_stay_as_they_are() -> None:
    gate = compile(lambda w, x: w[0] * x + None, batch=True)
    with pytest.raises(TypeError) as caught:
        gate([2.0], np.ones(2))
    assert "batch" not in str(caught.value)


def test_a_number_where_samples_are_expected_is_refused_with_the_cure() -> None:
    with pytest.raises(ValueError, match=r"got the number 3\.0: \[3\.0\] is one sample"):
        compile(lambda x: x, batch="x")(3.0)
