"""Derivatives that waited to be computed until the function was over.

They are all that a transform adds to what the function does. So nobody has to look at each, and of
many thousands none needs steps of Python of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...transforms.trees import ARRAY
from ..trace.rolled import ASKED, FIRST_LOOK, IRREGULAR, OTHER, WHY, Loops
from .record import Ran, flattened, waiting_meanings

MANY = 4 * FIRST_LOOK
"""Of fewer nodes, those of the derivatives among them, a program without loops is soon made."""


def settled(run: Ran) -> Ran:
    """The same with derivatives computed, where no loops were kept that these could wait for."""
    if run.waiting is None or run.loops.rolled is not None:
        return run
    run = completed(run)
    loops = Loops(run.trace.rolled(run.results), WHY.get(run.trace.unrolled, ""))
    return run._replace(loops=loops)


def found_again(run: Ran) -> Ran:
    """The same with loops that are found in the finished trace, of a function that differentiates
    within: what it asked for are nodes."""
    is_asked = run.loops.rolled is None and run.trace.unrolled in (ASKED, OTHER)
    if not is_asked or len(run.trace) < MANY:
        return run
    rolled = run.trace.rolled_nodes(run.results)
    return run._replace(loops=Loops(rolled, "" if rolled else WHY[IRREGULAR]))


def completed(run: Ran) -> Ran:
    """The same with derivatives computed, if some wait."""
    if run.waiting is None:
        return run
    return at_once(run) or one_by_one(run)


def at_once(run: Ran) -> Ran | None:
    """The same without a look at each derivative; None where the result may not be the outline with
    derivatives in it: that of an array all whose numbers are constants is an array of floats."""
    order = run.order()
    if (run.task.wanted is not None and run.task.wanted.always) or are_mixed(run, order):
        return None
    assert run.waiting is not None
    known = waiting_meanings(run)
    _, *are_seen = [entry.own or not run.task.has_lanes for entry in known]
    found = run.waiting.traced(are_seen)
    if any(leaf.kind is ARRAY for leaf in run.structure.leaves) and float in {*map(type, found)}:
        return None
    results, entries = [found[k] for k in order], [known[k] for k in order]
    return run._replace(results=results, waiting=None, entries=entries)


def are_mixed(run: Ran, order: Sequence[int]) -> bool:
    """Tell whether derivatives are taken in what is no argument by itself, or the result is one of
    the arguments, or has more in it than the value and its derivatives."""
    assert run.waiting is not None
    inputs, variables = {*map(id, run.inputs.numbers)}, run.waiting.variables
    others = not inputs.issuperset(map(id, variables.entries))
    return others or id(run.waiting.root) in {*map(id, variables.nodes)} or -1 in order


def one_by_one(run: Ran) -> Ran:
    assert run.waiting is not None
    found, structure = flattened(run.task, run.waiting.done())
    return run._replace(results=found, structure=structure, waiting=None)
