"""Objects that the arguments of a call hold in several places, or that the function also uses.

A function is given containers that are made anew, with Tracers for numbers. So that objects are one
within where they are one without, those that may be told apart count: of classes that compare by
identity always; and `every` container, array, model and Value, where the code compares by `is`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from ...scalars import is_value
from ...transforms.containers import DATACLASS, Spec
from ...transforms.trees import is_array, is_model

ALONE: Any = None
"""In place of an object that nobody tells from an equal one."""


class Entwined(TypeError):
    """Arguments hold these objects, which the function also uses without being given them."""

    def __init__(self, objects: Sequence[Any]) -> None:
        super().__init__(
            f"compile cannot follow {type(objects[0]).__name__} objects that the function is given "
            "and also uses without being given them: pass all of them as arguments"
        )
        self.objects = objects


def is_told_apart(spec: Spec) -> bool:
    """Whether a container is equal to itself alone: a dataclass without an `__eq__` of its own."""
    if spec.container is not DATACLASS:
        return False
    return not spec.kind.__dataclass_params__.eq  # type: ignore[attr-defined]


def counts(spec: Spec | None, every: bool) -> bool:
    return every or (spec is not None and is_told_apart(spec))


def objects_in(x: Any, spec: Spec | None, every: bool) -> Iterator[Any]:
    """Yield what counts of an argument, from outside inwards; ALONE for other leaves."""
    if counts(spec, every):
        is_kept = x != () if spec else is_value(x) or is_array(x) or is_model(x)
        yield x if is_kept else ALONE
    if spec is not None and (every or not spec.is_flat):
        for part, own in zip(spec.container.parts(x), spec.parts):
            yield from objects_in(part, own, every)


def with_parameters(objects: Sequence[Any]) -> list[Any]:
    """The Values among these that are parameters of models among these, with the models."""
    values = {id(x) for x in objects if is_value(x)}
    found = []
    for model in filter(is_model, objects) if values else ():
        own = [x for _, x in model.named_parameters() if id(x) in values]
        found += [model, *own] if own else []
    return found


def firsts_of(objects: Sequence[Any]) -> tuple[int, ...]:
    """Of each object the number of the first that is the same; nothing if all are different."""
    first: dict[int, int] = {}
    pairs = enumerate(objects)
    found = [k if x is ALONE else first.setdefault(id(x), k) for k, x in pairs]
    return () if found == [*range(len(found))] else tuple(found)


class Sharing(NamedTuple):
    """Which objects count, and of each the number of the first that is the same."""

    every: bool
    firsts: tuple[int, ...]

    def built(self, spec: Spec | None, leaves: Iterator[Any], made: list[Any]) -> Any:
        """An argument with these leaves, one object in all places where one stood; `made` are the
        objects so far."""
        at, is_counted = len(made), counts(spec, self.every)
        if is_counted:
            made.append(ALONE)
        if spec is None:
            x = next(leaves)
        else:
            parts = [self.built(part, leaves, made) for part in spec.parts]
            x = spec.container.built(spec.kind, spec.keys, parts, spec.more)
        if not is_counted:
            return x
        first = self.firsts[at]
        made[at] = x if first == at else made[first]
        return made[at]


class TellingReader:
    """Reads arguments as another reader does, if they share as those of an earlier call did."""

    def __init__(
        self,
        reader: Any,
        shared: Callable[[Sequence[Any]], list[Any]],
        expected: tuple[int, ...],
        others: Sequence[Any],
    ) -> None:
        self.reader = reader
        self.shared = shared
        self.expected = expected
        self.others = others
        """Objects that the function uses without being given them."""
        self.ids = frozenset(map(id, others))

    def read(self, args: Any, *found: Any) -> bool:
        if not self.reader.read(args, *found):
            return False
        objects = self.shared(args)
        return firsts_of(objects) == self.expected and self.ids.isdisjoint(map(id, objects))
