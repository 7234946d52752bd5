"""Exported programs of lanes with loops: a loop over lanes, in C and Python, around each loop of
the function; on NumPy and JAX all lanes at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler.trace.native import machine
from tests.support.in_c import built, run

np = pytest.importorskip("numpy")
pytestmark = pytest.mark.skipif(machine is None, reason="loops stay loops on the machine alone")
STEPS = 300
P = [0.3, 1.1, 0.4]
OPTIONS = ({}, {"reduce": "sum"}, {"reduce": "mean"})


def walk(x: Any, p: Any) -> Any:
    """A number that every lane has and one that all share, until a lane's flows into it."""
    y, v = x, p[0]
    for _ in range(STEPS):
        y = y + 0.01 * y * sg.sin(v * y)
        v = v + p[1] * (p[2] - v) * 0.01 + 0.001 * y
    return y * p[0]


def observed(x: Any, p: Any) -> Any:
    """Elements of a lane's own by their numbers, irregular ones too, and shared ones."""
    y, total = p[0], 0.0 * p[0]
    for k in range(len(x)):
        y = sg.tanh(y * p[1] + x[k]) + 0.1 * x[k * k % 7]
        total = total + y * p[k * k % 3]
    return y + total


CASES = {
    walk: np.linspace(-1.0, 1.5, 5),
    observed: np.array([[math.sin(k * j + k) for j in range(STEPS)] for k in range(3)]),
}


def flat(x: Any) -> list[float]:
    if isinstance(x, (tuple, list)):
        return [y for part in x for y in flat(part)]
    return [float(y) for y in np.ravel(x)]


def agree(found: Any, wanted: Any) -> None:
    assert flat(found) == pytest.approx(flat(wanted), rel=1e-9, abs=1e-12)


def expected(gate: Any, *args: Any) -> Any:
    return sg.value_and_grad(gate, argnums=(0, 1))(*args)


@pytest.mark.parametrize("f", CASES)
@pytest.mark.parametrize("options", OPTIONS)
def test_python_and_numpy_have_loops(f: Callable[..., Any], options: dict[str, str]) -> None:
    x, gate = CASES[f], sg.compile(f, batch="x", **options)
    for way in ("to_python", "to_numpy"):
        made = getattr(gate, way)(x, P, gradient=True)
        assert "for k1 in range(" in made.source
        agree(made(x, P), expected(gate, x, P))
        agree(made(x[:2], P), expected(gate, x[:2], P))


def test_jax_has_loops_that_it_differentiates() -> None:
    jax = pytest.importorskip("jax")
    x, gate = CASES[walk], sg.compile(walk, batch="x", reduce="mean")
    with jax.enable_x64(True):
        own = gate.to_jax(x, P, gradient=True)
        assert "lax.fori_loop(0, " in own.source
        agree(jax.jit(own)(x, P), expected(gate, x, P))
        made = gate.to_jax(x, P)
        agree(jax.jit(jax.value_and_grad(made, (0, 1)))(x, P), expected(gate, x, P))


@pytest.mark.parametrize("f", CASES)
@pytest.mark.parametrize("options", OPTIONS)
def test_c_has_loops(f: Callable[..., Any], options: dict[str, str], tmp_path: Path) -> None:
    x, gate = CASES[f], sg.compile(f, batch="x", **options)
    source = gate.to_c(x, P)
    assert "for (long k1 = 0; k1 < " in source
    library = built(source, tmp_path)
    columns = [np.ascontiguousarray(column) for column in np.atleast_2d(x.T)]
    value, (of_x, of_p) = expected(gate, x, P)
    by_column = [*np.atleast_2d(np.asarray(of_x).T)]
    function = getattr(library, f"{f.__name__}_gradient")
    if options:
        results, found = run(function, P, columns, 1 + len(P), len(columns))
        agree((results, found), ([value, *of_p], by_column))
    else:
        _, found = run(function, P, columns, 0, 1 + len(columns) + len(P))
        agree(found, [value, *by_column, *of_p])


def test_a_sum_of_what_all_lanes_share_counts_them(tmp_path: Path) -> None:
    def f(x: Any, p: Any) -> Any:
        y = x
        for _ in range(5 * STEPS):
            y = sg.sin(y + p)
        return y, p * p

    x = np.array([0.1, 0.2, 0.7])
    gate = sg.compile(f, batch="x", reduce="sum")
    wanted = [float(y) for y in gate(x, 1.5)]
    for way in ("to_python", "to_numpy"):
        agree(getattr(gate, way)(x, 1.5)(x, 1.5), wanted)
    source = gate.to_c(x, 1.5, gradient=False)
    assert "for (long k1 = 0; k1 < " in source
    results, _ = run(built(source, tmp_path).f, [1.5], [x], 2, 0)
    agree(results, wanted)
    assert wanted[1] == pytest.approx(3 * 1.5 * 1.5)
