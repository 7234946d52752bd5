"""The page docs/understand/one-multiplication.md: who is asked for x * y, and who is not."""

from __future__ import annotations

import operator
import sys
from types import FrameType
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.methods import Value as PureValue
from scalargrad.rows import BUILT_IN


def entered(compute: Any, *operands: Any) -> list[str]:
    """The names of the functions in Python that run while `compute` does."""
    found: list[str] = []

    def note(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and frame.f_code.co_name not in ("<listcomp>", "<genexpr>"):
            found.append(frame.f_code.co_name)

    sys.setprofile(note)
    try:
        compute(*operands)
    finally:
        sys.setprofile(None)
    return found


def test_method_of_the_pure_engine_is_one_function() -> None:
    x, y = PureValue(3.0), PureValue(-4.0)
    # the first product writes the method
    assert x * y == -12.0
    assert entered(operator.mul, x, y) == entered(operator.mul, x, 2.0) == ["__mul__"]


def test_row_called_goes_through_the_operator_of_the_operands() -> None:
    assert "__operator__" in entered(BUILT_IN["mul"], PureValue(3.0), PureValue(-4.0))


@pytest.mark.skipif(sg.engine != "native", reason="of the native engine")
def test_slot_of_the_native_engine_enters_no_function_in_python() -> None:
    x = sg.Value(3.0)
    assert entered(operator.mul, x, sg.Value(-4.0)) == entered(operator.mul, x, 2.0) == []


def test_tracer_is_asked_by_its_own_method_and_builds_no_node() -> None:
    found: list[list[str]] = []

    def product(x: Any, y: Any) -> Any:
        found.append(entered(operator.mul, x, y))
        return x * y

    assert sg.compile(product)(3.0, -4.0) == -12.0
    assert found
    assert not {"__operator__", "evaluate", "leaf"}.intersection(*found)
