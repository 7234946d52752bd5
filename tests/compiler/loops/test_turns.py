"""Iterations written together: the same events, and no number of several iterations ago."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from scalargrad import ops
from scalargrad.compiler.loops.items import Item, Loop, events_in, expand
from scalargrad.compiler.loops.recorder import Recorder
from scalargrad.compiler.loops.turns import in_turns, oldest
from tests.support.expressions import rounds
from tests.support.random_loops import Functions, Recording, called


def items_of(f: Any, most: int = 20_000) -> Sequence[Item]:
    recorder = Recorder()
    f(Functions, *Recording(recorder, most=most).inputs([0.3, -0.2, 0.5, 0.7]))
    return recorder.finish().items


def loops_in(items: Sequence[Item]) -> list[Loop]:
    return [item for item in items if isinstance(item, Loop)]


def oldest_in(items: Sequence[Item]) -> int:
    """How many iterations ago the oldest number was computed that a loop reads."""
    found, first = 1, 0
    for item in items:
        if isinstance(item, Loop):
            found = max(found, oldest(item, first))
        first += events_in([item])
    return found


def remembering(*ages: int, trips: int = 90) -> Any:
    """A function whose every iteration reads results of so many iterations ago, an input, and a
    number of Python's."""

    def f(m: Any, *x: Any) -> None:
        past = [x[k % 4] * x[0] for k in range(max(ages))]
        for t in range(trips):
            total = past[-ages[0]] * x[1]
            for age in ages[1:]:
                total = total + past[-age]
            past.append(m.sin(total * (0.1 * t)) + x[t % 3])

    return f


@pytest.mark.parametrize("ages", [(1,), (2,), (1, 3), (4,), (2, 7)], ids=str)
def test_iterations_in_turns_are_the_same_events(ages: Sequence[int]) -> None:
    items = items_of(remembering(*ages))
    grouped = in_turns(items, 64)
    assert list(expand(grouped)) == list(expand(items))
    if max(ages) > 3:
        assert oldest_in(items) > 1
    assert oldest_in(grouped) == 1


def test_a_body_that_would_be_long_stays_as_it_is() -> None:
    items = items_of(remembering(7, 11))
    assert oldest_in(items) > 1
    assert in_turns(items, 20) == list(items)


def test_a_state_of_parts_is_one_body() -> None:
    def f(m: Any, *x: Any) -> None:
        state = list(x)
        for _ in range(40):
            for k in range(4):
                state[k] = m.sin(state[k]) * 0.5

    (loop,) = loops_in(in_turns(items_of(f), 64))
    assert loop.span == len(loop.body)
    assert oldest_in([loop]) == 1


def test_random_ages_are_the_same_events() -> None:
    for _ in rounds(20):
        ages = [random.randint(1, 6) for _ in range(random.randint(1, 3))]
        items = items_of(remembering(*ages, trips=random.randint(12, 60)))
        assert list(expand(in_turns(items, 100))) == list(expand(items)), ages


def test_operands_side_by_side_and_tables_of_them() -> None:
    def f(m: Any, *x: Any) -> None:
        past = [x[k % 4] * x[0] for k in range(6)]
        for t in range(50):
            numbers = [0.1 * t, 0.2 * t, 0.3]
            past.append(called(ops.dot, ops.dot.forward, *past[-3:], *numbers))

    items = items_of(f)
    grouped = in_turns(items, 64)
    assert list(expand(grouped)) == list(expand(items))
    assert loops_in(grouped)[0].span > loops_in(items)[0].span
