"""Which arguments of a compiled function have lanes."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from ...messages import described
from ...scalars import is_scalar
from ...transforms.containers import Spec, taken_apart
from ...transforms.parameters import ONLY_POSITIONAL, POSITIONAL
from ...transforms.trees import is_array, is_model


def names_in(batch: Any) -> frozenset[str]:
    if batch is None or isinstance(batch, bool):
        return frozenset()
    names = [batch] if isinstance(batch, str) else batch
    if isinstance(names, list | tuple | Set) and all(isinstance(name, str) for name in names):
        return frozenset(names)
    raise TypeError(
        "batch must be the name of an argument, a list of names, or True for each element of every "
        f"array, got {described(batch)}"
    )


class Batch:
    """The arguments that have lanes: those of these `names`, a sample in each row; or every array,
    if it is by `elements`."""

    first_is_late = False
    """Whether a call runs for one first argument after another."""

    def __init__(self, signature: inspect.Signature, batch: Any) -> None:
        self.elements = batch is True
        self.names = names_in(batch)
        self.option = True if self.elements else tuple(sorted(self.names)) or None
        """The option of `compile`, in one form."""
        parameters = list(signature.parameters.values())
        known = [p.name for p in parameters]
        for name in self.names:
            if name not in known:
                raise ValueError(f"batch names arguments of the function, {known}, got {name!r}")
        self.positional = [p.name for p in parameters if p.kind in POSITIONAL]
        self.rest = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), "")
        self.others = next((p.name for p in parameters if p.kind is p.VAR_KEYWORD), "")
        self.known = known
        self.defaults = {
            p.name: p.default
            for p in parameters
            if p.name in self.names and p.default is not p.empty and p.kind is not ONLY_POSITIONAL
        }
        """The defaults that have lanes: these are arguments though the caller gives none."""

    def __bool__(self) -> bool:
        return self.elements or bool(self.names)

    def refuse_lists(self, given: Sequence[Any]) -> None:
        """Raise TypeError if elements are lanes, and lists of numbers alone are given."""
        if self.elements and given and all(map(is_list_of_numbers, given)):
            raise TypeError(
                "batch=True takes each element of an array as a sample, and a list as one "
                f"argument; expected an array, got {described(given[0])}: np.asarray(xs) makes an "
                "array of it"
            )

    def completed(self, args: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments by name, with the defaults that have lanes."""
        given = {*self.positional[: len(args)], *named}
        return {**named, **{name: x for name, x in self.defaults.items() if name not in given}}

    def by_sample(self, count: int, named: Iterable[str]) -> list[bool]:
        """Which arguments have a sample in each row: so many positional ones, then these named."""
        if not self.names:
            return [False] * (count + len([*named]))
        by_place = [*self.positional[:count], *[self.rest] * (count - len(self.positional))]
        by_name = [name if name in self.known else self.others for name in named]
        return [name in self.names for name in (*by_place, *by_name)]


def is_list_of_numbers(x: Any) -> bool:
    """Whether it is a list or tuple of numbers, or of such lists."""
    return type(x) in (list, tuple) and all(is_scalar(y) or is_list_of_numbers(y) for y in x)


def leaves_by_sample(x: Any) -> tuple[list[Any], Spec | None]:
    """The leaves of an argument that has a sample in each row. Rows of numbers in a list are an
    array; a tuple of arrays, a dict and what else has names hold several."""
    return taken_apart(x, is_leaf_of_samples)


def is_leaf_of_samples(x: Any) -> bool:
    return isinstance(x, list) or is_model(x) or (type(x) is tuple and not all(map(is_array, x)))


def summed_to(x: Any, shape: tuple[int, ...]) -> Any:
    """The sum of `x` over the axes along which an array of this shape was broadcast to that of `x`.
    Both may be of NumPy or of JAX."""
    own = (*[1] * (x.ndim - len(shape)), *shape)
    axes = tuple(k for k, n in enumerate(own) if n == 1 != x.shape[k])
    return (x.sum(axis=axes) if axes else x).reshape(shape)
