"""Exported programs with loops: each loop is one in the text, and the text computes what the
function does."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler.export.writable import OneByOne
from scalargrad.compiler.nests.lowering import lowered
from scalargrad.compiler.nests.schedule import Schedule
from scalargrad.compiler.trace.native import machine
from tests.support.in_c import built, run

np = pytest.importorskip("numpy")
pytestmark = pytest.mark.skipif(machine is None, reason="loops stay loops on the machine alone")
STEPS = 700
P = [1.0, 0.2, 9.8]


def data(steps: int) -> list[float]:
    return [math.sin(0.37 * k) for k in range(steps)]


def pendulum(p: Any, seen: Any) -> Any:
    """Given data, and sums."""
    angle, speed, loss = p[0], p[1], 0.0 * p[0]
    for y in seen:
        speed = speed - 0.01 * p[2] * sg.sin(angle)
        angle = angle + 0.01 * speed
        miss = angle - y
        loss = loss + miss * miss
    return loss


def delayed(p: Any, seen: Any) -> Any:
    """A number of two steps before, and what the last but one step had."""
    x, before = p[0], p[1]
    for y in seen:
        x, before = 0.5 * sg.sin(before) + 0.3 * sg.tanh(x + y) * p[2], x
    return x * p[0] + before


def closed(p: Any, seen: Any) -> Any:
    """Data that stands in the program, and an irregular index."""
    known, count = data(len(seen)), len(P)
    x = p[0]
    for k, y in enumerate(known):
        x = sg.tanh(x * 0.9 + y * seen[0]) + 0.01 * p[k * k % count]
    return x


def twice(p: Any, seen: Any) -> Any:
    """A loop over the results of another."""
    x, found = p[0], []
    for _ in range(len(seen)):
        x = sg.sin(x * p[1]) + 0.1
        found.append(x)
    total, z = 0.0 * p[0], p[2]
    for y in found:
        z = sg.tanh(z * y + 0.3)
        total = total + z * y
    return total


def scanned(p: Any, seen: Any) -> Any:
    def step(state: Any, y: Any) -> Any:
        return sg.tanh(state * p[1] + sg.grad(lambda u: u * u * sg.sin(p[2] * u))(state)) + y, None

    return sg.scan(step, p[0], seen)[0]


FUNCTIONS = (pendulum, delayed, closed, twice, scanned)


def flat(x: Any) -> list[float]:
    if isinstance(x, (tuple, list)):
        return [y for part in x for y in flat(part)]
    return [float(x)]


def expected(f: Callable[..., Any], seen: list[float]) -> list[float]:
    return flat(sg.value_and_grad(f, argnums=(0, 1))(P, seen))


def agree(found: Any, wanted: list[float]) -> None:
    assert flat(found) == pytest.approx(wanted, rel=1e-9, abs=1e-11)


@pytest.mark.parametrize("f", FUNCTIONS)
@pytest.mark.parametrize("way", ["to_python", "to_numpy"])
def test_python_and_numpy_have_loops(f: Callable[..., Any], way: str) -> None:
    seen = data(STEPS)
    gate, wanted = sg.compile(f), expected(f, seen)
    for gradient, count in ((False, 1), (True, len(wanted))):
        made = getattr(gate, way)(P, seen, gradient=gradient)
        assert "for k1 in range(" in made.source
        agree(made(P, seen), wanted[:count])
        assert len(re.findall(r" = .*(sin|tanh)\(", made.source)) < 60


@pytest.mark.parametrize("f", [pendulum, closed])
def test_jax_has_loops_that_it_differentiates(f: Callable[..., Any]) -> None:
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    seen = data(STEPS)
    gate = sg.compile(lambda p: f(p, seen))
    wanted = flat(sg.value_and_grad(lambda p: f(p, seen))(P))
    made = gate.to_jax(P)
    assert "lax.fori_loop(0, " in made.source
    agree(jax.jit(jax.value_and_grad(made))(P), wanted)
    own = gate.to_jax(P, gradient=True)
    assert "lax.fori_loop(0, " in own.source
    agree(jax.jit(own)(P), wanted)


@pytest.mark.parametrize("f", FUNCTIONS)
def test_c_has_loops(f: Callable[..., Any], tmp_path: Path) -> None:
    seen = data(STEPS)
    wanted = expected(f, seen)
    source = sg.compile(f).to_c(P, seen)
    assert "for (long k1 = 0; k1 < " in source
    assert source.count("malloc(") == source.count("free(kept)")
    library = built(source, tmp_path)
    for name, count in ((f.__name__, 1), (f"{f.__name__}_gradient", len(wanted))):
        found, _ = run(getattr(library, name), [*P, *seen], [], count, 0)
        agree(found, wanted[:count])


def test_text_is_in_the_size_of_the_body() -> None:
    texts = [
        sg.compile(pendulum).to_c(P, data(steps), gradient=False) for steps in (STEPS, 4 * STEPS)
    ]
    assert len(texts[1]) < len(texts[0]) + 100
    assert len(texts[0]) < 2500
    assert "numbers[3] to [702]" in texts[0]
    assert "seen[0] to seen[699]" in texts[0]


def test_a_name_of_the_text_does_not_hide_an_argument() -> None:
    def f(kept_0: Any, k1: Any, last_1: Any) -> Any:
        for _ in range(STEPS):
            kept_0, k1 = sg.sin(k1 * last_1), kept_0 * 0.5 + k1
        return kept_0 + k1

    made = sg.compile(f).to_python(0.3, 0.1, 0.7, gradient=True)
    assert "for k1 in range(" in made.source
    agree(made(0.3, 0.1, 0.7), flat(sg.value_and_grad(f, argnums=(0, 1, 2))(0.3, 0.1, 0.7)))


def test_numbers_take_each_others_places_all_at_once() -> None:
    def f(a: Any, b: Any, c: Any) -> Any:
        for _ in range(STEPS):
            a, b, c = b, sg.tanh(c * 0.9 + 0.1), a * 1.0
        return a + 2.0 * b + 3.0 * c

    gate = sg.compile(f)
    made = gate.to_python(0.3, 0.1, 0.7)
    agree(made(0.3, 0.1, 0.7), [f(0.3, 0.1, 0.7)])


def test_schedules_of_single_operations_are_complete() -> None:
    gate = sg.value_and_grad(sg.compile(pendulum))
    gate(P, data(STEPS))
    (paths,) = gate._programs.paths.values()
    derived = paths.first.runner.derived
    nest, outputs = lowered(derived.nest, [x.node for x in derived.outputs], True)
    selection = OneByOne(nest, outputs)
    items = Schedule(nest, selection).items
    written = {item for found in items.values() for item in found if isinstance(item, int)}
    assert {i for i in selection.live if selection.is_computed(i)} <= written
