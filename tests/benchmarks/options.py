"""Workloads: the price of an option by formula, and by simulation with and without a barrier."""

from __future__ import annotations

import ctypes
import math
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import scalargrad as sg

from .workloads import Workload


def normal(x: Any) -> Any:
    return 0.5 * sg.erfc(x * -math.sqrt(0.5))


def black_scholes(S: Any, K: Any, r: Any, sigma: Any, T: Any) -> Any:
    spread = sigma * sg.sqrt(T)
    d1 = (sg.log(S / K) + (r + 0.5 * sigma * sigma) * T) / spread
    return S * normal(d1) - K * sg.exp(-r * T) * normal(d1 - spread)


price = sg.compile(black_scholes, batch=True)


def in_jax(jax: Any) -> Callable[..., Any]:
    np = jax.numpy

    def cdf(x: Any) -> Any:
        return 0.5 * jax.scipy.special.erfc(x * -math.sqrt(0.5))

    def formula(S: Any, K: Any, r: Any, sigma: Any, T: Any) -> Any:
        spread = sigma * np.sqrt(T)
        d1 = (np.log(S / K) + (r + 0.5 * sigma * sigma) * T) / spread
        return S * cdf(d1) - K * np.exp(-r * T) * cdf(d1 - spread)

    return formula


def formula_in_jax(jax: Any, args: Sequence[Any]) -> Callable[[], Any]:
    np, formula = jax.numpy, in_jax(jax)
    both = jax.jit(lambda *a: (formula(*a), jax.grad(lambda *b: formula(*b).sum(), range(5))(*a)))
    given = [np.asarray(a) for a in args]
    return lambda: jax.block_until_ready(both(*given))


def emitted_c(args: Sequence[Any]) -> Callable[[], Any]:
    """The program as C, built with -O3 for this processor."""
    import numpy

    pointer = ctypes.POINTER(ctypes.c_double)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "f.c").write_text(price.to_c(*args), encoding="utf-8")
        flags = ["-std=c99", "-O3", "-march=native", "-shared", "-fPIC"]
        command = ["cc", *flags, str(path / "f.c"), "-o", str(path / "f.so"), "-lm"]
        subprocess.run(command, check=True)
        function = ctypes.CDLL(str(path / "f.so")).black_scholes_gradient
    given = (pointer * 5)(*(x.ctypes.data_as(pointer) for x in args))

    def step() -> Any:
        columns = [numpy.empty_like(args[0]) for _ in range(6)]
        made = (pointer * 6)(*(x.ctypes.data_as(pointer) for x in columns))
        function(None, given, ctypes.c_long(len(args[0])), None, made)
        return columns

    return step


def options(count: int) -> Workload:
    import numpy

    generator = numpy.random.default_rng(0)
    ranges = ((50, 150), (50, 150), (0.0, 0.1), (0.1, 0.5), (0.1, 2.0))
    args = [generator.uniform(*bounds, count) for bounds in ranges]
    peers: dict[str, Any] = {"jax": lambda jax: formula_in_jax(jax, args)}
    if shutil.which("cc"):
        peers["emitted C"] = lambda _: emitted_c(args)
    name = f"Black–Scholes + 5 Greeks, {count:,}"
    both = sg.value_and_grad(price, range(5))
    return Workload(name, lambda: both(*args), peers)


# ------ simulation


def walk(barrier: float | None, steps: int) -> Callable[..., Any]:
    """A call on an asset that follows a geometric Brownian motion, a step for each number of z;
    it is worth nothing once the asset has passed the barrier."""

    def payoff(S: Any, r: Any, sigma: Any, z: Any) -> Any:
        dt = 1.0 / steps
        drift, scale = (r - 0.5 * sigma * sigma) * dt, sigma * math.sqrt(dt)
        for k in range(steps):
            S = S * sg.exp(drift + scale * z[k])
            if barrier is not None and S > barrier:  # noqa: SIM300
                return 0.0 * S
        return sg.exp(-r) * sg.maximum(S - 100.0, 0.0)

    return payoff


def walk_in_jax(jax: Any, barrier: float | None, z: Any, args: Sequence[float]) -> Any:
    import numpy

    np = jax.numpy
    count, steps = z.shape
    steps_first = np.asarray(numpy.ascontiguousarray(z.T))

    def value(S: Any, r: Any, sigma: Any) -> Any:
        dt = 1.0 / steps
        drift, scale = (r - 0.5 * sigma * sigma) * dt, sigma * math.sqrt(dt)

        def step(state: Any, zk: Any) -> Any:
            S, alive = state
            S = S * np.exp(drift + scale * zk)
            alive = alive if barrier is None else alive & (S <= barrier)  # noqa: SIM300
            return (S, alive), None

        start = (np.full(count, 1.0) * S, np.full(count, True))
        (S, alive), _ = jax.lax.scan(step, start, steps_first)
        return np.mean(np.where(alive, np.exp(-r) * np.maximum(S - 100.0, 0.0), 0.0))

    both = jax.jit(jax.value_and_grad(value, argnums=(0, 1, 2)))
    return lambda: jax.block_until_ready(both(*args))


def paths(barrier: float | None, count: int, steps: int) -> Workload:
    import numpy

    z = numpy.random.default_rng(0).normal(size=(count, steps))
    mean = sg.compile(walk(barrier, steps), batch="z", reduce="mean", max_paths=1024)
    both = sg.value_and_grad(mean, range(3))
    args = (100.0, 0.03, 0.2)
    kind = "Monte Carlo" if barrier is None else "barrier option"
    return Workload(
        f"{kind}, {steps} steps, {count:,} paths",
        lambda: both(*args, z),
        {"jax": lambda jax: walk_in_jax(jax, barrier, z, args)},
    )
