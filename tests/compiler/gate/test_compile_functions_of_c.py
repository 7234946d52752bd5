"""`compile` of functions of C: each is right as the function itself, or refused with the cure."""

from __future__ import annotations

import builtins
import math
import operator
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg

ARGUMENTS: tuple[tuple[Any, ...], ...] = (
    *((), (2.5,), (-2.0,), (2.0, 3.0), ([1.0, 2.0],), ([2.0], [3.0]), (2.5, float)),
    *((2.5, (int, float)), ("a",), (3,), (True, float), ("{:.1f}", 2.5), ([2.0, 1.0], 1.0)),
)
APART = {"id", "dir", "help", "input", "open", "breakpoint", "exit", "quit", "eval", "exec"}
APART |= {
    "copyright",
    "credits",
    "license",
    "globals",
    "locals",
    "vars",
    "super",
    "object",
    "property",
}
"""Those whose results are of the object or of the caller, or that ask the user."""


def is_tried(name: str, f: Any) -> bool:
    is_error = isinstance(f, type) and issubclass(f, BaseException)
    return callable(f) and name[0] != "_" and name not in APART and not is_error


FUNCTIONS = {
    f"{module.__name__}.{name}": f
    for module in (builtins, math, operator)
    for name, f in vars(module).items()
    if is_tried(name, f)
}


def tried(f: Callable[..., Any], given: Any) -> Any:
    """The result, or the error."""
    try:
        return f(*given)
    except Exception as error:
        return error


def told(x: Any) -> str:
    """A result as text: of a view and the like, its kind alone."""
    return f"{type(x).__name__} {x!r}"


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.filterwarnings("ignore:.*traced anew")
def test_compiled_function_of_c_is_right_or_refused(name: str, capsys: Any) -> None:
    f = FUNCTIONS[name]
    gate = sg.compile(f)
    for given in ARGUMENTS:
        plain = tried(f, given)
        found = tried(gate, given)
        if isinstance(found, TypeError):
            cured = ("compile cannot follow", "expected numbers, Values", "took more than")
            assert isinstance(plain, Exception) or str(found).startswith(cured), (given, found)
        elif isinstance(found, Exception):
            assert type(found) is type(plain), given
        elif not isinstance(plain, Exception):  # Values raise less than floats do
            assert told(found) == told(plain) or (found == plain and type(plain) is int), given


def test_print_prints_at_each_call(capsys: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gate = sg.compile(print)
        gate(2.0)
        gate(2.0)
    assert capsys.readouterr().out == "2.0\n2.0\n"


def test_the_class_of_a_traced_number_is_no_result() -> None:
    for f in (type, lambda x: [type(x)]):
        with pytest.raises(TypeError, match="ask isinstance"):
            sg.compile(f)(2.0)
    assert sg.compile(type)("a") is str


def test_gate_of_a_function_of_c_has_its_name_and_pickles() -> None:
    gate = sg.compile(abs)
    assert (repr(gate), gate.__wrapped__) == ("<compiled abs>", abs)
    assert pickle.loads(pickle.dumps(gate))(-2.0) == 2.0


def test_gradients_of_functions_of_c() -> None:
    assert sg.grad(sg.compile(abs))(-2.0) == -1.0
    assert sg.grad(sg.compile(max))([1.0, 2.0]) == [0.0, 1.0]
    assert sg.grad(sg.compile(sum))([1.0, 2.0]) == [1.0, 1.0]
    assert sg.grad(sg.compile(pow), (0, 1))(2.0, 3.0)[0] == 12.0
