"""Module: anything with parameters, found by walking its attributes.

Every Value in a public attribute is a parameter, through lists, tuples, dicts and Modules within.
A Value that should be no parameter (an activation kept to look at) goes into an attribute
`_of_this_kind`. Numbers that are kept and saved but not trained stand in a Buffer.

A Module called takes one sample: a number, or a list of numbers (of such lists, for a sequence).
`batch` takes a list of samples and returns a list of outputs. It calls the Module on each sample,
with two exceptions: BatchNorm must see all samples at once while it trains, and Sequential and
Residual hand the batch on to their parts. So training uses `model.batch(samples)`, which is right
for every Module, and prediction `model(sample)`, after `model.eval()`.
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from ..engine import Value
from ..randomness import each
from ..scalars import is_value
from .saving import load_state_dict, state_dict
from .summary import summary, table

M = TypeVar("M", bound="Module")


class PlainParameter(float):
    """A parameter that is a plain number, not a Value: `parameters()` lists it all the same."""

    __slots__ = ()


class Buffer(list[float]):
    """Numbers that belong to a Module and are saved with it, but not trained: running
    statistics. Set them in place."""


class NeedsBatch(ValueError):
    """A part that must see all samples at once was given a single one, by `batch` of its holder."""

    def __init__(self, part: str, within: str = "") -> None:
        self.part, self.within = part, within
        cure = (
            f"{within} hands its samples on one by one. Give {within} a method batch(self, "
            f"samples) that calls batch of each part in turn, or make {within} of Sequential"
            if within
            else "call model.batch(samples)"
        )
        super().__init__(
            f"{part} in training needs a batch, got a single sample: {cure}, or model.eval() first "
            "to use the running statistics"
        )


class Module:
    """A part of a network. Subclasses hold parameters and define `__call__` (or `forward`)."""

    training = True
    __call__: Callable[..., Any]

    def __init_subclass__(cls, **named: Any) -> None:
        """Let `forward`, torch's name for it, stand for `__call__`."""
        super().__init_subclass__(**named)
        for base in cls.__mro__:
            if "__call__" in vars(base):
                return
            if "forward" in vars(base):
                cls.__call__ = vars(base)["forward"]  # type: ignore[method-assign]
                return

    # ------ parameters
    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Yield each parameter once, with its name: "layers.0.neurons.3.b". One that stands in
        two places has the name of the first."""
        return (x for x in _walk(self) if not isinstance(x[1], (Module, Buffer)))

    def parameters(self) -> list[Value]:
        """Return the parameters, in the order of `named_parameters`."""
        return [x for _, x in _walk(self, None) if not isinstance(x, (Module, Buffer))]

    def with_parameters(self: M, values: Iterable[Any]) -> M:
        """Return a copy with other parameters: Values, or floats, in the order of `parameters()`.

        Whatever holds no parameter is shared with the original. Raises ValueError unless there
        is one value for each parameter.
        """
        old, new = self.parameters(), list(values)
        if len(old) != len(new):
            raise ValueError(f"expected {len(old)} parameters, got {len(new)}")
        kept = [x if is_value(x) else PlainParameter(x) for x in new]
        replaced: M = _replace(self, dict(zip(map(id, old), kept)))
        return replaced

    def zero_grad(self) -> None:
        """Set the `grad` of every parameter to 0.0, as it was before the first `backward`."""
        for parameter in self.parameters():
            parameter.zero_grad()

    # ------ parts
    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """Yield each Module within once, with its name; first this one, whose name is ""."""
        found: list[tuple[str, Module]] = [("", self)]
        _collect_modules(self, "", {id(self)}, found)
        return iter(found)

    def named_buffers(self) -> Iterator[tuple[str, Buffer]]:
        """Yield each Buffer within once, with its name: "layers.1.running_mean"."""
        return (x for x in _walk(self) if isinstance(x[1], Buffer))

    # ------ state
    def state_dict(self) -> dict[str, float]:
        """Return the numbers in parameters and buffers by name: "layers.1.running_mean.2"."""
        return state_dict(self)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set parameters and buffers to what `state_dict` returned. Raises ValueError or
        TypeError, and changes nothing, unless there is a number for each of them."""
        load_state_dict(self, state)

    # ------ running
    def train(self: M, mode: bool = True) -> M:
        """Put this Module and all within into training mode (or not), and return this one."""
        for _, module in self.named_modules():
            module.training = mode
        return self

    def eval(self: M) -> M:
        """Put this Module and all within into evaluation mode: nothing is drawn or learned while
        they run. Return this one."""
        return self.train(False)

    def batch(self, samples: Iterable[Any]) -> list[Any]:
        """Return the outputs for several samples, one for each."""
        try:
            return [self(sample) for sample in each(samples)]
        except NeedsBatch as error:
            # the message names the innermost Module
            within = error.within or type(self).__name__
            raise NeedsBatch(error.part, within) from None

    def __repr__(self) -> str:
        return summary(self)

    def _repr_html_(self) -> str:
        """A table of the parts, for a notebook."""
        return table(self)


