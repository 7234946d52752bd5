"""Wide bodies: every node has a place and an instruction of its own, in any order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..machine.words import NONE
from ..passes.fusion import Fusion
from .nest import Array, Block, Nest
from .places import Places
from .schedule import Schedule
from .selection import Selection


class NestFusion(Fusion):
    """Turns the sums of products of a nest into single nodes, each within a block."""

    trace: Nest

    def counted(self, wanted: Sequence[int]) -> Mapping[int, int]:
        return Selection(self.trace, wanted).uses

    def is_inside(self, j: int, i: int) -> bool:
        return self.uses[j] == 1 and self.trace.home[j] is self.trace.home[i]


class Alone(Selection):
    """Every node has an instruction, or a part in one that does many side by side."""

    def take_product(self, i: int, is_difference: bool) -> None:
        pass

    def take_cosine(self, i: int) -> None:
        pass


class InAnyOrder(Schedule):
    """Nothing takes the place of what is carried: readers do not have to come first."""

    def readers_first(self, block: Block) -> None:
        pass


class WidePlaces(Places):
    """The places of numbers and of tables; `Bodies` gives nodes theirs, then come the arrays."""

    def is_new(self, i: int) -> bool:
        return False

    def replaced(self, block: Block) -> Iterable[int]:
        return ()

    def __getitem__(self, i: int) -> int:
        return self.of[i]

    def lay_out_arrays(self) -> None:
        for array in self.arrays():
            if array.numbers is not None:
                self.lay_out(array)

    def arrays(self) -> Iterable[Array]:
        """Arrays that a loop keeps, in the order in which it has the places of their numbers."""
        return sorted(
            super().arrays(),
            key=lambda array: self.of.get(array.writes[0].x, NONE) if array.writes else NONE,
        )

    def lay_out_others(self, begin: int) -> None:
        """Lay out the arrays that a run fills, from this place on."""
        self.count = begin
        super().lay_out_arrays()
