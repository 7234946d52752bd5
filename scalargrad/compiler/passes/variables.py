"""The names that the variables of the user's function have for its numbers when it returns."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

from ... import modes
from ...profiled import unless_profiled
from ..loops.items import NodeAt
from ..surroundings.effects import observed
from ..surroundings.installed import is_installed_code
from ..trace.chosen import Trace
from ..trace.recorder import Recorder
from ..trace.rolled import Loops
from .record import ran
from .task import Lane, Task

MOST_ENTRIES = 16
"""Of a longer list the entries have no names."""


class Variables:
    """The variables of the first function of the user's that is called while `event` is Python's
    profiler. A frame keeps them when the function has returned."""

    def __init__(self) -> None:
        self.frame: FrameType | None = None

    def event(self, frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and is_of_user(frame):
            self.frame = frame
            sys.setprofile(None)

    def named(self, trace: Recorder) -> list[tuple[str, Any]]:
        """The numbers of this trace in them, each with its name."""
        variables = self.frame.f_locals if self.frame else {}
        return [
            (name, x)
            for variable, value in variables.items()
            for name, x in entries(variable, value)
            if getattr(x, "trace", None) is trace
        ]


def is_of_user(frame: FrameType) -> bool:
    # of a named tuple a function is made from text, which has no file
    made = str(frame.f_globals.get("__name__")).startswith("namedtuple_")
    return not made and not is_installed_code(frame.f_code)


def entries(name: str, x: Any) -> Iterator[tuple[str, Any]]:
    """Yield x, or what stands in a short list, as w[0]."""
    if isinstance(x, (list, tuple)) and len(x) <= MOST_ENTRIES:
        for k, inner in enumerate(x):
            yield from entries(f"{name}[{k}]", inner)
    else:
        yield name, x


def names_of_events(task: Task, lane: Lane, known: Loops) -> dict[int, str]:
    """Run the function once more; return the names that its variables have in the end for what it
    computed, by the ids of the events. None where the function does something else than was `known`
    of its loops."""

    def found() -> dict[int, str]:
        trace, variables = Trace(), Variables()
        with modes.tracing(trace):
            with unless_profiled(variables.event):
                run = ran(trace, task, lane)
            named = variables.named(trace)
            rolled = trace.rolled([x for _, x in named])
        if rolled is None or run.loops.rolled is None or known.rolled is None:
            return {}
        if run.loops.rolled.recorded.items != known.rolled.recorded.items:
            return {}
        pairs = zip(rolled.results, named)
        return {at.base: name for at, (name, _) in pairs if isinstance(at, NodeAt)}

    return observed(found, None, task.has_lanes)
