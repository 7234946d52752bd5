"""Re-rolling: the instructions that a loop in Python left one by one are done side by side again.

Nodes of one level of the graph, one operator and one number of operands are a group. A group is cut
into sharers: nodes that share an operand. Sharers whose other operands stand side by side are a
bundle, which becomes one wide instruction: each operand of the instruction is one number or a
stretch, in the places where earlier instructions put the numbers, or where a pack has them.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import NamedTuple, Protocol

from ...rows import Operator
from ..trace.native import nodes
from ..trace.recorder import Recorder
from ..trace.vocabulary import CONSTANT, products
from .instructions import PACK, PRODUCTS, WIDE_PRODUCTS, WIDE_ROW
from .words import WIDTH, row_instruction

Places = tuple[int, ...]

FEW = 4
"""Fewer than so many are done one by one."""
LONG = 8
"""As many are worth an instruction of their own if nothing has to be packed for it."""
REACH = WIDTH
"""Vectors reach past the end of a stretch, by less than this."""

NUMBER, STRETCH = 0, 1


class Bundle(NamedTuple):
    """Nodes to be done together: the places that each reads, then itself; and the places alone, by
    operand."""

    read: list[Places]
    columns: list[Places]

    @property
    def nodes(self) -> list[int]:
        return [i for *_, i in self.read]

    @property
    def is_wide(self) -> bool:
        return len(self.read) >= FEW


def levels(trace: Recorder, nodes: Iterable[int]) -> dict[int, int]:
    """How many of `nodes` follow each other up to each: those of one level are independent."""
    level: dict[int, int] = {}
    for i in nodes:
        level[i] = 1 + max([level.get(j, 0) for j in trace.operands[i]])
    return level


def groups(trace: Recorder, nodes: Sequence[int]) -> list[list[int]]:
    """The nodes of one level, one operator and one number of operands, level by level."""
    found: dict[tuple[int, Operator, int], list[int]] = defaultdict(list)
    for i, level in levels(trace, nodes).items():
        found[level, trace.row(i), len(trace.operands[i])].append(i)
    return [found[key] for key in sorted(found, key=lambda key: key[0])]


def sharers(trace: Recorder, group: Sequence[int]) -> list[list[int]]:
    """The group cut up into nodes that share an operand; left whole where few do."""
    operands = trace.operands
    # the first and the last terms of a sum are often of another kind than those between
    middle = len(operands[group[0]]) // 4 * 2
    sides: list[dict[int, list[int]]] = []
    for at in range(middle, min(middle + 2, len(operands[group[0]]))):
        sides.append(defaultdict(list))
        for i in group:
            sides[-1][operands[i][at]].append(i)
    fewest = min(sides, key=len)
    return list(fewest.values()) if FEW * len(fewest) <= len(group) else [list(group)]


def rerolled(trace: Recorder, numbers: Sequence[int], constants: Iterable[int]) -> UniformCode:
    """Return a `Rerolled`, or its twin in C where the trace is kept in C."""
    if nodes is not None and isinstance(trace, nodes.Trace):
        in_c: UniformCode = nodes.Rerolled(trace, (*numbers, *constants), FEW)
        return in_c
    return Rerolled(trace, numbers, constants)


class UniformCode(Protocol):
    """The code of the uniform numbers, and their places, as `Rerolled` and its twin have them."""

    def __getitem__(self, node: int, /) -> int: ...
    def code(self, nodes: Sequence[int], /) -> Iterable[int] | bytes:
        """The words, or in C their bytes: an array takes either."""

    def put(self, nodes: Sequence[int], /) -> None: ...
    def initial(self) -> array[float]: ...


class Rerolled:
    """The code of the uniform numbers, and their places.

    [node] is the place of its number; `constants` are the numbers of places that no code computes.
    """

    def __init__(self, trace: Recorder, numbers: Sequence[int], constants: Iterable[int]) -> None:
        self.trace = trace
        self.place: dict[int, int] = dict(zip([*numbers, *constants], count()))
        self.size = len(self.place)
        self.constants = {
            place: trace.numbers[i] for i, place in self.place.items() if trace.rows[i] is CONSTANT
        }
        self.packs: dict[Places, int] = {}

    def __getitem__(self, node: int) -> int:
        return self.place[node]

    def __contains__(self, node: int) -> bool:
        return node in self.place

    def get(self, node: int, default: int) -> int:
        return self.place.get(node, default)

    def code(self, nodes: Sequence[int]) -> Iterator[int]:
        """Yield the instructions that compute `nodes`, and give these their places."""
        for group in groups(self.trace, nodes):
            found = [x for nodes in self.sharers(group) for x in self.bundles(nodes)]
            is_wide = self.is_worth_packing(found)
            for bundle in [bundle for bundle in found if is_wide and bundle.is_wide]:
                yield from self.packing(bundle)
            self.size += -self.size % REACH
            for bundle in found:
                self.put(bundle.nodes)
                one_by_one = not (is_wide and bundle.is_wide)
                yield from self.singles(bundle) if one_by_one else self.wide(bundle)
            # a vector reaches over what is computed later, never over what is there already
            self.size += REACH - 1

    def sharers(self, group: Sequence[int]) -> list[list[int]]:
        return sharers(self.trace, group)

    def bundles(self, nodes: list[int]) -> Iterator[Bundle]:
        """Yield the nodes in the order of the places they read, cut where this makes stretches."""
        operands, place = self.trace.operands, self.place
        return self.cut(
            [i for *_, i in sorted([(*[place[j] for j in operands[i]], i) for i in nodes])]
        )

    def cut(self, nodes: Sequence[int]) -> Iterator[Bundle]:
        """Yield the nodes in this order, cut where this makes stretches."""
        operands, place = self.trace.operands, self.place
        read = [(*[place[j] for j in operands[i]], i) for i in nodes]
        *columns, _ = zip(*read)
        begins = cuts(columns)
        for begin, end in zip(begins, [*begins[1:], len(read)]):
            yield Bundle(read[begin:end], [column[begin:end] for column in columns])

    def initial(self) -> array[float]:
        """The number at each place before anything is computed."""
        numbers = array("d", bytes(8 * (self.size + REACH)))
        for place, x in self.constants.items():
            numbers[place] = x
        return numbers

    def put(self, nodes: Sequence[int]) -> None:
        """Give places to nodes that something else computes."""
        self.place.update(zip(nodes, count(self.size)))
        self.size += len(nodes)

    def is_worth_packing(self, found: Sequence[Bundle]) -> bool:
        """Tell whether most of what these read stands side by side, or will be read again."""
        columns = [column for bundle in found if bundle.is_wide for column in bundle.columns]
        scattered = {column for column in columns if kind_of(column) is None}
        packed = sum(map(len, scattered.difference(self.packs)))
        # packing a number takes a third of the time of an instruction on its own, and as long as
        # a term of a sum
        is_sum = self.trace.row(found[0].nodes[0]) is products
        return not is_sum or 2 * packed <= sum(map(len, columns))

    def packing(self, bundle: Bundle) -> Iterator[int]:
        """Yield the code that packs together what the bundle reads, unless the packs have it."""
        for column in bundle.columns:
            if kind_of(column) is None and column not in self.packs:
                at = self.packs[column] = self.size
                self.size += len(column) + REACH - 1
                if all(map(self.constants.__contains__, column)):
                    self.constants.update(zip(count(at), map(self.constants.__getitem__, column)))
                else:
                    yield from PACK(at, *column)

    def singles(self, bundle: Bundle) -> Iterator[int]:
        for *read, i in bundle.read:
            row = self.trace.row(i)
            words = (self.place[i], *read)
            yield from PRODUCTS(*words) if row is products else row_instruction(row.code, *words)

    def wide(self, bundle: Bundle) -> list[int]:
        first = bundle.nodes[0]
        row = self.trace.row(first)
        head = [self.place[first], len(bundle.read)]
        kinds = [kind_of(column) != NUMBER for column in bundle.columns]
        places = [self.packs.get(column, column[0]) for column in bundle.columns]
        if row is not products:
            stretches = sum(kind << k for k, kind in enumerate(kinds))
            return WIDE_ROW(*head, row.code, stretches, *places)
        return WIDE_PRODUCTS(*head, *runs(kinds, places))


def runs(kinds: Sequence[int], places: Sequence[int]) -> list[int]:
    """The terms of a sum, those of the same kinds together: {kind, count, then two places each}."""
    code: list[int] = []
    begin = last = -1
    for x, y, *term in zip(kinds[::2], kinds[1::2], places[::2], places[1::2]):
        kind = 2 * x + y
        if kind != last:
            begin, last = len(code), kind
            code += (kind, 0)
        code[begin + 1] += 1
        code += term
    return code


def kind_of(column: Places) -> int | None:
    """Whether the column is one NUMBER or a STRETCH; None if it is neither."""
    first, size = column[0], len(column)
    if column[-1] == first:
        return NUMBER if column.count(first) == size else None
    return STRETCH if column == tuple(range(first, first + size)) else None


def cuts(columns: Sequence[Places]) -> list[int]:
    """Where to cut up columns so that between cuts each is one NUMBER or a STRETCH; only at the
    beginning if that would leave too little between cuts."""
    found = {0}
    for column in columns:
        if kind_of(column) is None:
            found.update(beginnings(column))
            if LONG * len(found) > len(column):
                return [0]
    return sorted(found)


def beginnings(column: Places) -> Iterator[int]:
    step = None
    for at in range(1, len(column)):
        here = column[at] - column[at - 1]
        if step is None and here in (0, 1):
            step = here
        elif here != step:
            step = None
            yield at
