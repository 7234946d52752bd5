"""Sparse derivatives of functions whose parts share most of what they compute: by products.

The trace is followed by the tangents of its results along seeds, or by the adjoints of its
variables from seeds. The seeds come in lanes, one for each colour of the columns, or of the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, NamedTuple

from ... import modes, ops
from ...backward import is_no_contribution, symbolic_adjoints
from ...forward import linked_pushforward
from ...scalars import NOTHING, is_value
from ...transforms.sparse import GRADIENT, HESSIAN, VALUE, Sought
from ..trace.body import Body
from ..trace.chosen import Trace
from ..trace.recorder import Recorder
from .assembly import Wanted, placed
from .colouring import column_colours, read_at, star_colours
from .dependences import bits, dependences
from .flat import GIVEN, HELD, NUMBER, Flat
from .program import shape_of


class Products:
    """A trace of a function with the product of its Jacobian, or of its Hessian, with `seeds`:
    numbers that are `found`, and of each which seeds it depends on."""

    def __init__(self, flat: Flat, is_square: bool, by_rows: bool) -> None:
        self.trace = Trace()
        with modes.tracing(self.trace):
            nodes = recomputed(flat, self.trace)
            variables = [nodes[i] for i in flat.variables.tolist()]
            results = [nodes[i] for i in flat.outputs.tolist()]
            if is_square:
                results = adjoints(results[0], variables)
            own = results if by_rows else variables
            seeds = [self.trace.input(0.5, True, True) for _ in own]
            make = weighed_rows if by_rows else weighed_columns
            found = [ops.add(x, 0.0) for x in make(results, variables, seeds)]
            self.found = list(map(self.trace.index, found))
        self.seeds = [x.index for x in seeds]
        known = dependences(self.trace, self.found, self.seeds)
        self.rows = [list(bits(row)) for row in known]


def recomputed(flat: Flat, trace: Recorder) -> list[Any]:
    """The nodes of a flat trace in a new one: inputs, and what is computed from these."""
    variable, sort = flat.variable.tolist(), flat.sort.tolist()
    numbers, code, begin = flat.number.tolist(), flat.code.tolist(), flat.begin.tolist()
    operand = flat.operand.tolist()
    nodes: list[Any] = [x if s == NUMBER else None for s, x in zip(sort, numbers)]
    given = [(k, i) for i, k in enumerate(flat.input.tolist()) if k >= 0]
    for _, i in sorted(given):
        nodes[i] = trace.input(0.5, False, variable[i] < 0 and sort[i] != HELD)
    for i, s in enumerate(sort):
        if s < GIVEN:
            own = [nodes[j] for j in operand[begin[i] : begin[i + 1]]]
            nodes[i] = trace.compute(flat.rows[code[i]], own)
    return nodes


def adjoints(root: Any, variables: Sequence[Any]) -> list[Any]:
    return symbolic_adjoints(root, variables, 1.0) if is_value(root) else [NOTHING] * len(variables)


def weighed_columns(results: Sequence[Any], variables: Sequence[Any], seeds: Any) -> list[Any]:
    root = ops.sum([0.0, *results])
    given = dict(zip(variables, seeds))
    tangent = linked_pushforward(root, given) if is_value(root) else {}
    return [tangent.get(y, NOTHING) if is_value(y) else NOTHING for y in results]


def weighed_rows(results: Sequence[Any], variables: Sequence[Any], seeds: Any) -> list[Any]:
    own = [ops.chain(w, y) for w, y in zip(seeds, results) if not is_no_contribution(y)]
    return adjoints(reduce(ops.add, own, NOTHING), variables)


class Compressed:
    """Sparse derivatives by products: the cells of the entries, and what gives their numbers."""

    def __init__(self, flat: Flat, sought: Sought) -> None:
        import numpy

        self.flat = flat
        ways = {VALUE: of_values, GRADIENT: of_jacobian, HESSIAN: of_hessian}
        found = ways[sought.order](flat, sought)
        self.body = Body(found.products.trace, found.products.found)
        self.seeds, self.colours = found.products.seeds, found.colours
        rows, columns, products, colours = (
            numpy.array(x, int) for x in (zip(*found.read) if found.read else [()] * 4)
        )
        shape = shape_of(flat, sought)
        self.cells, (added,) = placed(shape, [Wanted(rows, columns, None)])
        entries = numpy.arange(self.cells.size)[added.at]
        order = numpy.empty(len(entries), int)
        order[entries] = numpy.arange(len(entries))
        self.read = products[order], colours[order]
        """Of each entry the product and the colour by which it is read."""


class Values:
    """In place of products: the results themselves, with one seed that changes nothing."""

    def __init__(self, flat: Flat) -> None:
        self.trace = Trace()
        with modes.tracing(self.trace):
            nodes = recomputed(flat, self.trace)
            seed = self.trace.input(0.5, True, True)
            found = [nodes[i] for i in flat.outputs.tolist()]
            self.found = list(map(self.trace.index, found))
        self.seeds = [seed.index]


class Found(NamedTuple):
    """Products, the colour of each seed, and of each entry its row and column, and the product and
    the colour by which it is read."""

    products: Products | Values
    colours: list[int]
    read: list[tuple[int, int, int, int]]


def of_values(flat: Flat, sought: Sought) -> Found:
    return Found(Values(flat), [0], [(i, 0, i, 0) for i in range(len(flat.outputs))])


def of_jacobian(flat: Flat, sought: Sought) -> Found:
    by_columns = Products(flat, False, False)
    columns = column_colours(by_columns.rows, len(by_columns.seeds))
    turned = transposed(by_columns.rows, len(by_columns.seeds))
    rows = column_colours(turned, len(turned) and len(by_columns.rows))
    # adjoints take twice as long as tangents
    if 2 * len(set(rows)) < len(set(columns)):
        products = Products(flat, False, True)
        read = [(i, j, j, rows[i]) for j, own in enumerate(products.rows) for i in own]
        return Found(products, rows, read)
    read = [(i, j, i, columns[j]) for i, own in enumerate(by_columns.rows) for j in own]
    return Found(by_columns, columns, read)


def of_hessian(flat: Flat, sought: Sought) -> Found:
    products = Products(flat, True, False)
    rows = with_mirrored(products.rows)
    colours = star_colours(rows)
    read = []
    for i, own in enumerate(rows):
        for j in own:
            if j <= i:
                at = read_at(i, j, rows, colours)
                assert at is not None, "a star colouring tells all entries"
                ends = {"lower": [(i, j)], "upper": [(j, i)], None: [(i, j), (j, i)]}
                pairs = ends[sought.triangle][: 1 if i == j else 2]
                read += [(*pair, at[0], colours[at[1]]) for pair in pairs]
    return Found(products, colours, read)


def transposed(rows: Sequence[Sequence[int]], columns: int) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(columns)]
    for i, row in enumerate(rows):
        for j in row:
            found[j].append(i)
    return found


def with_mirrored(rows: Sequence[Sequence[int]]) -> list[list[int]]:
    """The rows of a symmetric matrix: an entry found in one of its two cells is in both."""
    pairs = zip(rows, transposed(rows, len(rows)))
    return [sorted({*row, *column}) for row, column in pairs]
