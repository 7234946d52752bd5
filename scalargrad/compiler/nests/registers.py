"""Where the numbers of a nest stand in the lanes: a register for each, and one for each element of
an array, but for what all lanes share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ...rows import Operator
from ..machine.words import row_instruction
from ..trace.vocabulary import CONSTANT
from . import nest as nests
from .moving import MovingPlaces
from .nest import Address, Array, Block, Effect, Nest
from .schedule import Schedule
from .selection import Selection


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
            elif i in live and self.is_shared(i):
                operands = [self.place[j] for j in nest.operands[i]]
                self.code.append(row_instruction(nest.row(i).code, self.put(i, 0.0), *operands))

    def is_shared(self, i: int) -> bool:
        """Tell whether a node is computed once for all lanes: an operator whose operands have
        places, which no number of a loop has."""
        is_operator = isinstance(self.nest.rows[i], Operator)
        return is_operator and all(j in self.place for j in self.nest.operands[i])

    def put(self, i: int, number: float) -> int:
        self.place[i] = self.new(number)
        return self.place[i]

    def new(self, number: float = 0.0) -> int:
        self.initial.append(number)
        return len(self.initial) - 1


class LanePlaces(MovingPlaces):
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
        super().__init__(nest, schedule, selection)

    def begin(self) -> None:
        super().begin()
        for block in self.nest.blocks:
            self.share(block)

    # ------ which numbers move
    def read_at_rest(self, nest: Nest, schedule: Schedule) -> Iterator[int]:
        """Yield the nodes that are added to elements whose numbers stand in a table."""
        yield from (effect.x for effect in nest.effects() if effect.kind == nests.SCATTER)

    def may_lead(self, i: int, address: Address) -> bool:
        """Tell whether these elements are registers, and each iteration of the node's loop has
        another one."""
        array, depth = address.array, self.nest.home[i].depth
        is_register = array.numbers is None and not array.summed and i not in self.uniform.place
        return is_register and address.depth() == depth > 0

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

    # ------ what all lanes share has no register
    def needs_place(self, i: int) -> bool:
        return i not in self.uniform.place and super().needs_place(i)

    def put_constant(self, i: int) -> None:
        """Nothing: a constant has a place among the uniform numbers."""

    def lay_out_table(self, array: Array, numbers: Sequence[float]) -> None:
        self.start[array] = len(self.uniform.initial)
        self.uniform.initial += numbers
