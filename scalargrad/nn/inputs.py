"""Inputs and outputs of modules: a number, a list of numbers, or lists of such lists.

A number here is a float, a Value, or anything else that operators work on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Any

from ..messages import described
from ..scalars import is_scalar, is_value


def data_of(x: Any) -> Any:
    """Return a number without its gradient: a NumPy scalar's `data` is something else."""
    return x.data if is_value(x) else x


def inputs_of(x: Any) -> Sequence[Any]:
    """The inputs as a list or tuple; a number or Value alone counts as a list of one. Raises
    TypeError for anything else."""
    if isinstance(x, (list, tuple)):
        return x
    # an array's own numbers convert slowly: once here, not once in every neuron
    found = x.tolist() if hasattr(x, "tolist") else x
    if is_scalar(found):
        return (found,)
    # the items of a text are texts again, those of a dict its keys
    if isinstance(found, Iterable) and not isinstance(found, (str, bytes, Mapping, Set)):
        return tuple(found)
    raise TypeError(f"expected a list of numbers or Values, got {described(x)}")


def inputs_for(module: Any, x: Any, count: int) -> Sequence[Any]:
    """The inputs as a list or tuple. Raises ValueError unless there are `count`."""
    found = inputs_of(x)
    if len(found) != count:
        name = type(module).__name__
        raise ValueError(f"{name} expected {count} inputs, got {len(found)}")
    return found


def mapped(function: Callable[[Any], Any], x: Any) -> Any:
    """Return the function of every number of `x`, in lists as those of `x`."""
    if not isinstance(x, (list, tuple)) and is_scalar(x):
        return function(x)
    return [mapped(function, part) for part in inputs_of(x)]


def added(x: Any, y: Any) -> Any:
    """Return x + y, number by number. Raises ValueError unless their lists are of one length."""
    if is_scalar(x) and is_scalar(y):
        return x + y
    ours, theirs = inputs_of(x), inputs_of(y)
    if len(ours) != len(theirs):
        raise ValueError(f"expected {len(ours)} to add to as many, got {len(theirs)}")
    return [added(a, b) for a, b in zip(ours, theirs)]
