"""Endings: the loop of a course that ends when its numbers like, and what is left over of it.

After the loop stand the events of an iteration that was not finished, up to the guard that ended
it. Where they read what another iteration would read otherwise, as an element of a list, they are
one more iteration of the loop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..loops.growing import same
from ..loops.items import (
    Constant,
    ConstantTable,
    InputAt,
    InputTable,
    Item,
    Loop,
    NodeAt,
    Operation,
    Reference,
    Run,
    events_in,
)
from ..loops.unrolling import unrolled
from ..nests.choice import MOST_IN_BODY
from ..nests.nest import Refused
from ..trace.chosen import recorded
from .courses import Course, Region, operands_before


class Found(NamedTuple):
    """The items of a course, of which one is a loop with guards in it."""

    items: list[Item]
    at: int
    region: Region

    @property
    def loop(self) -> Loop:
        loop = self.items[self.at]
        assert isinstance(loop, Loop)
        return loop

    def events(self, at: int) -> int:
        """How many events an item stands for: the loop has those of finished iterations."""
        return (
            self.region.trips * self.region.span if at == self.at else events_in([self.items[at]])
        )


def found_in(course: Course) -> Found | None:
    """The loop of a course; None where none has guards in it, or several."""
    items = unrolled(recorded(course.events()).items, MOST_IN_BODY)
    loops = [item for item in items if isinstance(item, Loop)]
    ending = [at for at, item in enumerate(items) if isinstance(item, Loop) and has_guards(item)]
    if len(ending) != 1 or not all(map(is_simple, loops)):
        return None
    (at,) = ending
    return with_unfinished(items, at, events_in(items[:at]))


def with_unfinished(items: list[Item], at: int, first: int) -> Found | None:
    """The loop at this place with as much of the iteration after the last as depends on how often
    the body ran. None where no guard ends it: then the loop has as many iterations in all lanes."""
    loop = items[at]
    assert isinstance(loop, Loop)
    unfinished = list(followed(loop, items[at + 1 :]))
    if not unfinished or not goes_on_otherwise(*unfinished[-1]):
        return None
    own = [k for k, (x, _) in enumerate(unfinished) if varies(x, loop.span)]
    over = 1 + own[-1] if own else 0
    ends = over == len(unfinished)
    body = [x if k >= over else with_turn(x, unfinished[k][1]) for k, x in enumerate(loop.body)]
    if over:
        body[over:] = [padded(x, loop.trips) for x in body[over:]]
    made = Loop(loop.trips + (over > 0), loop.span, tuple(body))
    region = Region(first, loop.span, loop.trips, over, ends)
    return Found([*items[:at], made, *items[at + 1 :]], at, region)


def followed(loop: Loop, after: Sequence[Item]) -> Iterator[tuple[Operation, Operation]]:
    """Yield the operations of the body with those after the loop that follow its law; the last may
    be a guard that goes the other way."""
    for x, y in zip(loop.body, after):
        if not isinstance(x, Operation) or not isinstance(y, Operation):
            return
        pairs = list(zip(x.references, y.references))
        is_same = x.operator == y.operator and len(x.references) == len(y.references)
        if not is_same or not all(is_next(*pair, loop.trips) for pair in pairs):
            return
        yield x, y
        if goes_on_otherwise(x, y):
            return


def goes_on_otherwise(x: Operation, y: Operation) -> bool:
    """Tell whether an operation is a guard that has another outcome than in the body."""
    return x.outcome != y.outcome


def is_next(x: Reference, y: Reference, turn: int) -> bool:
    """Tell whether one operand is another in the iteration `turn` of its loop."""
    match x, y:
        case Constant(), Constant():
            return same(x.number, y.number)
        case ConstantTable(), Constant():
            return True
        case InputTable(), InputAt():
            return True
        case (NodeAt(base, (stride,)), NodeAt(place)) | (InputAt(base, (stride,)), InputAt(place)):
            return base + stride * turn == place
        case (NodeAt(base, ()), NodeAt(place)) | (InputAt(base, ()), InputAt(place)):
            return base == place
    return False


def varies(x: Operation, span: int) -> bool:
    """Tell whether an operation reads numbers from outside the loop, others in each iteration."""
    return any(
        isinstance(r, ConstantTable | InputTable)
        or (isinstance(r, InputAt) and any(r.strides))
        or (isinstance(r, NodeAt) and r.strides[-1:] not in ((), (0,), (span,)))
        for r in x.references
    )


def with_turn(x: Item, y: Operation) -> Item:
    """The operation of a body with what it reads in one more iteration."""
    assert isinstance(x, Operation)
    pairs = zip(x.references, y.references)
    return Operation(x.operator, tuple(map(longer, *zip(*pairs))), x.outcome)


def longer(x: Reference, y: Reference) -> Reference:
    match x, y:
        case ConstantTable(numbers), Constant(number):
            return ConstantTable([*numbers, number])
        case InputTable(indexes), InputAt(base):
            return InputTable([*indexes, base])
    return x


def padded(x: Item, trips: int) -> Item:
    """The operation with something to read in one more iteration, which no lane has a part in."""
    assert isinstance(x, Operation)

    def more(r: Reference) -> Reference:
        match r:
            case ConstantTable(numbers):
                return ConstantTable([*numbers, numbers[-1]])
            case InputTable(indexes):
                return InputTable([*indexes, indexes[-1]])
            case InputAt(base, (stride,)) if stride:
                indexes = [base + stride * k for k in range(trips)]
                return InputTable([*indexes, indexes[-1]])
            case Run():
                raise Refused("a list is read in an iteration that is not finished")
        return r

    return Operation(x.operator, tuple(map(more, x.references)), x.outcome)


def is_simple(loop: Loop) -> bool:
    return len(loop.body) == loop.span <= MOST_IN_BODY


def has_guards(item: Item) -> bool:
    if isinstance(item, Loop):
        return any(map(has_guards, item.body))
    return isinstance(item.operator, str)


def told(found: Found, course: Course, inputs: Mapping[int, int]) -> list[Item] | None:
    """The items with inputs in place of numbers of Python's: by the operand, counted from the last,
    the number of the input. None where one of them is an operand of a loop, or of a list."""
    wanted = {len(course.which) + k: number for k, number in inputs.items()}
    made: list[Item] = []
    id = 0
    for at, item in enumerate(found.items):
        begin = operands_before(course, id)
        id += found.events(at)
        if isinstance(item, Loop):
            if any(begin <= k < operands_before(course, id) for k in wanted):
                return None
            made.append(item)
            continue
        own = range(begin, operands_before(course, id))
        if wanted.keys().isdisjoint(own):
            made.append(item)
        elif len(own) != len(item.references):
            return None
        else:
            pairs = zip(own, item.references)
            operands = [InputAt(wanted[k]) if k in wanted else x for k, x in pairs]
            made.append(Operation(item.operator, tuple(operands), item.outcome))
    return made
