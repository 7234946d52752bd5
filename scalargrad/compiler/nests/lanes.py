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
from ..inputs.arguments import Address as Column
from ..inputs.sources import COUNT
from ..machine.encode import Code
from ..machine.instructions import LOAD, MOVE, SPREAD, STORE, TOTAL
from ..machine.lane_code import merged
from ..machine.words import WIDTH, row_instruction
from ..trace.vocabulary import INPUT
from . import nest as nests
from .activity import read_from
from .encoding import Words
from .moving import MovingEncoder
from .nest import Address, Effect, Nest, Refused
from .registers import LanePlaces, Uniform


class Results(NamedTuple):
    """The outputs of a program with lanes: of each its node; whether it is summed over the
    lanes; and whether the sum is 0.0 and not −0.0 where nothing is added."""

    nodes: Sequence[int]
    summed: Sequence[bool]
    told: Sequence[bool]


class LaneEncoder(MovingEncoder):
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
        if i in place.moving or i not in self.uniform.place:
            return super().at(i)
        if i not in self.splats:
            self.splats[i] = place.of[i] if nest.rows[i] is INPUT else place.put(i)
        return self.splats[i]

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
        return super().effect(effect)

    def along(self, effect: Effect, address: Address, x: Any) -> Words:
        there = self.moving(address, effect.block)
        add = ops.add.code
        return (
            MOVE(there, x) if effect.kind == nests.WRITE else row_instruction(add, there, there, x)
        )

    def joined(self, parts: Iterable[Words]) -> Words:
        return super().joined(merged(filter(None, parts)))

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
        stored: list[int] = []
        for i, is_summed, lane in zip(*self.results[:2], self.outputs):
            if lane:
                stored.append(self.at(i))
            elif is_summed and i not in self.uniform.place:
                code += TOTAL(len(self.totals), self.at(i))
                self.totals.append(self.uniform.new())
        return [*code, *STORE(0, *stored)] if stored else code

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
