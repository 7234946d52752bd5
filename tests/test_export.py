"""Programs taken elsewhere: as Python, NumPy, JAX and C they compute what the compiled function
computes."""

from __future__ import annotations

import ctypes
import math
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from compiled import compare, is_close, of_arguments
from expressions import random_expression, rounds
from test_compile_agreement import NAMES, drawn, function_of

import scalargrad as sg
from scalargrad import nn
from scalargrad.randomness import bernoulli
from scalargrad.rows import BUILT_IN

np = pytest.importorskip("numpy")

CC = shutil.which("cc")
STRICT = ("-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off")
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


def option(S: Any, K: Any, sigma: Any) -> Any:
    d = sg.log(S / K) / sigma
    return S * 0.5 * sg.erfc(-d) - K * sg.exp(-sigma * sigma) * sg.tanh(d)


ARGUMENTS = (np.array([90.0, 100.0, 110.0]), 100.0, 0.2)


def same(found: Any, expected: Any, rel: float = 1e-13) -> bool:
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=rel, equal_nan=False)
    return np.shape(found) == np.shape(expected)


# ------ in Python, NumPy and JAX


@pytest.mark.parametrize("how", WAYS)
def test_value_and_gradient_are_those_of_the_compiled_function(how: str) -> None:
    f = sg.compile(option)
    expected, slopes = f.value_and_grad(*ARGUMENTS)
    assert same(exported(f, way(how), *ARGUMENTS)(*ARGUMENTS), expected)
    value, gradient = exported(f, how, *ARGUMENTS, gradient=True)(*ARGUMENTS)
    assert same(value, expected)
    assert isinstance(gradient, tuple) and len(gradient) == 3
    assert all(same(x, y) for x, y in zip(gradient, slopes))


@pytest.mark.parametrize("how", WAYS)
def test_another_number_of_lanes_is_allowed(how: str) -> None:
    f = sg.compile(option)
    run = exported(f, way(how), *ARGUMENTS, gradient=True)
    other = (np.linspace(80.0, 120.0, 7), 95.0, 0.3)
    value, gradient = run(*other)
    expected, slopes = f.value_and_grad(*other)
    assert same(value, expected) and all(same(x, y) for x, y in zip(gradient, slopes))


@pytest.mark.parametrize("how", WAYS)
def test_lanes_are_broadcast_and_a_gradient_has_its_arguments_shape(how: str) -> None:
    x, y = np.array([[1.0], [2.0]]), np.array([3.0, 4.0, 5.0])
    f = sg.compile(lambda x, y: x * x * y)
    value, (dx, dy) = exported(f, way(how), x, y, gradient=True)(x, y)
    assert same(value, x * x * y)
    assert same(dx, (2.0 * x * y).sum(axis=1, keepdims=True)) and same(dy, (x * x + 0 * y).sum(0))


@pytest.mark.parametrize("how", WAYS)
def test_structures_of_arguments_and_results_are_kept(how: str) -> None:
    def f(point: dict[str, Any], w: Any, k: int) -> dict[str, Any]:
        return {"sum": w[0] * point["x"] + w[1], "parts": [point["y"] ** k, np.array([w[0], w[1]])]}

    args = {"x": 2.0, "y": 3.0}, (0.5, 4.0), 2
    found = exported(sg.compile(f), way(how), *args)(*args)
    assert list(found) == ["sum", "parts"] and found["sum"] == 5.0
    assert found["parts"][0] == 9.0 and same(found["parts"][1], [0.5, 4.0])


@pytest.mark.parametrize("how", WAYS)
def test_what_no_lane_changes_still_has_every_lane(how: str) -> None:
    f = sg.compile(lambda x, k: (x, k * 2.0))
    assert same(exported(f, way(how), np.ones(3), 4.0)(np.ones(3), 4.0)[1], [8.0] * 3)


