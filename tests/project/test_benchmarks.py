"""The benchmarks run in their short form, and nothing has broken down by a factor of three."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import scalargrad as sg
from tests.support.places import CHECKOUT, environment

pytestmark = pytest.mark.skipif(sg.engine == "pure", reason="targets are of the native engine")

FIGURES = [
    "import: time",
    "import: loads NumPy",
    "scaling: allocation after",
    "scaling: a node of",
    "memory: a binary node",
    "memory: not returned",
    "dot of 16: a multiply-add",
    "dot of 16: chain",
    "moons: ours ÷ floats forward",
    "moons: ours, a step",
    "adam: a step of",
    "digits: an epoch ÷ floats forward",
    "transformer: plain class ÷ ours, dot and Adam",
    "transformer: a training step",
    "MLP 2-16-16-1, 100 samples: ours",
    "GMM d 2, K 5, n 1,000: ours",
    "Black–Scholes + 5 Greeks, 10,000: ours",
    "implied volatility + 5 slopes, 10,000: ours",
    "Monte Carlo, 20 steps, 1,024 paths: ours",
    "barrier option, 20 steps, 1,024 paths: ours",
    "20-line network, 8×50×10×4: ours ÷ NumPy by hand",
    "compiled: a call of two operators on floats",
    "compiled: a call with 100 rows: lists of int ÷ float64",
    "Hessian of Rosenbrock, n 50: eager ÷ compiled",
    "Hessian of Rosenbrock, n 50: first: traced ÷ eager",
    "Hessian of log-sum-exp, n 50: eager ÷ compiled",
    "100 products with a Hessian, n 50: one by one ÷ together",
    "loop: swap, 30 rates: eager ÷ ours",
    "loop: HMM, 40 observations: eager ÷ ours",
    "loop: Kalman filter, 100 observations: eager ÷ ours",
    "loop: energy of 20 bodies: eager ÷ ours",
    "loop: pendulum on a spring, 200 steps: eager ÷ ours",
    "first passage, 200 lanes, ≤ 100 steps: eager ÷ ours",
    "while, calls of other lengths: a call",
    "25 words: others, new, ints ÷ eager",
    "25 words, data: eager ÷ compiled",
]
OF_SPARSE = [
    "Hessian of a chain, n 100: 298 entries, ours",
    "Jacobian of a Brusselator, n 72: 432 entries, ours",
    "Jacobian of a collocation, n 63: ",
    "Hessian of its Lagrangian, n 63: ",
    "Jacobian of pictures, n 110: ",
]
"""They need SciPy."""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", *arguments],
        cwd=CHECKOUT,
        env=environment(PYTHONIOENCODING="utf-8"),
        capture_output=True,
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def quick() -> subprocess.CompletedProcess[str]:
    return run("--quick")


def test_the_short_form_meets_every_target_with_threefold_slack(
    quick: subprocess.CompletedProcess[str],
) -> None:
    assert quick.returncode == 0, quick.stdout + quick.stderr


@pytest.mark.parametrize("figure", FIGURES + OF_SPARSE)
def test_the_figure_is_measured(quick: subprocess.CompletedProcess[str], figure: str) -> None:
    if figure.startswith("memory") and not Path("/proc/self/statm").exists():
        pytest.skip("the resident set is read from /proc")
    if figure in OF_SPARSE:
        pytest.importorskip("scipy.sparse")
    assert any(line.startswith(figure) for line in quick.stdout.splitlines())


def test_conditions_are_stated(quick: subprocess.CompletedProcess[str]) -> None:
    head = quick.stdout.split("\n\n")[0]
    assert sys.version.split()[0] in head
    assert f"engine  {sg.engine}" in head
    for peer in ("micrograd", "xad", "torch", "jax", "autograd"):
        assert peer in head


def test_an_unknown_option_is_refused() -> None:
    assert run("--slow").returncode == 2
