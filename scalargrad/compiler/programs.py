"""The programs of a compiled function: kept by what its calls are like and by what it uses."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from .. import modes
from .arguments import Arguments
from .conditions import Conditions
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
        self.unknown: dict[str, None] = {}
        """What the function uses that cannot be watched, in words: then each call traces it."""
        self._kept: dict[Hashable, list[Any]] = {}
        self._names: frozenset[str] = frozenset()
        self._forget()

    def _forget(self) -> None:
        self._anew: dict[Hashable, dict[Any, Path]] = {}
        self._conditions = Conditions()

    def run(self, call: Arguments, wanted: Wanted | None) -> Results:
        """Run the call, tracing what was not traced before."""
        return self.merged(call, wanted, *self.found(call, wanted))

    def merged(
        self, call: Arguments, wanted: Wanted | None, paths: Paths, key: Hashable, kept: list[Any]
    ) -> Results:
        merge = Merge(call, wanted.positions if wanted else ())
        for path, group, outputs in paths.run(call):
            merge.add(path, group, outputs)
        # only now: a function that raised leaves nothing behind
        self.note(paths.unknown)
        if not self.unknown:
            self.paths[key], self._kept[key] = paths, kept
        if len(self.paths) > KEPT:
            oldest = next(iter(self.paths))
            del self.paths[oldest], self._kept[oldest]
        return merge.results()

    def found(self, call: Arguments, wanted: Wanted | None) -> tuple[Paths, Hashable, list[Any]]:
        """The paths for such a call, under their key, with what the key tells by identity."""
        around = self.around(call)
        key = self.key(around, call, wanted)
        if key in self.paths and not self.unknown:
            return self.paths[key], key, around.kept
        task = Task(self.traced, call.pattern(), self.reduce, wanted)
        known = self.known(key) if self.unknown else None
        paths = Paths(task.trace, self.max_paths, self.threads, known, self._conditions)
        return paths, key, around.kept

    def known(self, key: Hashable) -> dict[Any, Path]:
        """The programs of earlier calls of this kind."""
        if len(self._anew) > KEPT:
            self._forget()
        return self._anew.setdefault(key, {})

    def note(self, unknown: Iterable[str]) -> None:
        """Remember what cannot be watched; say so once."""
        new = [what for what in unknown if what not in self.unknown]
        if new and not self.unknown:
            warnings.warn_explicit(unwatched(self.used, new), RuntimeWarning, *modes.user_line())
            self.paths.clear()
            self._kept.clear()
        self.unknown.update(dict.fromkeys(new))

    def first(self, call: Arguments, wanted: Wanted | None) -> tuple[Paths, Path]:
        """Return the program that such a call runs first, and the others beside it."""
        paths, key, kept = self.found(call, wanted)
        self.merged(call, wanted, paths, key, kept)
        assert paths.first is not None
        return paths, paths.first

    def plan(self, args: Sequence[Any], call: Arguments, wanted: Wanted | None) -> Any:
        """The short way for calls like this one; None where there is none."""
        if self.unknown or not NATIVE:
            return None
        # none if the function itself changed what it uses
        around = self.around(call)
        paths = self.paths.get(self.key(around, call, wanted))
        return plan_of(args, call, paths, around.records) if paths else None

    def key(self, around: Fingerprint, call: Arguments, wanted: Wanted | None) -> Hashable:
        return call.key, wanted, tuple(around.parts)

    def around(self, call: Arguments) -> Fingerprint:
        found = surroundings(self.used, call.watched(), self._names)
        self._names = frozenset(found.names or ())
        self.note(found.unknown)
        return found


def unwatched(f: Any, what: Sequence[str]) -> str:
    name = getattr(f, "__name__", "the function")
    return (
        f"{name} uses {', '.join(what)}, of which compile sees no change: each call traces the "
        "function anew, which is right and slow; pass it in as an argument, or keep it in a "
        "variable, an attribute, a list or a dict"
    )