def batch_of(part: Callable[..., Any], samples: list[Any]) -> list[Any]:
    """Return the outputs of a Module, or of a plain function, for several samples."""
    return part.batch(samples) if isinstance(part, Module) else [part(x) for x in each(samples)]


def _parts(whole: Any) -> Iterable[tuple[Any, Any]]:
    """The named parts of a Module or container; none of anything else."""
    if isinstance(whole, Module):
        return [(name, x) for name, x in vars(whole).items() if not name.startswith("_")]
    if isinstance(whole, (list, tuple)):
        return enumerate(whole)
    return whole.items() if isinstance(whole, dict) else ()


WHOLES = (Module, list, tuple, dict)
"""Kinds of objects that may hold parameters."""


class _Role(NamedTuple):
    """Whether a walk lists objects of a type, and whether it looks into them."""

    listed: bool
    entered: bool


def _role(part: Any) -> _Role:
    parameter = is_value(part) or type(part) is PlainParameter
    entered = not parameter and isinstance(part, WHOLES) and type(part) is not Buffer
    return _Role(parameter or isinstance(part, (Module, Buffer)), entered)


def _walk(whole: Any, name: str | None = "") -> list[tuple[Any, Any]]:
    """Every parameter, Buffer and Module within, each once, with its name. If `name` is None they
    have no names, which take half the time."""
    found = [(name, whole)]
    _collect(whole, name, {id(whole)}, found, {})
    return found


def _collect(
    whole: Any,
    name: str | None,
    seen: set[int],
    found: list[tuple[Any, Any]],
    roles: dict[type, _Role],
) -> None:
    # not a generator, nor a call for each: a network has thousands of parameters
    for key, part in _parts(whole):
        kind = type(part)
        role = roles.get(kind) or roles.setdefault(kind, _role(part))
        if id(part) in seen or not (role.listed or role.entered):
            continue
        seen.add(id(part))
        own = None if name is None else f"{name}.{key}" if name else str(key)
        if role.listed:
            found.append((own, part))
        if role.entered:
            _collect(part, own, seen, found, roles)


def _collect_modules(
    whole: Any, name: str, seen: set[int], found: list[tuple[str, Module]]
) -> None:
    """The same for the Modules alone, which takes a tenth of the time."""
    for key, part in _parts(whole):
        if id(part) in seen or not isinstance(part, WHOLES) or is_of_numbers(part):
            continue
        seen.add(id(part))
        own = f"{name}.{key}" if name else str(key)
        if isinstance(part, Module):
            found.append((own, part))
        _collect_modules(part, own, seen, found)


def is_of_numbers(part: Any) -> bool:
    """Tell whether a list or tuple holds no other whole."""
    if not isinstance(part, (list, tuple)):
        return False
    return not any(issubclass(kind, WHOLES) for kind in set(map(type, part)))


def _replace(part: Any, new: dict[int, Any]) -> Any:
    """A copy of `part` with objects replaced: `new` has the replacements by the id of the object.
    `part` itself where nothing in it is replaced."""
    if isinstance(part, Module):
        # entered before its parts are replaced: a part may refer back to the whole
        new[id(part)] = copied = copy.copy(part)
        vars(copied).update(_replaced_parts(part, new))
        return copied
    parts = _replaced_parts(part, new)
    if all(map(operator.is_, parts.values(), (x for _, x in _parts(part)))):
        return part
    return _like(part, parts)


def _replaced_parts(part: Any, new: dict[int, Any]) -> dict[Any, Any]:
    return {
        key: new[id(x)] if id(x) in new else _replace(x, new) if isinstance(x, WHOLES) else x
        for key, x in _parts(part)
    }


def _like(container: Any, parts: dict[Any, Any]) -> Any:
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
