"""Arguments and results as trees: nested containers taken apart into single numbers, and rebuilt.

`containers.py` knows the containers. Their leaves are of a few kinds, a row each in NUMERIC: a
number or Value, a NumPy array, a model (any object with `named_parameters()` and
`with_parameters(values)`). NumPy loads when first needed.
"""

from __future__ import annotations

import sys
from array import array as array_of_doubles
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from .. import ops
from ..messages import described
from ..scalars import is_scalar, is_value
from .containers import Spec, Taken, Unquoted, taken_apart


def is_array(x: object) -> bool:
    # whoever holds an array has loaded NumPy
    numpy = sys.modules.get("numpy")
    # by its type: a number that is traced takes long to tell what it claims to be
    return numpy is not None and issubclass(type(x), numpy.ndarray)


def is_model(x: object) -> bool:
    kind = type(x)
    return hasattr(kind, "named_parameters") and hasattr(kind, "with_parameters")


def filled(shape: tuple[int, ...], entries: Sequence[Any]) -> Any:
    """Return an array of float64 if all entries are floats, of objects otherwise."""
    import numpy

    # the entries of a program may be many: they come as an array of doubles
    if isinstance(entries, array_of_doubles):
        return numpy.ndarray(shape, float, entries)
    if all(issubclass(kind, float) for kind in {*map(type, entries)}):
        return numpy.array(entries, float).reshape(shape)
    return of_objects(shape, entries)


def of_objects(shape: tuple[int, ...], entries: Sequence[Any]) -> Any:
    """Return an array of objects, whatever the entries are."""
    import numpy

    array = numpy.empty(len(entries), dtype=object)
    for i, x in enumerate(entries):
        array[i] = x
    return array.reshape(shape)


def with_entries(model: Any, entries: Sequence[Any]) -> Any:
    """The model with other parameters; {name: entry} if the entries are more than numbers."""
    entries = list(entries)
    if are_numbers(entries):
        return model.with_parameters(apart(entries))
    return dict(zip(entry_names(model), entries))


def apart(entries: Sequence[Any]) -> Sequence[Any]:
    """The entries, with a copy of each node that comes again: equal gradients are often one node,
    and a model lists a node that is several of its parameters only once."""
    if {*map(type, entries)} == {float}:
        return entries
    seen: set[int] = set()
    found: list[Any] = []
    for x in entries:
        found.append(ops.identity(x) if id(x) in seen and is_value(x) else x)
        seen.add(id(x))
    return found


def entry_names(model: Any) -> list[str]:
    return [name for name, _ in model.named_parameters()]


def subscripts(shape: tuple[int, ...]) -> list[str]:
    """How Python spells the way to each element of an array: [0, 1]."""
    import numpy

    return [f"[{', '.join(map(str, i))}]" if i else "" for i in numpy.ndindex(*shape)]


class Kind(NamedTuple):
    """One kind of leaf: how it is recognised, taken apart, rebuilt with other entries, how its
    entries are named, and whether they are linked to a graph. Derivatives in linked entries have to
    be part of that graph."""

    matches: Callable[[Any], bool]
    entries: Callable[[Any], list[Any]]
    rebuilt: Callable[[Any, Sequence[Any]], Any]
    names: Callable[[Any], list[str]]
    linked: Callable[[Any], bool]


def in_graph(x: Any) -> bool:
    """Tell whether `x` is a Value; a number that is traced knows whether it stands for one."""
    return is_value(x) and getattr(x, "in_graph", True)


def some_value(x: Any) -> bool:
    return any(map(in_graph, x.ravel().tolist()))


def some_computed(model: Any) -> bool:
    """A model holds Values for good: only those that were computed have a graph behind them."""
    return any(in_graph(p) and p._is_computed for _, p in model.named_parameters())


