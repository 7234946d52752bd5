"""Readers, in C, of the arguments of calls like an earlier one: each by what it was then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ...scalars import is_value, real
from ...transforms.containers import DATACLASS, LIST, NAMED_TUPLE, Spec
from ...transforms.trees import is_array
from ..trace.native import machine
from .arguments import Arguments
from .leaves import ArgumentLeaf

Reader = Any
"""A tuple that begins with one of the READ_… of the machine, or None for a float."""
Read = Callable[[Any, list[Any], list[Any]], bool]
"""Adds an argument's numbers to (numbers, arrays); False if it is not of the kind expected."""


class Unreadable(Exception):
    """There is no reader for arguments of this kind."""


def reader_of(args: Sequence[Any], arguments: Arguments) -> Any:
    """Return a reader of arguments like these; None if there is none."""
    if len(args) != len(arguments.specs):
        return None
    leaves = iter(arguments.leaves)
    try:
        readers = [nested(x, spec, leaves) for x, (_, spec) in zip(args, arguments.specs)]
    except Unreadable:
        return None
    return machine.Reader(tuple(readers))


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
        return by_call(entries(x, leaf))
    if leaf.watched is not None:
        return same(x, leaf)
    if is_array(x):
        return by_call(same_array(x.copy()))
    return by_call(number(type(x))) if leaf.numbers else (machine.READ_STATIC, type(x), x)


def same(x: Any, leaf: ArgumentLeaf) -> Reader:
    if all(map(is_value, leaf.numbers)):
        return machine.READ_SAME, x, tuple(leaf.numbers)
    raise Unreadable


def by_call(read: Read) -> Reader:
    return machine.READ_BY_CALL, read


def number(kind: type) -> Read:
    def read(x: Any, numbers: list[Any], arrays: list[Any]) -> bool:
        if type(x) is not kind:
            return False
        numbers.append(real(x))
        return True

    return read


def same_array(constant: Any) -> Read:
    from numpy import array_equal

    def read(x: Any, numbers: list[Any], arrays: list[Any]) -> bool:
        return type(x) is type(constant) and x.dtype == constant.dtype and array_equal(x, constant)

    return read


def entries(like: Any, leaf: ArgumentLeaf) -> Read:
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
    """Reads an array with lanes: floats in C, others made floats first."""
    from numpy import asarray, ndarray

    # an array of one element is spread over the lanes of others
    if leaf.key == "lanes" and (like.ndim != 1 or like.size == 1):
        raise Unreadable
    shape = () if leaf.key == "lanes" else leaf.shape
    kind, dtype, double = type(like), getattr(like, "dtype", None), asarray(0.0).dtype
    if kind is ndarray and dtype == double and len(shape) < 2:
        return machine.READ_SAMPLES, kind, dtype, shape
    floats = machine.Reader(((machine.READ_SAMPLES, ndarray, double, shape),))

    def read(x: Any, numbers: list[Any], arrays: list[Any]) -> bool:
        if type(x) is not kind or getattr(x, "dtype", None) != dtype:
            return False
        found = asarray(x)
        if found.dtype == object or not floats.read((asarray(x, float),), numbers, arrays, []):
            return False
        arrays[-1] = arrays[-1].reshape(len(x), -1)
        return True

    return by_call(read)
