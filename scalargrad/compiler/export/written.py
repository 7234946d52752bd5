"""A program with loops as text in which each loop is one.

A Written goes through the blocks of a lowered nest, and tells a language what to write: numbers
that an iteration hands on, elements of arrays, what is left after a loop. `nest_functions.py` makes
functions of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from ...rows import Operator
from ..inputs.sources import COUNT
from ..nests.activity import reached, read_from
from ..nests.lowering import Lowering
from ..nests.nest import (
    ADD,
    FILL,
    GATHERED,
    LAST,
    READ,
    SCATTER,
    WRITE,
    Address,
    Array,
    Block,
    Effect,
)
from ..nests.program import Derived
from ..nests.schedule import Item, Schedule
from ..text.emit import Spelling, number, safe_names
from ..trace.vocabulary import CONSTANT, INPUT
from .languages import Language, Loop
from .writable import (
    OneByOne,
    are_indices,
    further,
    index_of,
    indices,
    is_computed,
    lanes_of,
)


class Written:
    """The text of a nest in a language; `names` are those of its inputs."""

    def __init__(
        self, derived: Derived, language: Language, names: Sequence[str], careful: bool = True
    ) -> None:
        lowering = Lowering(derived.nest, [x.node for x in derived.outputs], careful)
        self.nest, self.outputs = lowering.new, lowering.wanted
        self.blocks = lowering.blocks
        """Of each block of the nest what it has become."""
        self.results = derived.outputs
        self.lanes = lanes_of(derived)
        """Of each input whether every lane has its own."""
        self.has_lanes = derived.asked.lanes is not None
        self.language = language
        self.spelling = Spelling(language.style, {})
        self.schedule = Schedule(self.nest, OneByOne(self.nest, self.outputs))
        self.live = self.schedule.selection.live
        self.taken_over = {
            self.nest.next[c]: c for block in self.nest.blocks for c in self.carried(block)
        }
        """Of what is next the number whose place it takes."""
        self.array_names = {
            array: f"{'kept' if array.numbers is None else 'table'}_{k}"
            for k, array in enumerate(dict.fromkeys(self.arrays()))
        }
        self.inputs = self.named_inputs(names)
        self.input_indices = list(indices(self.lanes, language))
        """The index of each input among the numbers that a function is given."""

    def named_inputs(self, names: Sequence[str]) -> dict[int, str]:
        """A name for each input that nothing else in the text has."""
        arrays = self.array_names.values()
        tables = [f"{name}_at" for name in arrays]
        return dict(zip(self.nest.inputs, safe_names(names, *arrays, *tables, *self.own_names())))

    # ------ what there is
    def rows(self) -> set[Operator]:
        rows = (self.nest.rows[i] for i in self.live)
        return {row for row in rows if isinstance(row, Operator)}

    def arrays(self) -> Iterator[Array]:
        """The arrays but for the inputs."""
        addresses = [address for i, address in self.nest.addresses.items() if i in self.live]
        for effect in self.nest.effects():
            addresses += [x for x in (effect.address, effect.table) if x is not None]
        yield from (x.array for x in addresses if not x.array.is_inputs)

    def made(self) -> list[Array]:
        """The arrays that the program writes to."""
        return [array for array in self.array_names if array.numbers is None]

    def carried(self, block: Block) -> list[int]:
        return self.schedule.carried_in(block)

    def lasting(self, block: Block) -> list[int]:
        """The nodes of a loop that are read after it, other than what takes another's place."""
        nest = self.nest
        ends = {
            nest.operands[i][0]
            for i, loop in nest.loop_of.items()
            if loop is block and i in self.live
        }
        return sorted(ends.difference(self.taken_over))

    def used_inputs(self) -> list[tuple[int, int]]:
        """The number of each input that is read by its name, and its node."""
        read = {j for i in self.live for j in self.nest.operands[i]}.union(self.outputs)
        for effect in self.nest.effects():
            read |= {effect.x, effect.y}
        pairs = zip(self.results, self.outputs)
        if any(x.is_summed and self.is_counted(i) for x, i in pairs):
            read.add(self.nest.inputs[COUNT])
        return [(k, i) for k, i in enumerate(self.nest.inputs) if i in read]

    @cached_property
    def own(self) -> set[int]:
        """The nodes that every lane has its own of."""
        begin = [i for i, lane in zip(self.nest.inputs, self.lanes) if lane]
        return reached(self.nest, begin, range(len(self.nest)))

    def is_own(self, array: Array) -> bool:
        """Tell whether every lane has its own elements of an array."""
        return not self.own.isdisjoint(effect.x for effect in array.writes)

    def is_counted(self, i: int) -> bool:
        """Tell whether the sum of a number over the lanes is that number times their count. Lane by
        lane a number that all share may be there within a lane alone: then it is added up."""
        is_there = self.nest.rows[i] in (CONSTANT, INPUT) or i in self.known_before()
        return i not in self.own and (is_there or not self.language.goes_by_lane)

    def known_before(self) -> list[Item]:
        """The nodes computed from uniform numbers outside of loops."""
        nest, known = self.nest, set[int]()
        found: list[Item] = []
        for item in self.schedule.items[nest.root] if self.has_lanes else ():
            if isinstance(item, int) and item not in self.own and is_computed(nest, item, known):
                known.add(item)
                found.append(item)
        return found

    def read_by_number(self) -> set[int]:
        """The inputs that are read as elements of an array."""
        live = (i for i in self.nest.addresses if i in self.live)
        return {j for i in live for j in read_from(self.nest, i)}

    # ------ names
    def own_names(self) -> Iterator[str]:
        """The names that the text has besides those of the inputs and of nodes."""
        yield from self.language.words
        for k in range(len(self.outputs)):
            yield from (f"total_{k}", f"column_{k}")
        for block in self.nest.blocks:
            going_on = [f"v{c}" for c in self.carried(block)]
            going_on += [f"last_{j}" for j in self.lasting(block)]
            yield from (index_of(block), f"loop_{block.number}", *going_on)
            yield from (f"next_{name}" for name in going_on)

    def __getitem__(self, i: int) -> str:
        nest = self.nest
        if nest.rows[i] is CONSTANT:
            return number(self.language.style, nest.numbers[i])
        if nest.rows[i] is LAST:
            (j,) = nest.operands[i]
            return f"v{self.taken_over[j]}" if j in self.taken_over else f"last_{j}"
        return self.inputs.get(i, f"v{i}")

    def index(self, address: Address, block: Block) -> str:
        """The index of an element, in an iteration of this block."""
        offset = address.offset
        if address.array.is_inputs:
            offset += self.shift(address.offset)
        found = str(offset) if offset else ""
        for stride, around in zip(address.strides, block.path):
            if stride:
                found += further(stride, index_of(around), is_first=not found)
        return found or "0"

    def shift(self, k: int) -> int:
        """The distance from the number of an input to its index."""
        return self.input_indices[k] - k

    def element(self, address: Address, block: Block) -> str:
        index = self.index(address, block)
        if address.array.is_inputs:
            return self.language.input(index, self.lanes[address.offset])
        return f"{self.array_names[address.array]}[{index}]"

    # ------ statements
    def tables(self) -> list[str]:
        """The numbers that are known from the start."""
        return [
            line
            for array, name in self.array_names.items()
            if array.numbers is not None
            for line in self.table(name, array)
        ]

    def table(self, name: str, array: Array) -> list[str]:
        numbers = array.numbers or ()
        if not are_indices(array):
            return self.language.table(name, numbers, False)
        indices = [self.input_indices[int(k)] for k in numbers]
        return self.language.table(name, indices, True) + self.sum_indices(name, array)

    def sum_indices(self, name: str, array: Array) -> list[str]:
        """The indices of sums, where those of the inputs do not tell them."""
        tables = (effect.table for effect in self.nest.effects() if effect.table)
        if len(self.shifts(array)) == 1 or all(table.array is not array for table in tables):
            return []
        return self.language.table(f"{name}_at", [int(k) for k in array.numbers or ()], True)

    def statements(self) -> list[str]:
        """All but what is `known_before`."""
        known = set(self.known_before())
        return self.of_items(x for x in self.schedule.items[self.nest.root] if x not in known)

    def of_items(self, items: Iterable[Item]) -> list[str]:
        lines: list[str] = []
        for item in items:
            if isinstance(item, Block):
                lines += self.loop(item)
            elif isinstance(item, Effect):
                lines += self.effect(item)
            elif self.nest.rows[item] is not LAST:
                lines.append(self.language.assigned(self[item], self.expression(item)))
        return lines

    def expression(self, i: int) -> str:
        nest = self.nest
        if nest.rows[i] is READ:
            return self.element(nest.addresses[i], nest.home[i])
        if nest.rows[i] is GATHERED:
            (k, *_) = nest.addresses[i].array.numbers or ()
            index = self.element(nest.addresses[i], nest.home[i])
            return self.language.input(index, self.lanes[int(k)])
        operands = [self[j] for j in nest.operands[i]]
        return self.spelling.operation(nest.row(i), *operands)

    def effect(self, effect: Effect) -> list[str]:
        language, address = self.language, effect.address
        if address is None or effect.kind == FILL:
            # arrays are filled when they are made
            return []
        x, array = self[effect.x], self.array_names[address.array]
        if effect.kind == WRITE:
            return [language.stored(array, self.index(address, effect.block), x)]
        if effect.kind == SCATTER:
            assert effect.table is not None
            return [language.added(f"{array}[{self.scattered(effect.table, effect)}]", x)]
        assert effect.kind == ADD
        return [language.added(self.element(address, effect.block), x)]

    def scattered(self, table: Address, effect: Effect) -> str:
        """The index that a number is added at, where a table has the number of an input."""
        assert effect.address is not None
        shifts = self.shifts(table.array)
        if len(shifts) > 1:
            index = f"{self.array_names[table.array]}_at[{self.index(table, effect.block)}]"
            shifts = {0}
        else:
            index = self.element(table, effect.block)
        shift = effect.address.offset - shifts.pop()
        return f"{index} + {shift}" if shift else index

    def shifts(self, table: Array) -> set[int]:
        """The distance from the numbers of the inputs in a table to their indices."""
        return {self.shift(int(k)) for k in table.numbers or ()}

    def loop(self, block: Block) -> list[str]:
        nest = self.nest
        carried, lasting = self.carried(block), self.lasting(block)
        pairs = [(self[c], self.handed_on(nest.next[c], c)) for c in carried]
        begins = [(self[c], self.handed_on(nest.operands[c][0], c)) for c in carried]
        # what is left of the last iteration is what it was before the next would begin
        pairs += [(f"last_{j}", self[j]) for j in lasting]
        zero = number(self.language.style, 0.0)
        begins += [(f"last_{j}", self.language.begun(zero, j in self.own)) for j in lasting]
        kept = [self.array_names[array] for array in self.made() if self.is_written(array, block)]
        found = Loop(index_of(block), block.trips, pairs, begins, kept, f"loop_{block.number}")
        return self.language.looped(found, self.of_items(self.schedule.items[block]))

    def handed_on(self, i: int, c: int) -> str:
        """A number that becomes a carried one, of which every lane may have its own."""
        return self.language.begun(self[i], c in self.own and i not in self.own)

    def is_written(self, array: Array, block: Block) -> bool:
        return any(effect.block.is_in(block) for effect in array.writes)
