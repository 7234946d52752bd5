"""Tiles: the sums that are done together in each lane, so that each number they share is read once.

There are two kinds: dense sums, as a dense layer of a network has them, are sums of products with
the same lanes; sums over lanes are those of products with the same factors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress
from typing import NamedTuple

from ... import ops
from ..passes.program import LANES, Program
from ..trace.native import machine
from ..trace.vocabulary import products
from .words import DENSE_HEIGHT, NONE, TOTALS_HEIGHT, EndingKind


class Ending(NamedTuple):
    """The end of a dense sum: the node that comes of the sum, how, the nodes `inside`, and for STEP
    the lanes that choose it."""

    node: int
    how: int
    inside: tuple[int, ...]
    other: int = NONE


class Products(NamedTuple):
    """The number that a sum begins with, and its products."""

    first: int
    pairs: list[tuple[int, int]]


class DenseSum(NamedTuple):
    """A sum of products of numbers and lanes, begun with the number `first` or NONE."""

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


class LaneSums(NamedTuple):
    """Sums over lanes of the products of each of `upstreams` with each of `locals`: `totals`, those
    of the first local first; NONE where nobody wants the sum."""

    upstreams: tuple[int, ...]
    locals: tuple[int, ...]
    totals: tuple[int, ...]

    @property
    def reads(self) -> tuple[int, ...]:
        return (*self.upstreams, *(j for j in self.locals if j != NONE))


MAY_BE_DENSE = {ops.mul, ops.add, ops.sub}
"""Operators of which one node may be a dense sum, where one operand has lanes."""
ENDINGS = ops.relu, ops.mul
"""The operators that may end a dense sum; a product with what is `taken`."""


class Tiles:
    """The tiles of a program.

    `dense` has, by node, the dense sums to be done just before the node; `lane_sums` the sums over
    lanes to be done right after it. `inside` are the nodes that are computed on the way.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.trace = program.trace
        self.is_lane = program.is_lane
        self.lanes = program.at_stage(LANES)
        self.uses = self.trace.uses([*program.outputs, *self.trace.guarded()])
        self.rows, self.operands = rows, operands = self.trace.rows, self.trace.operands
        kinds = list(map(rows.__getitem__, self.lanes))
        endings = ENDINGS if ops.taken in kinds else ENDINGS[:1]
        self.users = {operands[i][0]: i for i, row in zip(self.lanes, kinds) if row in endings}
        """Of the first operands of these operators: where one is used once, that is all."""
        self.one, self.minus_one = (self.trace.constant(x) for x in (1.0, -1.0))
        self.inside: set[int] = set()
        self.dense: dict[int, list[DenseSum]] = dict(self._dense())
        self.lane_sums: dict[int, list[LaneSums]] = self._lane_sums()

    # ------ dense sums
    def _dense(self) -> Iterator[tuple[int, list[DenseSum]]]:
        """Yield the sums that are done together, by the first node that comes of them."""
        sums = [found for found in map(self._dense_sum, self._likely()) if found]
        alike: dict[tuple[object, ...], list[DenseSum]] = defaultdict(list)
        for one in sums:
            alike[one.ending.how, one.lanes].append(one)
        for group in alike.values():
            for tile in together(group):
                one = tile[0]
                # a long plain sum that is left alone is better done term by term
                if len(tile) > 1 or len(one.lanes) == 1 or one.ending.how != EndingKind.PLAIN:
                    self.inside.update(i for one in tile for i in one.ending.inside)
                    yield tile[0].ending.node, tile

    def _likely(self) -> Iterator[int]:
        """Yield the nodes that may be dense sums, among many that are not."""
        rows, operands, is_lane = self.rows, self.operands, self.is_lane
        for i in self.lanes:
            row = rows[i]
            if row is products:
                yield i
            elif row in MAY_BE_DENSE:
                x, y = operands[i]
                if is_lane(x) != is_lane(y):
                    yield i

    def _dense_sum(self, i: int) -> DenseSum | None:
        """Node i as a dense sum; None if it is no sum of products of numbers and lanes."""
        found = self._products(i)
        if found is None:
            return None
        xs, ys = zip(*found.pairs) if found.pairs else ((), ())
        sides = set(map(self.is_lane, xs)), set(map(self.is_lane, ys))
        if sides not in (({True}, {False}), ({False}, {True})):
            return None
        lanes, numbers = (xs, ys) if True in sides[0] else (ys, xs)
        return DenseSum(self._ending(i), found.first, lanes, numbers)

    def _products(self, i: int) -> Products | None:
        row, operands = self.rows[i], self.operands[i]
        if row is products:
            pairs = list(zip(operands[::2], operands[1::2]))
            begins = pairs[0][1] == self.one and not self.is_lane(pairs[0][0])
            return Products(pairs[0][0], pairs[1:]) if begins else Products(NONE, pairs)
        if len(operands) != 2 or self.is_lane(operands[0]) == self.is_lane(operands[1]):
            return None
        if row is ops.mul:
            return Products(NONE, [(operands[0], operands[1])])
        x, number = operands if self.is_lane(operands[0]) else operands[::-1]
        if row is ops.add:
            return Products(number, [(x, self.one)])
        if row is ops.sub and x == operands[1]:
            return Products(number, [(x, self.minus_one)])
        return None

    def _ending(self, i: int) -> Ending:
        user = self.users.get(i, NONE)
        if self.uses[i] == 1 and user != NONE:
            row, operands = self.rows[user], self.operands[user]
            if row is ops.relu:
                return Ending(user, EndingKind.RELU, (i, user))
            if row is ops.mul and operands[0] == i and self.is_taken(operands[1]):
                chooser = self.operands[operands[1]][0]
                return Ending(user, EndingKind.STEP, (i, operands[1], user), chooser)
        return Ending(i, EndingKind.PLAIN, (i,))

    def is_taken(self, i: int) -> bool:
        return self.rows[i] is ops.taken and self.uses[i] == 1 and self.is_lane(i)

    # ------ sums over lanes
    def _own_products(self, nodes: Sequence[int]) -> Iterator[bool]:
        """Tell of each of the nodes that are summed whether it is a product that may be multiplied
        there, in a quick program. Lanes beyond the last make NaN of an infinity there, and nobody
        runs a careful program again. A product that a dense sum ends with is computed there."""
        uses, inside = self.uses, self.inside
        for i, row in zip(nodes, map(self.rows.__getitem__, nodes)):
            yield row is ops.mul and uses[i] == 1 and i not in inside

    def _lane_sums(self) -> dict[int, list[LaneSums]]:
        """The sums over lanes, by the node after which all that a tile of them reads is there."""
        pairs: dict[int, Pairs] = defaultdict(dict)
        sums, operands = self.program.sums_over_lanes, self.operands
        summed = [x for (x,) in map(operands.__getitem__, sums)]
        # there may be many thousands
        own = [False] * len(sums) if self.program.is_careful else list(self._own_products(summed))
        products = list(compress(summed, own))
        self.inside.update(products)
        for i, (upstream, local) in zip(compress(sums, own), map(operands.__getitem__, products)):
            pairs[upstream][local] = i
        for i, x, is_own in zip(sums, summed, own):
            if not is_own:
                pairs[x][NONE] = i
        found: dict[int, list[LaneSums]] = defaultdict(list)
        for tile in covering(pairs):
            found[max(tile.reads)].append(tile)
        return found


