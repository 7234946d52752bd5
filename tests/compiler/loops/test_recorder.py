"""The recorder of loops, in Python and in C: what is recorded, and that nothing of it is lost.

`SCALARGRAD_LOOPS=3600 pytest tests/compiler/loops` runs the long form, so many seconds."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import pytest

from scalargrad import ops
from scalargrad.compiler.loops.items import (
    Constant,
    ConstantTable,
    InputAt,
    InputTable,
    Item,
    Loop,
    NodeAt,
    One,
    Operation,
    Run,
    expand,
)
from scalargrad.compiler.loops.periods import PATIENCE
from scalargrad.compiler.loops.recorder import Recorded, Recorder
from scalargrad.compiler.trace.native import nodes
from tests.support.random_loops import Log, in_bits, random_function, record
from tests.support.refused_memory import times_refused

RECORDERS: list[Any] = [Recorder]
if nodes is not None:
    from scalargrad.compiler.trace import loops_in_c

    RECORDERS.append(loops_in_c.Recorder)

SECONDS = float(os.environ.get("SCALARGRAD_LOOPS", 0))
Call = tuple[Any, tuple[One, ...]]
each_recorder = pytest.mark.parametrize("kind", RECORDERS)


def recorded(kind: Any, f: Callable[[Callable[..., NodeAt]], object]) -> Recorded:
    """What is recorded of a function of `call`; the events are all there, bit for bit."""
    recorder, log = kind(), Log()

    def call(operator: Any, *operands: One, outcome: bool | None = None) -> NodeAt:
        log.record(operator, operands, outcome)
        return NodeAt(recorder.record(operator, operands, outcome))

    f(call)
    found: Recorded = recorder.finish()
    assert found.events == len(recorder) == len(log.events)
    assert in_bits(list(expand(found.items))) == in_bits(log.events)
    return found


def loops_in(items: Iterable[Item]) -> list[Loop]:
    return [item for item in items if isinstance(item, Loop)]


# ------ nothing is lost


def seeds() -> Iterable[int]:
    """200 seeds; in the long form those of so many seconds."""
    end, seed = time.monotonic() + SECONDS, 0
    while seed < 200 or time.monotonic() < end:
        yield seed
        seed += 1


def test_expanded_items_are_the_very_same_events() -> None:
    events = in_loops = replayed = 0
    for seed in seeds():
        recorders, log = [kind() for kind in RECORDERS], Log()
        f = random_function(seed)
        try:
            record(f, log, *recorders, most=4000)
        except OverflowError:
            continue
        found = [recorder.finish() for recorder in recorders]
        assert in_bits(list(expand(found[0].items))) == in_bits(log.events), f.source
        # the recorder in C gives the same items
        for recorder, other in zip(recorders, found):
            assert in_bits(other.items) == in_bits(found[0].items), f.source
            assert recorder.replayed == recorders[0].replayed
            assert recorder.most == recorders[0].most
        events += found[0].events
        in_loops += found[0].in_loops
        replayed += recorders[0].replayed
    assert in_loops > 0.8 * events
    assert replayed < 0.1 * events


# ------ what becomes a loop


@each_recorder
def test_events_without_operands(kind: Any) -> None:
    """Of such events a recorder in C has no memory for operands."""
    for times in (1, 200):
        found = recorded(kind, lambda call, times=times: [call(ops.dot) for _ in range(times)])
        assert len(found.items) <= 3


@each_recorder
def test_a_recurrence_is_one_loop_however_long(kind: Any) -> None:
    def steps(call: Any) -> None:
        x: One = InputAt(0)
        for _ in range(1000):
            x = call(ops.add, x, call(ops.mul, Constant(0.1), call(ops.sin, x)))

    found = recorded(kind, steps)
    (loop,) = loops_in(found.items)
    assert loop == Loop(
        999,
        3,
        (
            Operation(ops.sin, (NodeAt(2, (3,)),)),
            Operation(ops.mul, (Constant(0.1), NodeAt(3, (3,)))),
            Operation(ops.add, (NodeAt(2, (3,)), NodeAt(4, (3,)))),
        ),
    )


@each_recorder
def test_memory_is_that_of_the_body_whatever_the_length(kind: Any) -> None:
    recorder = kind()
    x: One = InputAt(0)
    for _ in range(5000):
        x = NodeAt(recorder.record(ops.sin, [x]))
        x = NodeAt(recorder.record(ops.mul, [x, Constant(0.5)]))
    assert recorder.most < 20


@each_recorder
def test_numbers_that_differ_stand_in_a_table(kind: Any) -> None:
    data = [Random(k).uniform(-1, 1) for k in range(40)]

    def sums(call: Any) -> None:
        s: One = Constant(0.0)
        for x in data:
            s = call(ops.add, s, call(ops.mul, InputAt(0), Constant(x)))

    (loop,) = loops_in(recorded(kind, sums).items)
    table = loop.body[0]
    assert isinstance(table, Operation)
    assert isinstance(table.references[1], ConstantTable)
    assert list(table.references[1].numbers) == data[1:]


@each_recorder
def test_zeros_of_both_signs_and_nans_keep_their_bits(kind: Any) -> None:
    numbers = [0.0, -0.0, float("nan"), -float("nan"), float("inf")] * 8

    def sums(call: Any) -> None:
        for x in numbers:
            call(ops.mul, InputAt(0), Constant(x))

    assert len(loops_in(recorded(kind, sums).items)) == 1


@each_recorder
def test_irregular_inputs_stand_in_a_table(kind: Any) -> None:
    rows = [k * k % 7 for k in range(30)]

    def looked_up(call: Any) -> None:
        for k in rows:
            call(ops.mul, InputAt(k), InputAt(8))

    (loop,) = loops_in(recorded(kind, looked_up).items)
    assert isinstance(loop.body[0], Operation)
    first, second = loop.body[0].references
    assert isinstance(first, InputTable) and list(first.indexes) == rows
    assert second == InputAt(8, (0,))


@each_recorder
def test_what_ends_a_loop_does_not_stay_in_its_law(kind: Any) -> None:
    """The event after the last iteration looks like one more; only the next one does not."""

    def rows(call: Any) -> None:
        for k in range(20):
            x = call(ops.mul, Constant(2.0), InputAt(k))
            call(ops.sin, call(ops.add, x, InputAt(k)))
        x = call(ops.mul, Constant(3.0), InputAt(90))
        call(ops.cos, x)

    (loop,) = loops_in(recorded(kind, rows).items)
    assert isinstance(loop.body[0], Operation)
    assert loop.body[0].references == (Constant(2.0), InputAt(0, (1,)))
    assert loop.trips == 20


@each_recorder
def test_loops_in_loops_are_one_item(kind: Any) -> None:
    def layers(call: Any) -> None:
        h = [InputAt(k) for k in range(6)]
        for _ in range(10):
            new = []
            for i in range(6):
                s = call(ops.mul, InputAt(10 + 6 * i), h[0])
                for j in range(1, 6):
                    s = call(ops.add, s, call(ops.mul, InputAt(10 + 6 * i + j), h[j]))
                new.append(call(ops.tanh, s))
            h = new

    found = recorded(kind, layers)
    last = loops_in(found.items)[-1]
    (middle,) = loops_in(last.body)
    assert (last.trips, middle.trips) == (9, 6)
    assert found.in_loops > 0.95 * found.events


@each_recorder
def test_operands_of_a_list_are_runs(kind: Any) -> None:
    def dense(call: Any) -> None:
        h: list[One] = [InputAt(k) for k in range(12)]
        for _ in range(6):
            weights = [[InputAt(12 * i + j) for j in range(12)] for i in range(1, 13)]
            h = [call(ops.dot, *row, *h) for row in weights]

    outer = loops_in(recorded(kind, dense).items)[-1]
    (inner,) = loops_in(outer.body)
    assert inner.body == (
        Operation(ops.dot, (Run(InputAt(12, (0, 12)), 1, 12), Run(NodeAt(0, (12, 0)), 1, 12))),
    )


@each_recorder
def test_numbers_side_by_side_in_a_list_are_one_operand(kind: Any) -> None:
    def rows(call: Any) -> None:
        for k in range(20):
            numbers = [Constant(0.5 * k + j) for j in range(5)]
            call(ops.dot, *(InputAt(j) for j in range(5)), *numbers)

    (loop,) = loops_in(recorded(kind, rows).items)
    assert isinstance(loop.body[0], Operation)
    _, numbers = loop.body[0].references
    assert isinstance(numbers, Run) and isinstance(numbers.first, ConstantTable)
    assert list(numbers.first.numbers[5:10]) == [0.5, 1.5, 2.5, 3.5, 4.5]


@each_recorder
def test_alternating_iterations_are_a_body_of_several(kind: Any) -> None:
    def alternating(call: Any) -> None:
        x: One = InputAt(0)
        for k in range(60):
            x = call(ops.sin, x) if k % 3 == 1 else call(ops.mul, x, InputAt(1))

    (loop,) = loops_in(recorded(kind, alternating).items)
    assert loop.span == 3


@each_recorder
def test_wiring_may_have_a_longer_period_than_operators(kind: Any) -> None:
    """Each of two chains reads from itself, and all events are alike."""

    def chains(call: Any) -> None:
        xs: list[One] = [InputAt(0), InputAt(1), InputAt(2)]
        for k in range(90):
            xs[k % 3] = call(ops.mul, xs[k % 3], xs[(k * k) % 3])

    found = recorded(kind, chains)
    assert found.in_loops > 0.8 * found.events


@each_recorder
@pytest.mark.parametrize("seed", range(20))
def test_a_body_may_have_the_same_few_operators_several_times(kind: Any, seed: int) -> None:
    """In a body of two operators, any short n-gram comes more than once."""
    draw = Random(seed)
    size = draw.randrange(12, 120)
    chosen = [draw.choice((ops.sin, ops.cos)) for _ in range(size)]

    def steps(call: Any) -> None:
        for k in range(12):
            for place, operator in enumerate(chosen):
                call(operator, InputAt(size * k + place))

    found = recorded(kind, steps)
    assert found.in_loops == found.events


@each_recorder
def test_units_are_found_though_each_trigram_of_their_operators_comes_twice(kind: Any) -> None:
    """A cell of a network: each of its trigrams of operators comes twice."""
    cell = [ops.sin, ops.cos, ops.exp] * 2 + [ops.sin, ops.cos, ops.tanh]
    cell += [ops.sin, ops.sin, ops.cos, ops.tanh, ops.sin]
    around = cell * 2
    trigrams = Counter(tuple(around[k : k + 3]) for k in range(len(cell)))
    assert min(trigrams.values()) > 1

    def steps(call: Any) -> None:
        for _ in range(6):
            for unit in range(14):
                for operator in cell:
                    call(operator, InputAt(unit))
            call(ops.exp, InputAt(0))

    found = recorded(kind, steps)
    (loop,) = loops_in(found.items)
    assert loop.trips >= 5 and len(loop.body) == 2


@each_recorder
def test_guards_are_events_with_an_outcome(kind: Any) -> None:
    def branches(call: Any) -> None:
        x: One = InputAt(0)
        for k in range(40):
            call("<", x, Constant(1.0), outcome=k != 25)
            x = call(ops.mul, x, InputAt(1))

    before, after = loops_in(recorded(kind, branches).items)
    assert (before.trips, after.trips) == (24, 14)


@each_recorder
def test_short_loops_stay_unrolled(kind: Any) -> None:
    def three(call: Any) -> None:
        x: One = InputAt(0)
        for _ in range(11):
            x = call(ops.sin, x)

    assert loops_in(recorded(kind, three).items) == []


@each_recorder
def test_loops_are_found_after_a_long_irregular_beginning(kind: Any) -> None:
    random = Random(3)

    def late(call: Any) -> None:
        for k in range(PATIENCE + 2000):
            places = [random.randrange(max(k, 1)) for _ in range(2)]
            row = random.choice([ops.add, ops.mul, ops.sub, ops.maximum])
            call(row, *(map(NodeAt, places) if k else [InputAt(0), InputAt(1)]))
        x: One = InputAt(0)
        for _ in range(4000):
            x = call(ops.sin, call(ops.mul, x, InputAt(1)))

    found = recorded(kind, late)
    assert found.in_loops > 7000


@each_recorder
def test_a_nest_too_deep_for_a_law_keeps_its_outermost_loops_unrolled(kind: Any) -> None:
    def deep(call: Any) -> None:
        x: One = InputAt(0)
        for _ in range(3**3):
            for _ in range(4):
                for _ in range(4):
                    for _ in range(4):
                        for _ in range(12):
                            x = call(ops.sin, x)
                        x = call(ops.cos, x)
                    x = call(ops.exp, x)
                x = call(ops.tanh, x)
            x = call(ops.neg, x)

    found = recorded(kind, deep)
    assert found.in_loops > 0.9 * found.events


# ------ what would be right as notation, and wrong to compile


@each_recorder
def test_no_iteration_reads_from_a_certain_other_one(kind: Any) -> None:
    """A value of iteration 0 that all later ones read is older than the loop."""

    def kept(call: Any) -> None:
        first = None
        x: One = InputAt(0)
        for _ in range(30):
            x = call(ops.mul, x, InputAt(1))
            first = first or call(ops.sin, x)
            x = call(ops.add, x, first)

    found = recorded(kind, kept)
    assert_invariants_are_older(found.items, 0, 0)
    assert loops_in(found.items)


def assert_invariants_are_older(items: Iterable[Item], begin: int, depth: int) -> None:
    for item in items:
        if isinstance(item, Loop):
            for reference in references(item.body):
                if isinstance(reference, NodeAt) and not any(reference.strides[depth:]):
                    assert reference.base < begin
            assert_invariants_are_older(item.body, begin, depth + 1)
            begin += item.trips * item.span
        else:
            begin += 1


def references(items: Iterable[Item]) -> Iterable[Any]:
    for item in items:
        yield from references(item.body) if isinstance(item, Loop) else item.references


@each_recorder
def test_the_invariants_of_random_loops_are_older_than_these(kind: Any) -> None:
    for seed in range(60):
        recorder = kind()
        try:
            record(random_function(seed), recorder, most=2000)
        except OverflowError:
            continue
        assert_invariants_are_older(recorder.finish().items, 0, 0)


@each_recorder
def test_a_law_does_not_run_from_nodes_into_inputs(kind: Any) -> None:
    """Node 3, six less each iteration, would be input 3 if these were one row of numbers."""

    def steps(call: Any) -> None:
        y: One = InputAt(3)
        for _ in range(20):
            for _ in range(3):
                call(ops.sin, InputAt(5))
            y = call(ops.mul, y, InputAt(4))
            call(ops.cos, y)
            call(ops.exp, y)

    (loop,) = loops_in(recorded(kind, steps).items)
    assert loop.trips == 19


# ------ faults


@each_recorder
def test_an_operand_of_another_kind_is_refused(kind: Any) -> None:
    recorder = kind()
    with pytest.raises(TypeError, match=r"expected a node, an input or a constant, got 2\.0"):
        recorder.record(ops.sin, [2.0])
    assert recorder.finish() == Recorded((), 0)


@pytest.mark.skipif(nodes is None, reason="there is no recorder in C")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_memory_that_is_refused_anywhere_leaves_a_recorder_that_refuses() -> None:
    log = Log()
    record(random_function(12), log)
    calls = [(e.operator, tuple(map(loops_in_c.pair, e.references))) for e in log.events]

    def items() -> Any:
        recorder = nodes.LoopRecorder()
        for call in calls:
            recorder.record(*call)
        return len(recorder.finish())

    assert times_refused(items, range(1, 3000, 11)) > 50


@pytest.mark.skipif(nodes is None, reason="there is no recorder in C")
def test_a_broken_recorder_refuses_and_is_freed() -> None:
    refused = pytest.importorskip("_testcapi")
    recorder = nodes.LoopRecorder()
    broken = 0
    for k in range(400):
        refused.set_nomemory(1, 2)
        try:
            recorder.record(ops.sin, ((1, k * k),))
        except MemoryError:
            broken = 1
        finally:
            refused.remove_mem_hooks()
        if broken:
            break
    assert broken
