"""What reads the arguments of calls like an earlier one, in C: each by what it was then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ...scalars import is_value, real
from ...transforms.containers import DATACLASS, LIST, NAMED_TUPLE, Spec
from ...transforms.trees import is_array
from ..trace.native import machine
from .arguments import Arguments
from .parts import Part

Reader = Any
"""A tuple that begins with one of the READ_… of the machine, or None for a float."""
Call = Callable[[Any, list[Any], list[Any]], bool]
"""Adds an argument's numbers to (numbers, arrays); False if it is not of the kind expected."""


class Unreadable(Exception):
    """There is no reader for arguments of this kind."""


def reader_of(args: Sequence[Any], call: Arguments) -> Any:
    """Return what reads arguments like these; None if there is nothing that does."""
    if len(args) != len(call.specs):
        return None
    parts = iter(call.parts)
    try:
        readers = [nested(x, spec, parts) for x, (_, spec) in zip(args, call.specs)]
    except Unreadable:
        return None
    return machine.Reader(tuple(readers))


def nested(x: Any, spec: Spec | None, parts: Iterator[Part]) -> Reader:
    if spec is None:
        return leaf(x, next(parts))
    inside = zip(spec.form.parts(x), spec.parts)
    readers = tuple([nested(y, part, parts) for y, part in inside])
    if spec.form in (LIST, NAMED_TUPLE) and issubclass(spec.kind, (list, tuple)):
        return sequence(spec.kind, readers)
    if isinstance(x, dict):
        return machine.READ_DICT, spec.kind, spec.keys, readers
    if spec.form is DATACLASS and tuple(getattr(x, "__dict__", ())) == spec.keys:
        return machine.READ_OBJECT, spec.kind, spec.keys, readers
    raise Unreadable


def sequence(kind: type, readers: tuple[Reader, ...]) -> Reader:
    alike = set(readers) if readers else set()
    if alike == {None}:
        return machine.READ_FLOATS, kind, len(readers)
    if len(alike) == 1 and readers[0][0] == machine.READ_VALUE:
        return machine.READ_VALUES, kind, len(readers), readers[0][1]
    return machine.READ_SEQUENCE, kind, readers


def leaf(x: Any, part: Part) -> Reader:
    if part.lane:
        return rows(x, part)
    if type(x) is float:
        return None
    if is_value(x):
        return machine.READ_VALUE, type(x)
    if is_array(x) and part.numbers:
        return by_call(entries(x, part))
    if part.watched is not None:
        return same(x, part)
    if is_array(x):
        return by_call(same_array(x.copy()))
    return by_call(number(type(x))) if part.numbers else (machine.READ_STATIC, type(x), x)


def same(x: Any, part: Part) -> Reader:
    if all(map(is_value, part.numbers)):
        return machine.READ_SAME, x, tuple(part.numbers)
    raise Unreadable


def by_call(read: Call) -> Reader:
    return machine.READ_BY_CALL, read


def number(kind: type) -> Call:
    def read(x: Any, numbers: list[Any], arrays: list[Any]) -> bool:
        if type(x) is not kind:
            return False
        numbers.append(real(x))
        return True

    return read


def same_array(constant: Any) -> Call:
    from numpy import array_equal

    def read(x: Any, numbers: list[Any], arrays: list[Any]) -> bool:
        return type(x) is type(constant) and x.dtype == constant.dtype and array_equal(x, constant)

    return read


def entries(like: Any, part: Part) -> Call:
    """Reads an array of numbers that are the same in all lanes."""
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


def rows(like: Any, part: Part) -> Reader:
    """Reads an array with lanes: floats in C, others made floats first."""
    from numpy import asarray, ndarray

    # an array of one element is spread over the lanes of others
    if part.key == "lanes" and (like.ndim != 1 or like.size == 1):
        raise Unreadable
    shape = () if part.key == "lanes" else part.shape
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
