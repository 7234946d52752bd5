"""A nest whose bodies are wide. Nodes of one level and one operator are done side by side, as in an
expanded program that is re-rolled; here each body is re-rolled by itself.

Every node has a place of its own, and none takes that of another: numbers that an iteration hands
on are moved when the iteration is over.
"""

from __future__ import annotations

from array import array as packed
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import TypeVar

from ...rows import Operator
from ..machine.instructions import MOVE, MOVE_STRETCH, READ_STRETCH, WRITE_STRETCH
from ..machine.reroll import REACH, Bundle, Rerolled, kind_of
from ..machine.wide import tiled
from ..machine.words import NONE, Instruction
from . import nest as nests
from .alike import Alike
from .encoding import Encoder, NestCode, Words
from .nest import Array, Block, Effect, Nest
from .places import Places
from .schedule import Item
from .wide_places import Alone, InAnyOrder, NestFusion, WidePlaces

T = TypeVar("T")
Unit = Words | Item
"""Code of nodes that are computed; or an item that is no such node, of which code is made later."""


def are_regular(bundles: Sequence[Bundle]) -> bool:
    """Whether the operands of these bundles stand as instructions read them: none is packed."""
    return all(kind_of(column) is not None for bundle in bundles for column in bundle.columns)


class Bodies(Rerolled):
    """The code of the nodes of one block after the other, and their places."""

    def __init__(self, nest: Nest, place: Places, one: int) -> None:
        self.trace, self.place, self.size = nest, place.of, place.count
        self.constants, self.packs = place.initial, {}
        self.alike = Alike(nest, place.of)
        self.one = one
        self.outside = 0
        """Places before this one do not change within the loop whose body is written."""
        self.ahead: Words = []
        """Code that is run once, before that loop."""

    def body(self, nodes: Sequence[int]) -> Words:
        self.alike.find_order(nodes)
        return list(tiled(packed("i", self.code(nodes)), self.place[self.one]))

    def begin(self) -> None:
        """Begin the body of a loop."""
        self.outside, self.ahead = self.size, []

    def carry(self, nodes: Sequence[int]) -> None:
        self.put(nodes)
        self.size += REACH - 1

    def bundles(self, nodes: list[int]) -> Iterator[Bundle]:
        whole = list(self.cut(self.alike.ordered(nodes)))
        return iter(whole) if are_regular(whole) else self.by_kind(whole)

    def by_kind(self, whole: Sequence[Bundle]) -> Iterator[Bundle]:
        ordered = [i for bundle in whole for i in bundle.nodes]
        for _, alike in groupby(ordered, self.alike.kind.__getitem__):
            nodes = list(alike)
            found = list(self.cut(nodes))
            if are_regular(found):
                yield from found
            else:
                yield from (x for each in self.sharing(nodes) for x in self.cut(each))

    def sharing(self, nodes: Sequence[int]) -> list[list[int]]:
        return super().sharers(nodes)

    def sharers(self, group: Sequence[int]) -> list[list[int]]:
        return [list(group)]

    def packing(self, bundle: Bundle) -> Iterator[int]:
        for column in bundle.columns:
            if kind_of(column) is None and column not in self.packs:
                words = list(super().packing(Bundle(bundle.read, [column])))
                if max(column) < self.outside:
                    self.ahead += words
                else:
                    yield from words


def following(spot: tuple[int, int, int]) -> tuple[int, int, int]:
    walk, offset, place = spot
    return walk, offset + 1, place + 1


class BlockCode:
    """The code of one block, unit by unit: numbers are read from memory, then nodes are computed,
    then numbers are written to memory; and again after each loop in the block."""

    def __init__(self, encoder: WideEncoder, block: Block) -> None:
        self.encoder, self.bodies = encoder, encoder.bodies
        self.nest, self.needs = encoder.nest, encoder.schedule.needs
        self.block = block
        self.units: list[Unit] = []
        self.elements: list[int] = []
        self.nodes: list[int] = []
        self.effects: list[Effect] = []
        items = encoder.schedule.items[block]
        nodes = [i for i in items if isinstance(i, int) and self.is_node(i)]
        self.bodies.alike.tell_apart(nodes)
        if block.depth:
            self.begin(nodes, items)

    def is_node(self, i: int) -> bool:
        return isinstance(self.nest.rows[i], Operator)

    def begin(self, nodes: Iterable[int], items: Iterable[Item]) -> None:
        """Begin the body of a loop with what is there before anything is computed."""
        for item in items:
            if isinstance(item, int) and not self.is_node(item) and not self.needs[item]:
                self.take(item)
        self.read()
        self.bodies.alike.find_order(nodes)
        self.encoder.carry(self.block)

    def take(self, item: Item) -> None:
        if isinstance(item, Block):
            self.end()
            self.encoder.divide_loop(item)
            self.units.append(item)
        elif isinstance(item, Effect):
            self.put_off(item)
        elif self.is_node(item):
            self.nodes.append(item)
        elif item not in self.bodies.place:
            self.take_leaf(item)

    def put_off(self, effect: Effect) -> None:
        if effect.kind == nests.FILL:
            self.units.append(effect)
        else:
            self.effects.append(effect)

    def take_leaf(self, i: int) -> None:
        """A number that is read from memory, or out of a loop."""
        if self.nest.rows[i] is nests.LAST:
            (j,) = self.nest.operands[i]
            place = self.bodies.place
            place[i] = self.encoder.place.before.get(j, place[j])
            return
        if not self.needs[i].isdisjoint(self.effects):
            self.end()
        self.elements.append(i)

    def read(self) -> None:
        """Elements that are side by side in memory get places side by side."""
        self.elements.sort(key=self.element)
        self.bodies.put(self.elements)
        self.units += self.elements
        self.elements = []

    def element(self, i: int) -> tuple[int, int, int]:
        """The key that orders elements: those that a loop has kept by their place in it."""
        address = self.nest.addresses[i]
        array = address.array
        if array.kept_by is not None:
            return 0, self.bodies.place.get(array.writes[0].x, NONE), address.offset
        return 1, self.encoder.seen.setdefault(array, len(self.encoder.seen)), address.offset

    def end(self) -> None:
        self.read()
        if self.nodes:
            self.units.append(self.bodies.body(self.nodes))
        # no number is both written there and added to
        self.units += [effect for effect in self.effects if effect.kind == nests.WRITE]
        self.units += [effect for effect in self.effects if effect.kind != nests.WRITE]
        self.nodes, self.effects = [], []