@pytest.fixture
def classifier() -> tuple[Any, Any, Any, Any]:
    model = nn.MLP(2, [4, 1])
    loss = sg.compile(
        lambda model, x, y: sg.relu(1.0 - y * model(x)), batch=("x", "y"), reduce="mean"
    )
    generator = np.random.default_rng(0)
    return loss, model, generator.normal(size=(6, 2)), np.sign(generator.normal(size=6))


@pytest.mark.parametrize("how", WAYS)
def test_a_model_may_be_given_as_a_list_of_its_parameters(
    how: str, classifier: tuple[Any, Any, Any, Any]
) -> None:
    loss, model, X, Y = classifier
    numbers = [p.data for p in model.parameters()]
    value, (found, dx, dy) = exported(loss, way(how), model, X, Y, gradient=True)(numbers, X, Y)
    expected, slopes = loss.value_and_grad(model, X, Y)
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
    f = sg.compile(option)
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


def test_jax_transforms_what_is_exported(classifier: tuple[Any, Any, Any, Any]) -> None:
    jax = pytest.importorskip("jax")
    loss, model, X, Y = classifier
    numbers = [p.data for p in model.parameters()]
    f, both = loss.to_jax(model, X, Y), loss.to_jax(model, X, Y, gradient=True)
    with jax.enable_x64(True):
        value, gradient = jax.jit(both)(numbers, X, Y)
        assert same(value, loss.value_and_grad(model, X, Y)[0])
        theirs = jax.jit(jax.grad(f, (0, 1)))(numbers, X, Y)
        assert same(theirs[0], gradient[0], 1e-12) and same(theirs[1], gradient[1], 1e-12)
        halves = jax.vmap(f, (None, 0, 0))(numbers, X.reshape(2, 3, 2), Y.reshape(2, 3))
        expected = [loss.value_and_grad(model, X[k : k + 3], Y[k : k + 3])[0] for k in (0, 3)]
        assert same(halves, expected)
        # the second derivative of a program that is itself a gradient
        curvature = jax.grad(lambda x: sg.compile(lambda x: sg.sin(x)).to_jax(1.0, gradient=True)(x)[1][0])
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


# ------ in C


def points(with_jax: bool = False) -> list[tuple[Any, Sequence[float]]]:
    """Every operator of a fixed number of operands that has the spelling, at its samples."""
    found = []
    for op in BUILT_IN.values():
        for sample in op.samples:
            point = sample if isinstance(sample, tuple) else (sample,)
            if op.arity is not None and (op.array if with_jax else op.c) is not None:
                found.append((op, tuple(map(float, point))))
    return found


