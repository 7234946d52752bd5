"""Forward mode within a loop of transforms: the sweep is over what is new, not over the past."""

from __future__ import annotations

from typing import Any

import pytest

import scalargrad as sg
from scalargrad import ops
from scalargrad.graph import topological_order


def chain(x: Any, length: int) -> Any:
    for _ in range(length):
        x = sg.sin(x) + 0.5
    return x


def test_what_variables_were_computed_from_is_not_swept_over() -> None:
    past = chain(sg.Value(0.3), 1000)
    variable, beside = ops.identity(past), sg.Value(2.0)
    root = variable * beside
    assert topological_order(root, {variable})[-1] is root
    assert len(topological_order(root, {variable})) == 3
    # the past counts where the result uses it besides
    assert len(topological_order(root + past, {variable})) > 2000


@pytest.mark.parametrize("compiled", [False, True])
def test_a_loop_of_forward_derivatives_has_the_derivatives_of_the_closed_form(
    compiled: bool,
) -> None:
    def f(a: Any) -> Any:
        for _ in range(6):
            # the slope of a·x² is 2·a·x: the variable is computed from the one before
            a = sg.jvp(lambda x, a=a: x * x * a, (a,), (1.0,))[1]
        return a

    def closed(a: Any) -> Any:
        for _ in range(6):
            a = 2.0 * a * a
        return a

    call = sg.compile(f) if compiled else f
    assert call(0.6) == pytest.approx(closed(0.6))
    assert sg.grad(call)(0.6) == pytest.approx(sg.grad(closed)(0.6))
    assert sg.jvp(sg.grad(call), (0.6,), (1.0,))[1] == pytest.approx(sg.grad(sg.grad(closed))(0.6))
