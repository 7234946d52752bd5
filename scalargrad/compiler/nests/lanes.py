"""A nest as code for the lanes: a register for every number, and for every element of an array.

What all lanes share is computed before them, and spread into registers that read it. An element
that an iteration reads or writes is no copy: a register moves along the array instead. Arrays of
Python's numbers are read where they stand, among the uniform numbers.
"""

from __future__ import annotations

from array import array as packed
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ... import ops
from ...rows import Operator
from ..inputs.arguments import Address as Column
from ..inputs.sources import COUNT
from ..machine.encode import Code
from ..machine.instructions import (
    LOAD,
    MOVE,
    SPREAD,
    STORE,
    TOTAL,
    WIDTH,
    row_instruction,
)
from ..machine.lane_code import merged
from ..trace.vocabulary import CONSTANT, INPUT
from . import nest as nests
from .activity import read_from
from .encoding import Encoder, Words
from .moving import Along, moving_in
from .nest import Address, Array, Block, Effect, Nest, Refused
from .places import Places
from .schedule import Schedule
from .selection import Selection


class Results(NamedTuple):
    """What a program with lanes gives: of each output its node; whether it is summed over the
    lanes; and whether the sum is 0.0 and not −0.0 where nothing is added."""

    nodes: Sequence[int]
    summed: Sequence[bool]
    told: Sequence[bool]


class Uniform:
    """The nodes that all lanes share, and their places: numbers of the call, constants, and what
    is computed of these outside of loops."""

    def __init__(self, nest: Nest, lanes: Sequence[bool], live: set[int]) -> None:
        self.nest = nest
        self.initial: list[float] = []
        self.place: dict[int, int] = {}
        self.code: list[list[int]] = []
        for i, lane in zip(nest.inputs, lanes):
            if not lane:
                self.put(i, 0.0)
        for i, row in enumerate(nest.rows):
            if row is CONSTANT:
                self.put(i, nest.numbers[i])
            elif i in live and self.is_one(i):
                operands = [self.place[j] for j in nest.operands[i]]
                self.code.append(row_instruction(nest.row(i).code, self.put(i, 0.0), *operands))

    def is_one(self, i: int) -> bool:
        """Tell whether an operator works on uniform numbers alone, outside of loops."""
        is_operator = isinstance(self.nest.rows[i], Operator)
        return is_operator and all(j in self.place for j in self.nest.operands[i])

    def put(self, i: int, number: float) -> int:
        self.place[i] = self.new(number)
        return self.place[i]

    def new(self, number: float = 0.0) -> int:
        self.initial.append(number)
        return len(self.initial) - 1


