"""The table of update rules: both engines agree bit for bit, all or nothing, whatever they get."""

from __future__ import annotations

import math
import random
import sys
from array import array
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, updates
from scalargrad.engine import update
from scalargrad.optim import SGD, Adam
from scalargrad.updates import RULES, Job, Rule
from tests.support.faults import struck
from tests.support.floats import all_bits

native = pytest.mark.skipif(sg.engine != "native", reason="about the native engine")

Place = Callable[[], Any]


def job(rule: Rule, rows: Sequence[Sequence[float]], settings: Sequence[float]) -> Job:
    """A job on parameters that hold data, gradient and state as in `rows`."""
    parameters = tuple(Value(row[0]) for row in rows)
    for parameter, row in zip(parameters, rows):
        # a gradient of −0.0 stands for none at all
        if row[1] != 0.0 or math.copysign(1.0, row[1]) > 0.0:
            parameter.grad = row[1]
    columns = [[row[2 + k] for row in rows] for k in range(len(rule.state))]
    memory = array("d", [0.0, *(x for column in columns for x in column)])
    return Job(rule, parameters, memory, tuple(settings))


def contents(jobs: Sequence[Job]) -> list[bytes]:
    numbers = [(p.data, p.grad, float(p.has_grad)) for j in jobs for p in j.parameters]
    return all_bits([x for row in numbers for x in row] + [x for j in jobs for x in j.memory])


def some_job(rule: Rule, count: int = 3) -> Job:
    rows = [[random.uniform(-2, 2) for _ in range(2 + len(rule.state))] for _ in range(count)]
    return job(rule, rows, [random.uniform(0.1, 0.9) for _ in rule.settings])


every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
states = st.floats(-1e3, 1e3) | st.floats()
positive = st.floats(1e-12, 1.0) | st.floats(1e-300, 1e300)
"""Settings: what a rule divides by is never 0."""


@st.composite
def jobs_of(draw: Any, rule: Rule) -> Callable[[], Job]:
    width = 2 + len(rule.state)
    rows = draw(st.lists(st.lists(states, min_size=width, max_size=width), max_size=4))
    count = len(rule.settings)
    settings = draw(st.lists(positive, min_size=count, max_size=count))
    return lambda: job(rule, rows, settings)


@native
@every_rule
@given(data=st.data())
def test_native_update_is_the_python_rule_bit_for_bit(rule: Rule, data: Any) -> None:
    make = data.draw(jobs_of(rule))
    ours, theirs = [make(), make()], [make(), make()]
    assert update(ours) == updates.update(theirs)
    assert contents(ours) == contents(theirs)


@every_rule
def test_update_counts_and_writes_what_the_rule_returns(rule: Rule) -> None:
    made = some_job(rule)
    before = [(p.data, p.grad) for p in made.parameters]
    kept = [list(made.memory[1 + k * 3 : 4 + k * 3]) for k in range(len(rule.state))]
    expected = [rule.function(*b, *s, *made.settings) for b, *s in zip(before, *kept)]
    assert update((made,)) is None
    new = [[getattr(p, rule.writes) for p in made.parameters]]
    new += [list(made.memory[1 + k * 3 : 4 + k * 3]) for k in range(len(rule.state))]
    assert [all_bits(x + 0.0 for x in row) for row in zip(*new)] == [
        all_bits(x + 0.0 for x in row) for row in expected
    ]
    assert made.memory[0] == 1.0


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@every_rule
def test_gradient_that_is_not_finite_stops_all_jobs(rule: Rule, bad: float) -> None:
    jobs = [some_job(rule), some_job(rule), some_job(rule)]
    jobs[1].parameters[2].grad = jobs[2].parameters[0].grad = bad
    before = contents(jobs)
    if rule.writes == "grad":
        assert update(jobs) is None
    else:
        assert update(jobs) == (1, 2)
        assert contents(jobs) == before


def test_no_jobs_and_no_parameters_are_nothing_to_do() -> None:
    assert update(()) is None
    empty = job(RULES["adam"], [], [0.5] * 7)
    assert update((empty,)) is None
    assert list(empty.memory) == [1.0]


# ------ what is no job

