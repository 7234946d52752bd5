"""Surveys: what has to be known of a run of a function to find the family of its path.

A survey keeps no number of the trace: it is there before derivatives are computed, which a family
has its own way of.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ...transforms.trees import Structure
from ...transforms.variables import inside
from ..loops.growing import NODE, NUMBER, same
from ..loops.items import (
    Constant,
    ConstantTable,
    InputAt,
    InputTable,
    Item,
    Loop,
    NodeAt,
    One,
    Operation,
    Reference,
    Run,
    events_in,
)
from ..loops.recorder import Recorded
from ..loops.unrolling import unrolled
from ..nests.choice import MOST_IN_BODY
from ..nests.nest import Refused
from ..nests.program import Asked
from ..nests.recorded import asked, can_be_asked
from ..passes.kinds import emptied
from ..passes.record import Ran, all_sources, rolled_entries
from ..passes.task import Wanted
from ..passes.traced import FORGOTTEN, Entry, Traced
from ..trace.loops_in_c import items_of
from ..trace.native import nodes
from ..trace.rolled import Loops, Rolled
from .forms import Form, Region, form_of, operands_before


class Survey(NamedTuple):
    """What a function did in one lane; `key` tells what else two lanes of a family have in common.
    """

    run: Ran
    form: Form
    results: list[int]
    key: Hashable

    def details(self) -> Details | None:
        """What is asked of the function; None where loops cannot give it."""
        run, form = self.run, self.form
        trace, first = run.trace, len(form.kinds) - len(self.results)
        linked = tuple([trace.is_linked(trace.tracers[i]) for i in self.results])
        own = form.kinds[first:].tolist(), form.places[first:], form.numbers(slice(first, None))
        recorded = Recorded((), len(form))
        run = run._replace(loops=Loops(Rolled(recorded, tuple(map(one, *own)), linked)))
        if not can_be_asked(run):
            return None
        return Details(
            asked(run),
            rolled_entries(run),
            emptied(run.structure),
            all_sources(trace, run.inputs),
            list(trace.captured),
            run.task.wanted,
            inside() if trace.has_transforms else None,
        )


class Details(NamedTuple):
    """What is asked of a function, but for the items, and what its results are."""

    asked: Asked
    entries: list[Entry]
    structure: Structure
    sources: list[Any]
    captured: list[Any]
    wanted: Wanted | None
    is_inside: bool | None

    def traced(self, nest: Any, further: Sequence[Any]) -> Traced:
        """The trace of a path with this program, with the sources of `further` inputs."""
        return Traced(
            trace=FORGOTTEN,
            outputs=[],
            each=nest.each,
            sources=[*self.sources, *further],
            captured=self.captured,
            structure=self.structure,
            entries=self.entries,
            wanted=self.wanted,
            unknown=(),
            is_inside=self.is_inside,
            nest=nest,
        )


def surveyed(run: Ran) -> Survey | None:
    """The survey of a function that ran; None where its path is surely of no family, or where there
    is nothing to compute."""
    trace = run.trace
    if trace.unknown or run.sparse is not None:
        return None
    if trace.has_texts or trace.has_copies_apart or trace.derived:
        return None
    roots = [run.waiting.root] if run.waiting else run.results
    results = list(map(trace.index, roots))
    form = form_of(trace, results)
    if form is None or (form.kinds[len(form.kinds) - len(results) :] != NODE).all():
        return None
    return Survey(run, form, results, key_of(run, results))


def key_of(run: Ran, results: Sequence[int]) -> Hashable:
    """A key that two runs share if as many inputs come from the same sources, and the results are
    of the same structure and kinds."""
    trace = run.trace
    # where derivatives wait the transform makes the same of whatever there is
    kinds = () if run.waiting else (str(run.structure), *map(type, run.results))
    return (
        len(trace.inputs),
        tuple((id(value), i) for value, i in trace.captured.items()),
        tuple(trace.draws.items()),
        tuple([trace.is_linked(trace.tracers[i]) for i in results]),
        kinds,
        inside() if trace.has_transforms else None,
    )


def one(kind: int, place: Any, number: Any) -> One:
    if kind == NUMBER:
        return Constant(float(number))
    return NodeAt(int(place)) if kind == NODE else InputAt(int(place))


class Found(NamedTuple):
    """The items of a form, of which one is a loop with guards in it."""

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
        return self.region.trips * self.region.span if at == self.at else events_in([self.items[at]])


def found_in(form: Form) -> Found | None:
    """The loop of a form; None where none has guards in it, or several."""
    recorder = nodes.LoopRecorder()
    for operator, operands, outcome in form.events():
        recorder.record(operator, tuple(operands), outcome)
    items = unrolled(items_of(recorder.finish()), MOST_IN_BODY)
    loops = [item for item in items if isinstance(item, Loop)]
    ending = [at for at, item in enumerate(items) if isinstance(item, Loop) and has_guards(item)]
    if len(ending) != 1 or not all(map(is_simple, loops)):
        return None
    (at,) = ending
    return with_unfinished(items, at, events_in(items[:at]))


def with_unfinished(items: list[Item], at: int, first: int) -> Found:
    """The loop at this place with as much of the iteration after the last as depends on how often
    the body ran."""
    loop = items[at]
    assert isinstance(loop, Loop)
    unfinished = list(followed(loop, items[at + 1 :]))
    own = [k for k, (x, _) in enumerate(unfinished) if varies(x, loop.span)]
    over = 1 + own[-1] if own else 0
    ends = over > 0 and unfinished[over - 1][0].outcome != unfinished[over - 1][1].outcome
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
        if x.outcome != y.outcome:
            return


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


def told(found: Found, form: Form, inputs: Mapping[int, int]) -> list[Item] | None:
    """The items with inputs in place of numbers of Python's: by the operand, counted from the last,
    the number of the input. None where one of them is an operand of a loop, or of a list."""
    wanted = {len(form.places) + k: number for k, number in inputs.items()}
    made: list[Item] = []
    id = 0
    for at, item in enumerate(found.items):
        begin = operands_before(form, id)
        id += found.events(at)
        if isinstance(item, Loop):
            if any(begin <= k < operands_before(form, id) for k in wanted):
                return None
            made.append(item)
            continue
        own = range(begin, operands_before(form, id))
        if wanted.keys().isdisjoint(own):
            made.append(item)
        elif len(own) != len(item.references):
            return None
        else:
            pairs = zip(own, item.references)
            operands = [InputAt(wanted[k]) if k in wanted else x for k, x in pairs]
            made.append(Operation(item.operator, tuple(operands), item.outcome))
    return made
