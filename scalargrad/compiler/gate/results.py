"""The outputs of all paths of a call put together, and the result of the function made of them."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from ...scalars import NOTHING
from ...transforms.sparse import SPARSE
from ...transforms.trees import ARRAY, SCALAR, Leaf, Structure
from ..branches.path import Path
from ..inputs.arguments import Arguments
from ..inputs.lanes import summed_to
from ..passes.traced import Entry
from ..trace.native import machine
from .writers import writer_of


class Results(NamedTuple):
    """The numbers that a call computed: one for each entry of the function's result, an array if
    every lane has its own; and of linked entries the derivatives, in the wanted numbers of the
    call, then in the Values `captured`."""

    structure: Structure
    entries: list[Entry]
    captured: list[Any]
    numbers: list[Any]
    derivatives: list[Sequence[Any]]
    plain: list[Any]
    """Of each entry an array that tells the lanes in which eager mode has a number and no Value;
    None where all lanes are alike."""
    come_later: bool = False
    """Whether derivatives come later: then there are none."""

    def outputs(self) -> list[Any]:
        """All of them, in the order of a program's outputs."""
        return [x for own in zip(self.numbers, self.derivatives) for x in (own[0], *own[1])]


class Merge:
    """Adds up the sums over lanes of several paths, and puts together the outputs of each lane."""

    def __init__(self, arguments: Arguments, wanted: Sequence[int]) -> None:
        self.arguments = arguments
        self.wanted = wanted
        self.path: Path | None = None
        """The latest path; the only one of a call without lanes."""
        self.structure: Structure
        self.returns: str | None = None
        self.entries: list[Entry] = []
        self.captured: dict[int, Any] = {}
        self.found: dict[Any, Any] = {}
        self.groups: list[tuple[Any, list[Entry]]] = []
        self.come_later = False

    def add(self, path: Path, group: Any, outputs: Sequence[Any]) -> None:
        """Take in the outputs of a path in some lanes; `group` are their indices, None all. Earlier
        outputs of these lanes are forgotten, but for sums."""
        self.path = path
        self.come_later |= path.traced.come_later
        if self.returns is None:
            self.structure, self.returns = path.traced.structure, path.returns
            self.entries = path.traced.entries
        elif path.returns != self.returns:
            raise TypeError(
                "a compiled function must return results of one structure, got "
                f"{self.returns} in one branch and {path.returns} in another"
            )
        else:
            self.entries = list(map(together, self.entries, path.traced.entries))
        self.groups.append((slice(None) if group is None else group, path.traced.entries))
        others = self.captured.keys() - path.captured.keys() if self.captured else set()
        self.captured |= path.captured
        found = self.found
        for key, each, x in zip(path.keys, path.traced.each, outputs):
            if each:
                self.put(key, group, x)
            else:
                found[key] = found.get(key, NOTHING) + x
        if others:
            self.forget(others, group)

    def put(self, key: Any, group: Any, x: Any) -> None:
        import numpy

        if group is None and hasattr(x, "shape"):
            self.found[key] = x
            return
        if key not in self.found:
            self.found[key] = numpy.full(self.arguments.lanes, NOTHING)
        self.found[key][slice(None) if group is None else group] = x

    def forget(self, values: set[int], group: Any) -> None:
        """The lanes of a path that does not use these Values have no derivative in them."""
        for (_, which), x in self.found.items():
            if isinstance(which, tuple) and which[1] in values and hasattr(x, "shape"):
                x[group] = NOTHING

    def results(self) -> Results:
        variables = [*self.wanted, *(("captured", i) for i in self.captured)]
        numbers, derivatives = [], []
        for k, entry in enumerate(self.entries):
            x = self.found[k, None]
            # there may be many thousands
            is_plain = type(x) is float and entry.kind is float
            numbers.append(x if is_plain else shaped(x, entry, self.arguments))
            are_here = entry.linked and not self.come_later
            derivatives.append(self.derivatives(k, variables) if are_here else ())
        captured = list(self.captured.values())
        count = len(self.entries)
        plain = list(map(self.plain, range(count))) if len(self.groups) > 1 else [None] * count
        own = self.structure, self.entries, captured, numbers, derivatives, plain
        return Results(*own, self.come_later)

    def derivatives(self, k: int, variables: Sequence[Any]) -> Sequence[Any]:
        found = self.found
        return [shaped(found.get((k, x), NOTHING), None, self.arguments) for x in variables]

    def plain(self, k: int) -> Any:
        """The lanes in which an entry is no Value, though it is one in others."""
        linked = {entries[k].linked for _, entries in self.groups}
        if len(linked) == 1 or not self.entries[k].own:
            return None
        import numpy

        found: Any = numpy.zeros(self.arguments.lanes or 1, bool)
        for group, entries in self.groups:
            found[group] = not entries[k].linked
        return found if found.any() else None


