"""A function that was recorded as loops: what is asked of it, and its trace without nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from ... import ops
from ...backward import symbolic_adjoints
from ...rows import Operator
from ...transforms.trees import Structure
from ...transforms.variables import inside
from ..inputs.sources import Inputs
from ..loops.items import Constant, InputAt, NodeAt, Reference, expand
from ..passes.kinds import emptied
from ..passes.record import Outputs, Ran, Recording, all_sources, rolled_entries
from ..passes.task import Task
from ..passes.traced import Entry, Traced
from ..trace.recorder import Recorder
from ..trace.rolled import Loops, Rolled
from ..trace.sources import Draw
from .program import Asked, Derived, LanesAsked, with_loops

MOST_RESULTS = 4
"""Of more results the derivatives are not computed as loops: each would have loops of its own."""


def why_not(run: Ran) -> str:
    """Tell why the loops that were found cannot stay, for what the results are. Empty if they
    can."""
    rolled = run.loops.rolled
    assert rolled is not None
    if run.has_derivatives and len(rolled.results) > MOST_RESULTS:
        return f"derivatives of more than {MOST_RESULTS} results would each have loops of their own"
    if run.trace.derived or any(entry.beside for entry in run.entries or ()):
        return "derivatives in numbers with lanes are sums of their own kind"
    if run.waiting is None:
        return ""
    if any(run.waiting.root is x for x in run.waiting.variables.nodes):
        return "the result is one of the arguments"
    inputs = {id(x) for x in run.inputs.numbers}
    is_plain = -1 not in run.order() and all(id(x) in inputs for x in run.waiting.variables.entries)
    return "" if is_plain else "derivatives are taken in what is no argument by itself"


def looped(run: Ran) -> Derived | str:
    """The function with its loops; where the program is to be expanded, tell a reader why. No
    reason where no loops were found."""
    if run.loops.rolled is None:
        return ""
    return why_not(run) or with_loops(asked(run))


def asked(run: Ran) -> Asked:
    """The request to a function that ran, as loops."""
    task, rolled = run.task, run.loops.rolled
    assert rolled is not None
    if run.waiting is not None:
        copied = list(waiting_for(run))
        plain = list(plain_inputs(run, copied))
        items, results = rolled.recorded.items, rolled.results
        return Asked(items, plain, results, [True], copied, True, run.order(), lanes(run))
    wanted = task.wanted
    always = wanted is not None and wanted.always
    return Asked(
        rolled.recorded.items,
        list(plain_inputs(run)),
        rolled.results,
        [run.has_derivatives and (always or is_linked) for is_linked in rolled.linked],
        list(variables(run)),
        always,
        lanes=lanes(run),
    )


def lanes(run: Ran) -> LanesAsked | None:
    """The request to the lanes of a function, if there are any."""
    task = run.task
    if not task.has_lanes:
        return None
    is_summed = run.waiting is not None or (task.wanted is not None and task.wanted.summed)
    return LanesAsked(list(input_lanes(run)), task.reduce, is_summed)


def input_lanes(run: Ran) -> Iterator[bool]:
    """Yield of each input whether every lane has its own. Random numbers are drawn by lane; Values
    from outside are the same for all."""
    trace = run.trace
    own = {x.index for x, own in zip(run.inputs.numbers, run.task.arguments.own) if own}
    for i in trace.inputs:
        yield i in own or (i in trace.draws and trace.drawn_by_lane)


def plain_inputs(run: Ran, variables: Sequence[int] = ()) -> Iterator[bool]:
    """Yield of each input whether it is a float in eager mode, and no Value. So is none of the
    `variables` of a transform: the function sees copies of them, which are Values."""
    trace, wanted = run.trace, run.task.wanted
    values = {*(wanted.positions if wanted else ()), *run.task.arguments.values}
    variable, copied = {run.inputs.numbers[k].index for k in values}, set(variables)
    for k, i in enumerate(trace.inputs):
        is_value = k in copied or (i in variable if k < trace.given else i not in trace.draws)
        yield not is_value


def waiting_for(run: Ran) -> Iterator[int]:
    """Yield the inputs that a transform takes derivatives in. The function gets copies of them and
    nothing else: a derivative in a copy is one in the input."""
    assert run.waiting is not None
    number = {i: k for k, i in enumerate(run.trace.inputs)}
    for x in run.waiting.variables.entries:
        yield number[x.index]


def variables(run: Ran) -> Iterator[int]:
    """Yield the inputs that derivatives are taken in: numbers of the call, then captured Values."""
    if run.task.wanted is None:
        return
    number = {i: k for k, i in enumerate(run.trace.inputs)}
    for position in run.task.wanted.positions:
        yield number[run.inputs.numbers[position].index]
    for i in run.trace.captured.values():
        yield number[i]


def tracer_of(x: Reference, nodes: Sequence[Any], inputs: Sequence[Any]) -> Any:
    """An operand of an event, or a result, as the trace of all events has it."""
    match x:
        case Constant(number):
            return number
        case NodeAt(at):
            return nodes[at]
        case InputAt(at):
            return inputs[at]
    raise AssertionError(f"{x} is not that of an event")


class Again(NamedTuple):
    """All that is needed to have the trace of a function again, as nodes: none of its Tracers, each
    of which would keep what the function kept."""

    task: Task
    rolled: Rolled
    entries: list[Entry]
    structure: Structure
    numbers: list[float]
    plain: list[bool]
    """Of each input."""
    given: int
    captured: dict[Any, int]
    """The Values that the function closes over, each with the number of its input."""
    loops: Loops
    lanes: list[bool]
    draws: dict[int, Draw]
    """The random numbers, each by the number of its input."""
    copied: list[int]
    """The inputs that a transform takes derivatives in, which still wait to be computed."""
    order: list[int]
    """Which of them, and of the value before them, the results are."""

    def recorded(self, trace: Recorder) -> Recording:
        """Compute all events in a new trace, which are then its nodes."""
        xs = [trace.input(*each) for each in zip(self.numbers, self.lanes, self.plain)]
        trace.given = self.given
        trace.draws = {xs[k].index: draw for k, draw in self.draws.items()}
        for value, k in self.captured.items():
            trace.captured[value] = xs[k].index
        nodes: list[Any] = []
        for event in expand(self.rolled.recorded.items):
            assert isinstance(event.operator, Operator)
            operands = [tracer_of(x, nodes, xs) for x in event.references]
            nodes.append(trace.compute(event.operator, operands))
        results = [tracer_of(x, nodes, xs) for x in self.rolled.results]
        if self.order:
            known = self.with_derivatives(results[0], [xs[k] for k in self.copied])
            results = [known[k] for k in self.order]
        outputs = Outputs([], [], [])
        outputs.add(list(map(trace.index, results)), [entry.own for entry in self.entries], True)
        inputs = Inputs(xs[0], xs[1], xs[2 : self.given])
        captured = list(self.captured)
        return Recording(
            self.task, trace, inputs, self.entries, self.structure, captured, outputs, self.loops
        )

    def with_derivatives(self, root: Any, variables: list[Any]) -> list[Any]:
        """The root and its derivatives, for a user."""
        found = symbolic_adjoints(root, variables, 1.0)
        return [root, *(ops.add(x, 0.0) for x in found)]


def again(run: Ran, given: Inputs) -> Again:
    """All that is needed to have this trace again; the call gave these numbers."""
    trace = run.trace
    assert run.loops.rolled is not None
    copied = list(waiting_for(run)) if run.waiting else []
    number = {i: k for k, i in enumerate(trace.inputs)}
    captured = {value: number[i] for value, i in trace.captured.items()}
    numbers = [given.count, given.share, *given.numbers]
    numbers += [0.0] * (len(trace.inputs) - len(numbers))
    for value, k in captured.items():
        numbers[k] = value._number
    return Again(
        run.task,
        run.loops.rolled,
        rolled_entries(run),
        emptied(run.structure),
        numbers,
        list(plain_inputs(run, copied)),
        trace.given,
        captured,
        run.loops,
        list(input_lanes(run)),
        {number[i]: draw for i, draw in trace.draws.items()},
        copied,
        run.order() if run.waiting else [],
    )


def traced_as_loops(run: Ran, nest: Derived, expanded: Callable[[], Traced]) -> Traced:
    """The trace of a function whose loops stay loops."""
    trace = run.trace
    return Traced(
        trace=trace,
        outputs=[],
        each=nest.each,
        sources=all_sources(trace, run.inputs),
        captured=list(trace.captured),
        structure=emptied(run.structure),
        entries=rolled_entries(run),
        wanted=run.task.wanted,
        unknown=tuple(trace.unknown),
        is_inside=inside() if trace.has_transforms else None,
        loops=run.loops,
        nest=nest,
        expanded=expanded,
    )
