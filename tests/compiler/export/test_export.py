"""Programs taken elsewhere: as Python, NumPy and JAX they compute what the compiled function
computes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.randomness import bernoulli
from tests.support.compiled import compare, is_close, of_arguments, value_and_gradients
from tests.support.exported import ARGUMENTS, classifier, option, points, same
from tests.support.expressions import rounds
from tests.support.random_programs import NAMES, drawn, function_of

np = pytest.importorskip("numpy")

WAYS = ("to_python", "to_numpy", "to_jax")


def way(name: str) -> str:
    if name == "to_jax":
        pytest.importorskip("jax")
    return name


def exported(f: Any, how: str, *args: Any, gradient: bool = False) -> Callable[..., Any]:
    """`f` taken elsewhere, as a function that computes in float64."""
    run = getattr(f, how)(*args, gradient=gradient)
    if how != "to_jax":
        return run  # type: ignore[no-any-return]
    import jax

    def precise(*given: Any) -> Any:
        with jax.enable_x64(True):
            return jax.tree_util.tree_map(np.asarray, run(*given))

    return precise


# ------ in Python, NumPy and JAX


@pytest.mark.parametrize("how", WAYS)
def test_value_and_gradient_are_those_of_the_compiled_function(how: str) -> None:
    f = sg.compile(option, batch=True)
    expected, slopes = value_and_gradients(f, *ARGUMENTS)
    assert same(exported(f, way(how), *ARGUMENTS)(*ARGUMENTS), expected)
    value, gradient = exported(f, how, *ARGUMENTS, gradient=True)(*ARGUMENTS)
    assert same(value, expected)
    assert isinstance(gradient, tuple) and len(gradient) == 3
    assert all(same(x, y) for x, y in zip(gradient, slopes))


@pytest.mark.parametrize("how", WAYS)
def test_a_derivative_is_taken_elsewhere_as_it_is(how: str) -> None:
    f = sg.compile(option, batch=True)
    for derived in (sg.grad(f), sg.value_and_grad(f, (0, 2)), sg.hessian(f, (1, 2))):
        found, expected = exported(derived, way(how), *ARGUMENTS)(*ARGUMENTS), derived(*ARGUMENTS)
        assert type(found) is type(expected)
        assert all(same(x, y, 1e-12) for x, y in zip(found, expected))


@pytest.mark.parametrize("how", WAYS)
def test_another_number_of_lanes_is_allowed(how: str) -> None:
    f = sg.compile(option, batch=True)
    run = exported(f, way(how), *ARGUMENTS, gradient=True)
    other = (np.linspace(80.0, 120.0, 7), 95.0, 0.3)
    value, gradient = run(*other)
    expected, slopes = value_and_gradients(f, *other)
    assert same(value, expected) and all(same(x, y) for x, y in zip(gradient, slopes))


@pytest.mark.parametrize("how", WAYS)
def test_lanes_are_broadcast_and_a_gradient_has_its_arguments_shape(how: str) -> None:
    x, y = np.array([[1.0], [2.0]]), np.array([3.0, 4.0, 5.0])
    f = sg.compile(lambda x, y: x * x * y, batch=True)
    value, (dx, dy) = exported(f, way(how), x, y, gradient=True)(x, y)
    assert same(value, x * x * y)
    assert same(dx, 2.0 * x * y) and same(dy, x * x + 0.0 * y)
    total = sg.compile(lambda x, y: x * x * y, batch=True, reduce="sum")
    value, (dx, dy) = exported(total, how, x, y, gradient=True)(x, y)
    assert same(value, (x * x * y).sum())
    assert same(dx, (2.0 * x * y).sum(axis=1, keepdims=True)) and same(dy, (x * x + 0 * y).sum(0))


@pytest.mark.parametrize("how", WAYS)
def test_structures_of_arguments_and_results_are_kept(how: str) -> None:
    def f(point: dict[str, Any], w: Any, k: int) -> dict[str, Any]:
        return {"sum": w[0] * point["x"] + w[1], "parts": [point["y"] ** k, np.array([w[0], w[1]])]}

    args = {"x": 2.0, "y": 3.0}, (0.5, 4.0), 2
    found = exported(sg.compile(f), way(how), *args)(*args)
    assert set(found) == {"sum", "parts"} and found["sum"] == 5.0
    assert found["parts"][0] == 9.0 and same(found["parts"][1], [0.5, 4.0])


@pytest.mark.parametrize("how", WAYS)
def test_what_no_lane_changes_still_has_every_lane(how: str) -> None:
    f = sg.compile(lambda x, k: (x, k * 2.0), batch=True)
    assert same(exported(f, way(how), np.ones(3), 4.0)(np.ones(3), 4.0)[1], [8.0] * 3)


@pytest.mark.parametrize("how", WAYS)
def test_a_model_may_be_given_as_a_list_of_its_parameters(
    how: str,
) -> None:
    loss, model, X, Y = classifier()
    numbers = [p.data for p in model.parameters()]
    value, (found, dx, dy) = exported(loss, way(how), model, X, Y, gradient=True)(numbers, X, Y)
    expected, slopes = value_and_gradients(loss, model, X, Y)
    assert same(value, expected) and isinstance(found, list)
    assert same(found, [float(x) for x in slopes[0].parameters()])
    assert same(dx, slopes[1]) and same(dy, slopes[2])
    assert same(exported(loss, how, model, X, Y)(model, X, Y), expected)


@pytest.mark.parametrize("how", WAYS)
def test_a_constant_is_never_another_one_in_silence(how: str) -> None:
    f = exported(sg.compile(lambda x, k: x**k), way(how), 3.0, 2)
    assert f(3.0, 2) == 9.0
    with pytest.raises(ValueError, match="2 is a constant of the exported function, got int"):
        f(3.0, 3)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((1.0,), r"exported with 2 arguments \(x, w\), got 1"),
        ((np.ones(2), [1.0, 2.0]), "expected a number, as when it was exported, got an array"),
        ((1.0, [1.0]), "w must have the structure it was exported with"),
    ],
)
def test_arguments_unlike_those_of_the_export_are_refused(args: Any, message: str) -> None:
    f = sg.compile(lambda x, w: x * w[0] + w[1]).to_numpy(1.0, [1.0, 2.0])
    with pytest.raises((TypeError, ValueError), match=message):
        f(*args)


@pytest.mark.parametrize("how", WAYS)
def test_a_value_that_is_closed_over_is_read_at_each_call(how: str) -> None:
    w = sg.Value(3.0, label="w")
    f = exported(sg.compile(lambda x: w * x), way(how), 2.0)
    assert f(2.0) == 6.0
    w.data = 5.0
    assert f(2.0) == 10.0


def test_source_is_written_with_the_names_of_the_arguments() -> None:
    f = sg.compile(option, batch=True)
    assert "S, K, sigma, = inputs" in f.to_numpy(*ARGUMENTS).source
    assert "for S, in zip(*lanes):" in f.to_python(*ARGUMENTS).source
    assert "np.log(" in f.to_numpy(*ARGUMENTS).source


def test_an_argument_named_as_a_function_hides_it_not() -> None:
    f = sg.compile(lambda exp, lanes, np: sg.exp(exp) + lanes * np)
    for how in ("to_numpy", "to_python"):
        assert getattr(f, how)(1.0, 2.0, 3.0)(1.0, 2.0, 3.0) == pytest.approx(math.e + 6.0)


@pytest.mark.parametrize("how", ["to_python", "to_numpy"])
def test_random_programs_agree_with_the_eager_engine(how: str) -> None:
    for _ in rounds(40):
        _, expression = drawn(NAMES, 0.2)
        f = function_of(expression)
        at = expression.leaves
        compiled = sg.compile(f)
        value, gradient = getattr(compiled, how)(*at, gradient=True)(*at)
        for found, (_, expected, bound) in zip([value, *gradient], compare(f, at)):
            assert is_close(found, expected, bound), (expression, found, expected)


# ------ in JAX


def test_jax_transforms_what_is_exported() -> None:
    jax = pytest.importorskip("jax")
    loss, model, X, Y = classifier()
    numbers = [p.data for p in model.parameters()]
    f, both = loss.to_jax(model, X, Y), loss.to_jax(model, X, Y, gradient=True)
    with jax.enable_x64(True):
        value, gradient = jax.jit(both)(numbers, X, Y)
        assert same(value, loss(model, X, Y).data)
        theirs = jax.jit(jax.grad(f, (0, 1)))(numbers, X, Y)
        assert same(theirs[0], gradient[0], 1e-12) and same(theirs[1], gradient[1], 1e-12)
        halves = jax.vmap(f, (None, 0, 0))(numbers, X.reshape(2, 3, 2), Y.reshape(2, 3))
        expected = [loss(model, X[k : k + 3], Y[k : k + 3]).data for k in (0, 3)]
        assert same(halves, expected)
        # the second derivative of a program that is itself a gradient
        curvature = jax.grad(
            lambda x: sg.compile(lambda x: sg.sin(x)).to_jax(1.0, gradient=True)(x)[1][0]
        )
        assert same(curvature(0.5), -math.sin(0.5))


def test_a_constant_under_jit_is_refused_with_the_cure() -> None:
    jax = pytest.importorskip("jax")
    f = sg.compile(lambda x, k: x**k).to_jax(3.0, 2)
    assert jax.jit(f, static_argnums=1)(3.0, 2) == 9.0
    with pytest.raises(ValueError, match="static_argnums"):
        jax.jit(f)(3.0, 2)


def test_every_operator_has_its_values_in_jax() -> None:
    jax = pytest.importorskip("jax")
    for op, point in points(with_jax=True):
        f = sg.compile(of_arguments(lambda xs, op=op: op(*xs), len(point)))
        with jax.enable_x64(True):
            found = f.to_jax(*point)(*point)
        assert float(found) == pytest.approx(f(*point), rel=1e-11, abs=1e-300, nan_ok=True), op


# ------ what cannot be exported


def branching(x: Any) -> Any:
    return x if x > 1.0 else -x


@pytest.mark.parametrize("how", WAYS)
def test_a_branch_is_refused_with_the_cure(how: str) -> None:
    with pytest.raises(ValueError, match=r"branching branches.*\(1\.0 < x\).*scalargrad\.where"):
        getattr(sg.compile(branching), way(how))(2.0)


@pytest.mark.parametrize("how", [*WAYS, "to_c"])
def test_random_draws_are_refused_with_the_cure(how: str) -> None:
    with pytest.raises(ValueError, match=r"draws random numbers.*model\.eval\(\)"):
        getattr(sg.compile(lambda x: x * bernoulli(0.5)), way(how))(2.0)


cube = sg.operator("cube", lambda x: x**3, lambda out, x: 3.0 * x * x)


@pytest.mark.parametrize(("how", "language"), [("to_c", "C"), ("to_jax", "JAX")])
def test_an_operator_without_a_spelling_is_refused_by_name(how: str, language: str) -> None:
    with pytest.raises(ValueError, match=f"cube has no spelling in {language}"):
        getattr(sg.compile(lambda x: cube(x)), way(how))(2.0)


@pytest.mark.parametrize("how", ["to_python", "to_numpy"])
def test_an_operator_of_ones_own_goes_along_to_python_and_numpy(how: str) -> None:
    f = sg.compile(lambda x: cube(x) + 1.0, batch=True)
    assert getattr(f, how)(2.0, gradient=True)(2.0) == (9.0, (12.0,))
    assert same(getattr(f, how)(np.ones(2))(np.array([1.0, 2.0])), [2.0, 9.0])


def test_several_results_have_no_gradient_to_export() -> None:
    with pytest.raises(TypeError, match="must return one number to have a gradient"):
        sg.compile(lambda x: (x, x)).to_numpy(1.0, gradient=True)


@pytest.mark.parametrize("how", WAYS)
def test_arguments_by_name_and_defaults_stay_as_they_were(how: str) -> None:
    def f(x: Any, /, y: Any = 3.0, *, k: Any = 1.0) -> Any:
        return x * y + k

    run = exported(sg.compile(f), way(how), 2.0)
    assert run(5.0) == 16.0
    named = getattr(sg.compile(f), how)(2.0, k=0.5)
    assert named(4.0, k=2.0) == 14.0
    with pytest.raises(TypeError, match=r"exported with 2 arguments \(x, k\), got 1"):
        named(4.0)