def together(one: Entry, other: Entry) -> Entry:
    """An entry that comes from two paths."""
    return Entry(
        one.own or other.own,
        one.linked or other.linked,
        None,
        one.beside | other.beside,
        one.kind if one.kind is other.kind else float,
    )


def shaped(x: Any, entry: Entry | None, arguments: Arguments) -> Any:
    """An output in the shape of the lanes and the kind of its entry; a derivative in an argument
    that was broadcast, in the shape of that argument."""
    if not hasattr(x, "shape"):
        return x if entry is None else of_kind(x, entry)
    x = x.reshape(arguments.shape)
    if entry is None:
        return x
    if not entry.beside or arguments.batched:
        return of_kind(x, entry)
    return summed_to(x, arguments.shape_beside(entry.beside))


def of_kind(x: Any, entry: Entry) -> Any:
    if entry.kind is float:
        return x
    return x.astype(entry.kind) if hasattr(x, "shape") else entry.kind(x)


# ------ in the structure of the function's result


def result(structure: Structure, entries: Iterable[Any]) -> Any:
    """Return the function's result made of its entries: numbers, Values, arrays over lanes."""
    if all(leaf.kind is SCALAR for leaf in structure.leaves):
        return structure.tree(list(entries))
    pairs = zip(structure.leaves, structure.split(entries))
    return structure.tree([rebuilt(leaf, own) for leaf, own in pairs])


def rebuilt(leaf: Leaf, entries: Sequence[Any]) -> Any:
    if leaf.kind is ARRAY and any(hasattr(x, "shape") for x in entries):
        return beside_each_other(entries, leaf.original.shape)
    return leaf.kind.rebuilt(leaf.original, entries)


def beside_each_other(columns: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """Return an array over lanes of arrays of this `shape`: the one whose columns these are, or a
    new one."""
    import numpy

    whole: Any = getattr(columns[0], "base", None)
    is_whole = whole is not None and whole.shape == (len(columns[0]), len(columns))
    if is_whole and all(getattr(x, "base", None) is whole for x in columns):
        return whole.reshape(len(columns[0]), *shape)
    stacked = numpy.stack(numpy.broadcast_arrays(*columns), axis=-1)
    return stacked.reshape(*stacked.shape[:-1], *shape)


def finish_of(
    structure: Structure, entries: Sequence[Entry]
) -> Callable[[Any, Sequence[Any], Any], Any]:
    """Return a function that makes a result of this structure of the arguments of a call and of its
    entries."""
    if structure.spec is None and structure.leaves[0].kind is SCALAR and entries[0].kind is float:
        return lambda args, found, values: found[0]
    if structure.spec is None and structure.leaves[0].kind is SPARSE:
        return lambda args, found, values: structure.leaves[0].original.array(found)
    if any(entry.own or entry.kind is not float for entry in entries):
        return lambda args, found, values: result(structure, map(of_kind, found, entries))
    writer, write = writer_of(structure), machine.write

    def finish(args: Any, found: Sequence[Any], values: Any) -> Any:
        return write(writer, found if type(found) is array else array("d", found))

    return finish
