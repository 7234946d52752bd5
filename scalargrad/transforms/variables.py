"""Variables to differentiate a function in: fresh nodes for its arguments, and the level.

Fresh nodes keep derivatives apart: a derivative in a copy of x is not one in x. The level says
whether another transform is at work around: then results are graph, not numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import compress, islice
from typing import Any, NamedTuple

from .. import modes, ops
from ..backward import adjoint_values, adjoints, shown, shown_gradients
from ..engine import Value
from ..messages import AS_VECTORS, add_cure_for_arrays, add_cure_for_lists, counted, described
from ..modes import differentiating as differentiating
from ..scalars import NOTHING, is_scalar, is_value, real
from .replay import moved
from .trees import flatten, in_graph, is_array

Function = Callable[..., Any]
NO_CHANGE: dict[Any, Any] = {}


def inside() -> bool:
    """Tell whether a transform is at work around the caller."""
    return modes.now().transforms > 0


def chosen(argnums: int | tuple[int, ...], count: int) -> list[int]:
    """The positions of the arguments, counted from 0."""
    wanted = [argnums] if isinstance(argnums, int) else argnums
    if not all(-count <= i < count for i in wanted):
        raise TypeError(
            f"argnums is {argnums!r}, and the call has {counted(count, 'positional argument')}: "
            "pass by position what is differentiated"
        )
    places = [i % count for i in wanted]
    if len(set(places)) < len(places):
        raise ValueError(f"argnums must differ from one another, got {argnums!r}")
    return places


def number(x: Any) -> float:
    return x.data if is_value(x) else real(x)


def one_of_each_type(entries: list[Any]) -> list[Any]:
    """One entry of each type: there may be many thousands, of one type or two."""
    return list(dict(zip(map(type, entries), entries)).values())


def fresh(x: Any, linked: bool, trace: Any) -> Any:
    if not linked or not is_value(x):
        return Value(number(x))
    return ops.identity(x) if trace is None else trace.variable(x)


class Variables:
    """The arguments in which a function is differentiated, with a fresh node for each entry.

    `linked` tells whether derivatives are to be Values, part of a graph. While a function is
    traced they always are; `numbers` tells whether the results would be numbers if it were not.
    """

    def __init__(self, args: Sequence[Any], argnums: Sequence[int]) -> None:
        self.trace = modes.state.trace
        self.waits = self.trace is not None and self.trace.waits
        """Whether this transform may leave its derivatives for later: only the first is told so."""
        if self.waits:
            self.trace.waits = False
        taken = [flatten(args[i], f"argument {i}") for i in argnums]
        self.structures = [structure for _, structure in taken]
        self.inside = inside()
        self.entries = [x for found, _ in taken for x in found]
        is_graph = self.inside or self.some_linked()
        self.linked = is_graph or self.trace is not None
        self.numbers = self.linked and not is_graph
        self.marks = self.trace is not None and self.trace.marks
        """Whether derivatives that differ by lane are marked; they may be computed later."""
        if self.trace is not None:
            self.trace.has_transforms = True
        with differentiating():
            self.nodes = self.fresh(self.entries)
        self.args = list(args)
        for i, arg in zip(argnums, self.like(self.nodes)):
            self.args[i] = arg

    def some_linked(self) -> bool:
        """Whether some entry is linked to a graph. While a function is traced that met no Value so
        far, no number of it is."""
        are_traced = self.trace is not None and not self.trace.has_values
        if are_traced and Value not in {*map(type, self.entries)}:
            return False
        return any(s.linked for s in self.structures)

    def fresh(self, entries: list[Any]) -> list[Any]:
        if all(s.are_floats for s in self.structures):
            return list(map(Value, entries))
        if self.trace is not None and all(map(is_value, one_of_each_type(entries))):
            found: list[Any] = self.trace.variables(entries)
            return found
        return [fresh(x, self.linked, self.trace) for x in entries]

    def join(self, entries: Iterable[Any]) -> None:
        """Note other entries that derivatives depend on: if these are Values, derivatives are
        part of a graph too."""
        values = list(filter(in_graph, entries))
        self.linked |= bool(values)
        self.numbers &= not values

    def may_wait(self) -> bool:
        """Tell whether the derivatives may be computed when the function that is traced is over:
        they are all that it does."""
        return self.waits and self.numbers

    def may_lie_below(self, x: Any) -> bool:
        """Whether `x` may depend on the variables. While a function is traced a Value from outside
        cannot."""
        return is_value(x) and (self.trace is None or type(x) is not Value)

    def call(self, f: Function, named: dict[str, Any] | None = None) -> Any:
        with differentiating():
            try:
                return f(*self.args, **(named or {}))
            except TypeError as error:
                add_cure_for_arrays(error)
                add_cure_for_lists(error, AS_VECTORS)
                raise

    def like(self, entries: Iterable[Any]) -> tuple[Any, ...]:
        """The arguments with other entries in them."""
        rest = iter(entries)
        return tuple(s.rebuilt(islice(rest, s.size)) for s in self.structures)

    def stacked(self, shape: tuple[int, ...], rows: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
        columns = iter(list(zip(*rows)) or [()] * len(self.nodes))
        parts = [list(islice(columns, s.size)) for s in self.structures]
        return tuple(s.stacked(shape, list(zip(*p))) for s, p in zip(self.structures, parts))

    def derivatives(
        self, root: Any, linked: bool, instead: dict[Any, Any] = NO_CHANGE
    ) -> list[Any]:
        """∂root/∂entry for every entry, as Values or as numbers. As Values they stand above others
        `instead` of some, which were held fixed."""
        if not linked:
            found = adjoints(root, self.nodes) if is_value(root) else [0.0] * len(self.nodes)
            return [g + 0.0 for g in found]
        root = root if is_value(root) else Value(root)
        if self.trace is not None:
            # a result that f was given and returned as it was is a number of the trace too
            root = self.trace.tracers[self.trace.index(root)]
            return self.traced_derivatives(root, instead)
        return moved(shown_gradients(root, self.nodes, are_ends=True), instead)

    def traced_derivatives(self, root: Any, instead: dict[Any, Any]) -> list[Any]:
        """The same while a function is traced: as the caller should see them."""
        if self.marks:
            found = moved(shown_gradients(root, self.nodes, are_ends=True), instead)
            return [self.result(x, root, y) for x, y in zip(found, self.nodes)]
        values = moved(adjoint_values(root, self.nodes, are_ends=True), instead)
        # of a sparse Jacobian most derivatives are nothing: these are one number of the trace
        some = any(x is NOTHING for x in values)
        nothing = self.as_eager(shown(NOTHING, root)) if some else None
        return [nothing if x is NOTHING else self.as_eager(shown(x, root)) for x in values]

    def result(self, x: Any, root: Any = None, variable: Any = None) -> Any:
        """A number or Value that `f` returned, or the derivative of a `root` in a `variable`, as
        the caller should see it."""
        if not self.linked:
            return number(x)
        # f was recorded all the same, but within no_grad its graph must not show
        if self.trace is None:
            return x if is_value(x) and not modes.state.no_grad else Value(number(x))
        x = self.as_eager(x)
        return self.marked(x, root, variable) if self.marks else x

    def as_eager(self, x: Any) -> Any:
        """A result while a function is traced: a number or a Value, as it is outside of that."""
        if not is_value(x):
            return number(x) if self.numbers else Value(number(x))
        if self.numbers:
            return x.data if self.trace.has_values else x
        if modes.state.no_grad:
            return Value(number(x))
        return x if in_graph(x) else self.trace.variable(x)

    def marked(self, x: Any, root: Any, variable: Any) -> Any:
        """A derivative of a result that is reduced over lanes, marked if it differs by lane."""
        marks = frozenset() if root is None else self.trace.marks_of(root)
        beside = frozenset() if variable is None else self.trace.lanes_behind(variable)
        return self.trace.marked(x, marks | beside)


class Waiting(NamedTuple):
    """Derivatives of a root in variables that wait to be computed; `finished` makes a result of the
    value and of them."""

    root: Any
    variables: Variables
    finished: Callable[[Any, Sequence[Any]], Any]

    def done(self) -> Any:
        """Compute the derivatives, and return the result."""
        variables = self.variables
        derivatives = variables.derivatives(self.root, variables.linked)
        return self.finished(variables.result(self.root), derivatives)

    def traced(self, are_seen: Sequence[bool]) -> list[Any]:
        """The value and the derivatives as numbers of the trace: Tracers, and floats where they are
        constants. They are what `done` puts into a result that depends on nothing else; but a
        derivative that nobody sees as it is, for it is yet to be summed over lanes, may be −0.0."""
        trace, nodes = self.variables.trace, self.variables.nodes
        root = trace.tracers[trace.index(self.root)]
        found = adjoint_values(root, nodes, are_ends=True)
        # a user sees no −0.0; there may be many thousands
        seen = compress(found, are_seen)
        computed = [x.index for x in seen if type(x) is not float]
        shown = trace.compute_each(ops.add, computed, [trace.constant(0.0)]) if computed else []
        told = map(trace.tracers.__getitem__, shown)
        return [
            root,
            *(
                x + 0.0 if type(x) is float else next(told) if is_seen else x
                for x, is_seen in zip(found, are_seen)
            ),
        ]

    def outline(self) -> Any:
        """A result of the same structure, with the variables in place of the derivatives."""
        return self.finished(self.root, self.variables.nodes)


def one_number(out: Any, f: Function) -> Any:
    if is_scalar(out):
        return out
    if is_array(out) and not out.ndim:
        return one_number(out.item(), f)  # as np.where(x > 0.0, x, 0.0) gives it
    name = getattr(f, "__name__", type(f).__name__)
    raise TypeError(
        f"{name} must return one Value (or a number), got {described(out)}; "
        "for functions with several results there are jacobian, vjp and jvp"
    )
