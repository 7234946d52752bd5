"""The instructions of a program as lines for a reader: of one that is a straight line, and of one
whose loops stay loops."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from math import prod

from ... import messages
from ...rows import Operator
from ..nests.checkpoints import Plan, plans
from ..nests.nest import WRITE, Block
from ..nests.program import Derived
from ..nests.selection import Selection
from ..passes.program import Program
from ..text.emit import FORMULA, Operations
from .languages import ToRead
from .nest_functions import results, totals
from .written import Written

STAGES = ("once, before the lanes", "in each lane", "once, after the lanes", "in each lane again")
OF_RUNS = ("once, before all runs", "in each lane", "in each run", "in each lane again")
"""The same of a program that runs several times in a call."""
FUSED = "multiply-add"
"""The name of x ± y·z, which the machine computes at once."""
MANY = 400
"""Of a stage with more instructions the middle is not shown."""


class Straight:
    """A program that is a straight line."""

    def __init__(self, program: Program, names: Sequence[str], stages: Sequence[str]) -> None:
        self.program, self.stages = program, stages
        self.operations = Operations(program, FORMULA, names)

    def counts(self) -> dict[str, int]:
        return self.program.counts()

    def multiply_adds(self) -> int:
        return self.program.multiply_adds()

    def counted(self) -> Iterator[str]:
        """Yield how many instructions there are at each stage."""
        for stage, name in enumerate(self.stages):
            rows = [self.program.trace.row(i).name for i in self.program.at_stage(stage)]
            yield from counted(name, Counter(rows))

    def lines(self) -> Iterator[str]:
        """Yield the conditions of the program, and its instructions stage by stage."""
        text = self.operations.names
        for guard in self.program.guards:
            condition = f"{text[guard.x]} {guard.compare} {text[guard.y]}"
            yield f"only if {condition}" if guard.outcome else f"only if not {condition}"
        for stage, name in enumerate(self.stages):
            found = self.program.at_stage(stage)
            yield from titled(name, [f"{text[i]} = {self.operations.expression(i)}" for i in found])

    def results(self) -> Iterator[str]:
        return (self.operations.names[i] for i in self.program.outputs)


class WithLoops:
    """A program whose loops stay loops."""

    def __init__(self, derived: Derived, names: Sequence[str]) -> None:
        self.derived = derived
        self.written = Written(derived, ToRead(), names, careful=False)

    @cached_property
    def work(self) -> list[tuple[int, int]]:
        """The nodes that are computed, each with how often."""
        nest, live = self.written.nest, self.written.live
        nodes = (i for i in live if isinstance(nest.rows[i], Operator))
        return [(i, prod(nest.home[i].trips_around())) for i in nodes]

    def counts(self) -> dict[str, int]:
        sums = self.selection.sums
        products = {i for i, of in self.selection.within.items() if of in sums}
        found: Counter[str] = Counter()
        for i, times in self.work:
            if i not in products:
                found[FUSED if i in sums else self.written.nest.row(i).name] += times
        return dict(found.most_common())

    @cached_property
    def selection(self) -> Selection:
        return Selection(self.written.nest, self.written.outputs)

    def multiply_adds(self) -> int:
        return self.counts().get(FUSED, 0)

    def counted(self) -> Iterator[str]:
        name = "in each lane" if self.written.has_lanes else "once"
        yield from counted(f"{name}, trip by trip", self.counts())

    def keeping(self) -> Iterator[str]:
        """Yield of each loop that was found what an iteration keeps for the way back."""
        planned = {plan.forward: plan for plan in self.plans()}
        for block in self.derived.nest.blocks[1:]:
            found = self.written.blocks.get(block)
            kept, plan = self.kept(found), found and planned.get(found)
            anew = in_words(plan) if plan else ""
            yield f"; keeps {messages.counted(kept, 'number')} a trip{anew}" if kept else ""

    def plans(self) -> list[Plan]:
        """The loops of which segments are computed anew."""
        written = self.written
        return plans(written.nest, written.outputs) if written.has_lanes else []

    def kept(self, block: Block | None) -> int:
        effects = self.written.nest.effects()
        return sum(effect.kind == WRITE and effect.block is block for effect in effects)

    def lines(self) -> Iterator[str]:
        written = self.written
        before = written.of_items(written.known_before())
        sums = [f"{total} = Σ lanes of {x}" for total, x in totals(written)]
        yield from titled(STAGES[0], before)
        yield from titled(STAGES[1] if written.has_lanes else "once", written.statements())
        yield from titled(STAGES[2], sums)

    def results(self) -> Iterator[str]:
        return (made.text for made in results(self.written))


def in_words(plan: Plan) -> str:
    few = f" with {plan.lanes} lanes or more," if plan.lanes > 1 else ""
    return f",{few} in segments of {plan.trips:,} trips that are computed anew"


def counted(name: str, kinds: dict[str, int]) -> Iterator[str]:
    if kinds:
        each = ", ".join(f"{n:,} {kind}" for kind, n in Counter(kinds).most_common())
        yield f"{messages.counted(sum(kinds.values()), 'instruction')} {name}: {each}"


def titled(name: str, lines: Iterable[str]) -> Iterator[str]:
    found = [f"    {line}" for line in lines]
    if found:
        yield from ("", f"{name}:", *shortened(found))


def shortened(lines: Sequence[str]) -> Sequence[str]:
    if len(lines) <= MANY:
        return lines
    half = MANY // 2
    return [*lines[:half], f"    … {len(lines) - MANY:,} more …", *lines[-half:]]
