"""A function run again in place of a graph that was not kept: the operator of such a node.

The function runs on leaves in place of its arguments, and uses the Values it closes over as they
are. The graph of the run is then moved: built again above other Values, those in which it is to be
differentiated. A walk for that ends at each node that is replaced. The nodes above which a replaced
node stood are not part of the function, though the function may use the same Values besides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from .. import modes, ops
from ..backward import NO_GRADIENT, adjoint_values, certain_adjoints
from ..engine import Value
from ..graph import above
from ..rows import Operator, rank
from ..scalars import is_value
from ..stale import same


class Replayed(Operator):
    """The operator of a node whose graph was not kept: for derivatives of its partials it runs a
    function again. A subclass says how: `forward`, `slopes` and `graph`."""

    # an operator is made at every call: what is the same for all of them stands in the class
    code = -1
    c = count = about = linked = elementary = arity = None
    beside_constant = constant_from = dunder = numpy = None
    names = defaults = samples = ()
    hidden = method = False
    selects = True

    def __init__(self) -> None:
        """Nothing of what an operator of the table is given."""

    def arrange(self, *operands: Any) -> tuple[Any, ...]:
        return operands

    def slopes(self, numbers: Sequence[float]) -> list[float]:
        """∂out/∂operand where the operands are these numbers."""
        raise NotImplementedError

    def graph(self, out: Any, operands: Sequence[Any]) -> tuple[Any, list[Any]]:
        """The result as a graph, and the node in it that stands for each operand."""
        raise NotImplementedError

    def partials(self, out: Any, *operands: Any) -> list[Any]:
        if not any(map(is_value, operands)):
            return self.slopes(operands)
        root, ends = self.graph(out, operands)
        # copies, for one operand may have been computed from another
        variables = [ops.identity(x) for x in operands]
        return adjoint_values(moved([root], dict(zip(ends, variables)))[0], variables)


def stand_in(x: Any, number: float) -> Any:
    """Return a Value with this number for a function to run on instead of `x`; computed if `x` is,
    for a model of computed Values is differentiated otherwise than one of leaves."""
    return ops.identity(Value(number)) if x._is_computed else Value(number)


def number_of(x: Any) -> float:
    """The number of a Value, or of one that is traced."""
    number: float = x._number if type(x) is Value else x.trace.numbers[x.index]
    return number


def detached(nodes: Sequence[Any]) -> list[Any]:
    return [Value(x._number) for x in nodes]


def moved(roots: Sequence[Any], places: dict[Any, Any]) -> list[Any]:
    """Return the graph of `roots` built again above other Values in place of some of its nodes.
    Numbers stay as recorded: the Values put in their place have the same. Among the roots there may
    be numbers, which stay."""
    if not places:
        return list(roots)
    instead = dict(places)
    for node in above([x for x in roots if is_value(x)], places):
        if not instead.keys().isdisjoint(node._parents):
            # operands hold floats too, and a float may be no key: NaN
            operands = tuple([instead.get(x, x) if is_value(x) else x for x in node._operands])
            instead[node] = rebuilt(node, operands)
    return [instead.get(x, x) if is_value(x) else x for x in roots]


def rebuilt(node: Any, operands: tuple[Any, ...]) -> Any:
    kind: Any = max((type(x) for x in operands if is_value(x)), key=rank)
    if not hasattr(kind, "_rebuild"):
        # numbers that are traced
        return kind.__operator__(node.op, operands)
    return kind._rebuild(node.op, node._number, NO_GRADIENT, "", operands, node._partials)


def isolated(roots: Sequence[Any], ends: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Return the same roots above nothing but leaves, and the leaves that stand for `ends`."""
    if not any(x._parents for x in ends):
        return list(roots), list(ends)
    leaves = detached(ends)
    return moved(roots, dict(zip(ends, leaves))), leaves


def slopes(root: Any, ends: Sequence[Any]) -> list[float]:
    """The derivative of `root` in each of `ends`, the others being held fixed."""
    (alone,), leaves = isolated([root], ends)
    return certain_adjoints(alone, leaves)


@contextmanager
def held(values: Sequence[Any], numbers: Sequence[float]) -> Iterator[None]:
    """Within it these Values have these numbers."""
    others = [(x, n) for x, n in zip(values, numbers) if not same([x._number], [n])]
    before = [x._number for x, _ in others]
    try:
        for x, n in others:
            x.data = n
        yield
    finally:
        for (x, _), n in zip(others, before):
            x.data = n


def untraced() -> AbstractContextManager[Any]:
    """Within it nodes are built, though a function is being traced."""
    return nullcontext() if modes.state.trace is None else modes.tracing(None)