NEAR = 32
"""So many nodes may lie between two single products that are done together."""


def together(sums: Iterable[DenseSum]) -> Iterator[list[DenseSum]]:
    """Cut dense sums up into tiles."""
    tile: list[DenseSum] = []
    for one in sorted(sums, key=lambda one: one.ending.node):
        if tile and not fits(tile, one):
            yield tile
            tile = []
        tile.append(one)
    if tile:
        yield tile


def fits(tile: Sequence[DenseSum], one: DenseSum) -> bool:
    """Tell whether a sum can be one more of a tile: all that the sum reads is computed before the
    first node that comes of the tile. A single product is so little that it should not be waiting
    in a register for nodes that are computed in between."""
    is_near = len(one.lanes) > 1 or one.ending.node - tile[-1].ending.node <= NEAR
    return len(tile) < tile_height() and is_near and max(one.reads) < tile[0].ending.node


def tile_height() -> int:
    """How many sums a tile may have: as many as the instruction set has registers for."""
    return DENSE_HEIGHT if machine is None else int(machine.tile_height())


def covering(pairs: Mapping[int, Pairs]) -> Iterator[LaneSums]:
    """Cover the pairs with tiles: upstreams that follow each other and share most locals."""
    waiting = dict.fromkeys(sorted(pairs))
    while waiting:
        taken: list[int] = []
        columns: set[int] = set()
        wanted = 0
        for upstream in waiting:
            if len(taken) == TOTALS_HEIGHT:
                break
            own = pairs[upstream]
            more, height = wanted + len(own), len(taken) + 1
            # how many columns there are at least is known sooner
            if not is_full(more, height * max(len(columns), len(own))):
                continue
            union = columns.union(own)
            if is_full(more, height * len(union)):
                taken.append(upstream)
                wanted, columns = more, union
        for upstream in taken:
            del waiting[upstream]
        yield lane_sums_of(pairs, taken, sorted(columns))


def is_full(wanted: int, sums: int) -> bool:
    """Tell whether a tile of so many sums is worth it: sums that nobody wants cost as much."""
    return 4 * wanted >= 3 * sums


def lane_sums_of(
    pairs: Mapping[int, Pairs], upstreams: Sequence[int], columns: Sequence[int]
) -> LaneSums:
    totals = [pairs[upstream].get(local, NONE) for local in columns for upstream in upstreams]
    return LaneSums(tuple(upstreams), tuple(columns), tuple(totals))
