"""What a gate shows its users: their own options and what they do with programs, nothing else."""

from __future__ import annotations

import functools
import inspect
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler import compile

np = pytest.importorskip("numpy")

OPTIONS = ["batch", "max_paths", "reduce", "threads"]
VIEWS = ["draw", "profile", "program", "to_c", "to_jax", "to_numpy", "to_python"]


def f(x: Any, y: Any = 2.0) -> Any:
    return x * y


def public(x: Any) -> list[str]:
    return [name for name in dir(x) if not name.startswith("_")]


def used(gate: Any) -> Any:
    """The gate after a call, a derivative and a view of its program."""
    gate(1.0, 2.0)
    sg.grad(gate)(1.0, 2.0)
    gate.program(1.0, 2.0)
    return gate


@pytest.mark.parametrize("made", [compile, lambda f: sg.grad(compile(f))])
def test_a_gate_shows_what_its_users_use(made: Callable[[Any], Any]) -> None:
    assert public(used(made(f))) == sorted([*OPTIONS, *VIEWS])


def test_what_a_gate_shows_says_what_it_is() -> None:
    gate = type(compile(f))
    assert all(inspect.getdoc(getattr(gate, name)) for name in [*OPTIONS, *VIEWS])


@pytest.mark.parametrize(
    ("given", "shown"), [(None, None), (True, True), ("x", ("x",)), (["y", "x"], ("x", "y"))]
)
def test_options_are_told_as_they_were_given(given: Any, shown: Any) -> None:
    gate = compile(f, batch=given, reduce="sum" if given else None, max_paths=3, threads=2)
    for one in (gate, pickle.loads(pickle.dumps(gate)), sg.grad(gate)):
        assert (one.batch, one.max_paths, one.threads) == (shown, 3, 2)
        assert one.reduce == ("sum" if given else None)


@pytest.mark.parametrize("name", OPTIONS)
def test_options_of_a_gate_cannot_be_changed(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(compile(f), name, 1)


def test_a_gate_tells_of_the_function_it_was_made_of() -> None:
    gate = compile(f)
    assert gate.__wrapped__ is f and gate.__name__ == "f"
    assert inspect.signature(gate) == inspect.signature(f)
    assert compile(functools.lru_cache(f)).__wrapped__ is f
    assert inspect.signature(sg.grad(gate)) == inspect.signature(f)


def test_attributes_of_the_function_do_not_hide_those_of_the_gate() -> None:
    def g(x: Any) -> Any:
        return x * 2.0

    g.reduce, g.about = "mine", "doubles"  # type: ignore[attr-defined]
    gate = compile(g)
    assert (gate.reduce, gate.about) == (None, "doubles")
    assert gate(1.5) == 3.0
