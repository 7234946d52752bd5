"""Which loops keep checkpoints, in lanes, and what is gained."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad.compiler.machine.runner import OnMachine
from scalargrad.compiler.nests import checkpoints
from scalargrad.compiler.nests.checkpoints import Plan, least_lanes, length, plans
from scalargrad.compiler.nests.nest import Address, Array, Nest
from scalargrad.compiler.nests.runner import InSegments
from scalargrad.compiler.trace.native import machine
from tests.support.long_loops import always, flat_columns, runner_of, spring, springs, swing

natively_only = pytest.mark.skipif(machine is None, reason="the machine was not built")
SPRINGS = ("x", "v", "k", "c")


def swing_of(steps: int, lanes: int) -> Any:
    def f(angle: Any, speed: Any, g: Any) -> Any:
        return swing(angle, speed, g, steps)

    return runner_of(f, np.linspace(-1.0, 1.0, lanes), 0.1, 9.8, batch="angle")


@pytest.mark.parametrize(
    ("trips", "kept", "work", "lanes"),
    [
        # memory takes what a pendulum keeps as quickly as it is computed
        (250_000, 2, 12, 0),
        # but no call holds so much
        (600_000, 2, 12, 1),
        # a Kalman filter, for which memory is too slow: from eight megabytes on
        (1_000, 8, 32, 0),
        (1_100, 8, 32, 65),
        (2_200, 8, 32, 33),
        (10_000, 8, 32, 1),
        # a cell of an LSTM
        (6_000, 12, 138, 1),
        # a sine, which takes longer to compute than to fetch
        (10_000, 1, 9, 0),
        # a square, where registers are long
        (10_000, 1, 2, 65),
        (100_000, 1, 2, 0),
        (100_000, 3, 5, 0),
        (10_000, 3, 5, 33),
    ],
)
def test_what_is_computed_anew_is_what_memory_is_too_slow_for(
    trips: int, kept: int, work: int, lanes: int
) -> None:
    assert least_lanes(trips, kept, work) == lanes


@natively_only
def test_memory_grows_as_the_root_of_the_length() -> None:
    few, many, very_many = (swing_of(steps, 2).registers for steps in (5_000, 600_000, 2_000_000))
    assert few == pytest.approx(2 * 5_000, rel=0.01)
    assert many < 6_000
    assert very_many < 9_000


@natively_only
def test_each_loop_keeps_all_with_few_lanes() -> None:
    given = np.random.default_rng(0).uniform(size=(4, 128))
    found = runner_of(springs, *given, batch=SPRINGS)
    assert (type(found), found.least) == (InSegments, 65)
    middle = found.of_few
    assert (type(middle), middle.least) == (InSegments, 33)
    few = middle.of_few
    assert type(few) is OnMachine
    assert few.registers > middle.registers + 4 * 4_000 > found.registers + 4 * 6_000
    both = sg.value_and_grad(sg.compile(springs, batch=SPRINGS), (0, 1, 2, 3))
    runs = {count: np.array(flat_columns(both(*given[:, :count]))) for count in (128, 64, 32, 5)}
    for count, run in runs.items():
        assert np.array_equal(run, runs[128][:, :count])


@natively_only
def test_short_loops_keep_everything() -> None:
    assert type(swing_of(1_000, 128)) is OnMachine


def test_segments_are_equally_long() -> None:
    for trips in (100, 101, 5_000, 10**6):
        each = length(trips, 2, 2)
        segments = -(-trips // each)
        assert 0 <= segments * each - trips < segments
        assert each <= max(checkpoints.IN_SEGMENT // 2, math.isqrt(trips))


def test_what_reads_sums_is_not_computed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    always(monkeypatch)

    def planned(summed: bool) -> list[Plan]:
        """Plans for a loop that reads an array, and keeps what it reads."""
        nest = Nest()
        nest.begin([False])
        read = nest.sums(50) if summed else Array(50, [0.5] * 50)
        loop, back = nest.loop(nest.root, 50), nest.loop(nest.root, 50)
        x = nest.tracers[nest.read(Address(read, 0, (1,)), loop)]
        kept = Array(50, kept_by=loop)
        nest.write(loop, Address(kept, 0, (1,)), nest.index(sg.sin(x)))
        y = nest.tracers[nest.read(Address(kept, 49, (-1,)), back)]
        total = nest.carried(back, nest.constant(0.0))
        nest.next[total] = nest.index(nest.tracers[total] + y)
        return plans(nest, [nest.last(nest.next[total], back)])

    assert len(planned(False)) == 1
    assert not planned(True)


@natively_only
def test_a_listing_tells_of_segments() -> None:
    def f(angle: Any, speed: Any) -> Any:
        return spring(angle, speed, 9.8, 0.1, 5_000)

    found = str(sg.compile(f, batch="angle").program(np.linspace(-1.0, 1.0, 40), 0.1))
    (line,) = [line for line in found.splitlines() if line.startswith("loop ×")]
    end = "in segments of 167 trips that are computed anew"
    assert line.endswith(f"keeps 3 numbers a trip, with 65 lanes or more, {end}")


@natively_only
def test_a_listing_counts_the_registers_of_its_call() -> None:
    given = np.random.default_rng(0).uniform(size=(4, 128))
    gate = sg.compile(springs, batch=SPRINGS)
    few, middle, many = (gate.program(*given[:, :lanes]).registers for lanes in (5, 40, 128))
    assert few > middle + 4 * 4_000 > many + 4 * 6_000
