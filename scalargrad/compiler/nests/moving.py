"""Numbers that stand in another place in each iteration: where a loop keeps its own of them, or
reads those that an earlier loop has kept. Such a number is computed there, and read from there: it
is no copy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ...rows import Operator
from ..machine.instructions import ALONG
from . import nest as nests
from .encoding import Encoder, Words
from .nest import Address, Block, Effect, Nest
from .places import Places
from .schedule import Schedule
from .selection import Selection


class Along(NamedTuple):
    """In place of a place: the one at the offset from a walk."""

    walk: int
    offset: int


class MovingPlaces(Places):
    """The place of each node, but of those that move: of these the elements that they are."""

    def __init__(self, nest: Nest, schedule: Schedule, selection: Selection) -> None:
        self.lasts = {nest.operands[i][0] for i in nest.loop_of if i in selection.live}
        """The nodes that are read when their loop is over."""
        self.at_rest = set(self.read_at_rest(nest, schedule))
        self.moving: dict[int, Address] = {}
        super().__init__(nest, schedule, selection)

    def begin(self) -> None:
        nest = self.nest
        writes = [effect for effect in nest.effects() if effect.kind == nests.WRITE]
        for effect in writes:
            self.go_along(effect)
        for effect in writes:
            if self.may_be_written_there(effect):
                assert effect.address is not None
                self.moving.setdefault(effect.x, effect.address)
        for i in sorted(self.selection.live):
            if nest.rows[i] is nests.READ and self.may_move(i, nest.addresses[i]):
                self.moving[i] = nest.addresses[i]

    # ------ which numbers move
    def read_at_rest(self, nest: Nest, schedule: Schedule) -> Iterable[int]:
        """The nodes that are read where no number moves."""
        raise NotImplementedError

    def may_lead(self, i: int, address: Address) -> bool:
        """Tell whether the code can follow these elements where node i is computed or read."""
        raise NotImplementedError

    def may_move(self, i: int, address: Address) -> bool:
        """Tell whether a node may be an element, and nobody reads it but its own iteration."""
        is_free = not (i in self.at_rest or i in self.lasts or i in self.in_place)
        return is_free and self.may_lead(i, address)

    def may_be_written_there(self, effect: Effect) -> bool:
        """Tell whether a number may be computed where it is written to."""
        i, address = effect.x, effect.address
        is_computed = isinstance(self.nest.rows[i], Operator) and self.nest.home[i] is effect.block
        return bool(is_computed and address and address.depth() and self.may_move(i, address))

    def go_along(self, effect: Effect) -> None:
        """Have a carried number go from stretch to stretch, where every iteration keeps it, or
        keeps what the next one gets: that is computed where the next iteration reads it."""
        nest, block, address = self.nest, effect.block, effect.address
        if address is None or address.array.kept_by is not block or address.strides != (1,):
            return
        for c in self.schedule.carried_in(block):
            n = nest.next[c]
            if effect.x == c and self.can_go_along(c, n, address):
                self.take_along(c, n, address)
            elif effect.x == n and self.can_go_along(c, n, address):
                self.take_along(c, n, address.moved(-1))

    def can_go_along(self, c: int, n: int, address: Address) -> bool:
        is_own = self.nest.home[n] is self.nest.home[c] and self.in_place.get(n, c) == c
        is_free = n not in self.moving and c not in self.along and self.at_rest.isdisjoint((c, n))
        is_computed = isinstance(self.nest.rows[n], Operator)
        return is_own and is_free and is_computed and self.may_lead(c, address)

    def take_along(self, c: int, n: int, address: Address) -> None:
        self.in_place.pop(n, None)
        self.along[c] = self.moving[c] = address
        self.moving[n] = address.moved(1)

    # ------ places
    def needs_place(self, i: int) -> bool:
        return i not in self.moving and super().needs_place(i)

    def lay_out_arrays(self) -> None:
        super().lay_out_arrays()
        trips = {c: self.nest.home[c].trips for c in self.along}
        for c, address in self.along.items():
            # after the loop
            self.of[self.nest.next[c]] = self.absolute(address.moved(trips[c]))


class MovingEncoder(Encoder):
    """Writes the code of a nest whose numbers move."""

    place: MovingPlaces

    # ------ where numbers stand
    def at(self, i: int) -> Any:
        moving = self.place.moving
        return self.moving(moving[i], self.nest.home[i]) if i in moving else super().at(i)

    def moving(self, address: Address, block: Block) -> Any:
        """The place that moves along these elements."""
        return Along(*self.walk(address, block))

    # ------ items
    def read_element(self, i: int, address: Address) -> Words:
        return [] if i in self.place.moving else super().read_element(i, address)

    def effect(self, effect: Effect) -> Words:
        if effect.kind == nests.WRITE and self.place.moving.get(effect.x) == effect.address:
            return []
        return super().effect(effect)

    def body(self, code: Words, block: Block) -> Words:
        """The body of a loop with its words that move along its walks: they stand there as soon as
        an iteration begins."""
        walks = {words[0] for words in self.own[block]}
        moves = [(k, x) for k, x in enumerate(code) if isinstance(x, Along) and x.walk in walks]
        if not moves:
            return code
        head = len(ALONG(*[0] * 3 * len(moves)))
        words = [word for k, x in moves for word in (*x, head + k)]
        for k, _ in moves:
            code[k] = 0
        return ALONG(*words) + code