def built(source: str, folder: Path) -> ctypes.CDLL:
    if CC is None:
        pytest.skip("no C compiler")
    (folder / "f.c").write_text(source, encoding="utf-8")
    command = [CC, *STRICT, "-shared", "-fPIC", str(folder / "f.c"), "-o", str(folder / "f.so")]
    done = subprocess.run([*command, "-lm"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + source
    return ctypes.CDLL(str(folder / "f.so"))


def run(function: Any, numbers: Sequence[float], lanes: Any, results: int, columns: int) -> Any:
    """Call a function of a C file; return its results and columns."""
    count = len(lanes[0]) if lanes else 1
    pointer = ctypes.POINTER(ctypes.c_double)
    made = [np.zeros(count) for _ in range(columns)]
    out = np.zeros(max(results, 1))

    def table(arrays: Any) -> Any:
        return (pointer * max(len(arrays), 1))(*(x.ctypes.data_as(pointer) for x in arrays))

    given = np.array([*numbers, 0.0])
    function.restype = None
    function(
        given.ctypes.data_as(pointer),
        table(lanes),
        ctypes.c_long(count),
        out.ctypes.data_as(pointer),
        table(made),
    )
    return out[:results].tolist(), made


def test_c_computes_forward_and_gradient(tmp_path: Path) -> None:
    f = sg.compile(option)
    library = built(f.to_c(*ARGUMENTS), tmp_path)
    expected, slopes = f.value_and_grad(*ARGUMENTS)
    _, (value,) = run(library.option, ARGUMENTS[1:], ARGUMENTS[:1], 0, 1)
    assert same(value, expected, 1e-14)
    results, columns = run(library.option_gradient, ARGUMENTS[1:], ARGUMENTS[:1], 2, 2)
    assert same(columns, [expected, slopes[0]], 1e-13) and same(results, slopes[1:], 1e-13)


def test_c_of_a_trained_loss_reduces_over_its_lanes(
    tmp_path: Path, classifier: tuple[Any, Any, Any, Any]
) -> None:
    loss, model, X, Y = classifier
    library = built(loss.to_c(model, X, Y), tmp_path)
    numbers = [p.data for p in model.parameters()]
    lanes = [np.ascontiguousarray(x) for x in (X[:, 0], X[:, 1], Y)]
    results, columns = run(library.f_gradient, numbers, lanes, 1 + len(numbers), 3)
    value, slopes = loss.value_and_grad(model, X, Y)
    expected = [float(x) for x in slopes[0].parameters()]
    assert same(results, [value, *expected]) and same(np.array(columns[:2]).T, slopes[1])


def test_every_operator_in_c_gives_what_it_gives_in_python(tmp_path: Path) -> None:
    table = points()
    sizes = [len(point) for _, point in table]
    places = [sum(sizes[:k]) for k in range(len(sizes))]

    def everything(xs: Sequence[Any]) -> list[Any]:
        return [op(*xs[at : at + n]) for (op, _), at, n in zip(table, places, sizes)]

    numbers = [x for _, point in table for x in point]
    f = sg.compile(everything)
    library = built(f.to_c(numbers, gradient=False), tmp_path)
    found, _ = run(library.everything, numbers, (), len(table), 0)
    for (op, point), x in zip(table, found):
        assert x == pytest.approx(op(*point), rel=2e-15, abs=0.0, nan_ok=True), (op, point)


def test_random_programs_in_c_agree_with_the_eager_engine(tmp_path: Path) -> None:
    names = [name for name in NAMES if BUILT_IN[name].c is not None]
    for k in range(5):
        (folder := tmp_path / str(k)).mkdir()
        at, f = in_c(names)
        library = built(sg.compile(f).to_c(*at), folder)
        found, _ = run(library.f_gradient, at, (), 1 + len(at), 0)
        for x, (_, expected, bound) in zip(found, compare(f, at)):
            assert is_close(x, expected, bound)


def in_c(names: Sequence[str]) -> tuple[Sequence[float], Any]:
    import random

    expression = random_expression(random.Random(), names, 12, 0.0)
    return expression.leaves, function_of(expression)


def test_the_comment_of_a_c_file_says_which_number_is_which() -> None:
    model = nn.MLP(2, [1, 1])
    source = sg.compile(
        lambda model, x: model(x), batch="x", reduce="mean"
    ).to_c(model, np.ones((2, 2)))
    for line in (
        "numbers[0]         model.layers.0.neurons.0.w.0",
        "lanes[1][lane]     x[1]",
        "results[0]         f",
        "results[3]         ∂f/∂model.layers.0.neurons.0.b",
        "columns[1][lane]   ∂f/∂x[1]",
    ):
        assert f" *     {line}\n" in source


def test_a_c_file_has_no_more_functions_than_it_needs() -> None:
    assert "sg_" not in sg.compile(lambda x: x * x).to_c(1.0)
    assert "sg_cbrt" in sg.compile(lambda x: sg.cbrt(x)).to_c(2.0)


# ------ what cannot be exported


def branching(x: Any) -> Any:
    return x if x > 1.0 else -x


@pytest.mark.parametrize("how", [*WAYS, "to_c"])
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
    f = sg.compile(lambda x: cube(x) + 1.0)
    assert getattr(f, how)(2.0, gradient=True)(2.0) == (9.0, (12.0,))
    assert same(getattr(f, how)(np.ones(2))(np.array([1.0, 2.0])), [2.0, 9.0])


def test_several_results_have_no_gradient_to_export() -> None:
    with pytest.raises(TypeError, match="must return one number to have a gradient"):
        sg.compile(lambda x: (x, x)).to_numpy(1.0, gradient=True)