class LanePlaces(Places):
    """The register of each node and of each element, but of those that all lanes share."""

    def __init__(
        self,
        nest: Nest,
        schedule: Schedule,
        selection: Selection,
        uniform: Uniform,
        wanted: Iterable[int],
    ) -> None:
        self.uniform, self.wanted = uniform, set(wanted)
        self.lasts = {nest.operands[i][0] for i in nest.loop_of if i in selection.live}
        scattered = {x.x for x in nest.effects() if x.kind == nests.SCATTER}
        self.at_rest = self.lasts | scattered
        """Nodes that are read where no register moves."""
        self.moving: dict[int, Address] = {}
        """Of nodes that have no register of their own: the elements that they are."""
        super().__init__(nest, schedule, selection)

    def begin(self) -> None:
        nest, live = self.nest, self.selection.live
        for i in live:
            if self.is_element(i) and i not in self.at_rest:
                self.moving[i] = nest.addresses[i]
        for effect in nest.effects():
            if effect.kind == nests.WRITE and nest.rows[effect.x] is nests.CARRIED:
                self.go_along(effect)
        for effect in nest.effects():
            if effect.kind == nests.WRITE and self.may_be_written_there(effect):
                assert effect.address is not None
                self.moving.setdefault(effect.x, effect.address)
        for block in nest.blocks:
            self.share(block)

    def go_along(self, effect: Effect) -> None:
        """Have a carried number that every iteration keeps go from row to row: the next iteration
        finds it where this one has computed it."""
        c, address, nest = effect.x, effect.address, self.nest
        n = nest.next[c]
        assert address is not None
        is_row = address.array.row is effect.block and address.strides == (1,)
        is_own = nest.home[n] is effect.block and self.in_place.get(n, c) == c
        is_free = n not in self.moving and c not in self.rows and n not in self.uniform.place
        is_free = is_free and self.at_rest.isdisjoint((c, n))
        if is_row and is_own and is_free and isinstance(nest.rows[n], Operator):
            self.in_place.pop(n, None)
            self.rows[c] = self.moving[c] = address
            self.moving[n] = address.moved(1)

    def lay_out_arrays(self) -> None:
        super().lay_out_arrays()
        for c, address in self.rows.items():
            # after the loop
            last = self.absolute(address.moved(address.array.size))
            self.of[self.nest.next[c]] = last

    # ------ numbers of one iteration share registers
    def share(self, block: Block) -> None:
        """Give registers to the numbers of a block that nobody reads when the iteration is over.
        One that was read for the last time leaves its register to others."""
        items = self.schedule.items[block]
        last = {i: k for k, item in enumerate(items) for i in self.schedule.all_read(item)}
        lasting = self.lasting(block)
        free: list[int] = []
        ends: dict[int, list[int]] = {}
        for k, item in enumerate(items):
            free += ends.pop(k, ())
            for i in self.computed(item):
                if i not in lasting and i in last and self.is_new(i):
                    self.of[i] = free.pop() if free else self.new()
                    ends.setdefault(last[i], []).append(self.of[i])

    def lasting(self, block: Block) -> set[int]:
        """The nodes that are read when an iteration is over."""
        nest, carried = self.nest, self.schedule.carried_in(block)
        return {nest.next[c] for c in carried}.union(self.lasts, self.wanted)

    def computed(self, item: int | Effect | Block) -> list[int]:
        if not isinstance(item, int):
            return []
        cosine = self.selection.cosines.get(item)
        return [item] if cosine is None else [item, cosine]

    def new(self) -> int:
        self.count += 1
        return self.count - 1

    def is_element(self, i: int) -> bool:
        """Tell whether a node is an element that nothing is added to, another in each iteration."""
        nest = self.nest
        if nest.rows[i] is not nests.READ or self.is_fixed(i):
            return False
        array = nest.addresses[i].array
        return not array.summed and array.numbers is None

    def may_be_written_there(self, effect: Effect) -> bool:
        """Tell whether a number may be computed where it is written to: there is another place for
        it in each iteration."""
        i, block, address = effect.x, effect.block, effect.address
        is_own = i not in self.at_rest and i not in self.in_place and i not in self.uniform.place
        is_computed = isinstance(self.nest.rows[i], Operator) and self.nest.home[i] is block
        return bool(is_own and is_computed and address and address.level() == block.depth > 0)

    def may_replace(self, i: int) -> bool:
        return not self.is_element(i) or i in self.at_rest

    def needs_place(self, i: int) -> bool:
        return i not in self.moving and i not in self.uniform.place and super().needs_place(i)

    def put_constant(self, i: int) -> None:
        """It has a place among the uniform numbers."""

    def lay_out_table(self, array: Array, numbers: Sequence[float]) -> None:
        self.start[array] = len(self.uniform.initial)
        self.uniform.initial += numbers


