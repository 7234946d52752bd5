"""The search of the surroundings of a function: closed-over numbers, globals, attributes, models.

A program has these numbers in it. The findings of the search belong to the key of the program:
where one has changed, the function is traced anew. Installed code is constant. Things that
nobody can watch are named in `unknown`: the function is then traced at each call.
"""

from __future__ import annotations

import functools
from bisect import bisect
from collections.abc import Iterable, Sequence
from typing import Any

from ...scalars import is_value
from ...transforms.trees import is_model
from ..trace.native import machine
from . import owners, routines
from .kinds import visit
from .suspects import READS_FILES
from .watching import Watch, shown


class Surroundings(Watch):
    """All that `f` uses besides its arguments, and in `arguments` all but their numbers: models,
    and objects that the program takes as they are."""

    def __init__(self, f: Any, arguments: Sequence[Any], names: Iterable[str]) -> None:
        super().__init__(names, visit)
        self.f = f
        self.arguments = arguments
        self.changed: list[str] = []
        """The first thing that the function changed itself when it was traced last."""
        self.altered = False
        """Whether any trace changed something."""
        self.search(f, (None, "", getattr(f, "__name__", type(f).__name__)))
        self.by_function = len(self.kept)
        """How many objects were kept before the arguments were searched."""
        self.search_arguments()
        self.suspects = self.suspects or not self.names.isdisjoint(READS_FILES)
        self.finish()

    def search_arguments(self) -> None:
        """The parameters of a model are inputs, if each is reached in one way; but not where code
        uses them without being given them."""
        models = [x for x in self.arguments if is_model(x)]
        found = [x for model in models for _, x in model.named_parameters() if is_value(x)]
        if models:
            self.names |= {"named_parameters", "with_parameters"}
        self.inputs = {id(x): ("parameter", k) for k, x in enumerate(found)}
        for k, x in enumerate(self.arguments):
            self.search(x, (None, "", f"argument {k}"))
        if self.is_shared or len(self.met) < len(found):
            self.findings.append(tuple(map(id, found)))
            self.kept += found
        self.inputs = {}
        if self.put_off:
            self.begin_anew()
        for x, where, is_called in self.put_off:
            if is_called is None:
                self.search(x, where)
            else:
                owners.seen_class(self, x, where, is_called)
                self.search(None, where)

    @functools.cached_property
    def ids(self) -> tuple[frozenset[int], frozenset[int]]:
        """The identities of what the function uses by itself, and of what arguments that it gets
        as they are lead to."""
        return frozenset(map(id, self.kept[: self.by_function])), frozenset(
            map(id, self.kept[self.by_function :])
        )

    def reaches(self, x: Any) -> bool:
        """Whether the function can reach an object without being given it itself."""
        by_itself, through_others = self.ids
        if id(x) in by_itself:
            return True
        may_be_parameter = is_model(x) or (is_value(x) and any(map(is_model, self.arguments)))
        return id(x) in through_others and not may_be_parameter

    def again(self) -> Surroundings:
        """The surroundings as they are now."""
        return surroundings(self.f, self.arguments, self.names)

    @functools.cached_property
    def watched(self) -> Any:
        """The records, for the machine to check; None where nothing was built in C."""
        return machine and machine.Records(tuple(self.records))

    def hold(self) -> bool:
        """Whether all is known to be as it was, without another search."""
        return bool(self.watched and not self.unknown and self.watched.hold())

    def note_changes(self, after: Surroundings) -> None:
        self.changed = [] if self.findings == after.findings else [self.first_change(after)]
        self.altered = self.altered or bool(self.changed)

    def first_change(self, after: Surroundings) -> str:
        pairs = enumerate(zip(self.findings, after.findings))
        at = next((k for k, (x, y) in pairs if x != y), len(self.findings))
        mark = bisect(self.marks, at, key=lambda mark: mark[0]) - 1
        return shown(self.marks[mark][1]) if mark >= 0 else "what it uses"

    def renew(self) -> None:
        """Take what is around now for what was around before."""
        after = self.again()
        self.findings, self.marks, self.kept = after.findings, after.marks, after.kept
        self.records, self.changed = after.records, []
        self.__dict__.pop("watched", None)


def surroundings(f: Any, arguments: Sequence[Any] = (), names: Iterable[str] = ()) -> Surroundings:
    """Return what `f` uses. `names` saves a second search, if they are those that an earlier one
    found; without any it begins with those that the code within reach says."""
    names = names or routines.names_said(f)
    found = Surroundings(f, arguments, names)
    return found if found.names == set(names) else surroundings(f, arguments, found.names)
