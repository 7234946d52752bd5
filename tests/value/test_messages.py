"""What an error says: what was expected, what came, what to do."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, losses
from scalargrad.nn import MLP
from tests.support.places import CHECKOUT, DOCS, PACKAGE

np = pytest.importorskip("numpy")

V = Value(2.0)


def set_grad(x: Any) -> None:
    Value(1.0).grad = x


CALLS: dict[str, tuple[Callable[[], Any], str]] = {
    "a Value of a Value": (
        lambda: Value(Value(2)),
        r"data of a Value is one number, got Value .*; its number is \.data",
    ),
    "a Value of nothing": (lambda: Value(None), "data of a Value is one number, got NoneType None"),
    "no gradient": (
        lambda: set_grad(None),
        r"grad of a Value is one number, got NoneType None; 0\.0 stands for none, and zero_grad",
    ),
    "a Value as gradient": (lambda: set_grad(V), r"grad of a Value .* its number is \.data"),
    "max of two": (
        lambda: sg.max(V, 1.0),
        r"expected max\(operands\), got max\(Value.*, 1\.0\): .* one list, max\(\[…\]\)",
    ),
    "sum of nothing": (lambda: sg.sum(), r"expected sum\(operands\), got sum\(\)"),
    "mean by name": (lambda: sg.mean(xs=[V]), r"expected mean\(operands\), got mean\(xs="),
    "dot of one": (lambda: sg.dot([V]), r"expected dot\(weights, inputs, bias=None\), got dot"),
    "one number for a list": (lambda: sg.sum(V), "expected a list of numbers or Values, got Value"),
    "layers that are no list": (
        lambda: MLP(2, 3),
        r"nouts lists the neurons of each layer, got int 3: MLP\(2, \[3\]\)",
    ),
    "an activation there is not": (lambda: MLP(2, [3], activation="rely"), "got 'rely'"),
    "no activation": (lambda: MLP(2, [3], activation=3), "or its name; got int 3"),
    "an array": (
        lambda: sg.exp(np.array([1.0, 2.0])),
        r"a number or a Value, got ndarray .*: call NumPy's function of that name",
    ),
    "a list": (lambda: sg.tanh([V]), "got list .*: call it for each of them"),
    "a power with a modulus": (lambda: pow(V, 2, 3), r"pow|__pow__"),
    "an index": (lambda: math.sin(V), r"v\.data.*scalargrad\.sin\(v\)"),
    "a label with a point": (
        lambda: losses.cross_entropy([V, V], 1.0),
        r"whole number, got float 1\.0: use int\(1\.0\)",
    ),
    "a label as a list": (
        lambda: losses.cross_entropy([V, V], [0, 1]),
        r"whole number, got list \[0, 1\]: use the index of the 1, which is 1",
    ),
    "a label that is half": (lambda: losses.cross_entropy([V, V], 0.5), r"got float 0\.5$"),
}


@pytest.mark.parametrize("call, message", CALLS.values(), ids=CALLS)
def test_a_message_says_what_came_and_what_to_do(call: Callable[[], Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError)) as raised:
        call()
    text = str(raised.value)
    assert re.search(message, text, re.DOTALL), text
    assert "<locals>" not in text
    assert "at_least_one" not in text


@pytest.mark.parametrize("convert", [math.floor, math.ceil, math.trunc, round, abs])
def test_what_rounds_gives_a_value(convert: Any) -> None:
    for x in (-2.5, 0.25, 7.0):
        result = convert(Value(x))
        assert type(result) is Value
        assert result.data == convert(x)


def test_no_message_and_no_page_names_a_part_of_this_package_on_the_index() -> None:
    files = [*CHECKOUT.glob("*.md"), *PACKAGE.rglob("*.py"), *DOCS.rglob("*.md")]
    naming = [f for f in files if re.search(r"pip install .?scalargrad\[", f.read_text("utf-8"))]
    assert not naming
