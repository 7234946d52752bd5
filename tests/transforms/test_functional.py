"""Functions of functions: hand-computed results, nesting in every order, structures, errors."""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad.nn import MLP
from scalargrad.transforms.functional import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

Point = namedtuple("Point", "x y")
whole = st.integers(-9, 9).map(float)
"""Floats with which small sums and products are exact."""


def cubic(v: Any) -> Any:
    return v[0] ** 2 * v[1] + v[1] ** 3


CUBIC_AT = [1.0, 2.0]
CUBIC_HESSIAN = [[4.0, 2.0], [2.0, 12.0]]


# ------ hand-computed


def test_gradient_of_a_cube_to_every_order() -> None:
    f: Callable[..., Any] = lambda x: x**3  # noqa: E731
    assert f(2.0) == 8.0
    for expected in (12.0, 12.0, 6.0, 0.0):
        f = grad(f)
        assert f(2.0) == expected
        assert type(f(2.0)) is float


def test_value_comes_with_the_gradient() -> None:
    assert value_and_grad(lambda x, y: x * y)(3.0, 4.0) == (12.0, 4.0)


def test_argnums_choose_the_arguments() -> None:
    f = lambda x, y, z: x * y + z  # noqa: E731
    assert grad(f, 1)(2.0, 3.0, 4.0) == 2.0
    assert grad(f, -1)(2.0, 3.0, 4.0) == 1.0
    assert grad(f, (0, 2))(2.0, 3.0, 4.0) == (3.0, 1.0)
    assert grad(f, ())(2.0, 3.0, 4.0) == ()


def test_other_arguments_reach_the_function_untouched() -> None:
    def f(x: Any, text: str, *, times: int) -> Any:
        assert text == "as is"
        return x * times

    assert grad(f)(2.0, "as is", times=3) == 3.0


def test_integers_are_numbers() -> None:
    assert grad(lambda x: x * x)(3) == 6.0


def test_jacobian_of_a_list_is_a_list_of_gradients() -> None:
    f = lambda v: [v[0] * v[1], v[0] + 3 * v[1], 7.0]  # noqa: E731
    assert jacobian(f)([2.0, 5.0]) == [[5.0, 2.0], [1.0, 3.0], [0.0, 0.0]]


def test_hessian_has_n_rows_of_n_floats() -> None:
    assert hessian(cubic)(CUBIC_AT) == CUBIC_HESSIAN
    assert hessian(lambda x: x**4)(2.0) == 48.0


def test_hessian_in_several_arguments_is_a_tuple_of_tuples() -> None:
    f = lambda x, y: x * x * y  # noqa: E731
    assert hessian(f, (0, 1))(3.0, 5.0) == ((10.0, 6.0), (6.0, 0.0))


def test_hvp_is_the_hessian_times_the_vector() -> None:
    assert hvp(cubic, (CUBIC_AT,), ([1.0, -1.0],)) == ([2.0, -10.0],)


def test_jvp_is_the_directional_derivative() -> None:
    f = lambda x, y: (x * y, [x - y, 5.0])  # noqa: E731
    assert jvp(f, (2.0, 3.0), (1.0, 10.0)) == ((6.0, [-1.0, 5.0]), (23.0, [-9.0, 0.0]))


def test_vjp_pulls_a_cotangent_back_as_often_as_wanted() -> None:
    value, pullback = vjp(lambda x, y: (x * y, x + y), 2.0, 3.0)
    assert value == (6.0, 5.0)
    assert pullback((1.0, 0.0)) == (3.0, 2.0)
    assert pullback((1, 10)) == (13.0, 12.0)


def test_a_function_returning_a_number_has_gradient_zero() -> None:
    assert value_and_grad(lambda x: 3)(1.0) == (3.0, 0.0)
    assert jvp(lambda x: 3, (1.0,), (1.0,)) == (3.0, 0.0)
    assert vjp(lambda x: 3, 1.0)[1](1.0) == (0.0,)
    assert hessian(lambda v: 3)([1.0, 2.0]) == [[0.0, 0.0], [0.0, 0.0]]


def test_the_identity_has_derivative_one() -> None:
    assert grad(lambda x: x)(5.0) == 1.0
    assert jacobian(lambda v: v)([5.0, 6.0]) == [[1.0, 0.0], [0.0, 1.0]]
    assert jvp(lambda x: x, (5.0,), (3.0,)) == (5.0, 3.0)


