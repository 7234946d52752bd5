"""The parts of a Module: walks over all that it holds, to list them or to build a copy.

A walk goes through public attributes, lists, tuples and dicts, in their order, and meets each
object once.
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ..engine import Value
from ..scalars import is_value


class Holder:
    """What has its parts in attributes: a Module."""


class PlainParameter(float):
    """A parameter that is a plain number, not a Value: `parameters()` lists it all the same."""

    __slots__ = ()


class Buffer(list[float]):
    """Numbers that belong to a Module and are saved with it, but not trained: running
    statistics. Set them in place."""


def parts_of(whole: Any) -> Iterable[tuple[Any, Any]]:
    """The named parts of a Module or container; none of anything else."""
    if isinstance(whole, Holder):
        return [(name, x) for name, x in vars(whole).items() if not name.startswith("_")]
    if isinstance(whole, (list, tuple)):
        return enumerate(whole)
    return whole.items() if isinstance(whole, dict) else ()


WHOLES = (Holder, list, tuple, dict)
"""Kinds of objects that may hold parameters."""


class Role(NamedTuple):
    """Whether a walk lists objects of a type, and whether it looks into them."""

    listed: bool
    entered: bool


def role_of(part: Any) -> Role:
    parameter = is_value(part) or type(part) is PlainParameter
    entered = not parameter and isinstance(part, WHOLES) and type(part) is not Buffer
    return Role(parameter or isinstance(part, (Holder, Buffer)), entered)


def walk(whole: Any) -> list[tuple[Any, Any]]:
    """Every parameter, Buffer and Module within, each once, with its name."""
    found = [("", whole)]
    collect(whole, "", {id(whole)}, found, {})
    return found


def collect(
    whole: Any,
    name: str,
    seen: set[int],
    found: list[tuple[Any, Any]],
    roles: dict[type, Role],
) -> None:
    # not a generator, nor a call for each: a network has thousands of parameters
    for key, part in parts_of(whole):
        kind = type(part)
        role = roles.get(kind) or roles.setdefault(kind, role_of(part))
        if id(part) in seen or not (role.listed or role.entered):
            continue
        seen.add(id(part))
        own = f"{name}.{key}" if name else str(key)
        if role.listed:
            found.append((own, part))
        if role.entered:
            collect(part, own, seen, found, roles)


def parameters_by_id(whole: Any) -> dict[int, Any]:
    """The parameters within by their id, in the order of `walk`."""
    found: dict[int, Any] = {}
    collect_parameters(whole, {id(whole)}, found, {})
    return found


def collect_parameters(
    whole: Any, seen: set[int], found: dict[int, Any], roles: dict[type, Role]
) -> None:
    if is_of_parameters(whole):
        # most stand in lists of their own: all at once takes a tenth of the time
        found.update(zip(map(id, whole), whole))
        return
    for _, part in parts_of(whole):
        kind = type(part)
        role = roles.get(kind) or roles.setdefault(kind, role_of(part))
        if role.entered:
            if id(part) not in seen:
                seen.add(id(part))
                collect_parameters(part, seen, found, roles)
        elif role.listed and kind is not Buffer:
            found.setdefault(id(part), part)


def is_of_parameters(part: Any) -> bool:
    """Tell whether a list or tuple holds parameters alone."""
    if type(part) not in (list, tuple) or not part:
        return False
    kinds = {*map(type, part)}
    return kinds in (PLAIN, LINKED)


PLAIN, LINKED = {PlainParameter}, {Value}


def collect_modules(whole: Any, name: str, seen: set[int], found: list[tuple[str, Any]]) -> None:
    """The same for the Modules alone, which takes a tenth of the time."""
    for key, part in parts_of(whole):
        if id(part) in seen or not isinstance(part, WHOLES) or is_of_numbers(part):
            continue
        seen.add(id(part))
        own = f"{name}.{key}" if name else str(key)
        if isinstance(part, Holder):
            found.append((own, part))
        collect_modules(part, own, seen, found)


def is_of_numbers(part: Any) -> bool:
    """Tell whether a list or tuple holds no other whole."""
    if not isinstance(part, (list, tuple)):
        return False
    return not any(issubclass(kind, WHOLES) for kind in set(map(type, part)))


class Exchange:
    """A walk over a model that builds a copy of it, with `values` for its parameters, in order.

    `new` has, by the id of a parameter or of a Module in the model, what stands for it in the copy.
    """

    def __init__(self, values: list[Any], new: dict[int, Any]) -> None:
        self.values = values
        self.count = 0
        """How many parameters took their value so far."""
        self.new = new
        self.ways: dict[type, Callable[[Any], Any]] = {}
        """How parts of a type are exchanged."""

    def of(self, part: Any) -> Any:
        """What stands for a part in the copy: the part itself where nothing in it is replaced."""
        return (self.ways.get(type(part)) or self.way(part))(part)

    def way(self, part: Any) -> Callable[[Any], Any]:
        role = role_of(part)
        if isinstance(part, Holder):
            found = self.of_holder
        elif role.entered:
            found = self.of_container
        else:
            is_parameter = role.listed and not isinstance(part, Buffer)
            found = self.of_parameter if is_parameter else as_it_is
        self.ways[type(part)] = found
        return found

    def of_parameter(self, part: Any) -> Any:
        found = self.new.get(id(part))
        return self.of_parameters([part])[0] if found is None else found

    def of_parameters(self, own: list[Any]) -> list[Any]:
        """What stands for these, which were not met before. Too few values are told at the end."""
        end = self.count + len(own)
        values = self.values[self.count : end]
        self.count = end
        self.new.update(zip(map(id, own), values))
        return values or own

    def of_holder(self, part: Holder) -> Any:
        if id(part) not in self.new:
            # entered before its parts are replaced: a part may refer back to the whole
            self.new[id(part)] = copied = copy.copy(part)
            vars(copied).update([(name, self.of(x)) for name, x in parts_of(part)])
        return self.new[id(part)]

    def of_container(self, part: Any) -> Any:
        if self.values and is_of_parameters(part) and self.are_new(part):
            own = self.of_parameters(list(part))
            return own if type(part) is list else tuple(own)
        parts = {key: self.of(x) for key, x in parts_of(part)}
        if all(map(operator.is_, parts.values(), (x for _, x in parts_of(part)))):
            return part
        return like(part, parts)

    def are_new(self, own: Iterable[Any]) -> bool:
        """Whether none of these was met before, nor stands there twice."""
        ids = list(map(id, own))
        return self.new.keys().isdisjoint(ids) and len({*ids}) == len(ids)


def as_it_is(part: Any) -> Any:
    return part


def like(container: Any, parts: dict[Any, Any]) -> Any:
    """A container of the same kind with these parts."""
    if isinstance(container, tuple):
        named = hasattr(container, "_fields")
        return type(container)(*parts.values()) if named else tuple(parts.values())
    if type(container) is list:
        return list(parts.values())
    copied = copy.copy(container)
    for key, part in parts.items():
        copied[key] = part
    return copied
