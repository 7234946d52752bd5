"""A nest as code for the machine: every number has its place, arrays stand behind them.

A loop writes down where its walks go: the elements that an iteration reads and writes are at
distances from walks that do not change.
"""

from __future__ import annotations

from array import array as packed
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ... import ops
from ..machine.instructions import (
    ADD,
    FILL,
    GATHER,
    GUARD,
    LOOP,
    MINUS_PRODUCT,
    MOVE,
    PLUS_PRODUCT,
    READ,
    SCATTER,
    SINE_COSINE,
    WIDE_ROW,
    WRITE,
)
from ..machine.words import NONE, Comparison, row_instruction
from . import nest as nests
from .nest import Address, Block, Effect, Nest, Stretch
from .places import Places
from .schedule import Schedule
from .selection import Selection

Words = list[Any]
"""Numbers; in the lanes also registers along a walk, while the walk is not written yet."""


class NestCode(NamedTuple):
    """A nest as the machine takes it: the arguments of machine.Nest, by name.

    There are `places` numbers; `initial` are the first of them before a run, those of the call
    first, so many as there are `inputs`. `indexes` are places of numbers. `results` are places.
    """

    initial: packed[float]
    indexes: packed[int]
    code: packed[int]
    results: packed[int]
    places: int
    inputs: int
    walks: int


HOW = {"<": Comparison.IS_LESS, "<=": Comparison.IS_AT_MOST, "!=": Comparison.IS_UNEQUAL}


