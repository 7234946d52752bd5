"""Kinds of parts: those that compute alike, from leaves of their own.

A *leaf* is a variable, another input, or a number of Python's; a part is computed from its leaves.
Parts are of one kind if they apply the same operators to the same of their leaves, in the same
order.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from ... import ops
from ..trace.native import nodes as native
from .flat import GIVEN, HELD, NUMBER, Flat

OF_VARIABLE, OF_INPUT, OF_NUMBER, OF_EXPONENT, OF_VALUE = range(5)
"""The sorts of leaves. An exponent is a number of Python's that another kind has otherwise: the
rules for a power depend on it."""
MOST_WORK = 16
"""So many times the nodes of the trace may be in all parts together: else these share too much."""


class Kind(NamedTuple):
    """`steps` are the operators that parts of a kind apply, each with its operands: leaf k is 2·k,
    step k is 2·k + 1. Of each leaf `sorts` tells what it is; `leaves` has the nodes, a row for each
    part; `parts` are the parts, by their numbers among those that were asked for."""

    steps: list[tuple[int, tuple[int, ...]]]
    sorts: list[int]
    parts: Any
    leaves: Any


def kinds(flat: Flat, parts: Any) -> list[Kind] | None:
    """The kinds of parts, given by their nodes. None where parts share so much that they had better
    be computed together."""
    import numpy

    found = compared(flat, numpy.ascontiguousarray(parts, numpy.int32))
    if found is None:
        return None
    kind, begin, leaves, ends, words = (
        numpy.frombuffer(x, t) for x, t in zip(found, ("i4", "i8", "i4", "i8", "i4"))
    )
    signatures = [words[a:b].tolist() for a, b in zip([0, *ends[:-1].tolist()], ends.tolist())]
    order = numpy.argsort(kind, kind="stable")
    counts = numpy.bincount(kind, minlength=len(signatures))
    groups = numpy.split(order, counts.cumsum()[:-1])
    return [told(w, own, begin, leaves) for w, own in zip(signatures, groups)]


def compared(flat: Flat, parts: Any) -> Sequence[Any] | None:
    """The kind of each part, where its leaves begin, the leaves of all; of each kind where its
    words end, and the words of all kinds, which `told` reads. None where too much is shared."""
    room = MOST_WORK * len(flat.code) + 1000
    power = flat.rows.index(ops.pow) if ops.pow in flat.rows else -1
    columns = flat.sort, flat.begin, flat.operand, flat.number, flat.variable
    alike = native.alike_parts if native is not None else alike_parts
    found: Sequence[Any] | None = alike(*columns, parts, flat.code, power, room)
    return found


def told(words: list[int], parts: Any, begin: Any, leaves: Any) -> Kind:
    """The kind that is told by these words: how many leaves and steps there are, the steps, and the
    sorts of the leaves. `parts` are the parts of the kind."""
    import numpy

    count, computed = words[:2]
    steps, at = [], 2
    for _ in range(computed):
        code, arity = words[at : at + 2]
        steps.append((code, tuple(words[at + 2 : at + 2 + arity])))
        at += 2 + arity
    sorts = words[at::3]
    return Kind(steps, sorts, parts, leaves[begin[parts][:, None] + numpy.arange(count)])


# ------ the specification of its twin in C
def alike_parts(
    sort: Any,
    begin: Any,
    operand: Any,
    number: Any,
    variable: Any,
    parts: Any,
    code: Any,
    power: int,
    room: int,
) -> tuple[bytes, ...] | None:
    """Of each part its kind, and where its leaves begin; all leaves; of each kind where its words
    end; all words. None if there are more steps than there is room for."""
    import numpy

    below = Below(sort, code, begin, operand, variable, number, power)
    known: dict[tuple[int, ...], int] = {}
    found, leaves, begins = [], [], [0]
    for i in parts.tolist():
        computed = below.computed(i)
        room -= len(computed)
        if room < 0:
            return None
        words, own = below.told(computed)
        found.append(known.setdefault(tuple(words), len(known)))
        leaves += own
        begins.append(len(leaves))
    ends = numpy.cumsum([len(words) for words in known])
    every = [w for words in known for w in words]
    columns_found = (found, begins, leaves, ends, every)
    pairs = zip(columns_found, ("i4", "i8", "i4", "i8", "i4"))
    return tuple([numpy.array(x, t).tobytes() for x, t in pairs])


class Below:
    """The operands of nodes."""

    def __init__(
        self,
        sort: Any,
        code: Any,
        begin: Any,
        operand: Any,
        variable: Any,
        number: Any,
        power: int,
    ) -> None:
        self.sort, self.code, self.variable = sort.tolist(), code.tolist(), variable.tolist()
        self.power = power
        self.bits = number.view("i4").reshape(-1, 2).tolist()
        ends, every = begin.tolist(), operand.tolist()
        self.operands = [every[a:b] for a, b in pairwise(ends)]

    def is_leaf(self, i: int) -> bool:
        return bool(self.variable[i] >= 0 or self.sort[i] >= GIVEN)

    def computed(self, root: int) -> list[int]:
        """The nodes computed for a part, in order."""
        found, waiting = {root}, [root]
        while waiting:
            for j in self.operands[waiting.pop()]:
                if j not in found and not self.is_leaf(j):
                    found.add(j)
                    waiting.append(j)
        return sorted(found)

    def told(self, computed: Sequence[int]) -> tuple[list[int], list[int]]:
        """The words of the kind of a part that computes these nodes, and its leaves."""
        slot = {i: 2 * k + 1 for k, i in enumerate(computed)}
        leaves: list[int] = []
        exponents: set[int] = set()
        words = []
        for i in computed:
            operands = self.operands[i]
            for k, j in enumerate(operands):
                if j not in slot:
                    slot[j] = 2 * len(leaves)
                    leaves.append(j)
                if k == 1 and self.code[i] == self.power and self.sort[j] == NUMBER:
                    exponents.add(j)
            words += [self.code[i], len(operands), *(slot[j] for j in operands)]
        for i in leaves:
            words += self.words_of_leaf(i, i in exponents)
        return [len(leaves), len(computed), *words], leaves

    def words_of_leaf(self, i: int, is_exponent: bool) -> list[int]:
        if self.variable[i] >= 0:
            return [OF_VARIABLE, 0, 0]
        if self.sort[i] in (GIVEN, HELD):
            return [OF_INPUT if self.sort[i] == GIVEN else OF_VALUE, 0, 0]
        return [OF_EXPONENT, *self.bits[i]] if is_exponent else [OF_NUMBER, 0, 0]
