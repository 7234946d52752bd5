"""The programs of a compiled function: kept by what its calls are like and by what it uses."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from ... import modes
from ...transforms.variables import inside
from ..branches.conditions import Conditions
from ..branches.lanes import Lanes
from ..branches.path import Path
from ..branches.paths import Paths
from ..inputs.arguments import Arguments
from ..inputs.sharing import Entwined
from ..passes.task import Stopped, Task, Wanted
from ..surroundings.search import Surroundings, surroundings
from .meaning import Meaning
from .results import Merge, Results
from .unwatched import unwatched

KEPT = 64
"""A compiled function whose surroundings change at every call would keep ever more."""


class Last:
    """In place of a Merge: keeps the outputs of the last path, that of a call without lanes."""

    path: Path | None = None
    outputs: Any = None

    def add(self, path: Path, group: Any, outputs: Any) -> None:
        self.path, self.outputs = path, outputs


class Programs:
    """The programs that a function was traced to, and whether it still is as it was then."""

    def __init__(self, meaning: Meaning, max_paths: int, threads: int) -> None:
        self.meaning = meaning
        self.max_paths = max_paths
        self.threads = threads
        self.paths: dict[Hashable, Paths] = {}
        self.is_anew = False
        """Whether some call had to be traced anew. Later ones then are, too, and look for their
        program among those that are `known`."""
        self.unknown: tuple[str, ...] = ()
        """All that cannot be watched, in the words of the latest call that was traced anew."""
        self.has_warned = False
        """Whether it was said what cannot be watched; who reads `is_anew` may set it beforehand."""
        self.shares_objects = False
        """Whether the arguments of some call were around, too, or stood in several places."""
        self._kept: dict[Hashable, list[Any]] = {}
        self._names: frozenset[str] = frozenset()
        self._forget()

    def _forget(self) -> None:
        self._anew: dict[Hashable, dict[Any, Path]] = {}
        self._conditions = Conditions()

    @property
    def count(self) -> int:
        """How many paths were traced of the programs that are kept."""
        return sum(paths.count for paths in self.paths.values())

    @property
    def draws(self) -> bool:
        """Whether one of them draws random numbers."""
        return any(paths.draws for paths in self.paths.values())

    @property
    def has_copies_apart(self) -> bool:
        """Whether the function copied a Value, apart from it, in one of them."""
        return any(paths.has_copies_apart for paths in self.paths.values())

    def run(self, arguments: Arguments, wanted: Wanted | None) -> tuple[Results, Surroundings]:
        """Run the call, tracing what was not traced before; return what was around, too."""
        paths, around = self.found(arguments, wanted)
        return self.merged(arguments, wanted, paths, around), around

    def found(self, arguments: Arguments, wanted: Wanted | None) -> tuple[Paths, Surroundings]:
        """The paths for such a call, and what is around."""
        around = self.around(arguments)
        self.tell_apart(arguments, around)
        paths = None if around.unknown else self.paths.get(self.key(around, arguments, wanted))
        if paths is None:
            task = Task(self.meaning.f, arguments.without_numbers(), self.meaning.reduce, wanted)
            task = task.lasting(not around.unknown and not self.is_anew)
            known = self.known(arguments.key, wanted, inside()) if self.is_anew else None
            paths = Paths(task, self.max_paths, self.threads, known, self._conditions)
        return paths, around

    def tell_apart(self, arguments: Arguments, around: Surroundings) -> None:
        """Note of arguments which objects stand in several places. Raises Entwined if some are
        also around."""
        if arguments.sharing is None:
            arguments.tell_apart(around.tells_apart, around.reaches)
        self.shares_objects = self.shares_objects or arguments.sharing is not None

    def arguments(self, args: Sequence[Any], named: Mapping[str, Any]) -> Arguments:
        """The arguments of a call, with all that is known of the objects in them."""
        found = self.meaning.arguments(args, named)
        while True:
            try:
                self.tell_apart(found, self.around(found))
            except Entwined as shared:
                found = self.beside(shared, found, args, named)
            else:
                return found

    def beside(
        self, shared: Entwined, before: Arguments, args: Sequence[Any], named: Mapping[str, Any]
    ) -> Arguments:
        """The arguments of a call that are the same objects as what is around, as these."""
        known = {**before.known, **{id(x): x for x in shared.objects}}
        found = self.meaning.arguments(args, named, known)
        found.probe, self.shares_objects = before.probe, True
        return found

    def fill(self, results: Any, weights: Any, arguments: Arguments) -> None:
        """Run a call without lanes for each row of `weights`, its first argument, and put the
        outputs into the rows of `results`: on one path, which does not depend on weights."""
        wanted = self.meaning.asked(arguments)
        merge = self.ran(arguments, wanted, *self.found(arguments, wanted))
        merge.path.fill(results, weights, Lanes(arguments))

    def alone(self, arguments: Arguments, wanted: Wanted | None) -> tuple[Path, Any, Surroundings]:
        """Run a call without lanes; return its path, the outputs, and what was around."""
        paths, around = self.found(arguments, wanted)
        last = self.ran(arguments, wanted, paths, around, Last())
        return last.path, last.outputs, around

    def merged(
        self, arguments: Arguments, wanted: Wanted | None, paths: Paths, around: Surroundings
    ) -> Results:
        results: Results = self.ran(arguments, wanted, paths, around).results()
        return results

    def ran(
        self,
        arguments: Arguments,
        wanted: Wanted | None,
        paths: Paths,
        around: Surroundings,
        into: Any = None,
    ) -> Any:
        """Run the call; put what comes out into a Merge, or into what there is instead."""
        # before the call: the function may change what it uses
        key, kept = self.key(around, arguments, wanted), around.kept
        merge = into or Merge(arguments, wanted.positions if wanted else ())
        self.add_all(merge, paths, arguments, around)
        # only now: a function that raised leaves nothing behind
        paths.unknown.update(dict.fromkeys(around.unknown))
        self.keep(key, kept, paths, is_anew=bool(paths.unknown) or around.altered)
        return merge

    def add_all(self, merge: Any, paths: Paths, arguments: Arguments, around: Surroundings) -> None:
        try:
            for path, group, outputs in paths.run(arguments, around):
                merge.add(path, group, outputs)
            return
        except Stopped as stopped:
            stop = stopped.__cause__
        assert stop is not None
        raise stop

    def keep(self, key: Hashable, kept: list[Any], paths: Paths, is_anew: bool) -> None:
        """Keep the paths for other calls, but for those that `is_anew`, traced each time."""
        if is_anew:
            self.is_anew = True
            self.unknown = tuple(paths.unknown)
            self.warn(paths.unknown)
            self.paths.pop(key, None)
            self._kept.pop(key, None)
            return
        self.paths[key], self._kept[key] = paths, kept
        if len(self.paths) > KEPT:
            oldest = next(iter(self.paths))
            del self.paths[oldest], self._kept[oldest]

    def known(self, *key: Hashable) -> dict[Any, Path]:
        """The programs of earlier calls of this kind."""
        if sum(map(len, self._anew.values())) > KEPT:
            self._forget()
        return self._anew.setdefault(key, {})

    def warn(self, unknown: Iterable[str]) -> None:
        """Say once what cannot be watched."""
        if unknown and not self.has_warned:
            self.has_warned = True
            text = f"{self.meaning!r} is traced anew at each call, which takes long, for "
            text += unwatched(unknown)
            warnings.warn_explicit(text, RuntimeWarning, *modes.user_line())

    def first(self, arguments: Arguments, wanted: Wanted | None) -> tuple[Paths, Path]:
        """Return the program that such a call runs first, and the others beside it."""
        paths, around = self.found(arguments, wanted)
        self.merged(arguments, wanted, paths, around)
        assert paths.first is not None
        return paths, paths.first

    def known_paths(
        self, arguments: Arguments, wanted: Wanted | None, around: Surroundings
    ) -> tuple[Paths | None, Surroundings]:
        """The paths of such calls, and what is around now; `around` is what was before the call.
        None if they are not known any more, for the function itself changed what it uses."""
        around = around if around.hold() else self.around(arguments)
        return self.paths.get(self.key(around, arguments, wanted)), around

    def key(self, around: Surroundings, arguments: Arguments, wanted: Wanted | None) -> Hashable:
        return arguments.key, wanted, inside(), tuple(around.findings)

    def around(self, arguments: Arguments) -> Surroundings:
        found = surroundings(self.meaning.used, arguments.watched(), self._names)
        self._names = frozenset(found.names)
        return found
