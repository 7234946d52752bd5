"""Pieces with few lanes, all in one program without lanes: it adds up what it computes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ... import modes, ops
from ..trace.body import Body
from ..trace.chosen import Trace
from ..trace.vocabulary import CONSTANT
from .assembly import Added
from .pieces import Piece, Weights
from .summands import Terms


class Together:
    """A body that computes pieces, one part after another: what each of its outputs is added to.
    It takes `count` inputs. `base` are numbers that are in the entries beforehand, if the body is
    to give the entries themselves."""

    def __init__(
        self,
        count: int,
        pieces: Sequence[tuple[Piece, list[list[Added]]]],
        weights: Weights | None,
        base: Any = None,
    ) -> None:
        self.is_all = base is not None
        trace = Trace()
        with modes.tracing(trace):
            self.inputs = [trace.input(0.5, False, False) for _ in range(count)]
            self.weights = symbolic(weights, self.inputs) if weights is not None else []
            own = [] if base is None else base.tolist()
            found: dict[int, Any] = {k: x for k, x in enumerate(own) if x}
            for piece, added in pieces:
                for lane, outputs in enumerate(self.computed(piece)):
                    for output, adds in zip(outputs, added):
                        add_up(found, output, adds, lane)
            found |= {k: 0.0 for k in range(len(own)) if k not in found}
            self.entries = sorted(found)
            self.body = Body(trace, [trace.index(found[k]) for k in self.entries])

    def computed(self, piece: Piece) -> Iterator[list[Any]]:
        """Yield the outputs of a piece for each part."""
        steps = steps_of(piece.local.body)
        columns = [
            own if given.dtype == float else [self.inputs[k] for k in own]
            for given, own in ((x, x.tolist()) for x in piece.inputs)
        ]
        if piece.seeds is not None:
            columns.append([self.weights[k] for k in piece.seeds.tolist()])
        for own in zip(*columns):
            yield replayed(piece.local.body, steps, own)


def add_up(found: dict[int, Any], output: Any, adds: Sequence[Added], lane: int) -> None:
    """Add an output of one lane to the entries that it belongs to."""
    for add in adds:
        for k in add.of_lane(lane):
            number = add.weight(k)
            product = output if number == 1.0 else ops.mul(number, output)
            entry = add.entry(k)
            found[entry] = ops.add(found[entry], product) if entry in found else product


def steps_of(body: Body) -> list[tuple[int, Any, tuple[int, ...], float]]:
    """The nodes that a body computes, with their rows, operands and numbers."""
    trace = body.trace
    needed, inputs = trace.needed(body.outputs), {*trace.inputs}
    rows, operands, numbers = trace.rows, trace.operands, trace.numbers
    return [(i, rows[i], operands[i], numbers[i]) for i in needed if i not in inputs]


def replayed(body: Body, steps: Sequence[Any], given: Sequence[Any]) -> list[Any]:
    """The outputs of a body for these inputs."""
    nodes = dict(zip(body.trace.inputs, given))
    for i, row, operands, number in steps:
        nodes[i] = number if row is CONSTANT else computed(row, [nodes[j] for j in operands])
    return [nodes[i] for i in body.outputs]


def computed(row: Any, operands: Sequence[Any]) -> Any:
    """A row of these operands, in the trace that is being made."""
    return modes.state.trace.compute(row, operands)


def symbolic(weights: Weights, inputs: Sequence[Any]) -> list[Any]:
    """The weights that are computed from inputs, in the trace."""
    values: list[Any] = [1.0] * (weights.slots + 1)
    slots, inputs_there = weights.inputs
    for slot, k in zip(slots.tolist(), inputs_there.tolist()):
        values[slot] = inputs[k]
    for piece, at in weights.pieces:
        steps = steps_of(piece.local.body)
        columns = [x.tolist() if x.dtype == float else [inputs[k] for k in x] for x in piece.inputs]
        for slot, own in zip(at.tolist(), zip(*columns)):
            (values[slot],) = replayed(piece.local.body, steps, own)
    return totals(weights.terms, values)


def totals(terms: Terms, values: Sequence[Any]) -> list[Any]:
    """The weights that terms add up to. Nothing flows beside a factor of 0."""
    found: list[Any] = [None] * terms.total
    for k, (term, owner) in enumerate(zip(terms.number.tolist(), terms.owner.tolist())):
        for column, divides in zip(terms.factors, terms.divides):
            own = values[int(column[k])]
            term = ops.choose(term, ops.reciprocal(own) if divides[k] else ops.start(own))
        found[owner] = term if found[owner] is None else ops.add(found[owner], term)
    return found
