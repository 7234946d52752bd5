"""Containers taken apart and put together again: lists, tuples, dicts, named tuples, dataclasses.

A `Container` says how one kind of them is read and built; a `Spec` is the shape of nested
containers, without their leaves. Two specs are equal where types, keys and their order are equal.
Any other object is a leaf. So is one of a subclass of list, tuple or dict, because the subclass may
hold more than its parts.
"""

from __future__ import annotations

import copy
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from ..messages import described

Keys = Sequence[Any]


def exact(x: Hashable) -> Hashable:
    """A key that is equal for two constants if they are the same: 1 is not True, 0.0 is not −0.0,
    and NaN is NaN."""
    return type(x), (repr(x) if isinstance(x, (float, complex)) else x)


class Container(NamedTuple):
    """One kind of container.

    `keys(x)` are the keys of a container's parts, `parts(x)` the parts in the same order. `more(x)`
    is what else the container was built with: a deque's length, the default of a defaultdict.
    `built(kind, keys, parts, more)` builds one. `path(key)` is how Python spells the way to a part.
    """

    keys: Callable[[Any], Keys]
    parts: Callable[[Any], Iterable[Any]]
    built: Callable[[Any, Keys, list[Any], Any], Any]
    path: Callable[[Any], str] = lambda key: f"[{key!r}]"
    more: Callable[[Any], Any] = lambda x: None


def indices(x: Any) -> Keys:
    return range(len(x))


def attributes(x: Any) -> dict[str, Any]:
    """The fields of a dataclass's instance in their order, then its other attributes."""
    named = {name: getattr(x, name) for name in x.__dataclass_fields__ if hasattr(x, name)}
    return named | getattr(x, "__dict__", {})


def with_attributes(kind: Any, names: Keys, parts: list[Any], more: Any) -> Any:
    """A dataclass with these attributes. Its `__init__` does not run, because it may compute."""
    made = object.__new__(kind)
    for name, part in zip(names, parts):
        object.__setattr__(made, name, part)
    return made


LIST = Container(
    indices, iter, lambda kind, keys, parts, more: parts if kind is list else kind(parts)
)
NAMED_TUPLE = Container(
    lambda x: x._fields,
    iter,
    lambda kind, keys, parts, more: tuple.__new__(kind, parts),
    lambda name: f".{name}",
)
DICT = Container(
    tuple, lambda x: x.values(), lambda kind, keys, parts, more: kind(zip(keys, parts))
)
DATACLASS = Container(
    lambda x: tuple(attributes(x)),
    lambda x: attributes(x).values(),
    with_attributes,
    lambda name: f".{name}",
)
CONTAINERS: dict[type, Container] = {
    list: LIST,
    tuple: LIST,
    dict: DICT,
    OrderedDict: DICT,
    defaultdict: DICT._replace(
        built=lambda kind, keys, parts, more: kind(more, zip(keys, parts)),
        more=lambda x: x.default_factory,
    ),
    deque: LIST._replace(
        built=lambda kind, keys, parts, more: kind(parts, more), more=lambda x: x.maxlen
    ),
}


def container_of(kind: type) -> Container | None:
    """Return how containers of this kind are taken apart; None if this is no kind of container."""
    found = CONTAINERS.get(kind)
    if found is None and hasattr(kind, "__dataclass_fields__"):
        return DATACLASS
    return NAMED_TUPLE if found is None and is_named_tuple(kind) else found


def is_named_tuple(kind: type) -> bool:
    return issubclass(kind, tuple) and hasattr(kind, "_fields")


