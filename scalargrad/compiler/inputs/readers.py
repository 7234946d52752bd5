"""Readers, in C, of the arguments of calls like an earlier one: each by what it was then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ...scalars import is_value, real
from ...transforms.containers import DATACLASS, LIST, NAMED_TUPLE, Spec
from ...transforms.trees import is_array
from ..trace.native import machine
from .arguments import Arguments
from .lanes import is_leaf_of_samples
from .leaves import ArgumentLeaf

Reader = tuple[Any, ...] | None
"""A tuple that begins with one of the READ_… of the machine, or None for a float."""
Read = Callable[[Any, list[Any], list[Any]], bool]
"""Adds an argument's numbers to (numbers, arrays); False if it is not of the kind expected."""


class Unreadable(Exception):
    """There is no reader for arguments of this kind."""


def reader_of(args: Sequence[Any], arguments: Arguments) -> Any:
    """Return a reader of arguments like these; None if there is none."""
    if len(args) != len(arguments.specs) or is_broadcast(arguments):
        return None
    leaves = iter(arguments.leaves)
    try:
        readers = [nested(x, spec, leaves) for x, (_, spec) in zip(args, arguments.specs)]
    except Unreadable:
        return None
    return machine.Reader(tuple(readers))


def is_broadcast(arguments: Arguments) -> bool:
    """Tell whether arrays of several axes, a lane in each element, are not all of one shape."""
    shape = () if arguments.batched else arguments.shape or ()
    return len(shape) > 1 and any(
        leaf.has_lanes and leaf.shape != shape for leaf in arguments.leaves
    )


def nested(x: Any, spec: Spec | None, leaves: Iterator[ArgumentLeaf]) -> Reader:
    if spec is None:
        return of_leaf(x, next(leaves))
    inside = zip(spec.form.parts(x), spec.parts)
    readers = tuple([nested(y, part, leaves) for y, part in inside])
    if spec.form in (LIST, NAMED_TUPLE) and issubclass(spec.kind, (list, tuple)):
        return sequence(spec.kind, readers)
    if isinstance(x, dict):
        return machine.READ_DICT, spec.kind, spec.keys, readers
    if spec.form is DATACLASS and tuple(getattr(x, "__dict__", ())) == spec.keys:
        return machine.READ_OBJECT, spec.kind, spec.keys, readers
    raise Unreadable


def sequence(kind: type, readers: tuple[Reader, ...]) -> Reader:
    if readers and all(reader is None for reader in readers):
        return machine.READ_FLOATS, kind, len(readers)
    first = readers[0] if readers else None
    if first is not None and first[0] == machine.READ_VALUE and all(r == first for r in readers):
        return machine.READ_VALUES, kind, len(readers), first[1]
    return machine.READ_SEQUENCE, kind, readers


def of_leaf(x: Any, leaf: ArgumentLeaf) -> Reader:
    if leaf.has_lanes:
        return samples(x, leaf)
    if type(x) is float:
        return None
    if is_value(x):
        return machine.READ_VALUE, type(x)
    if is_array(x) and leaf.numbers:
        return by_call(uniform(x, leaf))
    if leaf.watched is not None:
        return same(x, leaf)
    if is_array(x):
        return by_call(same_array(x.copy()))
    return number(type(x)) if leaf.numbers else (machine.READ_STATIC, type(x), x)


def same(x: Any, leaf: ArgumentLeaf) -> Reader:
    if all(map(is_value, leaf.numbers)):
        return machine.READ_SAME, x, tuple(leaf.numbers)
    raise Unreadable


def by_call(read: Read) -> Reader:
    return machine.READ_BY_CALL, read


def number(kind: type) -> Reader:
    if kind.__module__ in ("builtins", "numpy"):
        return machine.READ_NUMBER, kind

    def read(x: Any, numbers: list[Any], arrays: list[Any]) -> bool:
        if type(x) is not kind:
            return False
        numbers.append(real(x))
        return True

    return by_call(read)


def same_array(constant: Any) -> Read:
    from numpy import array_equal

    kind, dtype, shape = type(constant), constant.dtype, constant.shape
    content = constant.tobytes()
    # equal whole numbers and truths have equal bytes, which are sooner compared
    by_bytes = dtype.kind in "biu"

    def read(x: Any, numbers: list[Any], arrays: list[Any]) -> bool:
        if type(x) is not kind or x.dtype != dtype or x.shape != shape:
            return False
        return x.tobytes() == content if by_bytes else array_equal(x, constant)

    return read


def uniform(like: Any, leaf: ArgumentLeaf) -> Read:
    """Reads an array of uniform numbers."""
    if like.dtype == object:
        raise Unreadable
    from numpy import ascontiguousarray

    kind, dtype, shape = type(like), like.dtype, like.shape

    def read(x: Any, numbers: list[Any], arrays: list[Any]) -> bool:
        if type(x) is not kind or x.dtype != dtype or x.shape != shape:
            return False
        numbers.append(ascontiguousarray(x, float))
        return True

    return read


def samples(like: Any, leaf: ArgumentLeaf) -> Reader:
    """Reads an array with lanes: floats where they stand, others made floats first."""
    from numpy import empty, float64, ndarray

    if leaf.key == "lanes" and like.ndim > 1:
        return by_call(elements(like))
    # an array of one element is spread over the lanes of others
    if leaf.key == "lanes" and like.size == 1:
        raise Unreadable
    shape = () if leaf.key == "lanes" else leaf.shape
    kind, dtype, double = type(like), getattr(like, "dtype", None), empty(0).dtype
    is_flat = len(shape) < 2
    if kind is ndarray and is_flat and dtype is double:
        return machine.READ_SAMPLES, kind, dtype, shape
    if kind is ndarray and is_flat and is_native(dtype):
        return machine.READ_CONVERTED, kind, dtype, shape, double
    if kind in (list, tuple) and is_flat:
        return machine.READ_ROWS, kind, shape, empty, float64, converted(kind, None, shape)
    return by_call(converted(kind, dtype, shape))


def elements(like: Any) -> Read:
    """Reads an array of this shape, a lane in each element."""
    kind, dtype, shape = type(like), like.dtype, like.shape
    flat = converted(kind, dtype, ())

    def read(x: Any, numbers: list[Any], arrays: list[Any]) -> bool:
        same = type(x) is kind and x.dtype == dtype and x.shape == shape
        return same and flat(x.reshape(-1), numbers, arrays)

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

    def read(x: Any, numbers: list[Any], arrays: list[Any]) -> bool:
        if type(x) is not kind or getattr(x, "dtype", None) != dtype:
            return False
        # a tuple of arrays is several arguments, not one
        if kind is tuple and not is_leaf_of_samples(x):
            return False
        found = asarray(x)
        if found.dtype.kind not in "biuf":
            return False
        if not floats.read((found.astype(double, copy=False),), numbers, arrays, []):
            return False
        arrays[-1] = arrays[-1].reshape(len(found), -1)
        return True

    return read
