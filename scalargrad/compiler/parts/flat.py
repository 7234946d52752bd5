"""A trace as arrays: what a function did, whether it was recorded as loops or as nodes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

from ... import ops
from ...rows import Operator
from ..loops.items import (
    Constant,
    ConstantTable,
    InputTable,
    Item,
    Loop,
    NodeAt,
    One,
    Operation,
    Run,
)
from ..trace.recorder import Recorder
from ..trace.vocabulary import CONSTANT, INPUT, stop_gradient

OTHER, SUM, DIFFERENCE, NEGATIVE, PRODUCT, QUOTIENT, STOP, GIVEN, NUMBER, HELD = range(10)
"""The sorts of nodes. SUM to QUOTIENT are the operators that may be linear in an operand, OTHER are
all other operators; no derivative goes through a STOP. GIVEN is an input of the call, NUMBER one of
Python's, HELD a Value that the function closes over: an input too. A factor 0.0 that is a Value is
a number like others, while one that is no Value lets no derivative through."""
SORTS = {
    ops.add: SUM,
    ops.identity: SUM,
    ops.sum: SUM,
    ops.sub: DIFFERENCE,
    ops.neg: NEGATIVE,
    ops.mul: PRODUCT,
    ops.div: QUOTIENT,
    stop_gradient: STOP,
}


class Flat(NamedTuple):
    """Nodes in an order in which each comes after its operands, but for numbers of Python's, which
    stand anywhere. In arrays, by node:"""

    rows: list[Operator]
    """The operators, by code."""
    code: Any
    """−1 where nothing is computed."""
    begin: Any
    """Where its operands begin; and the end of the last."""
    operand: Any
    number: Any
    """The value of a number of Python's."""
    input: Any
    """Which input it is; −1 for none."""
    sort: Any
    variables: Any
    """The nodes that derivatives are taken in."""
    outputs: Any
    """The nodes that are differentiated."""

    @property
    def variable(self) -> Any:
        """Of each node which variable it is; −1 for none."""
        import numpy

        found = numpy.full(len(self.code), -1, numpy.int32)
        found[self.variables] = numpy.arange(len(self.variables))
        return found

    @property
    def key(self) -> bytes:
        """A key that two of these share if they are the same."""
        from hashlib import sha256

        digest = sha256(repr([id(row) for row in self.rows]).encode())
        for column in self[1:]:
            digest.update(column.tobytes())
        return digest.digest()


def arrays(
    rows: list[Operator],
    code: Any,
    begin: Any,
    operand: Any,
    number: Any,
    given: Any,
    held: Sequence[int],
) -> tuple[Any, Any, Any, Any, Any, Any, Any]:
    """The columns of a Flat in their types, with the sort of each node; these inputs are `held`."""
    import numpy

    sorts = numpy.array([*(SORTS.get(row, OTHER) for row in rows), NUMBER], numpy.uint8)
    sort = sorts[code]
    sort[(code < 0) & (given >= 0)] = GIVEN
    sort[numpy.isin(given, numpy.array(held, int))] = HELD
    return (
        rows,
        code.astype(numpy.int32),
        begin.astype(numpy.int64),
        operand.astype(numpy.int32),
        number,
        given.astype(numpy.int32),
        sort,
    )


def with_numbers(flat: Flat) -> Flat:
    """The same nodes, for values in place of derivatives: all inputs are variables, and so are
    numbers of Python's that are added to something. Each output then is a sum of parts in these."""
    import numpy

    owner = numpy.repeat(flat.sort, numpy.diff(flat.begin))
    is_number = flat.sort == NUMBER
    added = numpy.flatnonzero(numpy.isin(owner, (SUM, DIFFERENCE)) & is_number[flat.operand])
    given = numpy.flatnonzero(is_number[flat.outputs])
    copied = numpy.concatenate((flat.operand[added], flat.outputs[given]))
    new = numpy.arange(len(flat.code), len(flat.code) + len(copied), dtype=numpy.int32)
    operand, outputs = flat.operand.copy(), flat.outputs.copy()
    operand[added], outputs[given] = new[: len(added)], new[len(added) :]
    inputs = numpy.flatnonzero(flat.input >= 0).astype(numpy.int32)
    sort = numpy.where(flat.sort == STOP, SUM, flat.sort).astype(numpy.uint8)
    return Flat(
        flat.rows,
        numpy.append(flat.code, flat.code[copied]),
        numpy.append(flat.begin, numpy.full(len(copied), flat.begin[-1])),
        operand,
        numpy.append(flat.number, flat.number[copied]),
        numpy.append(flat.input, flat.input[copied]),
        numpy.append(sort, flat.sort[copied]),
        numpy.append(inputs, new),
        outputs,
    )


def without_zeros(flat: Flat) -> Flat:
    """The same to be differentiated: nothing goes through a product with a 0 of Python's."""
    import numpy

    products = numpy.flatnonzero(flat.sort == PRODUCT)
    is_zero = (flat.sort == NUMBER) & (flat.number == 0.0)
    begin = flat.begin[products]
    sort = flat.sort.copy()
    sort[products[is_zero[flat.operand[begin]] | is_zero[flat.operand[begin + 1]]]] = STOP
    return flat._replace(sort=sort)


