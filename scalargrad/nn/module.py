"""Module: anything with parameters, found by walking its attributes.

Every Value in a public attribute is a parameter, through lists, tuples, dicts and Modules within.
What should not be one (an activation kept to look at) goes into an attribute `_of_this_kind`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from ..engine import Value
from ..rows import builder

M = TypeVar("M", bound="Module")


class Number(float):
    """A parameter that is a plain number, not a Value: `parameters()` lists it all the same."""

    __slots__ = ()


class Module:
    """A part of a network. Subclasses hold parameters and define `__call__`."""

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Yield each parameter once, with its name: "layers.0.neurons.3.b". One that stands in
        two places has the name of the first."""
        return _walk(self, "", set())

    def parameters(self) -> list[Value]:
        """Return the parameters, in the order of `named_parameters`."""
        return [parameter for _, parameter in self.named_parameters()]

    def with_parameters(self: M, values: Iterable[Any]) -> M:
        """Return a copy with other parameters: Values, or floats, in the order of `parameters()`.

        Whatever holds no parameter is shared with the original. Raises ValueError unless there
        is one value for each parameter.
        """
        old, new = self.parameters(), list(values)
        if len(old) != len(new):
            raise ValueError(f"expected {len(old)} parameters, got {len(new)}")
        kept = [x if builder(x) else Number(x) for x in new]
        replaced: M = _replace(self, dict(zip(map(id, old), kept)))
        return replaced

    def zero_grad(self) -> None:
        """Set the `grad` of every parameter to 0.0."""
        for parameter in self.parameters():
            parameter.grad = 0.0


def _parts(whole: Any) -> Iterable[tuple[Any, Any]]:
    """The named parts of a Module or container; none of anything else."""
    if isinstance(whole, Module):
        return [(name, x) for name, x in vars(whole).items() if not name.startswith("_")]
    if isinstance(whole, (list, tuple)):
        return enumerate(whole)
    return whole.items() if isinstance(whole, dict) else ()


def _walk(part: Any, name: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    is_parameter = isinstance(part, Number) or builder(part) is not None
    if is_parameter or isinstance(part, (Module, list, tuple, dict)):
        if id(part) in seen:
            return
        seen.add(id(part))
    if is_parameter:
        yield name, part
    for key, inner in _parts(part):
        yield from _walk(inner, f"{name}.{key}" if name else str(key), seen)


def _replace(part: Any, new: dict[int, Any]) -> Any:
    """`part` with `new` in place of what has these ids; itself where there is none of them."""
    if id(part) in new:
        return new[id(part)]
    if isinstance(part, Module):
        # known before its parts are: a part may refer back to the whole
        new[id(part)] = copied = copy.copy(part)
        vars(copied).update({name: _replace(x, new) for name, x in _parts(part)})
        return copied
    parts = {key: _replace(x, new) for key, x in _parts(part)}
    if all(parts[key] is x for key, x in _parts(part)):
        return part
    return _like(part, parts)


def _like(container: Any, parts: dict[Any, Any]) -> Any:
    """A container of the same kind with these parts."""
    if isinstance(container, tuple):
        named = hasattr(container, "_fields")
        return type(container)(*parts.values()) if named else tuple(parts.values())
    copied = copy.copy(container)
    for key, part in parts.items():
        copied[key] = part
    return copied
