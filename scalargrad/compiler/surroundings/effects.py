"""Effects of a traced function: numbers drawn, things changed, Tracers kept.

A function that changes what it uses is right when it is traced at each call. A number that a
function keeps beyond the call would be one of a trace that is over: the keeping is undone, and
refused.
"""

from __future__ import annotations

import gc
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple, TypeVar

from ... import modes
from ..trace.chosen import Trace
from ..trace.recorder import Recorder
from .calls import Calls, noticing
from .chance import Chance
from .hidden import of_variables, taken_back
from .released import Releasing
from .restoring import restore
from .search import Surroundings
from .watching import shown

T = TypeVar("T")
ATTEMPTS = 5
"""Another thread may draw a random number just then; it does not every time."""
PAUSES = (0.0, 0.001, 0.01, 0.1)
"""Seconds to wait for a profiler in another thread, which looks at frames and lets go of them."""


def observed(trace: Callable[[], T], around: Surroundings | None, has_lanes: bool) -> T:
    """Trace a function that uses what is `around`. Raises TypeError if the function draws random
    numbers, asks a clock or keeps a number; over lanes, also if every run of it changes what it
    uses, or may do so unseen: the change would be made once for all lanes. Tracers that the
    function kept are taken away again, also where it raises an error."""
    if has_lanes and around is not None and around.untold:
        raise in_each_lane(around.untold[0])
    found = without_chance(trace, around, has_lanes)
    if has_lanes and around is not None and around.changed:
        before = around.records
        # a memory of results changes once, when it is filled: the second trace finds it filled
        around.renew()
        found = without_chance(trace, around, has_lanes)
        if around.changed:
            restore(around.records)
            restore(before)
            raise TypeError(
                f"compile cannot follow a change of {around.changed[0]} in each lane: the function "
                "would change it once for all of them; return it instead, or call it for one sample"
            )
    return found


def in_each_lane(taken: str) -> TypeError:
    return TypeError(
        f"compile cannot follow {taken}, in each lane: the function would take from it once for "
        "all of them; take what it gives outside, as a list, and use that, or call the function "
        "for one sample"
    )


def without_chance(trace: Callable[[], T], around: Surroundings | None, has_lanes: bool) -> T:
    for attempt in range(ATTEMPTS):
        chance = Chance(around.chance if around else [])
        with at_work(around) as calls:
            found = kept_clean(trace, around)
        if calls is not None and calls.refused:
            raise TypeError(
                f"compile cannot follow {calls.refused}: what it returns would be frozen into the "
                "program; call it outside and pass in what it returns"
            )
        if calls is not None and has_lanes and calls.taken:
            raise in_each_lane(calls.taken)
        drawn = chance.drawn()
        if drawn is None:
            return found
        if chance.is_used_up:
            # it would not give the same again
            first, source = chance, drawn
            break
        if not attempt:
            first, source = chance, drawn
    first.restore()
    raise TypeError(
        f"compile cannot follow random numbers or an iterator, here of {source}: they would be "
        "frozen into the program; draw them outside and pass them in"
    )


def repeated(what: str) -> None:
    # after the trace, what is left behind is being looked for: such calls are not the function's
    if modes.state.trace is not None:
        modes.state.trace.unwatched(what)


@contextmanager
def at_work(around: Surroundings | None) -> Iterator[Calls | None]:
    if around is None or not around.suspects:
        yield None
        return
    calls = Calls([x for _, x in around.chance], repeated)
    with noticing(calls):
        yield calls


def kept_clean(trace: Callable[[], T], around: Surroundings | None) -> T:
    if around is None:
        return trace()
    try:
        found = trace()
    except BaseException:
        if clean(around):
            restore(around.records)
        raise
    places = clean(around) or outliving(found)
    if places:
        restore(around.records)
        raise TypeError(
            f"compile cannot follow a number that is kept in {places[0]}: return it, and keep what "
            "the compiled function returns"
        )
    return found


def outliving(found: Any) -> list[str]:
    """Where Tracers are left though the search found none, in words: [] if nowhere."""
    for generation in range(3):
        if references(found) <= of_a_new_trace():
            return []
        # by a circle that the function left behind, perhaps
        gc.collect(generation)
    for pause in PAUSES:
        time.sleep(pause)
        if references(found) <= of_a_new_trace():
            return []
    return taken_back(found.trace) or ["something that it uses, as functools.lru_cache does"]


def references(found: Any) -> int:
    """The most references that there are to a Tracer. In C a Tracer is made when it is asked for,
    and refers to its trace: there it is the number of references to the trace."""
    # asked of the type: a trace that is kept as loops would make nodes, to hand out Tracers
    if hasattr(type(found.trace), "tracers"):
        return sys.getrefcount(found.trace)
    return max(map(sys.getrefcount, found.trace.tracers), default=0)


class Sample(NamedTuple):
    trace: Recorder


@cache
def of_a_new_trace() -> int:
    sample = Sample(Trace())
    sample.trace.input(0.0)
    return references(sample)


def clean(around: Surroundings) -> list[str]:
    """Note what the function changed. Where it kept Tracers, take all back, and tell the places."""
    if around.hold():
        around.changed = []
        return []
    after = around.again()
    if after.tracers:
        deque(of_variables(Releasing()), 0)
        return [shown(where) for where in after.tracers]
    around.note_changes(after)
    return []
