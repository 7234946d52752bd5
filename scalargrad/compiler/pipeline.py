"""The passes of the compiler, in order: from a function to what runs its program.

There are two halves. Between them the lanes of a path are spared what other paths know of them
(`branches/cut.py`), and a program that is known already is taken as it is.
Each pass takes what the one before it gave: a recording in the first half, a body in the second.

To add a pass: write it in a file of `passes/`, as a function from a Recording to a Recording, or
from a Body to a Body, named by what it gives ("fused"). Call it in its place in `as_nodes` or in
`program_of`, and `show` what it gave. Add its name to PASSES in `tests/compiler/passes/`, where
the bodies after all passes are held against each other, and its line to the drawing in
`__init__.py`. A pass over all nodes of a lowered trace has a twin in C: a method of
`LoweredTrace` (`passes/lowered_trace.py`), declared in `Recorder`, and of the trace in C
(`native/trace/passes.h`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from .. import modes
from ..scalars import is_value
from .inputs.arguments import Arguments
from .inputs.sources import FIRST
from .machine.layout import Layout, layout, layout_of
from .machine.runner import NATIVE, Runner, runner
from .nests.program import Derived
from .nests.recorded import again, looped, traced_as_loops
from .nests.runner import runner as runner_of_loops
from .parts.recorded import traced_in_parts
from .parts.runner import on_sparse
from .passes.derivatives import with_derivatives
from .passes.fusion import fused
from .passes.lane_sums import with_lane_sums, with_zeros_told
from .passes.lower import lowered, needs_care
from .passes.program import Program
from .passes.record import Ran, Recording, ran, recorded
from .passes.stages import staged
from .passes.task import Lane, Stopped, Task
from .passes.traced import Traced
from .passes.waiting import completed, found_again, settled
from .surroundings.calls import unnoticed
from .surroundings.effects import observed
from .surroundings.released import Releasing, Replay
from .surroundings.search import Surroundings
from .trace.body import Body
from .trace.chosen import Trace
from .trace.recorder import Recorder
from .trace.tracer import FROZEN, is_of_an_index

Show = Callable[[str, Body], object]
"""Is told the name of each pass and what it gave, for readers: see `walkthrough.py`."""


def unseen(name: str, body: Body) -> None:
    pass


Join = Callable[[], None]
"""Has a path join others that one program runs."""
Offer = Callable[[Ran], Join | None]
"""Is shown what a function did; returns what is to be done with it, None if it is to be traced."""


class Known(NamedTuple):
    """In place of a trace: the path joins others, which do alike."""

    trace: Recorder
    join: Join


def nobody(run: Ran) -> None:
    return None


# ------ the first half: a trace of all that is wanted
def traced(task: Task, lane: Lane, around: Surroundings | None, show: Show = unseen) -> Traced:
    """Trace what the function does in this lane, and the derivatives that are wanted. `around` is
    what the function uses. Raises TypeError if it draws other random numbers, or keeps a number."""
    found = traced_or_known(task, lane, around, nobody, show)
    assert isinstance(found, Traced)
    return found


def traced_or_known(
    task: Task, lane: Lane, around: Surroundings | None, offer: Offer, show: Show = unseen
) -> Traced | Known:
    """The same, but for what is `offer`ed to others, who take it."""
    catches = around is not None and around.catches
    # without surroundings the trace is to be looked at
    keeps_loops = NATIVE and around is not None and not task.arguments.late
    try:
        return observed(
            lambda: in_one_trace(task, lane, catches, show, keeps_loops, offer),
            around,
            task.has_lanes,
        )
    except StopIteration as stop:
        raise Stopped from stop


def in_one_trace(
    task: Task, lane: Lane, catches: bool, show: Show, keeps_loops: bool, offer: Offer
) -> Traced | Known:
    trace = Trace()
    trace.catches = catches
    try:
        with modes.tracing(trace):
            run = ran(trace, task, lane)
            if join := offer(run):
                return Known(trace, join)
            run = settled(run)
            if run.sparse is not None:
                return traced_in_parts(run)
            run = found_again(run) if keeps_loops else run
            with unnoticed():
                nest = looped(run) if keeps_loops else why_unkept(task)
            if isinstance(nest, Derived):
                return as_loops(run, nest, lane)
            run = run._replace(loops=run.loops._replace(expanded=nest))
            return as_nodes(recorded(completed(run)), show)
    except BaseException as error:
        # the caller gets it, and has no use for Tracers
        Releasing(Replay(trace, values_of(trace, lane.values))).of(error)
        if is_of_an_index(error):
            raise TypeError(FROZEN) from error
        raise


def why_unkept(task: Task) -> str:
    """Why a program that is made of nodes alone has no loops."""
    if not NATIVE:
        return "the machine that runs loops is in C, and was not built"
    return "it runs several times in a call" if task.arguments.late else ""


def values_of(trace: Recorder, numbers: Sequence[Any]) -> dict[int, Any]:
    """The Values that inputs stand for: closed over, or among these numbers of the call."""
    captured = {i: value for value, i in trace.captured.items()}
    return captured | {i: x for i, x in zip(trace.inputs[FIRST:], numbers) if is_value(x)}


def as_nodes(recording: Recording, show: Show) -> Traced:
    show("recorded", recording.body)
    recording = with_derivatives(recording)
    show("with derivatives", recording.body)
    recording = with_lane_sums(recording)
    recording = with_zeros_told(recording)
    show("with sums over lanes", recording.body)
    return recording.traced()


def as_loops(run: Ran, nest: Derived, lane: Lane) -> Traced:
    """The trace of a function whose loops stay loops. It has no nodes until somebody asks."""
    kept = again(run, lane.given)

    def expanded() -> Traced:
        trace = Trace()
        with modes.tracing(trace):
            return as_nodes(kept.recorded(trace), unseen)

    return traced_as_loops(run, nest, expanded)


# ------ the second half: from a body to what runs it
class Runnable(NamedTuple):
    """A program, where its inputs and outputs lie, and what runs it. A program whose loops stay
    loops is only `runner`."""

    program: Program | None
    layout: Layout
    runner: Runner


def compiled(traced: Traced, arguments: Arguments, threads: int) -> Runnable:
    """Compile what a function was traced to, for arguments like these."""
    if traced.nest is not None:
        return on_loops(traced, arguments, threads)
    if traced.parts is not None:
        return in_parts(traced, arguments, threads)
    program = program_of(traced.body, late=arguments.late)
    where = layout_of(program, traced, arguments)
    # the runner encodes the program for the machine: re-rolled, tiled, and with registers
    return Runnable(program, where, runner(program, *where[:3], threads))


def on_loops(traced: Traced, arguments: Arguments, threads: int) -> Runnable:
    """Compile a function whose loops stay loops."""

    def expanded() -> Runner:
        return compiled(traced.as_nodes, arguments, threads).runner.careful

    lanes = traced.nest.asked.lanes
    varies = lanes.inputs if lanes else [False] * len(traced.sources)
    where = layout(traced, arguments, range(len(varies)), varies, makes=lanes is not None)
    return Runnable(None, where, runner_of_loops(traced.nest, where, threads, expanded))


def in_parts(traced: Traced, arguments: Arguments, threads: int) -> Runnable:
    """Compile sparse derivatives. The program is that of the guards, if there are any."""
    where = Layout({}, len(arguments.arrays), [], traced.sources, [], False)
    if not traced.trace.guards:
        return Runnable(None, where, on_sparse(traced.parts, None, program_of, threads))
    program = program_of(traced.body)
    where = layout_of(program, traced, arguments)
    guards = runner(program, *where[:3], threads)
    return Runnable(program, where, on_sparse(traced.parts, guards, program_of, threads))


def program_of(body: Body, careful: bool = False, show: Show = unseen, late: int = 0) -> Program:
    """Return the program of a body: quick, unless it has to be `careful`. So many of the numbers
    that a call gives come `late`."""
    careful = careful or needs_care(body)
    low = lowered(body, careful)
    show("lowered", low)
    low = fused(low)
    show("fused", low)
    stages = staged(low, late)
    return Program(low, stages, None if careful else partial(program_of, body, True, late=late))
