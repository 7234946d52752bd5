"""Which sums are done together in each lane, so that what they share is read once: rows of a dense
layer, which are sums of products with the same lanes; and sums over lanes of products with the
same factors.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ... import ops
from ..passes.program import LANES, Program
from ..trace.native import machine
from ..trace.vocabulary import lanes_sum, products
from .instructions import DENSE_ROWS, NONE, TOTALS_ROWS, EndingKind


class Ending(NamedTuple):
    """What is done with a sum: the node that comes of it, how, the nodes `inside`, and for STEP the
    lanes that choose it."""

    node: int
    how: int
    inside: tuple[int, ...]
    other: int = NONE


class Parts(NamedTuple):
    """The number that a sum begins with, and its products."""

    first: int
    pairs: list[tuple[int, int]]


class Row(NamedTuple):
    """A sum of products of numbers and lanes; it begins with the number `first`, or with NONE."""

    ending: Ending
    first: int
    lanes: tuple[int, ...]
    numbers: tuple[int, ...]

    @property
    def reads(self) -> tuple[int, ...]:
        return (
            (*self.lanes, self.ending.other) if self.ending.how == EndingKind.STEP else self.lanes
        )


Pairs = dict[int, int]
"""Of one upstream factor: the sum over lanes for each local factor, NONE for a local of 1."""


class Block(NamedTuple):
    """Sums over lanes of each of the products of `upstreams` and `locals`: `totals`, those of the
    first local first; NONE where nobody wants the sum."""

    upstreams: tuple[int, ...]
    locals: tuple[int, ...]
    totals: tuple[int, ...]

    @property
    def reads(self) -> tuple[int, ...]:
        return (*self.upstreams, *(j for j in self.locals if j != NONE))


class Tiles:
    """What of a program is done in tiles.

    `dense` and `blocks` are those to be done once a node is computed, or just before; `inside` the
    nodes that are computed on the way.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.trace = program.trace
        self.uses = Counter(j for i in program.order for j in self.trace.operands[i])
        self.uses.update([*program.outputs, *self.trace.guarded()])
        self.users = {j: i for i in program.order for j in self.trace.operands[i]}
        self.one, self.minus_one = (self.trace.constant(x) for x in (1.0, -1.0))
        self.inside: set[int] = set()
        self.dense: dict[int, list[Row]] = dict(self._dense())
        self.blocks: dict[int, list[Block]] = self._blocks()

    def is_lane(self, i: int) -> bool:
        return self.program.stages.get(i) == LANES

    # ------ rows of dense layers
    def _dense(self) -> Iterator[tuple[int, list[Row]]]:
        """Yield the rows that are done together, by the first node that comes of them."""
        rows = [row for row in map(self._row, self.program.order) if row]
        alike: dict[tuple[object, ...], list[Row]] = defaultdict(list)
        for row in rows:
            alike[row.ending.how, row.lanes].append(row)
        for group in alike.values():
            for tile in together(group):
                row = tile[0]
                # what is left is better done term by term
                if len(tile) > 1 or len(row.lanes) == 1 or row.ending.how != EndingKind.PLAIN:
                    self.inside.update(i for row in tile for i in row.ending.inside)
                    yield tile[0].ending.node, tile

    def _row(self, i: int) -> Row | None:
        """Node i as a row; None if it is no sum of products of numbers and lanes."""
        parts = self._parts(i) if self.is_lane(i) else None
        if parts is None:
            return None
        sides = {(self.is_lane(x), self.is_lane(y)) for x, y in parts.pairs}
        if sides not in ({(True, False)}, {(False, True)}):
            return None
        lane_first = sides == {(True, False)}
        xs, ys = zip(*parts.pairs)
        lanes, numbers = (xs, ys) if lane_first else (ys, xs)
        return Row(self._ending(i), parts.first, lanes, numbers)

    def _parts(self, i: int) -> Parts | None:
        row, operands = self.trace.rows[i], self.trace.operands[i]
        if row is products:
            pairs = list(zip(operands[::2], operands[1::2]))
            begins = pairs[0][1] == self.one and not self.is_lane(pairs[0][0])
            return Parts(pairs[0][0], pairs[1:]) if begins else Parts(NONE, pairs)
        if len(operands) != 2 or self.is_lane(operands[0]) == self.is_lane(operands[1]):
            return None
        if row is ops.mul:
            return Parts(NONE, [(operands[0], operands[1])])
        x, number = operands if self.is_lane(operands[0]) else operands[::-1]
        if row is ops.add:
            return Parts(number, [(x, self.one)])
        if row is ops.sub and x == operands[1]:
            return Parts(number, [(x, self.minus_one)])
        return None

    def _ending(self, i: int) -> Ending:
        user = self.users.get(i, NONE)
        if self.uses[i] == 1 and user != NONE:
            row, operands = self.trace.rows[user], self.trace.operands[user]
            if row is ops.relu:
                return Ending(user, EndingKind.RELU, (i, user))
            if row is ops.mul and operands[0] == i and self.is_taken(operands[1]):
                gate = self.trace.operands[operands[1]][0]
                return Ending(user, EndingKind.STEP, (i, operands[1], user), gate)
        return Ending(i, EndingKind.PLAIN, (i,))

    def is_taken(self, i: int) -> bool:
        return self.trace.rows[i] is ops.taken and self.uses[i] == 1 and self.is_lane(i)

    # ------ sums over lanes
    def is_quick_product(self, i: int) -> bool:
        """Tell whether it may be multiplied where it is summed: lanes beyond the last make NaN of
        an infinity there, and what is careful has no one to do it again."""
        is_product = self.trace.rows[i] is ops.mul and self.uses[i] == 1 and self.is_lane(i)
        return is_product and not self.program.is_careful

    def _blocks(self) -> dict[int, list[Block]]:
        """The sums over lanes, by the node after which all that they read is computed."""
        pairs: dict[int, Pairs] = defaultdict(dict)
        alone: list[int] = []
        for i in self.program.computed():
            if self.trace.rows[i] is lanes_sum:
                (x,) = self.trace.operands[i]
                # what a row of a dense layer ends with is computed there
                if self.is_quick_product(x) and x not in self.inside:
                    self.inside.add(x)
                    upstream, local = self.trace.operands[x]
                    pairs[upstream][local] = i
                else:
                    alone.append(i)
        for i in alone:
            pairs[self.trace.operands[i][0]][NONE] = i
        found: dict[int, list[Block]] = defaultdict(list)
        for block in blocks(pairs):
            found[max(block.reads)].append(block)
        return found


