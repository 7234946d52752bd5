"""Readers, in C, of the arguments of calls like an earlier one: each by what it was then."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from ...scalars import is_value, real
from ...transforms.containers import DATACLASS, LIST, NAMED_TUPLE, Spec
from ...transforms.trees import is_array
from ..trace.native import machine
from .arguments import Arguments
from .lanes import is_leaf_of_samples
from .leaves import ArgumentLeaf, has_inexact, may_be_inexact
from .sharing import ALONE, TellingReader

Reader = tuple[Any, ...] | None
"""A tuple that begins with one of the READ_… of the machine, or None for a float."""
Read = Callable[[Any, list[Any], list[Any], list[Any]], bool]
"""Adds what an argument holds to (numbers, arrays, statics); False if it is not of the kind
expected."""


PLAIN = {float, int, bool}
"""The types of plain numbers: any of them will do where numbers are data."""
DOUBLES = partial(array, "d")
"""Makes an array of doubles of their bytes."""


class Unreadable(Exception):
    """There is no reader for arguments of this kind."""


def reader_of(args: Sequence[Any], arguments: Arguments) -> Any:
    """Return a reader of arguments like these; None if there is none."""
    if len(args) != len(arguments.specs):
        return None
    spread = arguments.shape if is_spread(arguments) else None
    leaves = iter(arguments.leaves)
    try:
        readers = [
            nested(x, spec, leaves, spread, k in arguments.varied)
            for k, (x, (_, spec)) in enumerate(zip(args, arguments.specs))
        ]
    except Unreadable:
        return None
    return machine.Reader(tuple(readers))


def telling(reader: Any, arguments: Arguments, kept: Sequence[Any]) -> Any:
    """The reader of arguments like these, one that tells objects apart where that matters; `kept`
    are those that the function uses without being given them."""
    every = arguments.tells_apart
    if reader is None or every is None:
        return reader
    objects = [x for x in arguments.objects(arguments.given, every) if x is not ALONE]
    kinds = set(map(type, objects))
    others = [x for x in (*kept, *arguments.keys()) if type(x) in kinds]
    if len(objects) < 2 and not others:
        return reader
    empty = arguments.without_numbers()
    firsts = arguments.sharing.firsts if arguments.sharing else ()
    return TellingReader(reader, lambda args: empty.objects(args, every), firsts, others)


def is_spread(arguments: Arguments) -> bool:
    """Tell whether arrays with a lane in each element are of several axes, or of other shapes than
    another, or might be: one with one element is spread over the lanes of any other. Such arrays
    are read by their shapes."""
    shape = () if arguments.batched else arguments.shape or ()
    shapes = {leaf.shape for leaf in arguments.leaves if leaf.has_lanes}
    return len(shape) > 1 or (bool(shape) and (len(shapes) > 1 or shape == (1,)))


Shape = tuple[int, ...]


def nested(
    x: Any, spec: Spec | None, leaves: Iterator[ArgumentLeaf], spread: Shape | None, varied: bool
) -> Reader:
    """The reader of an argument; arrays are `spread` over lanes of this shape, if there is one.
    Numbers of one that is `varied` are data, be they floats, ints or bools."""
    if spec is None:
        leaf = next(leaves)
        if leaf.has_lanes and spread:
            return by_call(elements(x, spread))
        return number(None) if varied and type(x) in PLAIN else of_leaf(x, leaf)
    inside = zip(spec.container.parts(x), spec.parts)
    readers = tuple([nested(y, part, leaves, spread, varied) for y, part in inside])
    if spec.container in (LIST, NAMED_TUPLE) and issubclass(spec.kind, (list, tuple)):
        return sequence(spec.kind, readers)
    if isinstance(x, dict):
        return machine.READ_DICT, spec.kind, spec.keys, readers
    if spec.container is DATACLASS and tuple(getattr(x, "__dict__", ())) == spec.keys:
        return machine.READ_OBJECT, spec.kind, spec.keys, readers
    raise Unreadable


def sequence(kind: type, readers: tuple[Reader, ...]) -> Reader:
    if readers and all(reader is None for reader in readers):
        return machine.READ_FLOATS, kind, len(readers)
    first = readers[0] if readers else None
    if first is None or any(reader != first for reader in readers):
        return machine.READ_SEQUENCE, kind, readers
    if first[0] == machine.READ_NUMBER:
        return machine.READ_NUMBERS, kind, len(readers), first[1], DOUBLES
    if first[0] == machine.READ_VALUE:
        return machine.READ_VALUES, kind, len(readers), first[1]
    if first[0] == machine.READ_VALUES:
        return machine.READ_TABLE, kind, len(readers), first
    return machine.READ_SEQUENCE, kind, readers


def of_leaf(x: Any, leaf: ArgumentLeaf) -> Reader:
    if leaf.has_lanes:
        return samples(x, leaf)
    if type(x) is float:
        return None
    if leaf.watched is not None:
        return same(x, leaf)
    if is_value(x):
        return machine.READ_VALUE, type(x)
    if is_array(x) and leaf.numbers:
        return by_call(uniform(x, leaf))
    if is_array(x):
        return by_call(constant_array(x))
    return number(type(x)) if leaf.numbers else (machine.READ_STATIC, type(x))


def same(x: Any, leaf: ArgumentLeaf) -> Reader:
    if all(map(is_value, leaf.numbers)):
        return machine.READ_SAME, x, tuple(leaf.numbers)
    raise Unreadable


def by_call(read: Read) -> Reader:
    return machine.READ_BY_CALL, read


def number(kind: type | None) -> Reader:
    """The reader of a number of this kind; without one of a plain number."""
    if kind is None or kind.__module__ in ("builtins", "numpy"):
        return machine.READ_NUMBER, kind

    def read(x: Any, numbers: list[Any], arrays: list[Any], statics: list[Any]) -> bool:
        if type(x) is not kind:
            return False
        numbers.append(real(x))
        return True

    return by_call(read)


def constant_array(like: Any) -> Read:
    kind, dtype, shape = type(like), like.dtype, like.shape

    def read(x: Any, numbers: list[Any], arrays: list[Any], statics: list[Any]) -> bool:
        if type(x) is not kind or x.dtype != dtype or x.shape != shape:
            return False
        statics.append(x.tobytes())
        return True

    return read


def uniform(like: Any, leaf: ArgumentLeaf) -> Read:
    """Reads an array of uniform numbers."""
    if like.dtype == object:
        raise Unreadable
    from numpy import ascontiguousarray

    kind, dtype, shape = type(like), like.dtype, like.shape

    def read(x: Any, numbers: list[Any], arrays: list[Any], statics: list[Any]) -> bool:
        if type(x) is not kind or x.dtype != dtype or x.shape != shape:
            return False
        numbers.append(ascontiguousarray(x, float))
        return True

    return read


def samples(like: Any, leaf: ArgumentLeaf) -> Reader:
    """Reads an array with lanes: floats where they stand, others made floats first."""
    from numpy import empty, float64, ndarray

    shape = () if leaf.key == "lanes" else leaf.shape
    kind, dtype, double = type(like), getattr(like, "dtype", None), empty(0).dtype
    is_flat = len(shape) < 2
    if kind is ndarray and is_flat and dtype is double:
        return machine.READ_SAMPLES, kind, dtype, shape
    if kind is ndarray and is_flat and is_native(dtype):
        return machine.READ_CONVERTED, kind, dtype, shape, double, may_be_inexact(dtype)
    if kind in (list, tuple) and is_flat:
        return machine.READ_ROWS, kind, shape, empty, float64, converted(kind, None, shape)
    return by_call(converted(kind, dtype, shape))


def elements(like: Any, spread: Shape) -> Read:
    """Reads an array of this shape, a lane in each element, spread over the lanes of all."""
    from numpy import broadcast_to

    kind, dtype, shape = type(like), like.dtype, like.shape
    flat = converted(kind, dtype, ())

    def read(x: Any, numbers: list[Any], arrays: list[Any], statics: list[Any]) -> bool:
        same = type(x) is kind and x.dtype == dtype and x.shape == shape
        return same and flat(broadcast_to(x, spread).reshape(-1), numbers, arrays, statics)

    return read


def is_native(dtype: Any) -> bool:
    """Tell whether all arrays of this dtype share one object for it."""
    from numpy import dtype as dtype_of

    return dtype is dtype_of(dtype.type)


def converted(kind: type, dtype: Any, shape: tuple[int, ...]) -> Read:
    """Reads samples of any kind by way of NumPy."""
    from numpy import asarray, ndarray

    double = asarray(0.0).dtype
    floats = machine.Reader(((machine.READ_SAMPLES, ndarray, double, shape),))

    def read(x: Any, numbers: list[Any], arrays: list[Any], statics: list[Any]) -> bool:
        if type(x) is not kind or getattr(x, "dtype", None) != dtype:
            return False
        # a tuple of arrays is several arguments, not one
        if kind is tuple and not is_leaf_of_samples(x):
            return False
        found = asarray(x)
        if found.dtype.kind not in "biuf" or has_inexact(found):
            return False
        if not floats.read((found.astype(double, copy=False),), numbers, arrays, [], []):
            return False
        arrays[-1] = arrays[-1].reshape(len(found), -1)
        return True

    return read