# ------ which derivative is meant: no perturbation confusion


def test_inner_derivative_holds_the_outer_variable_fixed() -> None:
    # d/dx (x · d/dy (x + y)): 1, where confused perturbations give 2
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0


def test_inner_derivative_at_the_outer_variable_itself() -> None:
    # d/dy (x·y) = x at y = x, so x·x, of which the derivative is 2x
    assert grad(lambda x: x * grad(lambda y: x * y)(x))(3.0) == 6.0
    # d/dy (x·y²) at y = x is 2x², of which the derivative is 4x
    assert grad(lambda x: grad(lambda y: x * y * y)(x))(3.0) == 12.0


def test_the_same_value_given_twice_is_two_variables() -> None:
    x = sg.Value(3.0)
    dx, dy = grad(lambda x, y: x * x * y, (0, 1))(x, x)
    assert (dx.data, dy.data) == (18.0, 9.0)
    assert [g.data for g in sg.gradients(dx, [x])] == [12.0]


@pytest.mark.parametrize("inner", ["grad", "jvp", "vjp", "jacobian", "hvp"])
@pytest.mark.parametrize("outer", ["grad", "jvp", "vjp", "jacobian", "hvp"])
def test_no_confusion_whatever_transform_is_inside_which(outer: str, inner: str) -> None:
    derivative: dict[str, Callable[..., Any]] = {
        "grad": lambda f, x: grad(f)(x),
        "jvp": lambda f, x: jvp(f, (x,), (1.0,))[1],
        "vjp": lambda f, x: vjp(f, x)[1](1.0)[0],
        "jacobian": lambda f, x: jacobian(f)(x),
        # the second derivative of x·f(0) + x²·f′/2 …: of an integral; here of y·f
        "hvp": lambda f, x: hvp(lambda y: y * f(y), (x,), (0.5,))[0],
    }
    d_in, d_out = derivative[inner], derivative[outer]
    # inner: d/dy (x·y²) at y = x, that is 2x²; "hvp" gives ½(x·y³)″ = 3xy: 3x²
    factor = 3.0 if inner == "hvp" else 2.0
    # outer: d/dx (factor·x²) = 2·factor·x; "hvp" gives ½(factor·x³)″ = 3·factor·x
    expected = factor * (3.0 if outer == "hvp" else 2.0) * 5.0
    assert d_out(lambda x: d_in(lambda y: x * y * y, x), 5.0) == expected


@pytest.mark.parametrize("order", list(product(["grad", "jvp", "vjp", "jacobian"], repeat=4)))
def test_four_transforms_nest_in_any_order(order: tuple[str, ...]) -> None:
    derivative: dict[str, Callable[..., Any]] = {
        "grad": grad,
        "jvp": lambda f: lambda x: jvp(f, (x,), (1.0,))[1],
        "vjp": lambda f: lambda x: vjp(f, x)[1](1.0)[0],
        "jacobian": jacobian,
    }
    f: Callable[..., Any] = lambda x: sg.exp(2.0 * x) * x  # noqa: E731
    for name in order:
        f = derivative[name](f)
    # (x e^2x)⁗ = (16x + 32) e^2x
    assert f(0.5) == pytest.approx(40.0 * math.e, rel=1e-14)


def test_derivatives_are_values_inside_another_transform_even_at_a_number() -> None:
    found = []
    f = lambda x: found.append(grad(lambda y: x * y)(3.0)) or found[-1] * x  # noqa: E731
    assert grad(f)(2.0) == 4.0
    assert isinstance(found[0], sg.Value)


def test_a_value_as_argument_gives_a_graph() -> None:
    x = sg.Value(2.0)
    y, dy = value_and_grad(lambda x: x**3)(x)
    assert (y.data, dy.data) == (8.0, 12.0)
    dy.backward()
    assert x.grad == 12.0


def test_tangents_and_cotangents_that_are_values_are_differentiated_in() -> None:
    assert grad(lambda t: jvp(sg.exp, (0.0,), (t,))[1])(4.0) == 1.0
    assert grad(lambda c: vjp(lambda x: x * x, 3.0)[1](c)[0])(4.0) == 6.0
    _, pullback = vjp(lambda x: x * x, 3.0)
    assert grad(lambda c: pullback(c)[0])(4.0) == 6.0
    t = sg.Value(2.0)
    jvp(sg.sin, (0.0,), (t,))[1].backward()
    assert t.grad == 1.0


