"""Which programs with loops can be written as text, and which of their inputs have lanes."""

from __future__ import annotations

from collections.abc import Sequence

from ..nests.activity import read_from
from ..nests.nest import GUARD
from ..nests.program import Derived
from ..passes.traced import Traced


def nest_of(traced: Traced) -> Derived | None:
    """The program with loops of a traced function, if it has one whose text can be written."""
    derived: Derived | None = traced.nest
    if derived is None or not derived.is_exact or is_mixed(derived):
        return None
    has_guards = any(x.kind == GUARD for x in derived.nest.effects())
    return None if has_guards else derived


def is_mixed(derived: Derived) -> bool:
    """Tell whether there are elements of which some have lanes and others have none."""
    nest = derived.nest
    lane = dict(zip(nest.inputs, lanes_of(derived)))
    return any(len({lane[j] for j in read_from(nest, i)}) > 1 for i in nest.addresses)


def lanes_of(derived: Derived) -> Sequence[bool]:
    lanes = derived.asked.lanes
    return lanes.inputs if lanes else [False] * len(derived.nest.inputs)
