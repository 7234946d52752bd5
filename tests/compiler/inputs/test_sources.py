"""The inputs of a program: their order, and where each comes from."""

from __future__ import annotations

from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler import compile
from scalargrad.compiler.inputs.lanes import summed_to
from scalargrad.compiler.inputs.sources import COUNT, SHARE, Inputs, is_given, of_lanes, sources

np = pytest.importorskip("numpy")


def test_inputs_are_found_by_their_sources_in_the_order_of_a_program() -> None:
    inputs = Inputs("count", "share", ["a", "b"])
    assert [inputs.of(source) for source in sources(2)] == list(inputs.in_order())
    assert list(inputs.in_order())[2:] == ["a", "b"]
    assert (list(inputs.in_order())[COUNT], list(inputs.in_order())[SHARE]) == ("count", "share")


@pytest.mark.parametrize(
    ("lanes", "shown"), [(None, (1.0, 1.0)), (1, (1.0, 1.0)), (4, (4.0, 0.25))]
)
def test_inputs_tell_of_the_lanes(lanes: int | None, shown: tuple[float, float]) -> None:
    assert of_lanes(lanes, [2.0])[:2] == shown


def test_a_program_of_no_lanes_has_no_share() -> None:
    with pytest.raises(ZeroDivisionError):
        of_lanes(0, [])


def test_sources_of_a_trace_are_those_of_the_call_then_what_is_captured() -> None:
    w = sg.Value(3.0)
    gate = compile(lambda x, y: w * x[1] + y)
    gate([1.0, 2.0], 4.0)
    (paths,) = gate._programs.paths.values()
    found = paths.first.traced.sources
    assert found == [*sources(3), w]
    assert list(map(is_given, found)) == [True] * 5 + [False]


@pytest.mark.parametrize(
    "shape", [(2, 3, 4), (3, 4), (4,), (), (1,), (2, 1, 4), (1, 3, 1), (3, 1), (1, 1, 1)]
)
def test_a_sum_to_a_shape_undoes_a_broadcast(shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    copies = x.size // int(np.prod(shape))
    found: Any = summed_to(np.broadcast_to(np.ones(shape), x.shape), shape)
    assert found.shape == shape and (found == copies).all()
    assert summed_to(x, shape).sum() == pytest.approx(x.sum(), rel=1e-12)
