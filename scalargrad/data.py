"""Data for networks to learn from: lists of pairs (input, target), whatever they came in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .face import shown
from .messages import described
from .transforms.containers import Taken

__all__ = ["Sample", "samples"]
__dir__ = shown(__name__)

Sample = tuple[Any, Any]
"""An input and its target: numbers or lists of them, never arrays."""

NUMBERS = frozenset((int, float, bool))


def samples(data: Any) -> list[Sample]:
    """Return `data` as a list of (input, target) pairs: arrays are turned into lists, NumPy's
    numbers into Python's, once.

    `data` is an iterable of such pairs, or a tuple of two, all inputs and all targets: lists,
    arrays or columns of a table. Raises TypeError if it is neither, ValueError if there is no
    sample, or not one target for each input.
    """
    if isinstance(data, tuple) and len(data) == 2:
        check_unambiguous(data)
        pairs = zipped(*data)
    else:
        pairs = [pair(item, i) for i, item in enumerate(listed(data, "pairs (input, target)"))]
    if not pairs:
        raise ValueError("there is no sample: expected at least one (input, target), got none")
    return pairs


def plain(x: Any) -> Any:
    """Return an array, or a table's rows, as lists of numbers; anything else as it is, but with
    Python's numbers in place of NumPy's."""
    found = as_lists(x)
    return of_python(x) if found is x else found


def as_lists(x: Any) -> Any:
    """Return an array, or a table's rows, as lists of numbers; anything else as it is."""
    if hasattr(x, "to_numpy"):
        x = x.to_numpy()
    return x.tolist() if hasattr(x, "tolist") else x


def of_python(x: Any) -> Any:
    """Return containers with Python's numbers in place of NumPy's: those convert slowly, and the
    small ones wrap around."""
    if type(x) in NUMBERS or (type(x) is list and NUMBERS.issuperset(map(type, x))):
        return x
    taken = Taken()
    spec = taken.spec(x)
    if spec is None or not any(map(is_of_numpy, taken.kinds)):
        return x
    return spec.built(leaf.item() if is_of_numpy(type(leaf)) else leaf for leaf in taken.leaves)


def is_of_numpy(kind: type) -> bool:
    """Tell whether this is a kind of NumPy's lone numbers."""
    return kind.__module__ == "numpy" and hasattr(kind, "item") and kind.__name__ != "ndarray"


def listed(data: Any, wanted: str) -> list[Any]:
    if isinstance(data, Iterable) and not isinstance(data, (str, bytes, dict)):
        found = as_lists(data)
        if isinstance(found, Iterable):
            return list(found)
    raise TypeError(f"expected {wanted}, got {described(data)}")


def zipped(inputs: Any, targets: Any) -> list[Sample]:
    xs, ys = listed(inputs, "a list of inputs"), listed(targets, "a list of targets")
    if len(xs) != len(ys):
        raise ValueError(f"expected {len(xs)} targets, one for each input, got {len(ys)}")
    return [(plain(x), plain(y)) for x, y in zip(xs, ys)]


def pair(item: Any, position: int) -> Sample:
    try:
        x, y = item
    except (TypeError, ValueError):
        size = f" of {len(item)}" if hasattr(item, "__len__") else ""
        raise ValueError(
            f"sample {position}: expected a pair (input, target), got {type(item).__name__}{size} "
            f"{item!r:.60}; all inputs and all targets go into a tuple: (inputs, targets)"
        ) from None
    return plain(x), plain(y)


def check_unambiguous(data: tuple[Any, Any]) -> None:
    """Raise ValueError where two pairs and a pair of twos look the same."""
    if all(isinstance(part, tuple) and len(part) == 2 for part in data):
        raise ValueError(
            "a tuple of two tuples of two is either two samples or two inputs with two targets: "
            "pass a list of pairs, or lists in (inputs, targets)"
        )