# ------ nothing else is touched


def test_no_grad_of_anybody_changes() -> None:
    w = sg.Value(3.0)
    w.grad = 7.0
    hessian(lambda x: w * x * x)(2.0)
    assert grad(lambda x: w * x)(2.0) == 3.0
    assert w.grad == 7.0


def test_within_no_grad_the_numbers_are_the_same() -> None:
    with sg.no_grad():
        assert grad(grad(lambda x: x**3))(2.0) == 12.0
        assert hvp(cubic, (CUBIC_AT,), ([1.0, -1.0],)) == ([2.0, -10.0],)
        value, result = value_and_grad(lambda x: x**3)(sg.Value(2.0))
    assert (result.data, result.parents) == (12.0, ())
    assert (value.data, value.parents) == (8.0, ())


def test_no_grad_inside_the_function_is_respected() -> None:
    def f(x: Any) -> Any:
        with sg.no_grad():
            frozen = x * x
        return frozen * x

    assert grad(f)(3.0) == 9.0


def test_another_thread_has_its_own_outermost_level() -> None:
    with ThreadPoolExecutor(1) as pool:
        found = []
        cube = grad(lambda x: x**3)
        grad(lambda x: found.append(pool.submit(cube, 2.0).result()) or x)(1.0)
    assert found == [12.0]


def test_an_exception_leaves_the_outermost_level_outermost() -> None:
    with pytest.raises(ZeroDivisionError):
        grad(lambda x: x / (1 // 0))(1.0)
    assert type(grad(lambda x: x)(1.0)) is float


# ------ structures


def test_gradient_has_the_structure_of_its_argument() -> None:
    def f(tree: Any) -> Any:
        return tree["w"][0] * tree["p"].x + tree["w"][1][0] * tree["p"].y

    tree = {"w": [2.0, (3.0,)], "p": Point(5.0, 7.0), "none": []}
    expected = {"w": [5.0, (7.0,)], "p": Point(2.0, 3.0), "none": []}
    found = grad(f)(tree)
    assert found == expected
    assert isinstance(found["p"], Point)
    assert list(found) == list(tree)


nested = st.recursive(
    whole,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3)
        | st.tuples(inner, inner)
    ),
    max_leaves=12,
)


def entries(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        return [x for key in sorted(tree) for x in entries(tree[key])]
    return [x for t in tree for x in entries(t)] if isinstance(tree, (list, tuple)) else [tree]


def mapped(f: Callable[[Any], Any], tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: mapped(f, x) for key, x in tree.items()}
    return type(tree)(mapped(f, x) for x in tree) if isinstance(tree, (list, tuple)) else f(tree)


@given(nested)
def test_gradient_of_a_sum_of_squares_is_twice_the_argument(tree: Any) -> None:
    f = lambda t: sg.sum([x * x for x in entries(t)])  # noqa: E731
    assert grad(f)(tree) == mapped(lambda x: 2.0 * x, tree)
    assert hvp(f, (tree,), (tree,)) == (mapped(lambda x: 2.0 * x, tree),)


@given(nested, nested)
def test_jacobian_has_the_argument_inside_the_result(result: Any, argument: Any) -> None:
    f = lambda a: mapped(lambda r: sum((r * x for x in entries(a)), 0.0), result)  # noqa: E731
    assert jacobian(f)(argument) == mapped(lambda r: mapped(lambda _: r, argument), result)


def test_gradient_of_an_array_is_an_array_of_its_shape() -> None:
    x = np.arange(6.0).reshape(2, 3)
    found = grad(lambda a: np.sum(a * a))(x)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, 2.0 * x)


def test_jacobian_between_arrays_has_the_shape_of_the_result_then_of_the_argument() -> None:
    w = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    x = np.array([1.0, -1.0, 2.0])
    np.testing.assert_array_equal(jacobian(lambda x: w @ x)(x), w)
    in_w = jacobian(lambda w: w @ x)(w)
    np.testing.assert_array_equal(in_w, np.einsum("ik,j->ikj", np.eye(2), x))


def test_jacobian_of_an_array_in_numbers_stacks_the_results() -> None:
    found = jacobian(lambda d: np.array([d["a"] * d["b"], d["b"]]))({"a": 2.0, "b": 3.0})
    np.testing.assert_array_equal(found["a"], [3.0, 0.0])
    np.testing.assert_array_equal(found["b"], [2.0, 1.0])


