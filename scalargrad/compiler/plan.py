"""The short way through a call that is like an earlier one: no look-up, no tracing, one run.

A plan reads each argument by what it was the first time. Where an argument is of another kind, or
what the function closes over has changed, or a branch goes another way, it gives up, and the call
takes the long way.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import Any

from ..trees import is_array, is_model, is_value
from .arguments import Arguments
from .machine import OnMachine
from .native import machine, nodes
from .paths import Paths
from .results import Merge
from .structure import COUNT, SHARE
from .trace import Draw

Reader = Any
"""What `machine.read` expects an argument to be: a float if it is None; if it is a pair, the first
of it, which stands for the numbers that come second; an array of samples if it is its type, its
dtype and the shape of a sample. Else it is called."""
Call = Callable[[Any, list[Any], list[Any]], bool]
"""Adds an argument's numbers to (numbers, arrays); False if it is not of the kind expected."""


def value(kind: type[Any]) -> Call:
    def read(x: Any, numbers: list[Any], arrays: list[Any]) -> bool:
        if type(x) is not kind:
            return False
        numbers.append(x.data)
        return True

    return read


def static(expected: Any) -> Call:
    return lambda x, numbers, arrays: type(x) is type(expected) and x == expected


def entries(dtype: Any, shape: tuple[int, ...]) -> Call:
    from numpy import ascontiguousarray, ndarray

    def read(x: Any, numbers: list[Any], arrays: list[Any]) -> bool:
        if type(x) is not ndarray or x.dtype is not dtype or x.shape != shape:
            return False
        numbers.append(ascontiguousarray(x))
        return True

    return read


def samples(dtype: Any, shape: tuple[int, ...]) -> Reader:
    from numpy import ndarray

    def read(x: Any, numbers: list[Any], arrays: list[Any]) -> bool:
        if not machine.read(((ndarray, dtype, shape),), (x,), numbers, arrays):
            return False
        arrays[-1] = x.reshape(len(x), -1)
        return True

    return (ndarray, dtype, shape) if len(shape) < 2 else read


class Plan:
    """How to run calls like an earlier one on the machine."""

    def __init__(
        self,
        args: Sequence[Any],
        parts: Sequence[Any],
        readers: tuple[Reader, ...],
        records: list[Any],
        paths: Paths,
        call: Arguments,
    ) -> None:
        self.readers = readers
        self.records = records
        self.seen = array("Q", bytes(8 * len(records)))
        self.paths = paths
        self.call = call.pattern()
        path = paths.first
        assert path is not None
        self.runner: OnMachine = path.runner
        self.traced = path.traced
        self.form = path.form
        self.captured = tuple(path.traced.captured)
        each = zip(path.traced.each, self.runner.outputs)
        self.same = [k for k, (own, lane) in enumerate(each) if own and not lane]
        """Outputs that every lane has its own of, though they are all the same number."""
        self.from_arguments = [k for k, x in enumerate(args) if is_value(x) or is_model(x)]
        self.models = {
            k: tuple(part.numbers) for k, (x, part) in enumerate(zip(args, parts)) if is_model(x)
        }
        self.fixed = None if len(self.models) < len(self.from_arguments) else self.gathered(args)
        known = self.fixed or ()
        self.distinct = 0 < len({id(x) for x in known}) == len(known)

    def run(self, args: Sequence[Any]) -> list[Any] | None:
        """Return the program's outputs; None if it takes the long way."""
        numbers: list[Any] = [1.0, 1.0]
        arrays: list[Any] = []
        if not machine.unchanged(self.records, self.seen):
            return None
        if not machine.read(self.readers, args, numbers, arrays):
            return None
        if self.captured:
            numbers.append(self.captured)
        lanes = int(numbers[COUNT]) if arrays else None
        numbers[SHARE] = 1.0 / numbers[COUNT]
        outputs, broken = self.runner.run(numbers, arrays, lanes)
        if broken is not None:
            return None if isinstance(broken, int) else self.merged(args, outputs, broken)
        found: list[Any] = self.spread(outputs, lanes) if self.same else outputs
        return found

    def merged(self, args: Sequence[Any], outputs: Any, broken: Any) -> list[Any] | None:
        """The outputs of all paths, some lanes having left the first; None if another one uses
        other Values."""
        call = Arguments(args, self.call.batch)
        merge = Merge(call)
        for path, group, found in self.paths.rest(call, outputs, broken):
            merge.add(path, group, found)
        results = merge.results(self.traced.wanted.positions if self.traced.wanted else ())
        known = list(map(id, self.captured))
        same = merge.form == self.form and list(map(id, results.captured)) == known
        return results.outputs if same else None

    def spread(self, outputs: Any, lanes: Any) -> Any:
        import numpy

        found = list(outputs)
        for k in self.same:
            found[k] = numpy.full(lanes, found[k])
        return found

    def operands(self, args: Sequence[Any]) -> tuple[Any, ...]:
        """The Values that the call depends on: those among the arguments, then the captured."""
        return self.gathered(args) if self.fixed is None else self.fixed

    def gathered(self, args: Sequence[Any]) -> tuple[Any, ...]:
        given = [self.models.get(k, (args[k],)) for k in self.from_arguments]
        return (*(x for values in given for x in values), *self.captured)


def plan_of(args: Sequence[Any], call: Arguments, paths: Paths, records: list[Any]) -> Plan | None:
    """Return a plan for calls like this one, run by `paths`; None if there is none."""
    path = paths.first
    assert path is not None
    drawn = any(isinstance(source, Draw) for source in path.traced.sources)
    if drawn or not isinstance(path.runner, OnMachine):
        return None
    if len(args) != len(call.parts):
        return None
    readers = tuple(reader_of(x, part) for x, part in zip(args, call.parts))
    return None if False in readers else Plan(args, call.parts, readers, records, paths, call)


def gate_node(op: Any, operands: tuple[Any, ...], numbers: Any, distinct: bool) -> Any:
    """A node above `operands`; `numbers` are its data and its partials."""
    buffer = numbers if type(numbers) is array else array("d", numbers)
    return nodes.gate(op, operands, buffer, distinct)


def reader_of(x: Any, part: Any) -> Reader:
    """Return what reads arguments like this one; False if there is nothing that does."""
    import numpy

    if type(x) is float:
        return None
    if is_value(x):
        return value(type(x))
    if is_model(x):
        return (x, tuple(part.numbers)) if all(map(is_value, part.numbers)) else False
    if is_array(x):
        plain = x.dtype == numpy.dtype(float)
        if plain and not part.lane:
            return entries(x.dtype, x.shape)
        # an array of one element is spread over the lanes of others
        by_row = x.ndim > 0 and (part.key != "lanes" or (x.ndim == 1 and x.size > 1))
        return samples(x.dtype, x.shape[1:]) if plain and by_row else False
    return False if part.numbers else static(x)