NEAR = 32
"""So many nodes may lie between two single products that are done together."""


def together(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Cut rows up into tiles."""
    tile: list[Row] = []
    for row in sorted(rows, key=lambda row: row.ending.node):
        if tile and not fits(tile, row):
            yield tile
            tile = []
        tile.append(row)
    if tile:
        yield tile


def fits(tile: Sequence[Row], row: Row) -> bool:
    """Tell whether a row can be one more of a tile: all that it reads is computed before the first
    node that comes of the tile. A single product is so little that it should not be waiting in a
    register for what is computed in between."""
    is_near = len(row.lanes) > 1 or row.ending.node - tile[-1].ending.node <= NEAR
    return len(tile) < rows_at_once() and is_near and max(row.reads) < tile[0].ending.node


def rows_at_once() -> int:
    """How many rows are done together: as many as the instruction set has registers for."""
    return DENSE_ROWS if machine is None else int(machine.rows_at_once())


def blocks(pairs: Mapping[int, Pairs]) -> Iterator[Block]:
    """Cover the pairs with blocks: upstreams that follow each other and share most locals."""
    waiting = sorted(pairs)
    while waiting:
        taken: list[int] = []
        columns: set[int] = set()
        wanted = 0
        for upstream in waiting:
            more, union = wanted + len(pairs[upstream]), columns.union(pairs[upstream])
            if len(taken) < TOTALS_ROWS and is_full(more, (len(taken) + 1) * len(union)):
                taken.append(upstream)
                wanted, columns = more, union
        waiting = [i for i in waiting if i not in taken]
        yield block(pairs, taken, sorted(columns))


def is_full(wanted: int, sums: int) -> bool:
    """Tell whether a block of so many sums is worth it: those that nobody wants cost as much."""
    return 4 * wanted >= 3 * sums


def block(pairs: Mapping[int, Pairs], upstreams: Sequence[int], columns: Sequence[int]) -> Block:
    totals = [pairs[upstream].get(local, NONE) for local in columns for upstream in upstreams]
    return Block(tuple(upstreams), tuple(columns), tuple(totals))
