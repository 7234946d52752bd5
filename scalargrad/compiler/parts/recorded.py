"""A function whose sparse derivatives are sought, as it was recorded."""

from __future__ import annotations

from ...transforms.sparse import SPARSE, Sought
from ...transforms.trees import Leaf, Structure
from ...transforms.variables import inside
from ..passes.record import Ran, all_sources
from ..passes.traced import Traced
from .compressed import Compressed
from .flat import Expanded, Flat, of_nodes
from .pieces import TooMuchShared
from .program import Parts


def traced_in_parts(run: Ran) -> Traced:
    """The trace of a function with its sparse derivatives."""
    assert run.sparse is not None
    trace = run.trace
    parts = parts_of(flat_of(run), run.sparse.sought)
    return Traced(
        trace=trace,
        outputs=[],
        each=[],
        sources=all_sources(trace, run.inputs),
        captured=list(trace.captured),
        structure=Structure([Leaf(parts.cells, SPARSE, parts.cells.size)], None),
        entries=[],
        wanted=run.task.wanted,
        unknown=tuple(trace.unknown),
        is_inside=inside(),
        loops=run.loops,
        parts=parts,
    )


def parts_of(flat: Flat, sought: Sought) -> Parts | Compressed:
    """The derivatives, by parts where these have little in common, else by products."""
    try:
        return Parts(flat, sought)
    except TooMuchShared:
        return Compressed(flat, sought)


def flat_of(run: Ran) -> Flat:
    """The trace of the function as arrays, from loops or from nodes."""
    assert run.sparse is not None
    trace, rolled, variables = run.trace, run.loops.rolled, run.sparse.variables
    number = {i: k for k, i in enumerate(trace.inputs)}
    held = [number[i] for i in trace.captured.values()]
    if rolled is None:
        results = [trace.index(x) for x in run.results]
        return of_nodes(trace, [x.index for x in variables], results, held)
    expanded = Expanded(rolled.recorded.items, rolled.recorded.events, len(trace.inputs))
    return expanded.flat([number[x.index] for x in variables], rolled.results, held)