SCALAR = Kind(is_scalar, lambda x: [x], lambda x, new: new[0], lambda x: [""], in_graph)
ARRAY = Kind(
    is_array,
    lambda x: x.ravel().tolist(),
    lambda x, new: filled(x.shape, new),
    lambda x: subscripts(x.shape),
    some_value,
)
MODEL = Kind(
    is_model,
    lambda x: [p for _, p in x.named_parameters()],
    with_entries,
    lambda x: [f".{name}" for name in entry_names(x)],
    some_computed,
)
OTHER = Kind(lambda x: True, lambda x: [], lambda x, new: x, lambda x: [], lambda x: False)
NUMERIC = (SCALAR, ARRAY, MODEL)
HOLDS_VALUES = (
    SCALAR._replace(matches=is_value),
    ARRAY._replace(matches=lambda x: is_array(x) and x.dtype == object),
    MODEL,
    OTHER,
)
"""For a function that is only called: a leaf without Values stays as it is."""
OR_NONE = (*NUMERIC, OTHER._replace(matches=lambda x: x is None))
"""For what may be missing."""


class Leaf(NamedTuple):
    original: Any
    kind: Kind
    size: int

    @property
    def shape(self) -> tuple[int, ...] | None:
        return self.original.shape if self.kind is ARRAY else None


class Structure:
    """How a tree is built of its entries, the single numbers in it."""

    are_floats = False
    """Whether all entries are floats, and so are leaves by themselves."""

    def __init__(self, leaves: list[Leaf], spec: Spec | None, size: int | None = None) -> None:
        """The `size` need not be added up where it is known."""
        self.leaves = leaves
        self.spec = spec
        self.size = sum(leaf.size for leaf in leaves) if size is None else size

    def tree(self, leaves: list[Any]) -> Any:
        return leaves[0] if self.spec is None else self.spec.built(leaves)

    def split(self, entries: Iterable[Any]) -> Iterator[Sequence[Any]]:
        """Yield the entries of each leaf."""
        rest = entries if isinstance(entries, array_of_doubles) else list(entries)
        at = 0
        for leaf in self.leaves:
            yield rest[at : at + leaf.size]
            at += leaf.size

    def rebuilt(self, entries: Iterable[Any]) -> Any:
        """Return a tree like the original, with these entries in it."""
        parts = self.split(entries)
        return self.tree([x.kind.rebuilt(x.original, part) for x, part in zip(self.leaves, parts)])

    def stacked(self, shape: tuple[int, ...], rows: Sequence[Sequence[Any]]) -> Any:
        """Return a tree of arrays: each row is the entries for one element of `shape`, and an
        array of the original gets the axes of `shape` before its own."""
        parts = self.split(zip(*rows) if rows else [()] * self.size)
        return self.tree([stack(leaf, shape, part) for leaf, part in zip(self.leaves, parts)])

    @property
    def linked(self) -> bool:
        return any(leaf.kind.linked(leaf.original) for leaf in self.leaves)

    def names(self, of: str) -> Iterator[str]:
        """Yield the name of each entry: of['weights'][0]."""
        paths = [of] if self.spec is None else self.spec.paths(of)
        for leaf, path in zip(self.leaves, paths):
            yield from (path + name for name in leaf.kind.names(leaf.original))

    def __str__(self) -> str:
        if self.spec is None:
            return shape_of(self.leaves[0])
        # most leaves of a large structure may be one and the same
        different = {id(leaf): leaf for leaf in self.leaves}
        texts = {i: Unquoted(shape_of(leaf)) for i, leaf in different.items()}
        return str(self.spec.built([texts[id(leaf)] for leaf in self.leaves]))


class Scalars(Structure):
    """A tree of which each leaf is one number or Value: most are, and some are long."""

    def __init__(self, entries: list[Any], spec: Spec | None, kinds: set[type]) -> None:
        self.entries = entries
        self.spec = spec
        self.size = len(entries)
        self.are_floats = kinds == FLOATS

    @cached_property
    def leaves(self) -> list[Leaf]:  # type: ignore[override]
        return [Leaf(x, SCALAR, 1) for x in self.entries]

    def rebuilt(self, entries: Iterable[Any]) -> Any:
        return next(iter(entries)) if self.spec is None else self.spec.built(entries)

    @property
    def linked(self) -> bool:
        return not self.are_floats and any(map(in_graph, self.entries))


FLOATS = {float}


