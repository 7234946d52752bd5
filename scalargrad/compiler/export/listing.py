"""A program as text for a reader: what there is of each kind, then each instruction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...messages import counted
from ..loops.telling import told
from ..machine.instructions import BLOCK_LANES
from ..passes.program import Program
from ..text.emit import FORMULA, Operations
from ..text.names import Names
from ..trace.rolled import Loops

STAGES = ("once, before the lanes", "in each lane", "once, after the lanes", "in each lane again")
OF_RUNS = ("once, before all runs", "in each lane", "in each run", "in each lane again")
"""The same of a program that runs several times in a call."""
WHY_ALONE = (
    "whole numbers, texts and None are constants, for Python's lists, range and dicts ask for them "
    "and tell nobody; a float that scalargrad.pick or nn.Embedding picks by is data"
)
FEW = 4
"""So many constants are told."""
MANY = 400
"""Of a stage with more instructions the middle is not shown."""


class Listed(NamedTuple):
    """A program with what it does not know of itself: its names, how many lanes the call had,
    how many ways through the branches of the function are known, how many registers the machine
    runs it with (None where it runs on NumPy), what nobody can watch, for which the function is
    traced anew at each call, the constants among the arguments, for which the program is one of
    its own, why it is a part of what was asked for, if it is, and the loops that were found in the
    function. `str()` is its text."""

    program: Program
    names: Names
    lanes: int | None
    paths: int
    registers: int | None
    unknown: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()
    reason: str = ""
    loops: Loops = Loops()

    @property
    def stages(self) -> Sequence[str]:
        return OF_RUNS if self.reason and self.lanes is None else STAGES

    def counts(self) -> dict[str, int]:
        """How many instructions there are of each kind, the most frequent first."""
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
        for stage, name in enumerate(self.stages):
            kinds = Counter(self.program.trace.row(i).name for i in self.program.at_stage(stage))
            if kinds:
                each = ", ".join(f"{n} {kind}" for kind, n in kinds.most_common())
                yield f"{counted(sum(kinds.values()), 'instruction')} {name}: {each}"
        if self.loops.rolled is not None:
            yield from ("loops found:", *told(self.loops.rolled.recorded.items))
        elif self.loops.why:
            yield f"no loops found: {self.loops.why}"

    def _body(self) -> Iterator[str]:
        program = self.program
        operations = Operations(program, FORMULA, self.names.inputs)
        text = operations.names
        for guard in program.guards:
            condition = f"{text[guard.x]} {guard.compare} {text[guard.y]}"
            yield f"only if {condition}" if guard.outcome else f"only if not {condition}"
        for stage, name in enumerate(self.stages):
            found = program.at_stage(stage)
            if found:
                lines = [f"    {text[i]} = {operations.expression(i)}" for i in found]
                yield from ("", f"{name}:", *shortened(lines))
        yield "\nresults:"
        yield from shortened(
            [f"    {name} = {text[i]}" for i, name in zip(program.outputs, self.names.outputs)]
        )


def some(texts: Sequence[str]) -> str:
    more = len(texts) - FEW
    return ", ".join([*texts[:FEW], *([f"{more:,} more"] if more > 0 else [])])


def shortened(lines: Sequence[str]) -> Sequence[str]:
    if len(lines) <= MANY:
        return lines
    half = MANY // 2
    return [*lines[:half], f"    … {len(lines) - MANY:,} more …", *lines[-half:]]
