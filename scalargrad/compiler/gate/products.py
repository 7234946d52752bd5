"""A Jacobian of many rows by a program for all of them: products of the Jacobian with a vector.

The product is a sum of rows, by one backward pass, or of columns, by one forward pass, each with
its weight. The program runs for each group of rows that have no variable in common; what does not
depend on weights is computed once. So the program is as long as that of one product, and the first
call takes as long; a whole of n rows, traced, would be n times as long.

With lanes for rows the same was tried: it took twice as long to make, for an instruction in lanes
is encoded in Python, and as long to run.
"""

from __future__ import annotations

import functools
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import Parameter, Signature
from typing import Any, NamedTuple

from ... import modes
from ...scalars import NOTHING
from ...transforms.jacobians import Jacobian, Point
from ...transforms.trees import ARRAY, of_objects
from ..inputs.arguments import Arguments
from ..inputs.lanes import Batch
from ..trace.native import machine
from ..trace.recorder import Recorder
from .forms import Form
from .meaning import Function, Meaning, signature_of
from .patterns import Pattern
from .probe import ManyRows, Misfit, is_pure, layout_of, rows_of
from .programs import Programs
from .results import result
from .shortcut import MISSED
from .writers import writer_of


# ------ the product
class Product:
    """The function of weights, then of a function's arguments, that gives the sum of the rows of a
    Jacobian by these weights, or of its columns. It tells `calls` what it depends on."""

    def __init__(self, f: Function, jacobian: Jacobian, calls: ByProducts) -> None:
        functools.update_wrapper(self, f)
        self.__signature__ = with_weights(signature_of(f))
        self.jacobian = jacobian
        self.calls = calls

    def __call__(self, weights: Any, *args: Any, **named: Any) -> Any:
        point = self.jacobian.at(args, named)
        self.calls.learn(point, modes.state.trace)
        product = point.sum_of_columns if self.calls.by_columns else point.sum_of_rows
        found = product(weights.tolist())
        return of_objects((len(found),), found)


def with_weights(signature: Signature) -> Signature:
    """The signature of a product with the Jacobian of a function of this one."""
    own = list(signature.parameters.values())
    name = "weights"
    while name in signature.parameters:
        name += "_"
    return Signature([Parameter(name, Parameter.POSITIONAL_ONLY), *own])


