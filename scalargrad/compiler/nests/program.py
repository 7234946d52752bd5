"""From items to a program with loops: what a function returns, and derivatives of it.

items placed      placing.py: what each operand names by its id, or a refusal
  | with adjoints adjoints.py: loops that run backward, in the same nest
  | lowered       lowering.py: operators of the machine
  | encoded       encoding.py, by selection.py and schedule.py
code              run by runner.py
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from ... import ops
from ..loops.items import Item, One
from ..machine.encode import has_instruction
from ..trace.vocabulary import handed_on
from .activity import find_plain
from .adjoints import Adjoints
from .choice import is_sequential, may_stay
from .encoding import NestCode, encoded
from .lowering import lowered
from .nest import Nest, Refused
from .placing import Placing


class Asked(NamedTuple):
    """What is asked of recorded items."""

    items: Sequence[Item]
    plain: Sequence[bool]
    """Of each input whether it is a float in eager mode, and no Value."""
    results: Sequence[One]
    """The entries of what the function returns."""
    linked: Sequence[bool]
    """Of each of them whether its derivatives follow it."""
    wanted: Sequence[int]
    """The inputs that derivatives are taken in."""
    are_seen: bool = False
    """Whether derivatives are results for a user, in which nothing is 0.0; else partials."""
    order: Sequence[int] | None = None
    """The outputs in another order, by their numbers in this one."""


class Derived:
    """A nest with everything that is asked."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.nest = Nest()
        for is_plain in asked.plain:
            self.nest.input(0.0, False, is_plain)
        placing = Placing(self.nest, asked.items)
        found = [placing.operand(placing.root, reference) for reference in asked.results]
        self.is_sequential = is_sequential(self.nest)
        """Whether numbers wait for each other; see `choice.py`."""
        self.is_exact = find_plain(self.nest)
        """Whether no number begins as a float and goes on as a Value: a careful program tells these
        apart."""
        pairs = zip(found, asked.linked)
        outputs = [i for pair in pairs for i in self.with_derivatives(*pair)]
        order = range(len(outputs)) if asked.order is None else asked.order
        self.outputs = [outputs[k] for k in order]

    def with_derivatives(self, i: int, is_linked: bool) -> list[int]:
        wanted = [self.nest.inputs[k] for k in self.asked.wanted] if is_linked else []
        adjoints = Adjoints(self.nest, i, wanted).found() if wanted else []
        return [i, *map(self.told, adjoints)]

    def told(self, adjoint: object) -> int:
        """A derivative as it leaves the program: see `lane_sums.with_zeros_told`."""
        nest = self.nest
        told = [adjoint, 0.0] if self.asked.are_seen else [adjoint]
        return nest.index(nest.compute(ops.add if self.asked.are_seen else handed_on, told))

    @cached_property
    def quick(self) -> NestCode:
        """The code of the quick program: it takes what does not flow for zero."""
        return self.code(False)

    def code(self, careful: bool) -> NestCode:
        """The code of the quick program, or of the careful one. Raises Refused where there is none
        that is right."""
        if careful and not self.is_exact:
            raise Refused("a number begins as a float and goes on as a Value")
        low, outputs = lowered(self.nest, self.outputs, careful)
        for row in {row for row in low.rows if not isinstance(row, str)}:
            if not has_instruction(row):
                raise Refused(f"the machine has no instruction for {row.name}")
        return encoded(low, outputs)


def with_loops(asked: Asked) -> Derived | None:
    """Return a program where loops stay loops, with what is asked; None where the program is to be
    expanded."""
    if not may_stay(asked.items):
        return None
    try:
        derived = Derived(asked)
        return derived if derived.is_sequential and derived.quick else None
    except Refused:
        return None
