"""Recording: the function runs once, on Tracers, and all that it does is written into a trace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import compress, repeat
from typing import Any, NamedTuple

from ...transforms.functional import is_gradient
from ...transforms.sparse import Unfinished
from ...transforms.trees import Structure, flatten
from ...transforms.variables import Waiting, inside
from ..inputs.sources import FIRST, Inputs, sources
from ..loops.items import InputAt
from ..scans.tracing import scanned
from ..trace.body import Body
from ..trace.recorder import Recorder
from ..trace.rolled import FIRST_LOOK, WHY, Loops
from .kinds import emptied, kinds_of
from .task import Lane, Task
from .traced import Entry, Traced

CAUGHT = " (the function catches this error, and would go on otherwise than with numbers)"


class Outputs(NamedTuple):
    """The nodes that the program is to compute: there may be many thousands.

    Of each node, `own` says whether every lane has its own of it: else it is a number, or is to be
    summed over the lanes; `are_results` whether the function returned it: else it is a derivative.
    """

    nodes: list[int]
    own: list[bool]
    are_results: list[bool]

    def add(self, nodes: Sequence[Any], own: Sequence[bool], are_results: bool) -> None:
        self.nodes.extend(nodes)
        self.own.extend(own)
        self.are_results.extend([are_results] * len(nodes))


class Recording(NamedTuple):
    """A trace while it is made: what a function does, then its derivatives, then their sums."""

    task: Task
    trace: Recorder
    inputs: Inputs
    """The Tracers of what a call gives."""
    entries: list[Entry]
    structure: Structure
    captured: list[Any]
    """The Values that the function closes over."""
    outputs: Outputs
    """At first the entries alone; then each is followed by its derivatives."""
    loops: Loops

    @property
    def body(self) -> Body:
        return Body(self.trace, self.outputs.nodes)

    def with_nodes(self, nodes: Iterable[int]) -> Recording:
        """The same with other nodes for the outputs."""
        return self._replace(outputs=self.outputs._replace(nodes=list(nodes)))

    def traced(self) -> Traced:
        """The finished trace, without Tracers: each would keep the whole trace."""
        trace = self.trace
        return Traced(
            trace,
            self.body.outputs,
            self.outputs.own,
            all_sources(trace, self.inputs),
            self.captured,
            emptied(self.structure),
            self.entries,
            self.task.wanted,
            tuple(trace.unknown),
            inside() if trace.has_transforms else None,
            self.loops,
        )


def begin(trace: Recorder, task: Task, lane: Lane) -> None:
    """Tell a new trace what the function may ask of it."""
    trace.draw, trace.drawn_by_lane = lane.draw, task.has_lanes
    trace.decided, trace.probe = lane.decided, lane.probe
    trace.root, trace.reduced = task.f, task.reduces
    trace.waits = is_gradient(task.f)
    trace.scan = scanned
    if trace.finds_loops:
        trace.look_for_loops(FIRST_LOOK)


class Ran(NamedTuple):
    """A function that was run on Tracers, and the numbers that it returned in some structure."""

    task: Task
    trace: Recorder
    inputs: Inputs
    results: list[Any]
    structure: Structure
    loops: Loops
    waiting: Waiting | None = None
    """Derivatives that are still to be computed; in the results the variables stand for them."""
    sparse: Unfinished | None = None
    """Sparse derivatives of the results that are still to be computed."""
    entries: list[Entry] | None = None
    """The entries for the results, where these are known already."""

    @property
    def has_derivatives(self) -> bool:
        """Whether derivatives of the results are computed: in Values, or in all numbers."""
        wanted = self.task.wanted
        if wanted is None or wanted.later:
            return False
        return bool(wanted.positions or wanted.always or self.trace.captured)

    def order(self) -> list[int]:
        """The meaning of each result, where derivatives wait: 0 for the value, k for derivative k −
        1."""
        assert self.waiting is not None
        known = [self.waiting.root, *self.waiting.variables.nodes]
        place = dict(zip(map(id, known), range(len(known))))
        return list(map(place.get, map(id, self.results), repeat(-1)))


def ran(trace: Recorder, task: Task, lane: Lane) -> Ran:
    """Run the function on Tracers of a new trace, which stand for the numbers of this lane."""
    begin(trace, task, lane)
    inputs = inputs_of(trace, task, lane.given)
    out = applied(trace, task, inputs)
    check_texts(trace, task)
    task = task.lasting(not trace.draws and not trace.unknown)
    if isinstance(out, Unfinished):
        return left(trace, task, inputs, out)
    if isinstance(out, Waiting) and adds_up_by_lane(task, inputs, out):
        out = out.done()
    waiting = out if isinstance(out, Waiting) else None
    rolled = trace.rolled([waiting.root]) if waiting else None
    found, structure = flattened(task, waiting.outline() if waiting else out)
    rolled = rolled or (None if waiting else trace.rolled(found))
    loops = Loops(rolled, WHY.get(trace.unrolled, ""))
    return Ran(task, trace, inputs, found, structure, loops, waiting)


def adds_up_by_lane(task: Task, inputs: Inputs, waiting: Waiting) -> bool:
    """Tell whether results are sums over lanes of derivatives in numbers with lanes: what waits is
    the derivative of a sum, which has one for each lane. The two are the same in other numbers."""
    if not task.reduces or not is_gradient(task.f):
        return False
    own = {id(x) for x, own in zip(inputs.numbers, task.arguments.own) if own}
    return any(id(x) in own for x in waiting.variables.entries)


def left(trace: Recorder, task: Task, inputs: Inputs, out: Unfinished) -> Ran:
    """The same where sparse derivatives are left to be computed."""
    found = list(out.outputs)
    rolled = trace.rolled(found)
    loops = Loops(rolled, WHY.get(trace.unrolled, ""))
    structure = Structure([], None)
    return Ran(task, trace, inputs, found, structure, loops, None, out)


def applied(trace: Recorder, task: Task, inputs: Inputs) -> Any:
    """The result of the function on Tracers. Raises TypeError also where something was refused
    that it went on without: with numbers nothing is refused, and it would go another way."""
    try:
        out = task.arguments.applied(task.f, inputs.numbers)
    except Exception as error:
        if trace.refused and str(error) != trace.refused:
            raise TypeError(trace.refused) from error
        raise
    if trace.refused:
        raise TypeError(trace.refused + CAUGHT)
    return out


def flattened(task: Task, out: Any) -> tuple[list[Any], Structure]:
    return flatten(out, "the result", kinds_of(task.arguments))


def recorded(run: Ran) -> Recording:
    """Return the nodes of all that the function did."""
    assert run.waiting is None
    task, trace, inputs, found, structure, loops, *_ = run
    nodes = list(map(trace.index, found))
    captured = list(trace.captured)
    entries = entries_of(run, nodes) if run.entries is None else run.entries
    outputs = Outputs([], [], [])
    outputs.add(nodes, [entry.own for entry in entries], True)
    return Recording(task, trace, inputs, entries, structure, captured, outputs, loops)


def entries_of(run: Ran, nodes: Sequence[int]) -> list[Entry]:
    """The entries for the results, which are these nodes."""
    trace, types = run.trace, list(map(type, run.results))
    origin = origins(trace, run.inputs)
    # a dense derivative of what is sparse has few nodes besides 0, in many places
    different = dict.fromkeys(zip(nodes, types))
    known = {pair: entry(trace, run.task, origin, *pair) for pair in different}
    return [known[pair] for pair in zip(nodes, types)]


def rolled_entries(run: Ran) -> list[Entry]:
    """The entries of a result that was recorded as loops, and has no nodes."""
    trace, rolled = run.trace, run.loops.rolled
    assert rolled is not None
    if run.entries is not None:
        return run.entries
    if run.waiting:
        return waiting_entries(run, run.order())
    own = run.task.has_lanes and run.task.reduce is None
    origin = origins(trace, run.inputs) | {i: value for value, i in trace.captured.items()}
    always = run.task.wanted is not None and run.task.wanted.always

    def made(x: Any, at: Any, is_linked: bool) -> Entry:
        linked = always or is_linked
        is_input = linked and not run.task.has_lanes and isinstance(at, InputAt)
        source = origin.get(trace.inputs[at.base]) if is_input else None
        return Entry(own, linked, source, frozenset(), kind_of(type(x), run.task.reduce))

    return list(map(made, run.results, rolled.results, rolled.linked))


def waiting_entries(run: Ran, order: Sequence[int]) -> list[Entry]:
    """The entries where derivatives wait, of results of these meanings."""
    known = waiting_meanings(run)
    return [known[k] for k in order]


def waiting_meanings(run: Ran) -> list[Entry]:
    """The entries of the value and of each derivative that waits: numbers, as the transform gives
    them. Of a derivative in a number with lanes every lane has its own."""
    assert run.waiting is not None
    has_lanes, reduces = run.task.has_lanes, run.task.reduces
    value, variables = Entry(has_lanes and not reduces, False), run.waiting.variables.entries
    own = {x.index for x in compress(run.inputs.numbers, run.task.arguments.own)}
    if not reduces or own.isdisjoint([x.index for x in variables]):
        return [value] * (1 + len(variables))
    origin = origins(run.trace, run.inputs)

    def beside(i: int) -> Entry:
        return Entry(True, False, None, frozenset([origin[i]])) if i in own else value

    return [value, *(beside(x.index) for x in variables)]


def inputs_of(trace: Recorder, task: Task, given: Inputs) -> Inputs:
    """Begin a trace with an input for each number that a call gives; return their Tracers."""
    plain = [True] * len(given.numbers)
    for k in (*(task.wanted.positions if task.wanted else ()), *task.arguments.values):
        plain[k] = False
    inputs = Inputs(
        trace.input(given.count, False, True),
        trace.input(given.share, False, True),
        list(map(trace.input, given.numbers, task.arguments.own, plain)),
    )
    trace.given = len(trace.inputs)
    trace.values = {inputs.numbers[k].index for k in task.arguments.values}
    trace.tell_values(list(trace.values))
    trace.of_numpy = dict(zip(trace.inputs[FIRST:], task.arguments.of_numpy))
    return inputs


def origins(trace: Recorder, inputs: Inputs) -> dict[int, Any]:
    """The source of each input that a call gives."""
    return dict(zip(trace.inputs, sources(len(inputs.numbers))))


def all_sources(trace: Recorder, inputs: Inputs) -> list[Any]:
    """The source of each input."""
    origin = origins(trace, inputs) | {i: x for x, i in trace.captured.items()} | trace.draws
    return [origin[i] for i in trace.inputs]


def check_texts(trace: Recorder, task: Task) -> None:
    if trace.has_texts and task.has_lanes:
        raise TypeError(
            "compile cannot follow the text of a number in each lane: the function would "
            "print, or go on with, that of the first alone; return the number"
        )


# ------ what the entries of the result are
def entry(
    trace: Recorder, task: Task, origin: Mapping[int, Any], index: int, returned: type
) -> Entry:
    """The entry for a number of the result, which was `returned` in this type; `origin` are the
    sources of the inputs that the call gives."""
    node, kind = trace.tracers[index], kind_of(returned, task.reduce)
    beside = trace.derived.get(node.index)
    own = task.has_lanes and (task.reduce is None or beside is not None)
    positions = frozenset(origin[i] for i in beside or ())
    always = task.wanted is not None and task.wanted.always
    linked = always or trace.is_linked(node)
    is_input = linked and not task.has_lanes and node.op is None
    source = source_of(trace, origin, node) if is_input else None
    return Entry(own, linked, source, positions, kind)


def kind_of(returned: type, reduce: str | None) -> type:
    """The type, over lanes, of numbers of a type: a bool or int in every lane is no float. A
    sum of either is an int."""
    kind = returned if returned in (bool, int) and reduce != "mean" else float
    return int if kind is bool and reduce else kind


def source_of(trace: Recorder, origin: Mapping[int, Any], node: Any) -> Any:
    """The source of an input; None for a constant."""
    captured = {i: value for value, i in trace.captured.items()}
    return captured.get(node.index, origin.get(node.index))
