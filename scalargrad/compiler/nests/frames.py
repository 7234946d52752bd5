"""Where items stand while a nest is made of them: the ids of their events, and their nodes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from .nest import Address, Block, Refused


class Frame:
    """Items that are being placed, or are: of one iteration of a loop, or of the outermost."""

    def __init__(
        self, block: Block, first: int, span: int, parent: Frame | None, is_masked: bool = False
    ) -> None:
        self.block, self.first, self.span, self.parent = block, first, span, parent
        self.is_masked = is_masked
        """Whether lanes are done with it before its last iteration."""
        self.path: tuple[Frame, ...] = (*parent.path, self) if parent else ()
        self.starts: list[int] = []
        self.made: list[int | Frame] = []
        """Of each item that is placed the id of its first event, and the node or loop it became."""
        self.next = first
        """The id of the event that comes next."""
        self.is_open = True
        self.carried: dict[tuple[int, int], int] = {}
        """The nodes that hold the event at an offset, of so many iterations ago."""
        self.strips: dict[tuple[int, int, int, int], Address] = {}
        self.at_end: list[Callable[[], None]] = []
        """Work to be done when all of an iteration is known."""

    def spans(self) -> list[int]:
        return [frame.span for frame in self.path]

    def made_of(self, id: int) -> int | Frame:
        if not self.first <= id < self.next:
            raise Refused("a number is read before it is computed")
        return self.made[bisect_right(self.starts, id) - 1]
