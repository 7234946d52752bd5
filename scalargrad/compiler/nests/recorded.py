"""A function that was recorded as loops: what is asked of it, and its trace without nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ...rows import Operator
from ...transforms.trees import Structure
from ...transforms.variables import inside
from ..inputs.sources import Inputs
from ..loops.items import Constant, InputAt, NodeAt, One, expand
from ..passes.kinds import emptied
from ..passes.record import Output, Ran, Recording, all_sources, rolled_entries
from ..passes.task import Task
from ..passes.traced import Entry, Traced
from ..trace.rolled import Loops, Rolled
from .program import Asked, Derived


def asked(run: Ran) -> Asked:
    """What is asked of a function that ran, as loops."""
    task, rolled = run.task, run.loops.rolled
    assert rolled is not None
    wanted = task.wanted
    always = wanted is not None and wanted.always
    return Asked(
        rolled.recorded.items,
        list(plain_inputs(run)),
        rolled.results,
        [wanted is not None and (always or is_linked) for is_linked in rolled.linked],
        list(variables(run)),
        always,
    )


def plain_inputs(run: Ran) -> Iterator[bool]:
    """Yield of each input whether it is a float in eager mode, and no Value."""
    trace, wanted = run.trace, run.task.wanted
    values = {*(wanted.positions if wanted else ()), *run.task.arguments.values}
    variable = {run.inputs.numbers[k].index for k in values}
    for k, i in enumerate(trace.inputs):
        yield i not in variable if k < trace.given else i in trace.draws


def variables(run: Ran) -> Iterator[int]:
    """Yield the inputs that derivatives are taken in: numbers of the call, then captured Values."""
    if run.task.wanted is None:
        return
    number = {i: k for k, i in enumerate(run.trace.inputs)}
    for position in run.task.wanted.positions:
        yield number[run.inputs.numbers[position].index]
    for i in run.trace.captured.values():
        yield number[i]


class Again(NamedTuple):
    """What it takes to have the trace of a function again, as nodes: none of its Tracers, each of
    which would keep what the function kept."""

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

    def recorded(self, trace: Any) -> Recording:
        """Compute all events in a new trace, which are then its nodes."""
        xs = [trace.input(x, False, is_plain) for x, is_plain in zip(self.numbers, self.plain)]
        trace.given = self.given
        for value, k in self.captured.items():
            trace.captured[value] = xs[k].index
        nodes: list[Any] = []

        def operand(x: One) -> Any:
            match x:
                case Constant(number):
                    return number
                case NodeAt(at):
                    return nodes[at]
                case InputAt(at):
                    return xs[at]

        for event in expand(self.rolled.recorded.items):
            assert isinstance(event.operator, Operator)
            nodes.append(trace.compute(event.operator, [operand(x) for x in event.references]))
        outputs = [Output(trace.index(operand(x)), False, True) for x in self.rolled.results]
        inputs = Inputs(xs[0], xs[1], xs[2 : self.given])
        captured = list(self.captured)
        return Recording(
            self.task, trace, inputs, self.entries, self.structure, captured, outputs, self.loops
        )


def again(run: Ran, given: Inputs) -> Again:
    """What it takes to have this trace again; the call gave these numbers."""
    trace = run.trace
    assert run.loops.rolled is not None
    number = {i: k for k, i in enumerate(trace.inputs)}
    captured = {value: number[i] for value, i in trace.captured.items()}
    numbers = [given.count, given.share, *given.numbers]
    numbers += [0.0] * (len(trace.inputs) - len(numbers))
    for value, k in captured.items():
        numbers[k] = value._data
    return Again(
        run.task,
        run.loops.rolled,
        rolled_entries(run),
        emptied(run.structure),
        numbers,
        list(plain_inputs(run)),
        trace.given,
        captured,
        run.loops,
    )


def traced_as_loops(run: Ran, nest: Derived, expanded: Callable[[], Traced]) -> Traced:
    """The trace of a function whose loops stay loops."""
    trace = run.trace
    return Traced(
        trace=trace,
        outputs=[],
        each=[False] * len(nest.outputs),
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
