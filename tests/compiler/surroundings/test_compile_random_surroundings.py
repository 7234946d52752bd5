"""Random functions over random surroundings that change at random compute, compiled, what they
compute."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalargrad.compiler import compile
from tests.support.compiled import HAS_MACHINE

np = pytest.importorskip("numpy")

from tests.support.changing import Program  # noqa: E402

STEPS = 6


def outcome(f: Callable[..., Any], x: Any) -> Any:
    """What a function returns as plain numbers, or the kind of its error."""
    try:
        found = f(x)
    except Exception as error:
        return type(error)
    entries = found.ravel().tolist() if hasattr(found, "shape") else [found]
    return [float(getattr(entry, "data", entry)) for entry in entries]


def agree(found: Any, expected: Any) -> bool:
    if isinstance(found, type) or isinstance(expected, type):
        return found is expected
    return bool(found == pytest.approx(expected, rel=1e-12, nan_ok=True))


@settings(max_examples=2 * settings.default.max_examples, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_any_change_of_anything_is_seen(seed: int) -> None:
    program = Program(seed)
    compiled = compile(program.f)
    done: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for _ in range(STEPS):
            # three times: traced, made in full, by a shortcut
            for x in (2.0, 2.0, -1.0):
                found, expected = outcome(compiled, x), outcome(program.f, x)
                assert agree(found, expected), (found, expected, program.source, done)
            done.append(program.change())


def test_most_programs_take_a_shortcut() -> None:
    if not HAS_MACHINE:
        pytest.skip("where the machine was not built all is looked at in each call")
    short = 0
    for seed in range(50):
        compiled = compile(Program(seed).f)
        outcomes = [outcome(compiled, 2.0) for _ in range(3)]
        short += bool(compiled._forms) or isinstance(outcomes[0], type)
    assert short >= 45