def test_hessian_of_an_array_is_an_array() -> None:
    np.testing.assert_array_equal(hessian(cubic)(np.array(CUBIC_AT)), CUBIC_HESSIAN)


def test_array_results_of_inner_transforms_are_arrays_of_values() -> None:
    inner = grad(lambda a: np.sum(a**3))
    found = grad(lambda a: np.sum(inner(a)))(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(found, [6.0, 12.0])


def test_an_array_of_values_gets_an_array_of_values() -> None:
    x = np.array([sg.Value(1.0), sg.Value(2.0)])
    found = grad(lambda a: a @ a)(x)
    assert found.dtype == object
    assert [g.data for g in found] == [2.0, 4.0]


@pytest.mark.parametrize("shape", [(), (0,), (3, 0)])
def test_arrays_without_axes_or_entries(shape: tuple[int, ...]) -> None:
    found = grad(lambda a: np.sum(a) * 2.0)(np.ones(shape))
    np.testing.assert_array_equal(found, np.full(shape, 2.0))
    assert jacobian(lambda a: a)(np.ones(shape)).shape == shape + shape


# ------ models


def test_gradient_of_a_model_is_a_model_of_floats() -> None:
    model = MLP(2, [2, 1])
    for p, x in zip(model.parameters(), [0.5, -1.0, 0.25, 0.75, 1.0, -0.5, 2.0, -3.0, 0.125]):
        p.data = x
    # neurons: relu(−.5 + 2 ... ) by hand: h0 = relu(.5·1 − 1·2 + .25) = 0, h1 = relu(2.25)
    gradient = grad(lambda m: m([1.0, 2.0]))(model)
    assert isinstance(gradient, MLP)
    assert gradient.parameters() == [0, 0, 0, -3.0, -6.0, -3.0, 0.0, 2.25, 1.0]
    assert all(p.grad == 0.0 for p in model.parameters())


def test_gradient_of_a_model_agrees_with_backward() -> None:
    model = MLP(3, [4, 1])
    loss = lambda m: (m([0.1, -0.5, 2.0]) - 1.0) ** 2  # noqa: E731
    gradient = grad(loss)(model)
    loss(model).backward()
    assert gradient.parameters() == [p.grad for p in model.parameters()]


def test_second_derivatives_in_a_model_are_named_rows() -> None:
    model = MLP(1, [1])
    model.parameters()[0].data = 3.0
    rows = hessian(lambda m: m([2.0]) ** 2)(model)
    assert {name: row.parameters() for name, row in rows.items()} == {
        "layers.0.neurons.0.w.0": [8.0, 4.0],
        "layers.0.neurons.0.b": [4.0, 2.0],
    }


def test_a_step_of_training_can_be_differentiated_through() -> None:
    # one step w ← w − lr·(w·x − t)·x of a linear neuron; the derivative of the loss in lr
    x, t, w = 2.0, 1.0, 3.0
    model = MLP(1, [1])
    model.parameters()[0].data, model.parameters()[1].data = w, 0.0
    loss = lambda m: 0.5 * (m([x]) - t) ** 2  # noqa: E731

    def after_a_step(lr: Any) -> Any:
        gradient = grad(loss)(model).parameters()
        moved = [p - lr * g for p, g in zip(model.parameters(), gradient)]
        return loss(model.with_parameters(moved))

    # the output is w·x + b: a step of lr moves it by −lr·(x² + 1)·e, where e = 5
    e, c = w * x - t, x * x + 1.0
    assert grad(after_a_step)(0.1) == pytest.approx(-c * e * (e - 0.1 * c * e), rel=1e-14)


def test_a_model_of_computed_parameters_stays_linked_to_them() -> None:
    scale = sg.Value(2.0)
    model = MLP(1, [1])
    scaled = model.with_parameters([scale, scale * scale])
    gradient = grad(lambda m: m([3.0]) ** 2)(scaled).parameters()
    # 2·(3s + s²) in the bias, of which the derivative is 2·(3 + 2s)
    assert gradient[1].data == 20.0
    assert sg.gradients(gradient[1], [scale])[0].data == 14.0


# ------ errors


class Foreign:
    """An array of another library, as NumPy is told of it."""

    shape = (2,)

    def __array__(self, *_: Any, **__: Any) -> Any:
        return np.array([1.0, 2.0])


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        (None, "got NoneType None at argument 0"),
        (Foreign(), r"got Foreign .* at argument 0: np\.asarray\(x\) makes an array of it$"),
        ({"w": Foreign()}, r"at argument 0\['w'\]: np\.asarray\(x\)"),
        ("a", "got str 'a' at argument 0"),
        ([1.0, {"w": None}], r"got NoneType None at argument 0\[1\]\['w'\]"),
        ((2.0, [1.0, "s"]), r"got str 's' at argument 0\[1\]\[1\]"),
        (np.array([1j]), "got complex 1j at argument 0"),
    ],
)
def test_what_is_no_number_is_named_with_its_place(argument: Any, expected: str) -> None:
    with pytest.raises(TypeError, match=expected):
        grad(lambda x: 0.0)(argument)


