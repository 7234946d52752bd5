"""The part of a program with loops that can be written as text, and where its inputs stand."""

from __future__ import annotations

from array import array as packed
from collections.abc import Container, Iterator, Sequence

from ...rows import Operator
from ..nests.activity import read_from
from ..nests.nest import GUARD, Array, Block, Nest
from ..nests.program import Derived
from ..nests.selection import Selection
from ..passes.traced import Traced
from ..trace.vocabulary import CONSTANT, INPUT
from .languages import Language


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


class OneByOne(Selection):
    """Every node is an operation of its own."""

    def take_product(self, i: int, is_difference: bool) -> None:
        pass

    def take_cosine(self, i: int) -> None:
        pass


def further(stride: int, index: str, is_first: bool) -> str:
    """The index times a stride, as a term of a sum."""
    sign = ("-" if is_first else " - ") if stride < 0 else ("" if is_first else " + ")
    return sign + (index if abs(stride) == 1 else f"{abs(stride)} * {index}")


def index_of(block: Block) -> str:
    return f"k{block.depth}"


def are_indices(array: Array) -> bool:
    return isinstance(array.numbers, packed) and array.numbers.typecode == "q"


def indices(lanes: Sequence[bool], language: Language) -> Iterator[int]:
    """Yield the index of each input among those that a function is given."""
    count = {False: -language.first, True: 0}
    for lane in lanes:
        kind = lane and language.is_apart
        yield count[kind]
        count[kind] += 1


def is_computed(nest: Nest, i: int, known: Container[int]) -> bool:
    """Tell whether a node is computed of constants, inputs, and what is known."""
    return isinstance(nest.rows[i], Operator) and all(
        j in known or nest.rows[j] in (CONSTANT, INPUT) for j in nest.operands[i]
    )
