"""Errors of a compiled function show the user's code, without the compiler's frames before it."""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import scalargrad as sg


def inner(x: Any) -> Any:
    return math.sin(x)


def outer(x: Any) -> Any:
    return inner(x) + 1.0


def first_of(xs: Any) -> Any:
    return outer(xs[0])


def broken(x: Any) -> Any:
    raise KeyError("of the function itself")


ONE = np.array([1.0, 2.0])
CALLS: dict[str, tuple[Callable[[], Any], list[str]]] = {
    "a call": (lambda: sg.compile(outer)(2.0), ["outer", "inner"]),
    "a gradient": (lambda: sg.grad(sg.compile(outer))(2.0), ["outer", "inner"]),
    "lanes": (lambda: sg.compile(outer, batch="x")(ONE), ["outer", "inner"]),
    "a list": (lambda: sg.compile(first_of)([2.0]), ["first_of", "outer", "inner"]),
    "a Jacobian": (
        lambda: sg.jacobian(sg.compile(first_of))([2.0]),
        ["first_of", "outer", "inner"],
    ),
    "a program": (lambda: sg.compile(outer).program(2.0), ["outer", "inner"]),
    "a profile": (lambda: sg.compile(outer).profile(2.0), ["outer", "inner"]),
    "an export": (lambda: sg.compile(outer).to_python(2.0), ["outer", "inner"]),
    "a gate in a gate": (
        lambda: sg.compile(lambda x: sg.compile(outer)(x))(2.0),
        ["<lambda>", "outer", "inner"],
    ),
    "lanes in a gate": (
        lambda: sg.compile(lambda x: sg.compile(outer, batch="x")(np.array([x, x])))(2.0),
        ["<lambda>", "outer", "inner"],
    ),
    "an error of its own": (lambda: sg.compile(broken)(2.0), ["broken"]),
}


def frames(call: Callable[[], Any]) -> list[traceback.FrameSummary]:
    with pytest.raises((TypeError, KeyError)) as caught:
        call()
    return list(traceback.extract_tb(caught.value.__traceback__))[2:]


@pytest.mark.parametrize("name", CALLS)
def test_traceback_keeps_each_frame_of_the_user(name: str) -> None:
    call, expected = CALLS[name]
    users = [x.name for x in frames(call) if x.filename == __file__]
    assert [x for x in users if x != "<lambda>" or x in expected][-len(expected) :] == expected


@pytest.mark.parametrize("name", CALLS)
def test_traceback_has_few_frames_of_the_compiler(name: str) -> None:
    ours = [x for x in frames(CALLS[name][0]) if x.filename != __file__]
    assert len(ours) <= 12 if " in a gate" in name else len(ours) <= 4


def test_error_of_what_a_function_returns_is_that_of_its_reader() -> None:
    assert [x.name for x in frames(lambda: sg.compile(lambda x: {1.0})(2.0))] == [
        *("__call__", "ran", "flattened", "flatten")
    ]


def test_error_of_wrong_arguments_is_pythons_own() -> None:
    with pytest.raises(TypeError, match=r"outer\(\) missing 1 required positional argument: 'x'"):
        sg.compile(outer)()


def test_cause_and_context_of_an_error_stay() -> None:
    def f(x: Any) -> Any:
        try:
            return {}["a"]
        except KeyError as error:
            raise ValueError("b") from error

    with pytest.raises(ValueError, match="b") as caught:
        sg.compile(f)(2.0)
    assert isinstance(caught.value.__cause__, KeyError)
    assert caught.value.__context__ is caught.value.__cause__


def test_error_within_the_compiler_keeps_its_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    from scalargrad.compiler.branches import paths

    def fails(*args: Any) -> Any:
        raise TypeError("a fault of our own")

    monkeypatch.setattr(paths.Paths, "traced", fails)
    names = [x.name for x in frames(lambda: sg.compile(outer)(2.0))]
    assert names[-1] == "fails"
    assert {"_in_full", "_by_program", "root"} <= {*names}


@pytest.mark.parametrize("given", [(), (1.0,), (1.0, 2.0, 3.0)])
@pytest.mark.parametrize("method", ["program", "draw", "to_python", "to_numpy", "to_jax", "to_c"])
def test_a_program_asked_for_without_the_arguments_of_a_call_tells_them(
    method: str, given: Any
) -> None:
    def loss(w: Any, x: Any) -> Any:
        return w * x

    with pytest.raises(TypeError, match=r"takes the arguments of loss\(w: 'Any', x: 'Any'\)"):
        getattr(sg.compile(loss), method)(*given)