class Spec:
    """The shape of nested containers: of each part its own Spec, or None where it is a leaf."""

    def __init__(
        self, kind: type, container: Container, x: Any, parts: tuple[Spec | None, ...]
    ) -> None:
        self.kind = kind
        self.container = container
        self.keys = container.keys(x)
        self.more = container.more(x)
        self._hold(parts)

    def _hold(self, parts: tuple[Spec | None, ...]) -> None:
        self.parts = parts
        nested = [part.size for part in parts if part is not None]
        self.size: int = len(parts) - len(nested) + sum(nested)
        self.is_flat = not nested

    def above(self, part: Spec | None) -> Spec:
        """The spec with `part` in place of each leaf."""
        if part is None:
            return self
        found = copy.copy(self)
        found.__dict__.pop("key", None)
        found._hold(tuple([part if x is None else x.above(part) for x in self.parts]))
        return found

    @cached_property
    def key(self) -> Hashable:
        """A key that is equal for equal specs; made when first asked for, for most specs are never
        compared."""
        own = len(self.parts) if self.container is LIST else tuple(map(exact, self.keys))
        more = self.more if isinstance(self.more, int) else id(self.more)
        return self.kind, own, self.parts, more

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spec) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def built(self, leaves: Iterable[Any]) -> Any:
        """Return the containers with these leaves in them."""
        return self._built(iter(leaves))

    def _built(self, leaves: Iterator[Any]) -> Any:
        if self.is_flat:
            parts = list(islice(leaves, self.size))
        else:
            parts = [next(leaves) if part is None else part._built(leaves) for part in self.parts]
        return self.container.built(self.kind, self.keys, parts, self.more)

    def paths(self, of: str) -> Iterator[str]:
        """Yield Python's spelling of the way to each leaf: of['weights'][0]."""
        for key, part in zip(self.keys, self.parts):
            here = of + self.container.path(key)
            yield from [here] if part is None else part.paths(here)

    def kinds(self) -> set[type]:
        """Return the types of all these containers."""
        return {self.kind}.union(*(part.kinds() for part in self.parts if part is not None))

    def all_keys(self) -> Iterator[Any]:
        """Yield the keys of all dicts among these containers."""
        if issubclass(self.kind, dict):
            yield from self.keys
        for part in () if self.is_flat else self.parts:
            if part is not None:
                yield from part.all_keys()

    def leaves(self, x: Any) -> list[Any]:
        """Return the leaves of containers of this shape, whatever the order of their keys. Raises
        ValueError for another shape."""
        parts = (
            dict(zip(self.container.keys(x), self.container.parts(x)))
            if type(x) is self.kind
            else None
        )
        if parts is None or parts.keys() != set(self.keys):
            raise ValueError(f"expected {self}, got {described(x)}")
        found: list[Any] = []
        for key, part in zip(self.keys, self.parts):
            found += [parts[key]] if part is None else part.leaves(parts[key])
        return found

    def __repr__(self) -> str:
        return repr(self.built([Unquoted("*")] * self.size))


class Unquoted(str):
    """Text that containers print without quotes."""

    __repr__ = str.__str__


class Taken:
    """The leaves of containers that were taken apart, in order, and the types of the leaves. Where
    `is_leaf` says so, a container is a leaf itself."""

    def __init__(self, is_leaf: Callable[[Any], bool] = lambda x: False) -> None:
        self.leaves: list[Any] = []
        self.kinds: set[type] = set()
        self.is_leaf = is_leaf

    def spec(self, x: Any) -> Spec | None:
        """Take `x` apart and return its Spec; None if it is a leaf itself."""
        kind = type(x)
        container = container_of(kind)
        if container is None or self.is_leaf(x):
            self.leaves.append(x)
            self.kinds.add(kind)
            return None
        parts = list(container.parts(x))
        # types are asked and not parts, of which a long list has many
        kinds = {*map(type, parts)}
        if any(map(container_of, kinds)):
            return Spec(kind, container, x, tuple(map(self.spec, parts)))
        self.leaves += parts
        self.kinds |= kinds
        return Spec(kind, container, x, (None,) * len(parts))


def taken_apart(
    x: Any, is_leaf: Callable[[Any], bool] = lambda x: False
) -> tuple[list[Any], Spec | None]:
    """Return the leaves of `x` in order, and its Spec: None if it is a leaf itself."""
    taken = Taken(is_leaf)
    spec = taken.spec(x)
    return taken.leaves, spec