class Encoder:
    """Writes the code of a nest."""

    def __init__(self, nest: Nest, wanted: Sequence[int]) -> None:
        self.nest, self.wanted = nest, wanted
        self.selection = Selection(nest, wanted)
        self.schedule = Schedule(nest, self.selection)
        self.place = self.places()
        self.walks: dict[tuple[Block, tuple[int, ...]], int] = {}
        self.own: dict[Block, list[Words]] = {block: [] for block in nest.blocks}
        """Of each loop the words of its walks."""
        self.base: list[int] = []
        """Where each walk begins."""

    def places(self) -> Places:
        return Places(self.nest, self.schedule, self.selection)

    def encoded(self) -> NestCode:
        code = self.block(self.nest.root)
        place = self.place
        initial = packed("d", bytes(8 * (1 + max(place.initial, default=-1))))
        for k, number in place.initial.items():
            initial[k] = number
        inputs = len(self.nest.inputs)
        initial.extend([0.0] * (inputs - len(initial)))
        return NestCode(
            initial=initial,
            indexes=packed("q", place.indexes),
            code=packed("i", code),
            results=packed("i", [place[i] for i in self.wanted]),
            places=place.count,
            inputs=inputs,
            walks=len(self.base),
        )

    def block(self, block: Block) -> Words:
        return self.joined(map(self.item, self.schedule.items[block]))

    def item(self, item: int | Effect | Block) -> Words:
        if isinstance(item, Block):
            return self.loop(item)
        return self.effect(item) if isinstance(item, Effect) else self.node(item)

    def joined(self, parts: Iterable[Words]) -> Words:
        return [word for part in parts for word in part]

    def loop(self, block: Block) -> Words:
        nest, place = self.nest, self.place
        carried = self.schedule.carried_in(block)
        begin = [(place.first(c), self.at(nest.operands[c][0])) for c in carried]
        ends = [(place[c], self.at(nest.next[c])) for c in carried if c not in place.along]
        ends += [(place.before[c], self.at(c)) for c in carried if c in place.before]
        body = self.body(self.block(block) + self.handed_on(ends, block), block)
        walks = [word for words in self.own[block] for word in words]
        if not body:
            return self.moves(begin)
        return [*self.moves(begin), *LOOP(block.trips, len(body), *walks), *body]

    def body(self, code: Words, block: Block) -> Words:
        """The body of a loop, of which the walks are known now."""
        return code

    def handed_on(self, ends: list[tuple[int, Any]], block: Block) -> Words:
        """Code at the end of an iteration: numbers move to where the next one reads them."""
        return self.moves(ends)

    def at(self, i: int) -> Any:
        """Where the number of a node stands."""
        return self.place[i]

    def moves(self, pairs: Iterable[tuple[int, Any]]) -> Words:
        """Code that moves numbers, all at once: to each place that of another."""
        waiting = {out: x for out, x in pairs if out != x}
        code: Words = []
        while waiting:
            read = set(waiting.values())
            free = [out for out in waiting if out not in read]
            if not free:
                # all go in circles: one is put aside
                aside = next(iter(waiting))
                code += MOVE(self.place.spare, aside)
                waiting = {o: self.place.spare if x == aside else x for o, x in waiting.items()}
                continue
            code += MOVE(free[0], waiting.pop(free[0]))
        return code

    def node(self, i: int) -> Words:
        nest, place = self.nest, self.place
        row = nest.rows[i]
        if row is nests.LAST or place.is_fixed(i):
            return []
        if i in nest.stretches:
            return self.side_by_side(i, nest.stretches[i])
        if row is nests.READ:
            return self.read_element(i, nest.addresses[i])
        if row is nests.GATHERED:
            return GATHER(place[i], *self.walk(nest.addresses[i], nest.home[i]))
        if i in self.selection.sums:
            is_difference, *operands = self.selection.sums[i]
            kind = MINUS_PRODUCT if is_difference else PLUS_PRODUCT
            return kind(self.at(i), *map(self.at, operands))
        operands = list(map(self.at, nest.operands[i]))
        if i in self.selection.cosines:
            return SINE_COSINE(self.at(i), self.at(self.selection.cosines[i]), *operands)
        return row_instruction(nest.row(i).code, self.at(i), *operands)

    def side_by_side(self, i: int, stretch: Stretch) -> Words:
        """Numbers side by side."""
        places = [
            self.at(j) if begin is None else self.place.absolute(begin)
            for j, begin in zip(stretch.operands, stretch.begins)
        ]
        which = sum(1 << k for k, begin in enumerate(stretch.begins) if begin is not None)
        out = self.place.absolute(stretch.out)
        return WIDE_ROW(out, stretch.size, self.nest.row(i).code, which, *places)

    def effect(self, effect: Effect) -> Words:
        place, address = self.place, effect.address
        if effect.kind == nests.GUARD:
            how = HOW[effect.compare]
            return GUARD(how, self.at(effect.x), self.at(effect.y), effect.outcome, effect.number)
        assert address is not None
        if effect.kind == nests.FILL:
            return FILL(place.absolute(address), address.array.size)
        x = self.at(effect.x)
        if effect.table is not None:
            return SCATTER(*self.walk(effect.table, effect.block), place.absolute(address), x)
        if not address.depth():
            return self.at_one_place(effect, place.absolute(address), x)
        return self.along(effect, address, x)

    def read_element(self, i: int, address: Address) -> Words:
        """An element that is another in each iteration."""
        return READ(self.place[i], *self.walk(address, self.nest.home[i]))

    def along(self, effect: Effect, address: Address, x: Any) -> Words:
        """A number written, or added, to such an element."""
        kind = WRITE if effect.kind == nests.WRITE else ADD
        return kind(*self.walk(address, effect.block), x)

    def at_one_place(self, effect: Effect, out: Any, x: Any) -> Words:
        add = ops.add.code
        return MOVE(out, x) if effect.kind == nests.WRITE else row_instruction(add, out, out, x)

    # ------ walks
    def walk(self, address: Address, block: Block) -> tuple[int, int]:
        """The walk that leads along these elements, and the distance from it."""
        strides, at = self.place.strides(address), self.place.absolute(address)
        walk = self.walk_along(block.path[: len(strides)], strides, at)
        return walk, at - self.base[walk]

    def walk_along(self, path: Sequence[Block], strides: tuple[int, ...], at: int) -> int:
        """The walk with a stride for each loop of the path; a new one begins at this place."""
        key = path[-1], strides
        if key not in self.walks:
            level = len(strides) - 1
            while level and strides[level - 1] == 0:
                level -= 1
            begin = self.walk_along(path[:level], strides[:level], at) if level else NONE
            self.walks[key] = len(self.base)
            offset = at - (self.base[begin] if level else 0)
            self.own[path[-1]].append([len(self.base), begin, offset, strides[-1]])
            self.base.append(at)
        return self.walks[key]