momentum = RULES["momentum"]
WRONG: dict[str, tuple[Callable[[Job], Job], Any]] = {
    "a number as parameter": (lambda j: j._replace(parameters=(1.0,) * 3), TypeError),
    "a memory too short": (lambda j: j._replace(memory=j.memory[:-1]), ValueError),
    "a memory too long": (lambda j: j._replace(memory=j.memory * 2), ValueError),
    "no memory": (lambda j: j._replace(memory=array("d")), ValueError),
    "a memory of float32": (lambda j: j._replace(memory=array("f", j.memory)), TypeError),
    "a memory of integers": (lambda j: j._replace(memory=array("q", [0] * 4)), TypeError),
    "a list as memory": (lambda j: j._replace(memory=[0.0] * 4), TypeError),  # type: ignore
    "bytes as memory": (lambda j: j._replace(memory=bytes(32)), TypeError),  # type: ignore
    "None as memory": (lambda j: j._replace(memory=None), TypeError),  # type: ignore
    "too few settings": (lambda j: j._replace(settings=j.settings[:2]), ValueError),
    "too many settings": (lambda j: j._replace(settings=(0.5,) * 40), ValueError),
    "an integer as setting": (lambda j: j._replace(settings=(1, 0.5, 0.5)), TypeError),
    "a Value as setting": (lambda j: j._replace(settings=(Value(1.0), 0.5, 0.5)), TypeError),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_job_raises_and_changes_nothing(case: str) -> None:
    change, error = WRONG[case]
    jobs = [some_job(momentum), some_job(momentum)]
    before = contents(jobs)
    with pytest.raises(error):
        update([jobs[0], change(jobs[1])])
    assert contents(jobs) == before


junk: list[Place] = [
    lambda: None,
    lambda: 0,
    lambda: -1,
    lambda: 5,
    lambda: 10**30,
    lambda: 0.5,
    lambda: "adam",
    lambda: (),
    lambda: [],
    lambda: (Value(1.0),),
    lambda: (Value(1.0), Value(2.0) * 3.0),
    lambda: (0.5,) * 3,
    lambda: (0.5,) * 7,
    lambda: (None,),
    lambda: array("d", [0.0, 0.0]),
    lambda: array("d", [0.0] * 3),
    lambda: array("q", [0] * 3),
    lambda: bytearray(24),
    lambda: memoryview(bytearray(24)).cast("d"),
    lambda: memoryview(bytearray(25))[1:].cast("d"),
    lambda: memoryview(array("d", [0.0] * 6))[::2],
    lambda: memoryview(array("d", [0.0] * 3)).toreadonly(),
    lambda: object,
    lambda: Value(1.0),
]
places = st.sampled_from(junk)


@native
@given(st.lists(st.lists(places, max_size=5), max_size=3), st.booleans())
def test_native_update_survives_anything(jobs: list[list[Place]], as_tuple: bool) -> None:
    from scalargrad.native import _engine

    made: Any = [tuple(place() for place in j) for j in jobs]
    try:
        result = _engine.update(tuple(made) if as_tuple else made)
    except (TypeError, ValueError, OverflowError):
        return
    assert result is None or len(result) == 2


@native
@given(st.integers(0, len(RULES) - 1), places, places, places)
def test_native_update_survives_anything_behind_a_rule(
    code: int, parameters: Place, memory: Place, settings: Place
) -> None:
    from scalargrad.native import _engine

    given_memory = memory()
    try:
        before = bytes(given_memory)
    except (TypeError, ValueError, OverflowError, MemoryError):
        before = b""
    try:
        assert _engine.update(((code, parameters(), given_memory, settings()),)) is None
    except (TypeError, ValueError):
        assert before == b"" or bytes(given_memory) == before


@native
def test_update_that_runs_out_of_memory_changes_nothing() -> None:
    from scalargrad.native import _engine

    jobs = [some_job(momentum)]
    before = contents(jobs)
    _engine.fail_after(0)
    try:
        with pytest.raises(MemoryError):
            update(jobs)
    finally:
        _engine.fail_after(-1)
    assert contents(jobs) == before
    assert update(jobs) is None


@native
def test_update_leaks_nothing_and_lets_the_memory_go() -> None:
    made = some_job(momentum)
    counts = [sys.getrefcount(x) for x in (*made.parameters, made.memory, made.settings)]
    for _ in range(100):
        update((made,))
        with pytest.raises(ValueError, match="settings"):
            update((made, made._replace(settings=())))
    assert [sys.getrefcount(x) for x in (*made.parameters, made.memory, made.settings)] == counts
    made.memory.append(0.0)  # refused while someone holds it


def test_rule_that_returns_too_little_is_refused() -> None:
    short = Rule(lambda data, grad, state: (data,), "state")
    with pytest.raises(TypeError, match="must return 2 numbers a parameter"):
        update((some_job(short),))


# ------ faults


def test_fault_at_any_line_leaves_all_old_or_all_new() -> None:
    parameters = [Value(0.0) for _ in range(3)]
    optimizer = SGD([{"params": parameters[:2]}, {"params": parameters[2:]}], lr=1.0)
    for parameter in parameters:
        parameter.grad = -1.0
    line = 1
    while struck(optimizer.step, line):
        line += 1
        done = parameters[0].data
        assert [p.data for p in parameters] == [done] * 3
        assert [group.memory[0] for group in optimizer.groups] == [done] * 2
    assert line > 10


def test_threads_that_step_optimizers_of_their_own_do_not_disturb_each_other() -> None:
    from concurrent.futures import ThreadPoolExecutor

    def run(seed: int) -> list[float]:
        parameters = [Value(float(i + seed)) for i in range(50)]
        optimizer = Adam(parameters, lr=0.1)
        for t in range(50):
            for i, parameter in enumerate(parameters):
                parameter.grad = math.sin(i + t + seed)
            optimizer.step()
        return [p.data for p in parameters]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, range(8))) == [run(seed) for seed in range(8)]
