"""The programs of a compiled function: kept by what its calls are like and by what it uses."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from .arguments import Arguments
from .machine import NATIVE
from .paths import Path, Paths
from .results import Merge, Results
from .surroundings import Fingerprint, surroundings
from .tracing import Task, Wanted

if NATIVE:
    from .plan import plan_of

KEPT = 64
"""A compiled function whose surroundings change at every call would keep ever more."""


class Programs:
    """What a function was traced to. `traced` is the function, `used` the one whose surroundings
    count: behind a derivative stands the user's own."""

    def __init__(
        self,
        traced: Callable[..., Any],
        used: Callable[..., Any],
        reduce: str | None,
        max_paths: int,
        threads: int,
    ) -> None:
        self.traced = traced
        self.used = used
        self.reduce = reduce
        self.max_paths = max_paths
        self.threads = threads
        self.paths: dict[Hashable, Paths] = {}
        self._kept: dict[Hashable, list[Any]] = {}
        self._names: frozenset[str] = frozenset()

    def run(self, call: Arguments, wanted: Wanted | None) -> Results:
        """Run the call, tracing what was not traced before."""
        around = self.around(call)
        key = self.key(around, call, wanted)
        paths = self.paths.get(key)
        if paths is None:
            task = Task(self.traced, call.pattern(), self.reduce, wanted)
            paths = Paths(task.trace, self.max_paths, self.threads)
        merge = Merge(call, wanted.positions if wanted else ())
        for path, group, outputs in paths.run(call):
            merge.add(path, group, outputs)
        # only now: a function that raised leaves nothing behind
        self.paths[key], self._kept[key] = paths, around.kept
        if len(self.paths) > KEPT:
            oldest = next(iter(self.paths))
            del self.paths[oldest], self._kept[oldest]
        return merge.results()

    def first(self, call: Arguments, wanted: Wanted | None) -> tuple[Paths, Path]:
        """Return the program that such a call runs first, and the others beside it."""
        self.run(call, wanted)
        paths = self.paths[self.key(self.around(call), call, wanted)]
        assert paths.first is not None
        return paths, paths.first

    def plan(self, args: Sequence[Any], call: Arguments, wanted: Wanted | None) -> Any:
        """The short way for calls like this one; None where there is none."""
        # none if the function itself changed what it uses
        around = self.around(call)
        paths = self.paths.get(self.key(around, call, wanted))
        return plan_of(args, call, paths, around.records) if NATIVE and paths else None

    def key(self, around: Fingerprint, call: Arguments, wanted: Wanted | None) -> Hashable:
        return call.key, wanted, tuple(around.parts)

    def around(self, call: Arguments) -> Fingerprint:
        found = surroundings(self.used, call.watched(), self._names)
        self._names = frozenset(found.names or ())
        return found
