"""Conditions: guards that several paths of a function know by the same names.

A number that two paths compute in the same way from the same inputs has one name in both, and so
has a guard that compares such numbers. A guard that is known to hold from an earlier path is not
checked again.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

from ..trace.guards import Comparison, Expected, Guard
from ..trace.recorder import Recorder
from ..trace.vocabulary import CONSTANT, INPUT


class Condition(NamedTuple):
    """A guard whose sides have names."""

    compare: str
    x: object
    y: object
    outcome: bool

    def otherwise(self) -> Condition:
        return self._replace(outcome=not self.outcome)


class Arrival(NamedTuple):
    """How lanes come to a path.

    The `facts` hold in every one of these lanes. The `new` facts are those among them that
    contradict the guard that sent the lanes here, if each lane came with the numbers that were
    compared. `decided` has the outcomes of comparisons of nodes that follow from the facts, and
    those Expected on the path that the lanes come from, for the trace.
    """

    facts: frozenset[Condition] = frozenset()
    new: frozenset[Condition] = frozenset()
    decided: Mapping[Comparison, bool | Expected] = {}


class Conditions:
    """Names for what several traces compute, and their guards by these names."""

    def __init__(self) -> None:
        self._names: dict[Hashable, object] = {}

    def _name(self, *key: Hashable) -> object:
        return self._names.setdefault(key, object())

    def names(
        self, trace: Recorder, sources: Sequence[Any], wanted: Sequence[int]
    ) -> dict[int, object]:
        """Return the names of what these nodes need; `sources` say where the inputs come from."""
        rows, operands, numbers = trace.rows, trace.operands, trace.numbers
        name = {i: self._name(INPUT, source) for i, source in zip(trace.inputs, sources)}
        needed = trace.needed(wanted)
        # in a program a constant may stand behind what is computed from it
        constants = [i for i in needed if rows[i] is CONSTANT]
        name |= {i: self._name(CONSTANT, numbers[i].hex()) for i in constants}
        for i in needed:
            if i not in name:
                name[i] = self._name(rows[i], *[name[j] for j in operands[i]])
        return name

    def of(self, trace: Recorder, sources: Sequence[Any]) -> dict[Guard, Condition]:
        """Return the condition that each guard of a trace is."""
        name = self.names(trace, sources, trace.guarded())
        return {g: Condition(g.compare, name[g.x], name[g.y], g.outcome) for g in trace.guards}