@pytest.mark.parametrize("result", [None, "text", [1.0], np.ones(2)])
def test_grad_wants_one_value(result: Any) -> None:
    with pytest.raises(TypeError, match="must return one Value"):
        grad(lambda x: result)(1.0)


def test_jacobian_names_what_it_cannot_differentiate() -> None:
    with pytest.raises(TypeError, match=r"got NoneType None at the result\[1\]"):
        jacobian(lambda x: [x, None])(1.0)


@pytest.mark.parametrize("transform", [grad, value_and_grad, jacobian, hessian])
def test_a_result_in_place_of_a_function_is_refused(transform: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match=r"needs a function, got float 3\.0"):
        transform(3.0)


def test_argnums_are_checked() -> None:
    with pytest.raises(
        TypeError, match="argnums is 1, and the call has 1 positional argument: pass"
    ):
        grad(lambda x: x, 1)(1.0)
    with pytest.raises(ValueError, match="must differ"):
        grad(lambda x, y: x * y, (0, -2))(1.0, 2.0)


def test_tangents_and_cotangents_have_to_fit() -> None:
    with pytest.raises(ValueError, match=r"tangent 0 must have the structure \[number, number\]"):
        jvp(cubic, (CUBIC_AT,), ([1.0],))
    with pytest.raises(ValueError, match="expected a tangent for each of 1 arguments, got 2"):
        jvp(cubic, (CUBIC_AT,), (CUBIC_AT, CUBIC_AT))
    for transform in (jvp, hvp):
        with pytest.raises(TypeError, match=r"primals must be a tuple.*got float 2\.0"):
            transform(cubic, 2.0, (1.0,))
        with pytest.raises(TypeError, match=r"tangents must be a tuple.*got float 1\.0"):
            transform(cubic, (CUBIC_AT,), 1.0)
    with pytest.raises(ValueError, match=r"ndarray\[2\], got ndarray\[3\]"):
        vjp(lambda x: x * 2.0, np.ones(2))[1](np.ones(3))


# ------ edges


def test_nothing_flows_through_a_branch_not_taken() -> None:
    f = lambda x: sg.where(x > 0.0, sg.log(x), 0.0)  # noqa: E731
    assert grad(f)(0.0) == 0.0
    assert jvp(f, (0.0,), (1.0,)) == (0.0, 0.0)
    g = lambda x: 0.0 * sg.sqrt(x)  # noqa: E731
    assert grad(g)(0.0) == 0.0
    assert jvp(g, (0.0,), (1.0,)) == (0.0, 0.0)
    assert hvp(g, (0.0,), (1.0,)) == (0.0,)


def test_forward_and_reverse_sweeps_of_a_deep_graph_do_not_recurse() -> None:
    def f(x: Any) -> Any:
        for _ in range(20_000):
            x = x + 1e-9
        return x

    assert grad(f)(1.0) == 1.0
    assert jvp(f, (1.0,), (2.0,))[1] == 2.0
    assert hessian(lambda x: f(x) ** 2)(1.0) == 2.0


def test_a_hessian_costs_no_more_than_its_rows() -> None:
    calls = []
    f = lambda v: calls.append(1) or sg.prod(v)  # noqa: E731
    hessian(f)([1.0, 2.0, 3.0])
    assert len(calls) == 1


# ------ other libraries


def rosenbrock(v: Any) -> Any:
    return sum(100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2 for a, b in pairwise(v))


