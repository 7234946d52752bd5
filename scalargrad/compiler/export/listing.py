"""A program as text for a reader: what there is of each kind, then each instruction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ...messages import counted
from ..loops.telling import told
from ..machine.words import BLOCK_LANES
from ..text.names import Names
from ..trace.rolled import Loops
from .listed import Straight, WithLoops, shortened

WHY_ALONE = (
    "whole numbers, texts and None are constants, for Python's lists, range and dicts ask for them "
    "and tell nobody; a float that scalargrad.pick or nn.Embedding picks by is data"
)
FEW = 4
"""So many constants are told."""


class Listed(NamedTuple):
    """A program with what it does not know of itself: its names, how many lanes the call had,
    how many ways through the branches of the function are known, how many registers the machine
    runs it with (None where it runs on NumPy), what nobody can watch, for which the function is
    traced anew at each call, the constants among the arguments, for which the program is one of
    its own, why it is a part of what was asked for, if it is, the loops that were found in the
    function, and the names of what they compute. `str()` is its text."""

    program: Straight | WithLoops
    names: Names
    lanes: int | None
    paths: int
    registers: int | None
    unknown: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()
    reason: str = ""
    loops: Loops = Loops()
    events: Mapping[int, str] = {}

    def counts(self) -> dict[str, int]:
        """How many instructions there are of each kind, the most frequent first; those in a loop
        once for each trip."""
        return self.program.counts()

    def multiply_adds(self) -> int:
        return self.program.multiply_adds()

    def register_bytes(self) -> int:
        return 8 * BLOCK_LANES * (self.registers or 0)

    def __str__(self) -> str:
        return "\n".join([*self._head(), *self._body()])

    def __repr__(self) -> str:
        return str(self)

    def _head(self) -> Iterator[str]:
        lanes = "no lanes" if self.lanes is None else counted(self.lanes, "lane")
        paths = counted(self.paths, "path")
        adds = counted(self.multiply_adds(), "fused multiply-add")
        yield f"{self.names.function}: {lanes}, {paths}, {adds}"
        if self.reason:
            yield self.reason
        if self.unknown:
            yield f"traced anew at each call, for compile cannot watch {', '.join(self.unknown)}"
        if self.constants:
            yield f"for {some(self.constants)} alone: {WHY_ALONE}"
        if self.registers is not None:
            size = f"{self.register_bytes():,} bytes"
            yield f"{counted(self.registers, 'register')} of {BLOCK_LANES} lanes: {size}"
        yield from self.program.counted()
        yield from self._loops()

    def _loops(self) -> Iterator[str]:
        loops, program = self.loops, self.program
        if isinstance(program, WithLoops):
            yield "loops found:"
            lines = told(program.derived.asked.items, self.events)
            yield from map("{}{}".format, lines, program.keeping())
        elif loops.rolled is not None:
            yield f"loops found, and written out, for {loops.expanded}:"
            yield from told(loops.rolled.recorded.items, self.events)
        elif loops.why:
            yield f"no loops found: {loops.why}"

    def _body(self) -> Iterator[str]:
        yield from self.program.lines()
        yield "\nresults:"
        pairs = zip(self.names.outputs, self.program.results())
        yield from shortened([f"    {name} = {text}" for name, text in pairs])


def some(texts: Sequence[str]) -> str:
    more = len(texts) - FEW
    return ", ".join([*texts[:FEW], *([f"{more:,} more"] if more > 0 else [])])
