"""Runs the pieces of sparse derivatives, and adds up what they give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...scalars import NOTHING
from ..machine.runner import Runner, runner
from ..passes.program import Program
from ..trace.body import Body
from .compressed import Compressed
from .pieces import Piece, Weights
from .program import Parts
from .summands import Terms
from .together import Together

Make = Callable[[Body], Program]
"""Makes the program of a body."""


class OnPiece:
    """Runs one piece, with a lane for each part."""

    def __init__(self, piece: Piece, make: Make, threads: int) -> None:
        program = make(piece.local.body)
        inputs = program.inputs
        addresses = {i: (k, 0) for k, i in enumerate(inputs)}
        outputs = range(len(program.outputs))
        self.runner = runner(program, addresses, len(inputs), list(outputs), threads)
        self.columns = [column(x) for x in piece.inputs]
        self.lanes = piece.lanes
        self.seeds = None if piece.seeds is None else column(piece.seeds)

    def run(self, numbers: Any, weights: Any) -> Any:
        """The outputs, for all inputs of the call and the weights that were computed."""
        arrays = [take(numbers) for take in self.columns]
        if self.seeds is not None:
            arrays.append(self.seeds(weights))
        return self.runner.run([], arrays, self.lanes)[0]


def column(given: Any) -> Callable[[Any], Any]:
    """A function that gives a column of what all lanes have of an array; `given` are their places
    in it, or the numbers themselves."""
    import numpy

    if given.dtype == float:
        fixed = numpy.ascontiguousarray(given)[:, None]
        return lambda numbers: fixed
    first, step = int(given[0]), int(given[1] - given[0]) if len(given) > 1 else 1
    if step > 0 and (given == first + step * numpy.arange(len(given))).all():
        part = slice(first, first + step * (len(given) - 1) + 1, step)
        return lambda numbers: numbers[part, None]
    numbered = given.astype(numpy.intp)
    return lambda numbers: numbers[numbered, None]


class OnWeights:
    """Computes the weights that depend on inputs."""

    def __init__(self, weights: Weights, make: Make, threads: int) -> None:
        self.weights = weights
        self.pieces = [(OnPiece(piece, make, threads), at) for piece, at in weights.pieces]

    def run(self, numbers: Any) -> Any:
        return total(self.weights.terms, self.factors(numbers))

    def factors(self, numbers: Any) -> Any:
        """The factors by slot."""
        import numpy

        values = numpy.ones(self.weights.slots + 1)
        slots, inputs = self.weights.inputs
        values[slots] = numbers[inputs]
        for piece, at in self.pieces:
            values[at] = piece.run(numbers, None)[0]
        return values


def total(terms: Terms, values: Any) -> Any:
    """The weights that terms add up to. Nothing flows beside a factor of 0."""
    import numpy

    products, is_some = terms.number, numpy.ones(len(terms.number), bool)
    for column, divides in zip(terms.factors, terms.divides):
        own = values[column]
        products = products * numpy.where(divides, 1.0, own) / numpy.where(divides, own, 1.0)
        is_some &= divides | (own != 0.0)
    found = numpy.bincount(terms.owner, numpy.where(is_some, products, 0.0), terms.total)
    found[numpy.bincount(terms.owner, is_some, terms.total) == 0] = NOTHING
    return found


class OnSparse:
    """Runs sparse derivatives: the result is an array of the entries. The guards are those of
    another program, which runs first."""

    registers = at_once = None
    outputs: Sequence[bool] = ()

    def __init__(self, guards: Runner | None) -> None:
        self.guards = guards

    @property
    def careful(self) -> OnSparse:
        """Itself: a piece is run again, carefully, where an output of it is not finite."""
        return self

    def run(
        self, numbers: list[Any], arrays: Sequence[Any], lanes: int | None, group: Any = None
    ) -> tuple[Any, Any]:
        """Return the entries, and the guard that does not hold."""
        if self.guards is not None:
            _, broken = self.guards.run(numbers, arrays, lanes, group)
            if broken is not None:
                return None, broken
        return self.entries(numbers), None

    def entries(self, numbers: list[Any]) -> Any:
        """The entries for these inputs of a call."""
        raise NotImplementedError

    def fill(self, results: Any, weights: Any, numbers: list[Any]) -> bool:
        """Nothing comes late to sparse derivatives."""
        return False


class OnParts(OnSparse):
    """Runs the pieces of sparse derivatives, and adds up what they give."""

    def __init__(self, parts: Parts, guards: Runner | None, make: Make, threads: int) -> None:
        super().__init__(guards)
        self.base, self.plain = parts.base, parts.plain
        weights, whole = parts.weights, parts.together
        self.weights = None if weights is None else OnWeights(weights, make, threads)
        self.pieces = [(OnPiece(piece, make, threads), added) for piece, added in parts.pieces]
        self.together = None if whole is None else runner(make(whole.body), {}, 0, [], threads)
        self.computed_together = None if whole is None else entries_together(whole)
        """The entries that it computes together; None if these are all, or none."""

    def entries(self, numbers: list[Any]) -> Any:
        if self.together is None:
            return self.added(self.base.copy(), in_one(numbers))
        import numpy

        own = numpy.asarray(self.together.run(numbers, (), None)[0])
        if self.computed_together is None:
            return own
        found = self.base.copy()
        found[self.computed_together] += own
        return self.added(found, in_one(numbers))

    def added(self, found: Any, given: Any) -> Any:
        """The entries with all that is added to them."""
        import numpy

        with numpy.errstate(all="ignore"):
            return self.added_up(found, given)

    def added_up(self, found: Any, given: Any) -> Any:
        weights = None if self.weights is None else self.weights.run(given)
        for piece, added in self.pieces:
            for output, adds in zip(piece.run(given, weights), added):
                for add in adds:
                    add.to(found, output)
        for add, (_, seeds, inputs) in self.plain:
            add.to(found, given[inputs] if weights is None or seeds is None else weights[seeds])
        return found


def entries_together(whole: Together) -> Any:
    """The entries that are computed together; None if these are all."""
    import numpy

    return None if whole.is_all else numpy.array(whole.entries, int)


class OnProducts(OnSparse):
    """Runs products, one for each colour in a lane, and reads the entries off them."""

    def __init__(
        self, compressed: Compressed, guards: Runner | None, make: Make, threads: int
    ) -> None:
        import numpy

        super().__init__(guards)
        self.read = compressed.read
        program = make(compressed.body)
        lanes = program.trace.lanes
        seeds = [i for i in program.inputs if lanes[i]]
        addresses = {i: (0, k) for k, i in enumerate(seeds)}
        self.weights = numpy.full((len(set(compressed.colours)), len(seeds)), NOTHING)
        self.weights[compressed.colours, range(len(seeds))] = 1.0
        beside = list(range(len(program.outputs)))
        self.runner = runner(program, addresses, 1, beside, threads)

    def entries(self, numbers: list[Any]) -> Any:
        import numpy

        count = len(self.weights)
        found, _ = self.runner.run(numbers, [self.weights], count)
        whole = numpy.empty((len(found), count))
        for row, product in zip(whole, found):
            row[:] = product
        return whole[self.read]


def on_sparse(
    parts: Parts | Compressed, guards: Runner | None, make: Make, threads: int
) -> OnSparse:
    """The runner of these sparse derivatives."""
    kind: Any = OnParts if isinstance(parts, Parts) else OnProducts
    found: OnSparse = kind(parts, guards, make, threads)
    return found


def in_one(numbers: Sequence[Any]) -> Any:
    """The inputs of a call in one array: numbers, arrays of them, and Values in tuples."""
    import numpy

    if all([type(x) is float for x in numbers]):
        return numpy.array(numbers)
    return numpy.concatenate([as_array(x) for x in numbers])


def as_array(x: Any) -> Any:
    import numpy

    if type(x) is float:
        return numpy.array([x])
    return numpy.array([y.data for y in x]) if type(x) is tuple else numpy.ravel(x)
