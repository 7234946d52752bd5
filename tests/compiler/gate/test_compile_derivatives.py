"""Transforms of compiled functions are compiled functions, over lanes too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler import compile
from scalargrad.compiler.gate.compiled import Compiled

np = pytest.importorskip("numpy")

XS = np.array([0.5, 1.0, 2.0])
ROWS = np.array([[0.5, -1.0], [1.0, 2.0], [2.0, 0.25]])


def close(x: Any) -> Any:
    return pytest.approx(np.asarray(x, float), rel=1e-12, abs=1e-13)


def wave(w: Any, x: Any) -> Any:
    return w * w * sg.sin(x) * x


def form(w: Any, x: Any) -> Any:
    return sg.tanh(w[0] * x[0] + w[1] * x[1]) * x[0]


REDUCE: dict[str, Callable[[Any], Any]] = {"sum": sg.sum, "mean": sg.mean}


def reduced(f: Any, reduce: str) -> Any:
    """What a gate over rows of its last argument means."""
    return lambda w, xs: REDUCE[reduce]([f(w, x) for x in xs])


# ------ what comes back, and is kept


@pytest.mark.parametrize("transform", [sg.grad, sg.value_and_grad, sg.jacobian, sg.hessian])
def test_a_transform_is_a_compiled_function_and_the_same_one_again(transform: Any) -> None:
    gate = compile(wave)
    made = transform(gate)
    assert isinstance(made, Compiled)
    assert transform(gate) is made
    assert transform(gate, 1) is not made
    assert transform(gate, (0,)) is transform(gate, [0])
    assert made.__name__ == f"{transform.__name__}(wave)"


def test_what_is_not_asked_for_costs_no_instruction() -> None:
    """Derivatives in two of three arguments: no more instructions or registers than if the third
    were closed over."""
    draws = np.random.default_rng(0).normal(size=50)
    closed = draws.tolist()

    def payoff(s: Any, v: Any, z: Any) -> Any:
        return sg.mean([sg.relu(s * sg.exp(v * x + s) - 90.0) for x in z])

    spots, args = np.linspace(3.0, 4.0, 7), (0.2, draws)
    given = sg.value_and_grad(compile(payoff, batch="s"), (0, 1))
    around = sg.value_and_grad(compile(lambda s, v: payoff(s, v, closed), batch="s"), (0, 1))
    everything = sg.value_and_grad(compile(payoff, batch="s"), (0, 1, 2))
    asked, plain, whole = (
        str(gate.program(spots, *more, gradient=False)).splitlines()[1:]
        for gate, more in ((given, args), (around, args[:1]), (everything, args))
    )
    assert asked[:2] == plain[:2]
    assert len(asked) == len(plain) < len(whole) - 40
    found, expected = given(spots, *args), around(spots, *args[:1])
    assert found[0].tolist() == close(expected[0].tolist())
    assert [x.tolist() for x in found[1]] == [close(x.tolist()) for x in expected[1]]


@pytest.mark.parametrize("argnums", [0, 1, -1, (0, 1), (1, 0), (1,)])
@pytest.mark.parametrize("transform", [sg.grad, sg.value_and_grad, sg.jacobian, sg.hessian])
def test_numbers_equal_those_of_the_plain_function(transform: Any, argnums: Any) -> None:
    before, after = compile(transform(wave, argnums)), transform(compile(wave), argnums)
    expected = transform(wave, argnums)(0.7, 1.3)
    for found in (before(0.7, 1.3), after(0.7, 1.3), after(0.7, 1.3)):
        for x, y in zip(leaves(found), leaves(expected)):
            assert x == pytest.approx(y, rel=1e-12)


def leaves(x: Any) -> list[float]:
    return [y for part in x for y in leaves(part)] if isinstance(x, (tuple, list)) else [x]


def test_products_equal_those_of_the_plain_function() -> None:
    gate = compile(wave)
    for tangents in ((1.0, 0.0), (0.5, -2.0)):
        assert sg.jvp(gate, (0.7, 1.3), tangents) == close(sg.jvp(wave, (0.7, 1.3), tangents))
        assert sg.hvp(gate, (0.7, 1.3), tangents) == close(sg.hvp(wave, (0.7, 1.3), tangents))
    assert sg.jvp(compile(sg.square), (3.0,), (1.0,)) == (9.0, 6.0)
    value, pullback = sg.vjp(compile(lambda w, x: [w * x, w]), 2.0, 3.0)
    assert (value, pullback([1.0, 10.0]), pullback([0.0, 1.0])) == ([6.0, 2.0], (13.0, 2.0), (1, 0))


def test_products_take_as_many_arguments_as_each_call_has() -> None:
    gate = compile(lambda *xs: sg.prod(xs))
    assert sg.jvp(gate, (2.0, 3.0), (1.0, 0.0)) == (6.0, 3.0)
    assert sg.jvp(gate, (2.0, 3.0, 4.0), (0.0, 0.0, 1.0)) == (24.0, 6.0)
    assert sg.jvp(gate, (5.0,), (2.0,)) == (5.0, 2.0)


def test_an_argument_that_was_not_given_has_no_derivative() -> None:
    gate = compile(lambda x, y=3.0: x * y)
    assert sg.value_and_grad(gate)(2.0) == (6.0, 3.0)
    with pytest.raises(TypeError, match="the call has 1 positional argument"):
        sg.grad(gate, 1)(2.0)


@pytest.mark.parametrize("transform", [sg.grad, sg.value_and_grad])
@pytest.mark.parametrize("batch", [None, True])
def test_several_results_are_refused_before_anything_is_computed(
    transform: Any, batch: Any
) -> None:
    computed = []
    gate = compile(lambda x: [x] * 10_000, batch=batch)
    gate._programs.merged = lambda *args: computed.append(args)
    with pytest.raises(TypeError, match="must return one Value"):
        transform(gate)(np.ones(3) if batch else 1.0)
    with pytest.raises(TypeError, match="must return one Value"):
        transform(gate)(2.0)
    assert not computed


# ------ a sample in each lane, each with a derivative of its own


def test_over_lanes_each_sample_has_a_derivative() -> None:
    gate = compile(wave, batch="x")
    for _ in range(2):
        value, (by_w, by_x) = sg.value_and_grad(gate, (0, 1))(0.7, XS)
        expected = [sg.value_and_grad(wave, (0, 1))(0.7, x) for x in XS.tolist()]
        assert value == close([v for v, _ in expected])
        assert by_w == close([g[0] for _, g in expected])
        assert by_x == close([g[1] for _, g in expected])


@pytest.mark.parametrize("transform", [sg.jacobian, sg.hessian])
def test_jacobians_over_lanes_are_arrays_with_the_lanes_first(transform: Any) -> None:
    f = form if transform is sg.hessian else lambda w, x: np.array([form(w, x), w[0] * x[1]])
    w = np.array([0.3, -0.8])
    blocks = transform(compile(f, batch="x"), (0, 1))(w, ROWS)
    expected = [transform(f, (0, 1))(w, x) for x in ROWS]
    flat = blocks if transform is sg.jacobian else [b for row in blocks for b in row]
    for k, block in enumerate(flat):
        assert block.dtype == float
        own = [e[k] if transform is sg.jacobian else [b for row in e for b in row][k]
               for e in expected]  # fmt: skip
        assert block == close(np.stack(own))


def test_by_elements_each_has_a_derivative_broadcast_as_numpy_does() -> None:
    gate = compile(wave, batch=True)
    ws = np.array([[0.5], [2.0]])
    value, (by_w, by_x) = sg.value_and_grad(gate, (0, 1))(ws, XS)
    assert value == close(ws**2 * np.sin(XS) * XS)
    assert by_w == close(2.0 * ws * np.sin(XS) * XS)
    assert by_x == close(ws**2 * (np.cos(XS) * XS + np.sin(XS)))


def test_tangents_and_cotangents_have_lanes_too() -> None:
    gate, tangents = compile(wave, batch="x"), np.array([1.0, -1.0, 0.5])
    value, slope = sg.jvp(gate, (0.7, XS), (2.0, tangents))
    each = [sg.jvp(wave, (0.7, x), (2.0, t)) for x, t in zip(XS.tolist(), tangents.tolist())]
    assert value == close([v for v, _ in each])
    assert slope == close([s for _, s in each])
    _, pullback = sg.vjp(gate, 0.7, XS)
    by_w, by_x = pullback(tangents)
    assert by_x == close(tangents * sg.grad(gate, 1)(0.7, XS))
    assert by_w == close(tangents * sg.grad(gate, 0)(0.7, XS))


# ------ reduced over the lanes


@pytest.mark.parametrize("reduce", REDUCE)
def test_the_derivative_of_a_reduced_function_is_one_for_each_sample_in_what_each_has_of_its_own(
    reduce: str,
) -> None:
    gate, plain = compile(wave, batch="x", reduce=reduce), reduced(wave, reduce)
    expected = sg.value_and_grad(plain, (0, 1))(0.7, XS.tolist())
    for _ in range(2):
        value, (by_w, by_x) = sg.value_and_grad(gate, (0, 1))(0.7, XS)
        assert (value, by_w) == (close(expected[0]), close(expected[1][0]))
        assert by_x == close(expected[1][1])
    assert sg.jacobian(gate, 1)(0.7, XS) == close(expected[1][1])


@pytest.mark.parametrize("reduce", REDUCE)
def test_the_hessian_of_a_reduced_function_has_the_block_of_each_sample(reduce: str) -> None:
    gate, plain = compile(form, batch="x", reduce=reduce), reduced(form, reduce)
    w = np.array([0.3, -0.8])
    (ww, wx), (xw, xx) = sg.hessian(gate, (0, 1))(w, ROWS)
    (pww, pwx), (pxw, pxx) = sg.hessian(plain, (0, 1))(w, ROWS)
    n = range(len(ROWS))
    assert ww == close(pww)
    assert wx == close(np.stack([pwx[:, k, :] for k in n]))
    assert xw == close(np.stack([pxw[k] for k in n]))
    assert xx == close(np.stack([pxx[k, :, k, :] for k in n]))


@pytest.mark.parametrize("reduce", REDUCE)
def test_products_of_a_reduced_function(reduce: str) -> None:
    gate, plain = compile(wave, batch="x", reduce=reduce), reduced(wave, reduce)
    tangents = 2.0, np.array([1.0, -1.0, 0.5])
    at, along = (0.7, XS.tolist()), (2.0, tangents[1].tolist())
    assert sg.jvp(gate, (0.7, XS), tangents) == close(sg.jvp(plain, at, along))
    for found, expected in zip(sg.hvp(gate, (0.7, XS), tangents), sg.hvp(plain, at, along)):
        assert found == close(expected)
    for found, expected in zip(sg.vjp(gate, 0.7, XS)[1](3.0), sg.vjp(plain, *at)[1](3.0)):
        assert found == close(expected)


def test_a_derivative_in_what_was_broadcast_is_summed_to_its_shape() -> None:
    gate = compile(lambda x, y: x * y * y, batch=True, reduce="sum")
    xs, ys = np.ones((3, 1)), np.arange(4.0)
    by_x, by_y = sg.grad(gate, (0, 1))(xs, ys)
    assert (by_x.shape, by_y.shape) == ((3, 1), (4,))
    assert by_x.ravel() == close([14.0] * 3)
    assert by_y == close(2.0 * ys * 3.0)


def test_branches_of_single_samples_have_their_own_derivatives() -> None:
    gate = compile(lambda w, x: w * x if x > 0.0 else x, batch="x", reduce="sum")
    value, (by_w, by_x) = sg.value_and_grad(gate, (0, 1))(3.0, np.array([1.0, -2.0, 4.0]))
    assert (value, by_w) == (13.0, 5.0)
    assert by_x == close([3.0, 1.0, 3.0])


# ------ nested


def test_derivatives_of_derivatives_of_gates() -> None:
    gate = compile(lambda x: x**4)
    assert sg.grad(sg.grad(sg.grad(gate)))(2.0) == pytest.approx(48.0)
    assert sg.hessian(sg.grad(gate))(2.0) == pytest.approx(48.0)
    loss = compile(wave, batch="x", reduce="mean")
    expected = sg.grad(sg.grad(reduced(wave, "mean")))(0.7, XS.tolist())
    assert sg.grad(sg.grad(loss))(0.7, XS) == close(expected)


def test_a_derived_gate_within_other_derivatives_and_programs() -> None:
    loss, plain = compile(wave, batch="x", reduce="mean"), reduced(wave, "mean")
    for outer in (sg.grad, lambda f: compile(sg.grad(f)), lambda f: sg.grad(compile(f))):
        found = outer(lambda w: sg.grad(loss)(w * w, XS) * w)(0.7)
        assert found == close(sg.grad(lambda w: sg.grad(plain)(w * w, XS.tolist()) * w)(0.7))
        found = outer(lambda w: sg.sum(list(sg.grad(loss, 1)(w * w, XS))))(0.7)
        total = sg.grad(lambda w: sg.sum(sg.grad(plain, 1)(w * w, XS.tolist())))(0.7)
        assert found == close(total)


def test_a_batched_gate_within_a_compiled_function_sees_its_samples() -> None:
    inner = compile(lambda w, x: w * x, batch="x", reduce="sum")
    each = compile(lambda w, x: w * x, batch="x")
    assert compile(lambda w: inner(w, XS))(2.0) == 7.0
    assert compile(lambda w: each(w, XS)[1])(2.0) == 2.0
    values = np.array([sg.Value(1.0), sg.Value(3.0)], dtype=object)
    assert inner(2.0, values).data == 8.0


# ------ gradients in a Value that the function closes over
def test_gradients_in_a_closed_over_value() -> None:
    w = sg.Value(3.0)

    def f(x: Any) -> Any:
        return sg.gradients(x * w**2 * x, [w])[0]

    assert sg.compile(f)(2.0).data == f(2.0).data == 24.0
    assert sg.grad(sg.compile(f))(2.0) == sg.grad(f)(2.0) == 24.0
    assert list(sg.compile(f, batch=True)(np.array([1.0, 2.0]))) == [6.0, 24.0]


def test_gradients_in_a_value_that_leads_to_a_closed_over_one_are_refused() -> None:
    w = sg.Value(3.0)
    v = w * 2.0
    assert sg.compile(lambda x: sg.gradients(x * v, [v])[0])(2.0) == 2.0
    for f in (
        lambda x: sg.gradients(x * v, [w])[0],
        lambda x: sg.gradients(x * v * w, [w])[0],
    ):
        with pytest.raises(TypeError, match="computed outside: compute it in the function"):
            sg.compile(f)(2.0)


# ------ detect_anomaly sees into gates
def anomaly(f: Any, *args: Any) -> Any:
    with sg.detect_anomaly():
        try:
            return f(*args)
        except sg.AnomalyError as error:
            return str(error)


def root(x: Any) -> Any:
    return sg.sqrt(x)


@pytest.mark.parametrize("x", [0.0, -1.0, 4.0])
@pytest.mark.parametrize(
    "way",
    [
        sg.grad,
        sg.value_and_grad,
        sg.hessian,
        lambda f: lambda x: sg.jvp(f, (x,), (1.0,)),
        lambda f: lambda x: sg.vjp(f, x)[0],
        lambda f: lambda x: f(sg.Value(x)).data,
        lambda f: lambda x: sg.grad(lambda y: f(y) * 2.0)(x),
    ],
)
def test_detect_anomaly_finds_what_it_finds_in_eager_mode(way: Any, x: float) -> None:
    gate = sg.compile(root)
    gate(x)
    assert anomaly(way(gate), x) == anomaly(way(root), x)


@pytest.mark.parametrize("reduce", [None, "sum"])
def test_detect_anomaly_finds_the_lane(reduce: Any) -> None:
    gate = sg.compile(root, batch=True, reduce=reduce)
    found = anomaly(sg.value_and_grad(gate), np.array([1.0, 0.0]))
    assert "the derivative of sqrt(0.0) in operand 0 is inf" in found
    value, slope = anomaly(sg.value_and_grad(gate), np.array([1.0, 4.0]))
    assert value == close(3.0 if reduce else [1.0, 2.0]) and slope == close([0.5, 0.25])


# ------ gradients() within


def in_a_leaf(x: Any) -> Any:
    y = sg.Value(2.0)
    return sg.gradients(y * x * 3.0, [y])


def of_a_leaf(x: Any) -> Any:
    y = sg.Value(x)
    return sg.gradients(y, [y, sg.Value(1.0)])


def within_no_grad(x: Any) -> Any:
    with sg.no_grad():
        return sg.gradients(x * CLOSED, [CLOSED])


def of_a_constant_slope(x: Any) -> Any:
    return sg.gradients(x + 3.0 * CLOSED, [CLOSED])


def used_further(x: Any) -> Any:
    return sg.gradients(3.0 * CLOSED, [CLOSED])[0] * x


CLOSED = sg.Value(1.5)


@pytest.mark.parametrize(
    "f", [in_a_leaf, of_a_leaf, within_no_grad, of_a_constant_slope, used_further]
)
def test_gradients_within_are_values_as_outside(f: Any) -> None:
    expected, gate = f(2.5), compile(f)
    for found in (gate(2.5), gate(2.5)):
        pairs = list(zip(leaves(found), leaves(expected)))
        assert pairs
        for x, y in pairs:
            assert type(x) is type(y) is sg.Value
            assert x.data == y.data


def test_gradients_within_refuse_numbers_as_outside() -> None:
    for f in (lambda x: sg.gradients(x * x, [x]), lambda x: sg.gradients(CLOSED, [x])):
        for g in (f, compile(f)):
            with pytest.raises(TypeError, match="gradients needs Values, got float"):
                g(2.0)


def test_a_value_made_of_a_value_is_refused_as_outside() -> None:
    for f in (sg.Value, compile(lambda x: sg.Value(x))):
        with pytest.raises(TypeError, match=r"is one number, got Value .* its number is \.data"):
            f(sg.Value(2.0))
