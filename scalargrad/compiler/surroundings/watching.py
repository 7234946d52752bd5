"""The notes of a search of the surroundings of a function: findings, records, and the unwatchable.

A Watch knows nothing of kinds of objects: `kinds.py` tells what to do with each.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

from ...rows import Operator
from .chance import is_stream

LIST, ENTRIES, NAMES, FUNCTION, CELL, CLASS, INSTANCE, SLOTS, BUFFER, ITEMS, ASK = range(11)
"""The kinds of records (kind, holder, expected); `native/machine/unchanged.h` checks the records.

| kind | holder | expected |
|---|---|---|
| LIST | a list | its items |
| ENTRIES | a dict | keys and values in turn; NONE for a value that does not count |
| NAMES | a dict | some keys and their values in turn; NONE for a key that is absent |
| FUNCTION | a function | its code, its defaults of both kinds, its dict |
| CELL | a cell | what is in it, or nothing |
| CLASS | a class | its bases in their order, then as for ENTRIES |
| INSTANCE | an object | its class, its dict or NONE |
| SLOTS | an object | descriptors and what is in them in turn; NONE for one that is empty |
| BUFFER | an array | its bytes, its format, its shape, and the items if they are objects |
| ITEMS | a set, a deque | the type that iterates over it, then its items |
| ASK | a function | what it returns |
"""
NONE = NotImplemented
"""Stands for what is not there, or does not count."""

Where = tuple[Any, str, Any]
"""How something was reached: from where, by "." or "[" or "" (a name), and the name or the key."""
Record = tuple[int, Any, tuple[Any, ...]]
Handler = Callable[["Watch", Any, Where], None]


def shown(where: Where | None) -> str:
    """The place as the user's code would write it: model.layers[0].w"""
    steps: list[str] = []
    while where is not None:
        where, how, name = where
        steps.append(f"[{name!r:.30}]" if how == "[" else f"{how}{name}")
    return "".join(reversed(steps)) or "the function"