def are_scalars(found: list[Any], kinds: set[type], kind: Kind) -> bool:
    """Tell whether all these leaves, which are of these types, are of this kind, of numbers or
    Values by themselves."""
    if kind.entries is not SCALAR.entries:
        return False
    return kinds == FLOATS or all(map(kind.matches, dict(zip(map(type, found), found)).values()))


def are_numbers(entries: list[Any]) -> bool:
    """Tell whether all of these are numbers or Values: their types tell."""
    return all(map(is_scalar, dict(zip(map(type, entries), entries)).values()))


def shape_of(leaf: Leaf) -> str:
    if leaf.kind.entries is SCALAR.entries:
        return "number"
    if leaf.kind.entries is OTHER.entries and leaf.shape is None:
        return repr(leaf.original)
    name = type(leaf.original).__name__
    return f"{name}{list(leaf.shape)}" if leaf.shape is not None else f"{name}({leaf.size})"


def stack(leaf: Leaf, shape: tuple[int, ...], columns: Sequence[Sequence[Any]]) -> Any:
    if leaf.shape is not None:
        by_row = [x for row in zip(*columns) for x in row]
        return filled((*shape, *leaf.shape), by_row)
    return leaf.kind.rebuilt(leaf.original, [filled(shape, column) for column in columns])


def take_apart(tree: Any) -> tuple[list[Any], Spec | None]:
    """Return the leaves, and their Spec; None for a single leaf."""
    return taken_apart(tree, is_model)


def flatten(tree: Any, what: str, kinds: Sequence[Kind] = NUMERIC) -> tuple[list[Any], Structure]:
    """Return the entries of a tree in order, numbers and Values, and its structure. Raises
    TypeError naming `what` and the place of anything that is of none of these kinds."""
    taken = Taken(is_model)
    spec, found = taken.spec(tree), taken.leaves
    if are_scalars(found, taken.kinds, kinds[0]):
        return found, Scalars(found, spec, taken.kinds)
    entries: list[Any] = []
    leaves = []
    for x in found:
        kind = next((kind for kind in kinds if kind.matches(x)), None)
        parts = [x] if kind is None else kind.entries(x)
        if kind is None or (kinds in (NUMERIC, OR_NONE) and not are_numbers(parts)):
            raise TypeError(wrong_entry(what, found, spec, x, parts))
        leaves.append(Leaf(x, kind, len(parts)))
        entries += parts
    return entries, Structure(leaves, spec)


def wrong_entry(what: str, found: list[Any], spec: Spec | None, leaf: Any, parts: list[Any]) -> str:
    at = next(i for i, x in enumerate(found) if x is leaf)
    place = list(spec.paths(what))[at] if spec is not None else what
    x = next(x for x in parts if not is_scalar(x))
    got = described(x)
    foreign = ": np.asarray(x) makes an array of it" if is_foreign_array(x) else ""
    listed = ": return a list, a tuple, a dict, a named tuple or a dataclass of them"
    cure = listed if what == "the result" else foreign
    kinds = "expected numbers, Values, arrays or models"
    return f"{kinds}, got {got} at {place}{cure}"


def is_foreign_array(x: Any) -> bool:
    """Whether `x` is another library's array or tensor, as JAX and torch have them."""
    kind = type(x)
    return kind.__module__ != "numpy" and hasattr(kind, "__array__") and hasattr(kind, "shape")


def matching(
    tree: Any, structure: Structure, what: str, kinds: Sequence[Kind] = NUMERIC
) -> list[Any]:
    """Return the entries of a tree that should have this structure; the order of a dict's keys does
    not matter. Raises ValueError if it has another one."""
    entries, found = flatten(in_order(tree, structure.spec), what, kinds)
    shapes = [(leaf.shape, leaf.size) for leaf in found.leaves]
    if found.spec != structure.spec or shapes != [(x.shape, x.size) for x in structure.leaves]:
        raise ValueError(f"{what} must have the structure {structure}, got {found}")
    return entries


def in_order(tree: Any, spec: Spec | None) -> Any:
    """The tree with its keys in the order of `spec`; as it is if it has others."""
    try:
        return tree if spec is None else spec.built(spec.leaves(tree))
    except ValueError:
        return tree
