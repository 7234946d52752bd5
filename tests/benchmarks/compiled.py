"""Compiled functions: value and gradient, against what others write with arrays and compile.

Ratios of one run, on one core, one thread on every side unless a figure says otherwise; peers are
compiled and warm. Aims that are not reached are printed, and fail no run.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NamedTuple

import scalargrad as sg
from scalargrad.compiler.machine.runner import NATIVE

from . import moons, plain, transformer
from .implied import implied_volatilities
from .mixture import gaussian_mixture
from .options import options, paths
from .peers import present
from .perceptrons import loss, perceptron, twenty_lines
from .timing import Figure, least, minima
from .workloads import Workload, leaves

ENVIRONMENT = {
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
"""To be set before NumPy, JAX and torch are loaded: one thread each."""
ROUNDS = 32
WITHOUT_MODULE = ("emitted C", "plain class")
NAMES = {
    "numpy": "NumPy by hand",
    "jax": "JAX",
    "jax by matrices": "JAX by whole matrices",
}


class Subject(NamedTuple):
    """A workload, with the ratio to each peer that is aimed at: how many times slower a peer is
    at least, or how many times faster at most. What is `reached` is held to. README has a row for
    what is `quoted`."""

    workload: Callable[[], Workload]
    at_least: Mapping[str, float] = {}
    at_most: Mapping[str, float] = {}
    reached: tuple[str, ...] = ()
    quoted: bool = True

    def figure(self, name: str, peer: str, best: Mapping[str, float]) -> Figure:
        title, held = NAMES.get(peer, peer), peer in self.reached and NATIVE
        if peer in self.at_most:
            ratio, most = best["ours"] / best[peer], self.at_most[peer]
            target = {"at_most": most} if held else {"aim": f"≤ {most:g}"}
            return Figure(f"{name}: ours ÷ {title}", ratio, **target)  # type: ignore[arg-type]
        ratio, least_ratio = best[peer] / best["ours"], self.at_least[peer]
        target = {"at_least": least_ratio} if held else {"aim": f"≥ {least_ratio:g}"}
        return Figure(f"{name}: {title} ÷ ours", ratio, **target)  # type: ignore[arg-type]


def subjects(quick: bool) -> list[Subject]:
    count, steps = (1_024, 20) if quick else (10_240, 200)
    many, sizes = (1_000, (8, 50, 10, 4)) if quick else (10_000, (64, 1000, 100, 10))
    large_mixture = Subject(
        lambda: gaussian_mixture(10, 25, 1000),
        {"jax": 7.0, "jax by matrices": 7.0},
        reached=("jax",),
    )
    return [
        Subject(lambda: perceptron(many), {"jax": 3.0, "torch": 5.0}, reached=("torch",)),
        Subject(lambda: perceptron(100), {"jax": 2.0, "torch": 15.0}, reached=("jax",)),
        Subject(
            lambda: gaussian_mixture(2, 5, 1000),
            {"jax": 5.0, "jax by matrices": 5.0},
            reached=() if quick else ("jax",),
        ),
        *([] if quick else [large_mixture]),
        Subject(
            lambda: options(10_000 if quick else 10**6),
            {"jax": 3.0},
            {"emitted C": 1.4},
            reached=("emitted C",),
        ),
        Subject(
            lambda: implied_volatilities(10_000 if quick else 10**6), {"jax": 5.0}, quoted=False
        ),
        Subject(lambda: paths(None, count, steps), {"jax": 3.0}, reached=("jax",)),
        Subject(lambda: paths(120.0, count, steps), {"jax": 2.0}),
        Subject(
            lambda: twenty_lines(*sizes),
            {},
            {"numpy": 3.0},
            reached=() if quick else ("numpy",),
            quoted=False,
        ),
    ]


@contextmanager
def one_core() -> Iterator[None]:
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def steps_of_peers(workload: Workload) -> dict[str, Callable[[], Any]]:
    """The peers that are installed, each set to one thread and to 64 bits."""
    found = {}
    for name, peer in workload.peers.items():
        if name in WITHOUT_MODULE:
            found[name] = peer(None)
        elif present(needed := name.partition(" ")[0]):
            module: Any = import_module(needed)
            if needed == "jax":
                module.config.update("jax_enable_x64", True)
            elif needed == "torch":
                module.set_num_threads(1)
            found[name] = peer(module)
    return found


def check(workload: Workload, peers: Mapping[str, Callable[[], Any]]) -> None:
    """Raise AssertionError unless all compute the same value and the same gradient."""
    import numpy

    expected = leaves(workload.found(workload.ours()))
    for name, step in peers.items():
        found = leaves(step())
        scale = numpy.abs(expected).max()
        wrong = numpy.abs(found - expected).max() / scale
        assert found.shape == expected.shape and wrong < 1e-9, (workload.name, name, wrong)


def ratios(subject: Subject, rounds: int) -> Iterator[Figure]:
    workload = subject.workload()
    peers = steps_of_peers(workload)
    check(workload, peers)
    best = minima({"ours": workload.ours, **peers}, rounds)
    yield Figure(f"{workload.name}: ours", best["ours"] * 1e3, "ms")
    for name in peers:
        yield subject.figure(workload.name, name, best)


# ------ against plain Python


def against_micrograd(quick: bool) -> Iterator[Figure]:
    """The step of 100 samples against micrograd's demo loop, and that loop traced whole."""
    workload = perceptron(100)
    workload.ours()
    contestants: dict[str, Callable[[], Any]] = {"ours": workload.ours}
    if present("micrograd"):
        contestants["micrograd"] = moons.PEERS["micrograd"](moons.POINTS)
    best = minima(contestants, 1 if quick else 5)
    if "micrograd" in best:
        ratio = best["micrograd"] / best["ours"]
        name = "MLP 2-16-16-1, 100 samples: micrograd ÷ ours (gc on)"
        yield Figure(name, ratio, at_least=20_000.0 if NATIVE else -math.inf)
    if not quick:
        yield whole_loop(workload)