class Watch:
    """Searches objects and all they hold; equal `findings` mean that nothing has changed.

    `kept` holds what is told apart by its identity, so that no other object gets that identity.
    `records` say which objects each container holds: as long as all hold the very same ones, the
    findings need not be looked for. `unknown` says what may change unseen. `names` are the
    attributes that count, as far as they are known at the start; the search adds to them. `inputs`
    are Values that arguments hold, with what stands for each in the findings. While there are any,
    functions and classes are put off: their code may use the same Values without being given them.
    """

    def __init__(self, names: Iterable[str], visit: Handler) -> None:
        self.names = set(names)
        self.inputs: Mapping[int, Hashable] = {}
        self.put_off: list[tuple[Any, Where, bool | None]] = []
        self.met: set[int] = set()
        """The inputs that were reached."""
        self.is_shared = False
        """Whether an input may have been reached in two ways."""
        self.visit = visit
        self.findings: list[Hashable] = []
        self.kept: list[Any] = []
        self.records: list[Record] = []
        self.unknown: list[str] = []
        self.chance: list[tuple[str, Any]] = []
        """Generators of random numbers and iterators, each with its place."""
        self.untold: list[str] = []
        """Objects that code may take from unseen, such as iterators and queues, each with its
        place."""
        self.suspects = False
        """Whether a clock, print or the like is within reach: its calls are to be noticed."""
        self.catches = False
        """Whether the function may catch an error of arithmetic."""
        self.tells_apart = False
        """Whether the function may tell an object from an equal one by `is`."""
        self.tracers: list[Where] = []
        self.marks: list[tuple[int, Where]] = []
        """Where in the findings each object begins."""
        self.hidden: dict[type, bool] = {}
        self._seen: dict[Any, int] = {}
        self._before: dict[Any, int] = {}
        self._todo: list[tuple[Any, Where]] = []
        self._lookups: dict[int, tuple[dict[str, Any], dict[str, Any]]] = {}
        self._asked: set[str] = set()

    # ------ going on
    def search(self, x: Any, where: Where) -> None:
        self._todo.append((x, where))
        while self._todo:
            self.visit(self, *self._todo.pop())

    def begin_anew(self) -> None:
        """Visit what was reached before once more, in another way."""
        self._before = {**self._before, **self._seen}
        self._seen = {}

    def finish(self) -> None:
        self.records += [
            (NAMES, held, tuple(y for pair in found.items() for y in pair))
            for held, found in self._lookups.values()
        ]

    def go(self, found: Iterable[tuple[Any, Where]]) -> None:
        """Visit these next, in their order."""
        self._todo += reversed(list(found))

    def is_new(self, x: Any, as_what: Any = None) -> bool:
        """Whether this was not reached before; if it was, say so in the findings."""
        key = id(x) if as_what is None else (id(x), as_what)
        number = self._seen.get(key)
        if number is not None:
            self.findings.append(("again", number))
            self.is_shared = self.is_shared or bool(self.inputs and may_hold_inputs(x))
            return False
        if key in self._before:
            self.findings.append(("before", self._before[key]))
        self._seen[key] = len(self._seen)
        # an object that is gone would leave its identity to another
        self.kept.append(x)
        return True

    # ------ noting down
    def identify(self, x: Any) -> None:
        self.findings.append(id(x))
        self.kept.append(x)

    def record(self, kind: int, holder: Any, expected: tuple[Any, ...]) -> None:
        self.records.append((kind, holder, expected))

    def cannot_tell(self, where: Where, x: Any) -> None:
        self.unknown.append(f"{shown(where)}, {a(type(x).__name__)}")
        if is_stream(x):
            self.untold.append(self.unknown[-1])
        self.identify(x)

    def ask(self, what: str, read: Callable[[], Any]) -> None:
        """Watch what a function returns, which is asked once more before each call."""
        if what not in self._asked:
            self._asked.add(what)
            found = read()
            self.findings.append((what, found))
            self.record(ASK, lambda: found if read() == found else NONE, (found,))

    def of_descriptors(self, x: Any, kind: type, wanted: frozenset[str]) -> None:
        """Watch what a descriptor of `kind` tells of its object `x`, such as a name."""
        for name in sorted(wanted & self.names):
            value = getattr(x, name)
            self.findings.append(id(value))
            self.kept.append(value)
            self.record(SLOTS, x, (vars(kind)[name], value))
            if isinstance(value, dict):
                self.go([(value, (None, "", name))])

    def look_up(self, held: dict[str, Any], name: str) -> Any:
        """The object that a dict of names has under this one; NONE if there is none."""
        value = held.get(name, NONE)
        self._lookups.setdefault(id(held), (held, {}))[1][name] = value
        return value

    def entries(self, held: Mapping[str, Any], counts: Callable[[str, Any], bool]) -> Any:
        """Of a dict of attributes: (those that count, what is to be expected of it)."""
        found, expected = [], []
        for name, value in list(held.items()):
            is_read = counts(name, value)
            expected += [name, value if is_read else NONE]
            if is_read:
                found.append((name, value))
        return found, tuple(expected)

    def attributes(self, held: Mapping[str, Any], where: Where, whole: bool) -> None:
        """Watch a dict of attributes: all of them, or those that the code names."""
        names = self.names
        found, expected = self.entries(held, lambda name, _: whole or name in names)
        self.record(ENTRIES, held, expected)
        self.members(found if whole else sorted(found, key=first), where)

    def members(self, found: Iterable[tuple[str, Any]], where: Where) -> None:
        found = list(found)
        self.findings.append(tuple([name for name, _ in found]))
        self.go((x, (where, ".", name)) for name, x in found)


def may_hold_inputs(x: Any) -> bool:
    """Whether an object met twice may lead to parameters of a model: no operator of the table
    does."""
    if isinstance(x, (tuple, frozenset)) and not x:
        return False
    if isinstance(x, Operator):
        return x.code < 0
    return not type(x).__module__.startswith("scalargrad.native")


def first(pair: tuple[Any, Any]) -> Any:
    return pair[0]


def a(noun: str) -> str:
    return f"an {noun}" if noun[:1].lower() in "aeiou" else f"a {noun}"