class LaneEncoder(Encoder):
    """Writes the code of a nest whose inputs have `lanes`, or have none."""

    place: LanePlaces

    def __init__(self, nest: Nest, results: Results, lanes: Sequence[bool]) -> None:
        self.results, self.lanes = results, lanes
        self.splats: dict[int, int] = {}
        """The registers of uniform numbers, by their nodes."""
        super().__init__(nest, results.nodes)

    def places(self) -> LanePlaces:
        self.uniform = Uniform(self.nest, self.lanes, self.selection.live)
        uniform, wanted = self.uniform, self.results.nodes
        return LanePlaces(self.nest, self.schedule, self.selection, uniform, wanted)

    def inputs_read(self) -> set[int]:
        """The inputs that are read as elements of an array."""
        live = self.selection.live
        return {j for i in live if i in self.nest.addresses for j in read_from(self.nest, i)}

    # ------ where numbers stand
    def at(self, i: int) -> Any:
        nest, place = self.nest, self.place
        if i in place.moving:
            return self.moving(place.moving[i], nest.home[i])
        if i not in self.uniform.place:
            return place[i]
        if i not in self.splats:
            self.splats[i] = place.of[i] if nest.rows[i] is INPUT else place.put(i)
        return self.splats[i]

    def moving(self, address: Address, block: Block) -> Any:
        """The register that moves along these elements."""
        return Along(*self.walk(address, block))

    # ------ items
    def node(self, i: int) -> Words:
        return [] if i in self.uniform.place else super().node(i)

    def read_element(self, i: int, address: Address) -> Words:
        if i in self.place.moving:
            return []
        block = self.nest.home[i]
        if address.array.numbers is not None:
            return SPREAD(self.place[i], *self.walk(address, block))
        return MOVE(self.place[i], self.moving(address, block))

    def effect(self, effect: Effect) -> Words:
        if effect.kind == nests.GUARD and effect.block is not self.nest.root:
            raise Refused("lanes may leave a loop on different ways")
        if effect.kind == nests.WRITE and self.place.moving.get(effect.x) == effect.address:
            return []
        return super().effect(effect)

    def along(self, effect: Effect, address: Address, x: Any) -> Words:
        there = self.moving(address, effect.block)
        add = ops.add.code
        return (
            MOVE(there, x) if effect.kind == nests.WRITE else row_instruction(add, there, there, x)
        )

    def joined(self, parts: Iterable[Words]) -> Words:
        return super().joined(merged(filter(None, parts)))

    def body(self, code: Words, block: Block) -> Words:
        return moving_in(code, {words[0] for words in self.own[block]})

    # ------ the program
    @property
    def outputs(self) -> list[bool]:
        """Of each output whether it has lanes."""
        shared = self.uniform.place
        pairs = zip(self.results.nodes, self.results.summed)
        return [i not in shared and not is_summed for i, is_summed in pairs]

    def program(self, columns: Mapping[int, Column], given: int, made: Sequence[Column]) -> Code:
        """The code of the program. The inputs with lanes, by their numbers, have `columns` in the
        arrays that are `given`; the outputs with lanes go to those `made`."""
        nest, live = self.nest, self.selection.live
        read = self.inputs_read()
        used = {k: i for k, i in enumerate(nest.inputs) if i in live or i in read}
        loaded = sorted(used.keys() & columns.keys(), key=columns.__getitem__)
        for i in read.intersection(self.uniform.place):
            self.at(i)
        code = self.loads(loaded, columns) + self.block(nest.root) + self.ends()
        results, after = self.shared_results()
        uniform = self.uniform
        return Code(
            initial=packed("d", uniform.initial),
            totals=packed("i", self.totals),
            splats=packed("i", [x for i, r in self.splats.items() for x in (r, uniform.place[i])]),
            results=packed("i", results),
            before=packed("i", [word for row in uniform.code for word in row]),
            lanes=packed("i", code),
            after=packed("i", after),
            inputs=packed("i", [x for k in loaded for x in columns[k]]),
            outputs=packed("i", [x for column in made for x in column]),
            registers=self.place.count,
            given=given,
            made=1 + max([which for which, _ in made], default=-1),
            indexes=packed("q", self.place.indexes),
            walks=len(self.base),
        )

    def loads(self, loaded: Sequence[int], columns: Mapping[int, Column]) -> Words:
        """Loads of columns, those together that stand side by side."""
        code: Words = []
        begin = 0
        for at in range(1, len(loaded) + 1):
            goes_on = at < len(loaded) and columns[loaded[at]] == beside(columns[loaded[at - 1]])
            if not goes_on or at - begin == WIDTH:
                # the register of an input is its number
                code += LOAD(begin, *loaded[begin:at])
                begin = at
        return code

    def ends(self) -> Words:
        """The outputs that have lanes stored, and those that are summed added up."""
        code: Words = []
        self.totals: list[int] = []
        stored = 0
        for i, is_summed, lane in zip(*self.results[:2], self.outputs):
            if lane:
                code += STORE(stored, self.at(i))
                stored += 1
            elif is_summed and i not in self.uniform.place:
                code += TOTAL(len(self.totals), self.at(i))
                self.totals.append(self.uniform.new())
        return code

    def shared_results(self) -> tuple[list[int], list[int]]:
        """The places of the outputs that are one number, and the code that computes them."""
        uniform, places, code = self.uniform, [], []
        totals = iter(self.totals)
        zero = uniform.new()
        count = uniform.place[self.nest.inputs[COUNT]]
        for i, is_summed, is_told, lane in zip(*self.results, self.outputs):
            if lane:
                continue
            found = uniform.place[i] if i in uniform.place else next(totals)
            if is_summed and i in uniform.place:
                code += row_instruction(ops.mul.code, uniform.new(), count, found)
                found = len(uniform.initial) - 1
            if is_told:
                code += row_instruction(ops.add.code, uniform.new(), found, zero)
                found = len(uniform.initial) - 1
            places.append(found)
        return places, code


def beside(column: Column) -> Column:
    return column[0], column[1] + 1