def whole_loop(workload: Workload) -> Figure:
    """A loop over all samples in Python, traced to one program, against its form with lanes."""
    task: Any = workload.ours.__self__  # type: ignore[attr-defined]
    points = [([float(a), float(b)], float(y)) for (a, b), y in zip(task.X, task.Y)]

    @sg.compile
    def mean_loss(model: Any) -> Any:
        return sg.mean([sg.relu(1.0 - y * model(x)) for x, y in points])

    def step() -> Any:
        value = mean_loss(task.model)
        value.backward()
        return value

    assert math.isclose(step().data, loss(task.model, task.X, task.Y).data, rel_tol=1e-12)
    held = {"at_most": 2.0} if NATIVE else {"aim": "≤ 2"}
    best = minima({"whole": step, "lanes": workload.ours}, 32)
    ratio = best["whole"] / best["lanes"]
    return Figure("demo loop traced whole ÷ lanes", ratio, **held)  # type: ignore[arg-type]


STEP_OF_TRANSFORMER = Subject(
    transformer.compiled_step, {"plain class": 2500.0, "jax": 2.0}, reached=("plain class",)
)


def of_transformer(quick: bool) -> Iterator[Figure]:
    """One name's loss and gradient, the list-of-scalars model compiled."""
    if not quick:
        yield from ratios(STEP_OF_TRANSFORMER, ROUNDS)
        yield from of_first_call()


def of_first_call() -> Iterator[Figure]:
    """The transformer compiled anew and run once, against one step of the plain class."""
    name = transformer.COMPILED
    model, _ = transformer.loaded(sg.Value)
    other, _ = transformer.loaded(plain.Value)

    def first() -> None:
        sg.compile(lambda: model.loss(name))().backward()

    best = minima({"ours": first, "plain": lambda: other.loss(name).backward()}, 3)
    title = "transformer of 74,000 nodes, from tracing to the first result"
    held = {"at_most": 100.0} if NATIVE else {"aim": "≤ 100"}
    yield Figure(f"{title}: ours", best["ours"] * 1e3, "ms", **held)  # type: ignore[arg-type]
    at_least = 1.0 if NATIVE else -math.inf
    yield Figure(f"{title}: a plain step ÷ ours", best["plain"] / best["ours"], at_least=at_least)


# ------ the call, the threads


def of_calls() -> Iterator[Figure]:
    f = sg.compile(lambda x, y: x * y + x)
    f(2.0, 3.0)
    many = range(1000)

    def calls() -> None:
        for _ in many:
            f(2.0, 3.0)

    each = least(calls) / len(many) * 1e6
    yield Figure("compiled: a call of two operators on floats", each, "µs", aim="≤ 3")


def of_threads(quick: bool) -> Iterator[Figure]:
    """Two threads against one: the same bits, and how much sooner."""
    if (os.cpu_count() or 1) < 2:
        return
    import numpy

    random.seed(1)
    samples = 2_000 if quick else 50_000
    workload = perceptron(samples)
    task: Any = workload.ours.__self__  # type: ignore[attr-defined]

    def step(threads: int) -> Callable[[], Any]:
        f = sg.compile(loss.__wrapped__, batch=("x", "y"), reduce="mean", threads=threads)

        def run() -> Any:
            value = f(task.model, task.X, task.Y)
            value.backward()
            return value

        return run

    def bits(run: Callable[[], Any]) -> bytes:
        task.model.zero_grad()
        value = run().data
        found: bytes = numpy.array([value, *(p.grad for p in task.model.parameters())]).tobytes()
        return found

    one, two = step(1), step(2)
    assert bits(one) == bits(two)
    best = minima({"one": one, "two": two}, 2 if quick else 32)
    name = f"compiled: one thread ÷ two, {samples:,} samples"
    yield Figure(name, best["one"] / best["two"], aim="≥ 1.7")


def figures(quick: bool) -> Iterator[Figure]:
    """Ratios of the peers to ours, and what a call and a second thread cost."""
    for subject in subjects(quick):
        with one_core():
            yield from ratios(subject, 2 if quick else ROUNDS)
    with one_core():
        yield from against_micrograd(quick)
        yield from of_transformer(quick)
        yield from of_calls()
    yield from of_threads(quick)


def of_readme() -> Iterator[Figure]:
    """The ratios that README quotes."""
    with one_core():
        for subject in (*subjects(quick=False), STEP_OF_TRANSFORMER):
            if subject.quoted:
                yield from ratios(subject, ROUNDS)