# ------ from nodes
def of_nodes(
    trace: Recorder, variables: Sequence[int], outputs: Sequence[int], held: Sequence[int]
) -> Flat:
    """The nodes of a trace."""
    import numpy

    rows, operands = list(trace.rows), list(trace.operands)
    codes: dict[Any, int] = {}
    code = numpy.array([of_row(row, codes) for row in rows], int)
    counts = numpy.fromiter(map(len, operands), int, len(operands))
    begin = numpy.concatenate(([0], counts.cumsum()))
    operand = numpy.fromiter(chain.from_iterable(operands), int, int(begin[-1]))
    number = numpy.where(code == -1, numpy.fromiter(trace.numbers, float, len(rows)), 0.0)
    given = numpy.full(len(rows), -1)
    given[trace.inputs] = numpy.arange(len(trace.inputs))
    number[given >= 0] = 0.0
    columns = arrays(list(codes), code, begin, operand, number, given, held)
    return Flat(*columns, numpy.array(variables, numpy.int32), numpy.array(outputs, numpy.int32))


def of_row(row: Any, codes: dict[Any, int]) -> int:
    return -1 if row is INPUT or row is CONSTANT else codes.setdefault(row, len(codes))


# ------ from loops
class Expanded:
    """Items written out: the inputs, then the events, then numbers of Python's, as nodes."""

    def __init__(self, items: Sequence[Item], events: int, inputs: int) -> None:
        import numpy

        self.inputs, self.events = inputs, events
        self.codes: dict[Any, int] = {}
        self.numbers: list[Any] = []
        self.known = 0
        self.code = numpy.full(inputs + events, -1)
        self.counts = numpy.zeros(inputs + events, int)
        self.blocks: list[tuple[Any, Any]] = []
        """Nodes, and a row of operands for each."""
        self.write(items, numpy.zeros(1, int), [])

    def write(self, items: Sequence[Item], at: Any, turns: list[Any]) -> None:
        """Write items out that come, in each turn, at these events; `turns` are the iterations of
        the loops around."""
        import numpy

        for item in items:
            if isinstance(item, Loop):
                k = numpy.arange(item.trips)
                inner = (at[:, None] + item.span * k).ravel()
                around = [numpy.repeat(x, item.trips) for x in turns]
                self.write(item.body, inner, [*around, numpy.tile(k, len(at))])
                at = at + item.trips * item.span
            else:
                self.event(item, at, turns)
                at = at + 1

    def event(self, item: Operation, at: Any, turns: list[Any]) -> None:
        import numpy

        nodes = at + self.inputs
        found = [self.operands(x, turns, len(at)) for x in item.references]
        block = numpy.column_stack(found) if found else numpy.empty((len(at), 0), int)
        self.code[nodes] = self.codes.setdefault(item.operator, len(self.codes))
        self.counts[nodes] = block.shape[1]
        self.blocks.append((nodes, block))

    def operands(self, x: Any, turns: list[Any], count: int) -> Any:
        """The nodes that a reference stands for, a row for each turn."""
        import numpy

        if not isinstance(x, Run):
            return self.operand(x, turns, count)[:, None]
        if isinstance(x.first, ConstantTable):
            return self.new_numbers(x.first.numbers).reshape(count, x.count)
        return self.operand(x.first, turns, count)[:, None] + x.step * numpy.arange(x.count)

    def operand(self, x: One, turns: list[Any], count: int) -> Any:
        import numpy

        if isinstance(x, Constant):
            return numpy.repeat(self.new_numbers([x.number]), count)
        if isinstance(x, ConstantTable):
            return self.new_numbers(x.numbers)
        if isinstance(x, InputTable):
            return numpy.array(x.indexes)
        base = x.base + (self.inputs if isinstance(x, NodeAt) else 0)
        return sum((s * k for s, k in zip(x.strides, turns)), numpy.full(count, base))

    def new_numbers(self, numbers: Sequence[float]) -> Any:
        """The nodes of these numbers."""
        import numpy

        begin = self.inputs + self.events + self.known
        self.numbers.append(numpy.array(numbers, float))
        self.known += len(numbers)
        return numpy.arange(begin, begin + len(numbers))

    def flat(self, variables: Sequence[int], outputs: Sequence[One], held: Sequence[int]) -> Flat:
        import numpy

        results = numpy.array([int(self.operand(x, [], 1)[0]) for x in outputs], numpy.int32)
        counts = numpy.concatenate((self.counts, numpy.zeros(self.known, int)))
        begin = numpy.concatenate(([0], counts.cumsum()))
        operand = numpy.empty(int(begin[-1]), int)
        for nodes, block in self.blocks:
            operand[begin[nodes][:, None] + numpy.arange(block.shape[1])] = block
        size = self.inputs + self.events
        code = numpy.concatenate((self.code, numpy.full(self.known, -1)))
        number = numpy.concatenate((numpy.zeros(size), *self.numbers))
        given = numpy.full(len(code), -1)
        given[: self.inputs] = numpy.arange(self.inputs)
        columns = arrays(list(self.codes), code, begin, operand, number, given, held)
        return Flat(*columns, numpy.array(variables, numpy.int32), results)
