"""Loops that keep much, in lanes, keep checkpoints: every bit is the same, and memory is less."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad.compiler.machine.interpreter import interpret
from scalargrad.compiler.machine.runner import OnMachine
from scalargrad.compiler.nests import checkpoints, choice
from scalargrad.compiler.nests.checkpoints import Plan, least_lanes, length, plans
from scalargrad.compiler.nests.lanes import LaneEncoder
from scalargrad.compiler.nests.nest import Address, Array, Nest, Refused
from scalargrad.compiler.nests.runner import InSegments
from scalargrad.compiler.trace.native import machine
from tests.support.expressions import rounds
from tests.support.instructions_made import natively
from tests.support.nests_made import InLanes, given_at_random
from tests.support.random_loops import INPUTS, random_function
from tests.support.random_recurrences import recurrence

natively_only = pytest.mark.skipif(machine is None, reason="the machine was not built")


def always(monkeypatch: pytest.MonkeyPatch, in_segment: int = 1) -> None:
    """Have every loop keep checkpoints, so many numbers at a time at least."""
    monkeypatch.setattr(checkpoints, "MOST_HELD", 0)
    monkeypatch.setattr(checkpoints, "IN_SEGMENT", in_segment)


def never(monkeypatch: pytest.MonkeyPatch) -> None:
    for most in ("MOST_HELD", "MOST_KEPT"):
        monkeypatch.setattr(checkpoints, most, 2**60)


def flat(found: Any) -> Iterator[bytes]:
    """The bits of numbers in any structure."""
    if isinstance(found, list | tuple):
        for part in found:
            yield from flat(part)
    else:
        yield np.asarray(found).tobytes()


# ------ on every loop that can be made
def bits_of(given: InLanes, encoder: LaneEncoder) -> list[list[bytes]]:
    """The bits of the outputs, on the interpreter and on the machine."""
    code, columns = given.code(encoder), given.columns()
    by_place = {(0, k): x for k, x in enumerate(columns)}
    runs = [interpret(code, given.numbers(), by_place, given.count)]
    if machine is not None:
        runs.append(natively(code, given.numbers(), columns, given.count))
    return [list(flat([list(found.results), *found.outputs.values()])) for found in runs]


@pytest.mark.parametrize("careful", [False, True])
def test_random_loops_have_the_same_bits(careful: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    found, tried, most = 0, 0, len(rounds(5))
    while found < most:
        # about one in ten keeps numbers in a loop of its own
        assert (tried := tried + 1) < 100 * most
        random = Random(seed := Random().randrange(2**32))
        always(monkeypatch, random.choice([1, 4, 8, 30]))
        f = random_function(seed)
        given = given_at_random(f, random, INPUTS)
        try:
            derived = given.derived()
            keeping, segments = derived.in_lanes(careful), derived.in_segments(careful, 128)
            if segments is not None:
                assert bits_of(given, keeping) == bits_of(given, segments.encoder)
                found += 1
        except (OverflowError, Refused):
            continue
        except BaseException:
            print(seed, f.source)  # type: ignore[attr-defined]
            raise


def test_loops_that_check_something_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    always(monkeypatch)

    def f(m: Any, x: Any, least: Any) -> Any:
        for _ in range(50):
            x = m.sin(x) if x > least else x
        return x

    given = [InLanes(f, [[0.5, 0.7], least], None).derived() for least in (-1.0, 1.0)]
    assert [derived.in_segments(False, 128) for derived in given] == [None, None]


# ------ as functions of a user's
def swing(angle: Any, speed: Any, g: Any, steps: int = 700) -> Any:
    for _ in range(steps):
        speed = speed - 0.001 * g * sg.sin(angle)
        angle = angle + 0.001 * speed
    return angle * angle + speed


def noisy(level: Any, rate: Any, z: Any) -> Any:
    """Two numbers ago, data of the lane's own, and sums."""
    before, total = level, 0.0
    for k in range(len(z) // 2):
        level, before = 0.9 * level + rate * sg.tanh(before) * z[2 * k], level
        total = total + sg.square(level) * z[2 * k + 1]
    return total + level * before


def roots(level: Any, rate: Any, z: Any) -> Any:
    """Numbers that are not finite in some lane: the careful program runs."""
    for _ in range(len(z)):
        level = level * 0.999 + sg.sqrt(sg.square(level) + z[0] * z[0]) * rate
    return level + sg.where(z[0], sg.sqrt(z[0]) * rate, 0.0)


def ended(start: Any, rate: Any, z: Any) -> Any:
    """A loop that every lane ends when it likes."""
    x, k = start, 0
    while x > 0.3 and k < len(z):
        x = x * sg.cos(rate) + 0.1 * z[k] * sg.sin(x) - 0.01
        k += 1
    return x * math.exp(-0.01 * k)


LANES = 40
ANGLES = np.linspace(-1.0, 1.0, LANES)
NOISE = np.random.default_rng(0).normal(size=(LANES, 1000))
SOME_ROOTS = np.abs(NOISE) * (np.arange(LANES) != 3)[:, None]


def gradient(f: Callable[..., Any], *args: Any, **options: Any) -> Callable[[], Any]:
    """The value and the derivatives in all arguments, twice: a second call may run otherwise."""

    def call() -> Any:
        both = sg.value_and_grad(sg.compile(f, **options), tuple(range(len(args))))
        return [both(*args), both(*args)]

    return call


def by_values(f: Callable[..., Any], *args: Any, **options: Any) -> Callable[[], Any]:
    """Derivatives that nodes get; of two results the same loop keeps for two ways back."""

    def call() -> Any:
        node = sg.Value(args[1])
        one, other = sg.compile(f, **options)(args[0], node, *args[2:])
        (one * other).backward()
        return [one.data, other.data, node.grad]

    return call


def both_ends(angle: Any, speed: Any, g: Any) -> Any:
    for _ in range(700):
        speed = speed - 0.001 * g * sg.sin(angle)
        angle = angle + 0.001 * speed
    return [angle, speed]


CASES = {
    "lanes of their own": gradient(swing, ANGLES, 0.1, 9.8, batch="angle"),
    "sums": gradient(swing, ANGLES, 0.1, 9.8, batch="angle", reduce="mean"),
    "data of the lanes": gradient(noisy, 0.3, 0.5, NOISE, batch="z", reduce="sum"),
    "threads": gradient(noisy, 0.3, 0.5, np.tile(NOISE, (60, 1)), batch="z", threads=2),
    "careful": gradient(roots, 0.3, 0.01, SOME_ROOTS, batch="z"),
    "masked": gradient(ended, 0.5 + ANGLES / 10, 0.01, NOISE[:, :300], batch=("start", "z")),
    "two ways back": by_values(both_ends, ANGLES, 0.1, 9.8, batch="angle", reduce="sum"),
}


def watched(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """The plans that are made from now on."""
    made: list[Plan] = []
    search = checkpoints.Search

    class Watched(search):  # type: ignore[misc, valid-type]
        def found(self) -> Iterator[Plan]:
            for plan in super().found():
                made.append(plan)
                yield plan

    monkeypatch.setattr(checkpoints, "Search", Watched)
    return made


@natively_only
@pytest.mark.parametrize("in_segment", [1, 60, 250])
@pytest.mark.parametrize("name", CASES)
def test_every_bit_is_the_same(name: str, in_segment: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made = watched(monkeypatch)
    never(monkeypatch)
    expected = list(flat(CASES[name]()))
    assert not made
    always(monkeypatch, in_segment)
    assert list(flat(CASES[name]())) == expected
    assert made
    ways_back = 2 if name == "two ways back" else 1
    assert max(len(plan.backward) for plan in made) == ways_back


@natively_only
def test_random_recurrences_have_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("MOST_SHARED", "MOST_FREE_IN_LANES"):
        monkeypatch.setattr(choice, kind, math.inf)
    made = watched(monkeypatch)
    for _ in rounds(20):
        random = Random(seed := Random().randrange(2**32))
        f, parameters, text = recurrence(seed)
        shape = random.choice([3, 20]), random.choice([60, 200])
        p, xs = np.zeros((shape[0], parameters)), np.zeros(shape)
        for array in (p, xs):
            array[...] = np.reshape([random.uniform(-1, 1) for _ in range(array.size)], array.shape)
        ys = [random.uniform(-1, 1) for _ in range(shape[1])]
        options = {"batch": ("p", "xs"), "reduce": random.choice([None, "sum"])}
        call = gradient(f, p, xs, ys, **options)
        never(monkeypatch)
        expected = list(flat(call()))
        always(monkeypatch, random.choice([1, 4, 30, 300]))
        if list(flat(call())) != expected:
            print(text)
            raise AssertionError(seed)
    assert made


# ------ which loops, and what is gained
def runner_of(f: Callable[..., Any], *args: Any, **options: Any) -> Any:
    both = sg.value_and_grad(sg.compile(f, **options), tuple(range(len(args))))
    both(*args)
    (paths,) = both._programs.paths.values()
    return paths.first.runner


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
    few, many, very_many = (swing_of(steps, 128).registers for steps in (5_000, 600_000, 2_000_000))
    assert few == pytest.approx(2 * 5_000, rel=0.01)
    assert many < 6_000
    assert very_many < 9_000


def spring(x: Any, v: Any, k: Any, c: Any, steps: int) -> Any:
    """Four numbers are kept, and take little work."""
    for _ in range(steps):
        v = v - 0.001 * (k * x + c * v * x * x)
        x = x + 0.001 * v
    return x + v


def springs(x: Any, v: Any, k: Any, c: Any) -> Any:
    """Two loops, of which the shorter is better computed anew with more lanes."""
    return spring(spring(x, v, k, c, 5_000), v, k, c, 2_500)


@natively_only
def test_each_loop_keeps_all_with_few_lanes() -> None:
    given = np.random.default_rng(0).uniform(size=(4, 128))
    found = runner_of(springs, *given, batch=("x", "v", "k", "c"))
    assert (type(found), found.least) == (InSegments, 65)
    middle = found.of_few
    assert (type(middle), middle.least) == (InSegments, 33)
    few = middle.of_few
    assert type(few) is OnMachine
    assert few.registers > middle.registers + 4 * 4_000 > found.registers + 4 * 6_000
    both = sg.value_and_grad(sg.compile(springs, batch=("x", "v", "k", "c")), (0, 1, 2, 3))
    runs = {count: np.array(flat_columns(both(*given[:, :count]))) for count in (128, 64, 32, 5)}
    for count, run in runs.items():
        assert np.array_equal(run, runs[128][:, :count])


def flat_columns(found: Any) -> list[Any]:
    value, gradients = found
    return [value, *gradients]


@natively_only
def test_sums_have_the_same_bits_however_long_registers_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of a loop that keeps much the machine makes registers shorter; of one in segments it does
    not."""

    def f(angle: Any, speed: Any, g: Any) -> Any:
        return swing(angle, speed, g, 70_000)

    for lanes in (17, 100, 300):
        call = gradient(f, np.linspace(-1.0, 1.0, lanes), 0.1, 9.8, batch="angle", reduce="sum")
        never(monkeypatch)
        expected = list(flat(call()))
        always(monkeypatch, 500)
        assert list(flat(call())) == expected


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

    found = str(sg.compile(f, batch="angle").program(ANGLES, 0.1))
    (line,) = [line for line in found.splitlines() if line.startswith("loop ×")]
    end = "in segments of 167 trips that are computed anew"
    assert line.endswith(f"keeps 3 numbers a trip, with 65 lanes or more, {end}")


@natively_only
def test_a_listing_counts_the_registers_of_its_call() -> None:
    given = np.random.default_rng(0).uniform(size=(4, 128))
    gate = sg.compile(springs, batch=("x", "v", "k", "c"))
    few, middle, many = (gate.program(*given[:, :lanes]).registers for lanes in (5, 40, 128))
    assert few > middle + 4 * 4_000 > many + 4 * 6_000