class WideEncoder(Encoder):
    """Writes the code of a nest whose bodies are wide."""

    def __init__(self, nest: Nest, wanted: Sequence[int]) -> None:
        NestFusion(nest, wanted).run()
        self.one = nest.constant(1.0)
        super().__init__(nest, wanted)
        self.selection = Alone(nest, wanted)
        self.schedule = InAnyOrder(nest, self.selection)
        self.place = self.places()
        self.bodies = Bodies(nest, self.place, self.one)
        self.units: dict[Block, list[Unit]] = {}
        self.ahead: dict[Block, Words] = {}
        self.carried: dict[Block, list[int]] = {}
        self.seen: dict[Array, int] = {}
        """The arrays in the order in which elements of them are read."""
        self.divide(nest.root)
        self.place.lay_out_others(self.bodies.size + REACH)

    def places(self) -> WidePlaces:
        return WidePlaces(self.nest, self.schedule, self.selection)

    # ------ bodies in order
    def divide(self, block: Block) -> None:
        code = BlockCode(self, block)
        for item in self.schedule.items[block]:
            code.take(item)
        code.end()
        self.units[block] = code.units

    def divide_loop(self, block: Block) -> None:
        outside = self.bodies.outside, self.bodies.ahead
        self.bodies.begin()
        self.divide(block)
        self.ahead[block] = self.bodies.ahead
        self.bodies.outside, self.bodies.ahead = outside

    def carry(self, block: Block) -> None:
        """Give places to what a loop carries."""
        after = self.nest.next
        carried = {after[c]: c for c in self.schedule.carried_in(block)}
        others = [c for c in self.schedule.carried_in(block) if carried[after[c]] != c]
        self.carried[block] = [carried[i] for i in self.bodies.alike.ordered(carried)] + others
        self.bodies.carry(self.carried[block])

    # ------ code
    def block(self, block: Block) -> Words:
        runs = groupby(self.units[block], self.kind_of)
        return self.joined([self.run_of(kind, list(run)) for kind, run in runs])

    def kind_of(self, unit: Unit) -> Instruction | None:
        """The instruction that does many such units at once."""
        if isinstance(unit, Effect) and unit.kind == nests.WRITE:
            return WRITE_STRETCH if unit.address and unit.address.depth() else None
        if isinstance(unit, int) and self.nest.rows[unit] is nests.READ:
            return None if self.place.is_fixed(unit) else READ_STRETCH
        return None

    def run_of(self, kind: Instruction | None, units: list[Unit]) -> Words:
        if kind is None:
            return self.joined(x if isinstance(x, list) else self.item(x) for x in units)
        found = stretches(sorted(map(self.spot, units)), following)
        return self.joined(self.stretch(kind, *x[0], len(x)) for x in found)

    def stretch(self, kind: Instruction, walk: int, offset: int, place: int, count: int) -> Words:
        if kind is READ_STRETCH:
            return READ_STRETCH(place, count, walk, offset)
        return WRITE_STRETCH(walk, offset, place, count)

    def spot(self, unit: Unit) -> tuple[int, int, int]:
        """The walk and the offset of an element that is read or written, and its other place."""
        if isinstance(unit, int):
            return *self.walk(self.nest.addresses[unit], self.nest.home[unit]), self.place[unit]
        assert isinstance(unit, Effect)
        assert unit.address is not None
        return *self.walk(unit.address, unit.block), self.place[unit.x]

    def loop(self, block: Block) -> Words:
        return self.ahead[block] + super().loop(block)

    def node(self, i: int) -> Words:
        if self.place.is_fixed(i):
            return MOVE(self.place[i], self.place.absolute(self.nest.addresses[i]))
        return super().node(i)

    def handed_on(self, ends: list[tuple[int, int]], block: Block) -> Words:
        """Numbers that are carried stand side by side."""
        carried = {self.place[c] for c in self.carried[block]}
        among = [(out, x) for out, x in ends if x in carried or out not in carried]
        code = self.moves(among)
        # what is computed does not stand among what is carried
        others = sorted({*ends}.difference(among))
        for pairs in stretches(others, lambda pair: (pair[0] + 1, pair[1] + 1)):
            (out, x), *_ = pairs
            code += MOVE_STRETCH(out, x, len(pairs)) if len(pairs) > 1 else self.moves(pairs)
        return code


def stretches(found: Sequence[T], after: Callable[[T], T]) -> Iterator[Sequence[T]]:
    """Yield what is found, cut where a thing is not followed by the one that comes `after` it."""
    begins = [k for k, x in enumerate(found) if k == 0 or x != after(found[k - 1])]
    return (found[a:b] for a, b in pairwise([*begins, len(found)]))


def encoded(nest: Nest, wanted: Sequence[int]) -> NestCode:
    """Return the code of a lowered nest, whose results are the wanted nodes."""
    return WideEncoder(nest, wanted).encoded()