class WithWeights(Batch):
    """The lanes of a function's arguments; before them come weights, which have none."""

    first_is_late = True

    def __init__(self, batch: Batch) -> None:
        vars(self).update(vars(batch))
        self._of_arguments = batch

    def completed(self, args: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
        return self._of_arguments.completed(args[1:], named)

    def by_sample(self, count: int, named: Iterable[str]) -> list[bool]:
        return [False, *self._of_arguments.by_sample(count - 1, named)]


class Gates(NamedTuple):
    """Gates of products with a `jacobian` that has this meaning: `make(meaning)` makes one, of
    which there are its forms and its programs."""

    meaning: Meaning
    jacobian: Jacobian
    make: Callable[[Meaning], Any]
    forms_of: Callable[[Any], Sequence[Form]]
    programs_of: Callable[[Any], Programs]

    def new(self, calls: ByProducts) -> Any:
        """The gate of the product for these calls."""
        of = self.meaning

        def varied(count: int) -> frozenset[int]:
            return frozenset(i + 1 for i in of.varied(count - 1))

        product = Product(of.f, self.jacobian, calls)
        return self.make(Meaning(product, WithWeights(of.batch), of.reduce, of.used, varied))


# ------ how products make a Jacobian
class Plan(NamedTuple):
    """The `weights`, a row for each run, by the pattern that the plan is made `of`; of each entry
    of the Jacobian that may be other than zero its `cells` in the matrix, and those `among` the
    products: None if there is a product for each row, or for each column."""

    of: Pattern
    weights: Any
    cells: Any = None
    among: Any = None


def plan_of(pattern: Pattern, by_columns: bool) -> Plan:
    import numpy

    added = pattern.transposed() if by_columns else pattern
    groups, count = added.groups(), len(added.rows)
    if 2 * len(set(groups)) > count:
        return Plan(pattern, one_by_one(count))
    weights = nothings(max(groups) + 1, count)
    weights[groups, range(count)] = 1.0
    i, j = (numpy.array(x, int) for x in added.entries())
    among = numpy.array(groups)[i], j
    return Plan(pattern, weights, (j, i) if by_columns else (i, j), among)


def one_by_one(count: int) -> Any:
    """Weights for so many runs, of one 1 each: windows on a 1 among nothings."""
    from numpy.lib.stride_tricks import sliding_window_view

    one = nothings(2 * count - 1)
    one[count - 1] = 1.0
    return sliding_window_view(one, count)[::-1]


def nothings(*shape: int) -> Any:
    """An array of NOTHING."""
    import numpy

    return numpy.full(shape, NOTHING)


def goes_by_columns(pattern: Pattern) -> bool:
    """Whether there are so few groups of columns that forward passes are worth while: they are
    traced in Python."""
    rows = len(set(pattern.groups()))
    if 2 * pattern.widest > rows:
        return False
    return 2 * len(set(pattern.transposed().groups())) <= rows


class ByProducts:
    """Calls of one form and constants, with a Jacobian of `count` rows: the gate of the product,
    and what is known of the Jacobian."""

    plan: Any = None
    pattern: Any = None
    by_columns = False

    def __init__(self, gates: Gates, arguments: Arguments, count: int) -> None:
        self.gates = gates
        self.has_lanes = arguments.shape is not None
        self.count = count
        self.gate = gates.new(self)

    # ------ while a product is traced
    def learn(self, point: Point, trace: Recorder) -> None:
        """Take in what the results depend on, on a path that is traced."""
        if len(point.outputs) != self.count or not is_pure(trace):
            raise Misfit
        if not point.variables.numbers:
            raise ManyRows(point)
        rows = rows_of(point, trace)
        if self.plan is None:
            self.begin(point, rows)
        if str(point.structure) != self.of_results:
            raise Misfit
        self.pattern = self.pattern.joined(rows)

    def begin(self, point: Point, rows: Sequence[int]) -> None:
        self.of_results = str(point.structure)
        self.structure, self.order = layout_of(point)
        self.pattern = Pattern(rows, len(point.variables.nodes))
        self.by_columns = not self.gates.jacobian.is_square and goes_by_columns(self.pattern)
        self.plan = plan_of(self.pattern, self.by_columns)
        self.writer = None if machine is None or self.has_lanes else writer_of(self.structure)

    @property
    def reason(self) -> str:
        """How often the program of the product runs, and why, in words."""
        of = "columns" if self.by_columns else "rows"
        count = self.pattern.columns if self.by_columns else self.count
        runs = len(self.plan.weights)
        why = "" if runs == count else f", for {of} that share nothing are computed together"
        return f"a weighed sum of {of} of the Jacobian, run {runs} times for {count} {of}{why}"

    # ------ calls
    def __call__(self, args: Sequence[Any], named: Mapping[str, Any], arguments: Arguments) -> Any:
        """The result of a call. Raises Misfit if no products give it."""
        if self.plan is None:
            self.gate(nothings(self.count), *args, **named)
            if self.gates.programs_of(self.gate).is_anew:
                # it would be traced for each run
                raise Misfit
            if self.by_columns:
                self.gate = self.gates.new(self)
        products = self.products(args, named)
        while self.plan.of is not self.pattern:
            # on a path that was not known results depend on more variables
            self.plan = plan_of(self.pattern, self.by_columns)
            products = self.products(args, named)
        return self.finished(self.matrix(products))

    def products(self, args: Sequence[Any], named: Mapping[str, Any]) -> Any:
        """The product of each run, the lanes first."""
        if self.has_lanes:
            import numpy

            runs = [self.gate(w, *args, **named) for w in self.plan.weights]
            return numpy.stack(runs, axis=-2)
        found = self.by_shortcut(args, named)
        return self.in_full(args, named) if found is None else found

    def by_shortcut(self, args: Sequence[Any], named: Mapping[str, Any]) -> Any:
        """The same without lanes, where no path is to be traced; None if one is."""
        given, names = (*args, *named.values()), tuple(named)
        found = self.room()
        for form in self.gates.forms_of(self.gate):
            if form.fill(found, self.plan.weights, given, names):
                return found
        return None

    def in_full(self, args: Sequence[Any], named: Mapping[str, Any]) -> Any:
        """The same on any path, which is looked up once for all runs."""
        programs, weights, found = self.gates.programs_of(self.gate), self.plan.weights, self.room()
        arguments = programs.meaning.arguments((weights[0], *args), named)
        programs.fill(found, weights, arguments)
        return found

    def room(self) -> Any:
        """Room for the products."""
        width = len(self.pattern.rows) if self.by_columns else self.pattern.columns
        return nothings(len(self.plan.weights), width)

    def again(self, args: Sequence[Any], named: Mapping[str, Any]) -> Any:
        """The result of a call without lanes that is like an earlier one; MISSED if it is not."""
        is_like = self.plan and not self.has_lanes
        found = self.by_shortcut(args, named) if is_like else None
        return MISSED if found is None else self.finished(self.matrix(found))

    def matrix(self, products: Any) -> Any:
        plan = self.plan
        if plan.cells is None:
            return products.swapaxes(-1, -2) if self.by_columns else products
        import numpy

        shape = len(self.pattern.rows), self.pattern.columns
        matrix = numpy.zeros((*products.shape[:-2], *shape))
        (i, j), (group, k) = plan.cells, plan.among
        matrix[..., i, j] = products[..., group, k]
        return matrix

    def finished(self, matrix: Any) -> Any:
        """The Jacobian in its structure; the lanes are the first axis of the matrix, if it has
        three."""
        lanes = matrix.shape[:-2]
        entries = matrix.reshape(*lanes, -1)
        entries = entries if self.order is None else entries[..., self.order]
        if self.structure.spec is None and self.structure.leaves[0].kind is ARRAY:
            return entries.reshape(*lanes, *self.structure.leaves[0].original.shape)
        if lanes:
            return result(self.structure, list(entries.T))
        if self.writer is None:
            return result(self.structure, entries.tolist())
        return machine.write(self.writer, array("d", entries.tobytes()))
