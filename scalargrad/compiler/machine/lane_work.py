"""The work of each lane, in order: the loads, the operators, the tiles, the guards and the stores.

An item of it becomes one instruction, which `lane_code.py` writes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ... import ops
from ..inputs.arguments import Address
from ..passes.program import LANES, Program
from .instructions import PAIRS
from .tiles import DenseSum, LaneSums, Tiles
from .words import NONE, WIDTH

IN_PAIRS = {row for pair in PAIRS for row in pair}


class LaneItem(NamedTuple):
    """An item of work: it reads nodes and may compute some. Its kind is the method of LaneCode that
    writes its instruction."""

    kind: str
    reads: tuple[int, ...]
    nodes: tuple[int, ...] = ()
    detail: Any = ()


class LaneWork:
    """The work of each lane of a program.

    `inputs` are the inputs with lanes, in the order of their addresses in the arrays of a call;
    `columns` the outputs with lanes.
    """

    def __init__(self, program: Program, addresses: Mapping[int, Address]) -> None:
        self.program = program
        self.trace = program.trace
        self.is_lane = program.is_lane
        self.one = self.trace.constant(1.0)
        self.pairs = {min(nodes): nodes for nodes in self._pairs()}
        """Two nodes that one instruction computes, by the first of them."""
        self.inputs = sorted(filter(program.needs, addresses), key=addresses.__getitem__)
        self.addresses = [addresses[i] for i in self.inputs]
        lanes = self.trace.lanes
        self.columns = [i for i in program.outputs if lanes[i]]

    def items(self) -> list[LaneItem]:
        """The items in order; none where nothing is computed in a lane."""
        return list(self._with_loads()) if LANES in self.program.stages else []

    # ------ loads
    def _with_loads(self) -> Iterator[LaneItem]:
        """Yield the items and, before the first that needs one of them, the loads of columns that
        stand side by side. All loads at the beginning would leave the cache."""
        groups = {i: group for group in self._load_groups() for i in group}
        for item in self._without_loads():
            for i in item.reads:
                if i in groups:
                    group = groups[i]
                    for j in group:
                        del groups[j]
                    yield LaneItem("load", (), group)
            yield item

    def _load_groups(self) -> Iterator[tuple[int, ...]]:
        begin = 0
        for at in range(1, len(self.addresses) + 1):
            array, column = self.addresses[at - 1]
            goes_on = at < len(self.addresses) and self.addresses[at] == (array, column + 1)
            if not goes_on or at - begin == WIDTH:
                yield tuple(self.inputs[begin:at])
                begin = at

    # ------ the other items
    def _without_loads(self) -> Iterator[LaneItem]:
        """Yield all but the loads. Sums over lanes come as soon as they can, but after the guards:
        they take in only the lanes in which these hold."""
        tiles = Tiles(self.program)
        guards = self._guards()
        expected = len(self.program.lane_guards)
        sums = self._count()
        alone = set(tiles.lanes).difference(tiles.inside, map(max, self.pairs.values()))
        for i in sorted(alone.union(tiles.dense, guards, tiles.lane_sums)):
            if i in tiles.dense:
                yield dense_item(tiles.dense[i])
            if i in alone:
                yield self._row_item(i)
            for k in guards.get(i, ()):
                yield self._guard_item(k)
                expected -= 1
            sums += tiles.lane_sums.get(i, ())
            if not expected:
                yield from map(lane_sums_item, sums)
                sums.clear()
        if self.columns:
            yield LaneItem("store", tuple(self.columns))

    def _guards(self) -> dict[int, list[int]]:
        """The guards of the lanes, by the node after which both sides of a guard are computed."""
        found = defaultdict(list)
        for k in self.program.lane_guards:
            guard = self.program.guards[k]
            found[max(guard.x, guard.y)].append(k)
        return found

    def _count(self) -> list[LaneSums]:
        """The sum that counts the lanes in which all guards hold, where the program reads it."""
        count = self.program.count
        is_read = count >= 0 and self.program.needs(count)
        return [LaneSums((self.one,), (NONE,), (count,))] if is_read else []

    def _pairs(self) -> Iterator[tuple[int, int]]:
        """Yield two operators of one number, in the order of their instruction."""
        rows, operands = self.trace.rows, self.trace.operands
        alone = [i for i in self.program.at_stage(LANES) if rows[i] in IN_PAIRS]
        found = {(rows[i], operands[i][0]): i for i in alone}
        for one, other in PAIRS:
            for x in [operands[i][0] for i in alone if rows[i] is one]:
                if (other, x) in found:
                    yield found[one, x], found.pop((other, x))

    def _row_item(self, i: int) -> LaneItem:
        operands = self.trace.operands[i]
        if i in self.pairs:
            return LaneItem("pair", operands, self.pairs[i])
        if self.trace.rows[i] is ops.sub and not self.is_lane(operands[1]):
            return LaneItem("minus", operands[:1], (i,), operands[1])
        return LaneItem("row", operands, (i,))

    def _guard_item(self, k: int) -> LaneItem:
        guard = self.program.guards[k]
        return LaneItem("guard", (guard.x, guard.y), (), k)


def dense_item(sums: Sequence[DenseSum]) -> LaneItem:
    reads = dict.fromkeys(j for one in sums for j in one.reads)
    return LaneItem("dense", tuple(reads), tuple(one.ending.node for one in sums), sums)


def lane_sums_item(sums: LaneSums) -> LaneItem:
    return LaneItem("lane_sums", sums.reads, (), sums)