def test_agrees_with_autograd() -> None:
    autograd = pytest.importorskip("autograd")
    x = np.array([0.3, -1.2, 0.8, 2.0])
    v = np.array([1.0, 0.5, -2.0, 0.1])
    np.testing.assert_allclose(grad(rosenbrock)(x), autograd.grad(rosenbrock)(x), rtol=1e-13)
    expected = autograd.hessian(rosenbrock)(x)
    np.testing.assert_allclose(hessian(rosenbrock)(x), expected, rtol=1e-13)
    np.testing.assert_allclose(hvp(rosenbrock, (x,), (v,))[0], expected @ v, rtol=1e-13)


def test_agrees_with_torch() -> None:
    torch = pytest.importorskip("torch")
    x = [0.3, -1.2, 0.8, 2.0]
    tensor = torch.tensor(x, dtype=torch.float64)
    expected = torch.autograd.functional.hessian(rosenbrock, tensor).tolist()
    np.testing.assert_allclose(hessian(rosenbrock)(x), expected, rtol=1e-13)


# ------ cotangents that depend on the variables


def gauss_newton(x: Any) -> Any:
    residual, pullback = sg.vjp(lambda y: y * y - 1.0, x)
    return pullback(residual)[0]


def test_a_cotangent_is_held_fixed_though_it_depends_on_the_variables() -> None:
    x = sg.Value(3.0)
    out, pullback = sg.vjp(lambda y: y * y, x)
    (once,) = pullback(out)
    assert once == 54.0
    assert sg.gradients(once, [x])[0] == 54.0
    assert pullback(pullback(1.0)[0])[0] == 36.0
    assert pullback(2.0)[0] == 12.0


@pytest.mark.parametrize("f", [gauss_newton, sg.compile(gauss_newton)], ids=["plain", "compiled"])
def test_derivatives_of_a_pullback_at_its_own_result(f: Any) -> None:
    assert [f(3.0), sg.grad(f)(3.0), sg.hessian(f)(3.0)] == [48.0, 52.0, 36.0]
    assert f(sg.Value(3.0)) == 48.0


def test_a_pullback_in_which_nothing_depends_on_the_variable() -> None:
    def f(x: Any) -> Any:
        out, pullback = sg.vjp(lambda y: [2.0, y], x)
        return pullback([x, 0.0])[0] + pullback(out)[0]

    for g in (f, sg.compile(f)):
        assert [g(3.0), sg.grad(g)(3.0)] == [3.0, 1.0]


def test_a_cotangent_may_be_a_value_from_outside() -> None:
    w = sg.Value(3.0)

    def f(x: Any) -> Any:
        out, pullback = sg.vjp(lambda y: y * y * w, x)
        return pullback(w)[0] + pullback(out * w)[0]

    expected = f(2.0)
    for gate in (f, sg.compile(f)):
        assert gate(2.0) == expected
        assert sg.grad(gate)(2.0) == sg.grad(f)(2.0)
        w.zero_grad()
        gate(sg.Value(2.0)).backward()
        assert w.grad == 2.0 * 3.0 * 2.0 * 2.0 + 3.0 * 2.0 * 2.0**3 * 3.0**2


# ------ argnums and tangents that do not fit


def product(a: Any, b: Any = 2.0) -> Any:
    return a * b


@pytest.mark.parametrize("f", [product, sg.compile(product)])
def test_argnums_are_any_whole_numbers(f: Any) -> None:
    import numpy as np

    assert sg.grad(f, np.int64(0))(3.0, 4.0) == 4.0
    assert sg.grad(f, (np.int64(1), 0))(3.0, 4.0) == (3.0, 4.0)
    for wrong in ("a", 1.0, [0.5], None):
        with pytest.raises(TypeError, match="argnums must be the position of an argument"):
            sg.grad(f, wrong)


@pytest.mark.parametrize("f", [product, sg.compile(product)])
@pytest.mark.parametrize("transform", [sg.jvp, sg.hvp])
def test_there_is_one_tangent_for_each_argument(f: Any, transform: Any) -> None:
    for tangents in ((), (1.0, 1.0)):
        with pytest.raises(ValueError, match="expected a tangent for each of 1 arguments"):
            transform(f, (3.0,), tangents)


def test_an_array_of_one_number_without_an_axis_is_this_number() -> None:
    def f(x: Any) -> Any:
        return np.where(x > 0.0, x * x, x)

    assert (grad(f)(3.0), grad(sg.compile(f))(3.0), hessian(f)(3.0)) == (6.0, 6.0, 2.0)
