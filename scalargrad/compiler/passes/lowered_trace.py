"""The traces that lowering computes in: one in Python, and its twin in C."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...rows import BUILT_IN, Operator
from ...scalars import is_value
from ..trace import chosen
from ..trace.in_python import Trace
from ..trace.recorder import Recorder
from ..trace.vocabulary import (
    AFTER,
    BEFORE,
    CONSTANT,
    INPUT,
    LANES,
    TOO_LATE,
    UNNEEDED,
    lanes_sum,
    moved_sum,
)
from .fusion import Fusion
from .rewriting import FUSED, Rewriting
from .rules import ALWAYS, BESIDE_CONSTANT, TABLE, rules

STAGES = (BEFORE, LANES, AFTER, TOO_LATE)
RULES = {careful: rules(careful) for careful in (False, True)}


class LoweredTrace(Rewriting, Trace):
    """A lowered trace in Python."""

    def __init__(self, careful: bool) -> None:
        super().__init__()
        self.rules = RULES[careful]

    def copy(self, old: Trace, wanted: Sequence[int]) -> list[int]:
        """Compute again what the nodes `wanted` of another trace need, and all its inputs; return
        the nodes that the wanted ones have become."""
        at: list[Any] = [None] * len(old)
        rows, operands = old.rows, old.operands
        for i in sorted({*self.needed_of(old, wanted), *old.inputs}):
            row = rows[i]
            if isinstance(row, Operator):
                found = self.compute(row, [at[j] for j in operands[i]])
                at[i] = found.number_if_constant if is_value(found) else found
            else:
                number = old.numbers[i]
                at[i] = (
                    number if row is CONSTANT else self.input(number, old.lanes[i], old.plain[i])
                )
        return [self.index(at[i]) for i in wanted]

    def needed_of(self, old: Trace, wanted: Sequence[int]) -> set[int]:
        """The nodes of another trace that these are computed from here: of a sum over lanes that is
        computed in two ways the rule takes one."""
        found, pending = set[int](), list(wanted)
        while pending:
            i = pending.pop()
            if i not in found:
                found.add(i)
                row, operands = old.rows[i], old.operands[i]
                pending += [self.rules[row](self, *operands)] if row is moved_sum else operands
        return found

    def fuse(self, wanted: Sequence[int]) -> None:
        """Turn sums of products into single nodes, in place."""
        Fusion(self, wanted).run()

    def staged(
        self, wanted: Sequence[int], late_inputs: Sequence[int]
    ) -> tuple[bytes, tuple[list[int], ...], list[int], set[Operator]]:
        """The stage of every node, UNNEEDED of those that the wanted ones do not need, where these
        inputs are known only after the lanes; the nodes that are computed in each stage, in order;
        the constants that are needed; and the operators."""
        stages, rows = self.stages(late_inputs), self.rows
        needed = self.needed(wanted)
        computed = [i for i in needed if rows[i] is not INPUT and rows[i] is not CONSTANT]
        by_stage = tuple([i for i in computed if stages[i] == s] for s in STAGES)
        constants = [i for i in needed if rows[i] is CONSTANT]
        for i in {*range(len(stages))}.difference(needed):
            stages[i] = UNNEEDED
        return bytes(stages), by_stage, constants, {self.row(i) for i in computed}

    def stages(self, late_inputs: Sequence[int]) -> bytearray:
        """The stage of every node."""
        # zeros at first: the constants of fusion come after the nodes that use them
        found, known_late = bytearray(len(self)), set(late_inputs)
        for i, (row, operands, lane) in enumerate(zip(self.rows, self.operands, self.lanes)):
            late = row is lanes_sum or i in known_late
            late = late or any(found[j] >= AFTER for j in operands)
            found[i] = (TOO_LATE if late else LANES) if lane else AFTER if late else BEFORE
        return found


LOWERED: dict[Any, Any] = {Trace: LoweredTrace}
"""By the kind of trace, the kind that it is lowered to."""

if chosen.Trace is not Trace:
    HAVE_FORM = {row for row in BUILT_IN.values() if row.elementary is not None}.difference(FUSED)
    # these are written out in C; of a fold the form depends on how many operands there are
    WRITTEN_OUT = tuple(row for row in HAVE_FORM if row.arity is not None)
    SELDOM = tuple(line.operator for line in TABLE if line.asked is BESIDE_CONSTANT)
    INSTEAD = tuple((x.operator, x.quick) for x in TABLE if isinstance(x.quick, Operator))

    def always_asked(careful: bool) -> tuple[Operator, ...]:
        """The operators that have a rule of their own wherever they are, and folds that have a
        form."""
        ruled = {x.operator for x in TABLE if x.asked is ALWAYS and x.operator in RULES[careful]}
        ruled = ruled if careful else ruled.difference(row for row, _ in INSTEAD)
        return tuple((HAVE_FORM | ruled).difference(SELDOM, WRITTEN_OUT))

    class LoweredInC(Rewriting, chosen.Trace):  # type: ignore[misc, valid-type]
        """A lowered trace in C: it asks `compute` about the operators that it does not keep."""

        def __init__(self, careful: bool) -> None:
            super().__init__()
            self.rules = RULES[careful]
            self.ask(always_asked(careful), SELDOM, WRITTEN_OUT, () if careful else INSTEAD)

    LOWERED[chosen.Trace] = LoweredInC


def lowered_trace(like: Recorder, careful: bool) -> Rewriting:
    """Return an empty lowered trace, in the language of another trace."""
    made: Rewriting = LOWERED[type(like)](careful)
    return made
