"""A nest as code of a call without lanes: one number after the other, in places of memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..machine.instructions import MOVE
from . import nest as nests
from .distribution import distribute
from .encoding import NestCode, Words
from .moving import Along, MovingEncoder, MovingPlaces
from .nest import Address, Block, Effect, Nest
from .schedule import Schedule
from .selection import Selection


class AlonePlaces(MovingPlaces):
    """The place of each node. Those that move stand in stretches of numbers that a loop keeps."""

    def __init__(self, nest: Nest, schedule: Schedule, selection: Selection) -> None:
        self.trail: dict[Block, tuple[Any, ...]] = {}
        """Of each loop what its numbers move along: there is one such walk."""
        super().__init__(nest, schedule, selection)

    def read_at_rest(self, nest: Nest, schedule: Schedule) -> Iterator[int]:
        """Yield the nodes that are read within a loop further in, by a guard, or where something is
        added to an array."""
        for block, items in schedule.items.items():
            for item in items:
                if isinstance(item, Effect) and item.kind != nests.WRITE:
                    yield from (item.x, item.y)
                yield from (i for i in schedule.nodes_read(item) if nest.home[i] is not block)
            for c in schedule.carried_in(block):
                if nest.home[nest.next[c]] is not block:
                    yield nest.next[c]

    def may_lead(self, i: int, address: Address) -> bool:
        """Tell whether an element is one of the numbers that a loop keeps, along which the numbers
        of this node's loop move."""
        array, block = address.array, self.nest.home[i]
        if array.kept_by is None or array.summed or not 0 < block.depth <= len(address.strides):
            return False
        key = array.kept_by, address.strides
        return self.trail.setdefault(block, key) == key


class AloneEncoder(MovingEncoder):
    """Writes the code of a nest whose inputs have no lanes."""

    def places(self) -> AlonePlaces:
        return AlonePlaces(self.nest, self.schedule, self.selection)

    def along(self, effect: Effect, address: Address, x: Any) -> Words:
        if isinstance(x, Along):
            return MOVE(self.moving(address, effect.block), x)  # type: ignore[arg-type]
        return super().along(effect, address, x)


def encoded(nest: Nest, wanted: Sequence[int]) -> NestCode:
    """Return the code of a lowered nest, whose results are the wanted nodes; the nest is changed by
    this."""
    distribute(nest, wanted)
    return AloneEncoder(nest, wanted).encoded()
