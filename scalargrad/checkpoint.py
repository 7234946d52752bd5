"""Recompute instead of store: a stretch of computation that leaves one node per result behind.

The function runs on detached copies of its arguments, its gradient is taken at once, its graph
is dropped. What remains is a node whose operands are the arguments and whatever else the function
used, with an operator that can run it again, for second derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from . import modes, ops
from .backward import adjoint_values, adjoints
from .engine import Value
from .graph import topological_order
from .rows import Operator
from .trees import HOLDS_VALUES, Structure, flatten, is_value
from .variables import differentiating, inside


def checkpoint(f: Callable[..., Any], *args: Any) -> Any:
    """Return f(*args) without keeping the graph of the computation: memory O(arguments).

    Gradients are the same, those of Values that `f` closes over (the parameters of a model)
    included, and so are higher derivatives, for which `f` runs again. `f` has to be
    deterministic: draw random numbers outside and pass them in. Arguments and results may be
    nested; what is no Value in them (a number, a text) passes as it is. Costs one backward pass
    over the stretch for each Value in the result, and a second run where that is needed to tell
    what `f` computed from what it closes over. The graph cannot be pickled.
    """
    if modes.state.no_grad or modes.state.trace is not None:
        return f(*args)
    stretch = Stretch(f, args)
    copies = detached(stretch.inputs)
    outputs, structure = stretch.run(copies)
    stretch.closed = closed_over(stretch, copies, list(filter(is_value, outputs)))
    outputs, leaves = isolated(outputs, stretch.closed)
    variables = dict(zip([*copies, *leaves], [*stretch.inputs, *stretch.closed]))
    results = (
        variables[y] if y in variables else one_node(stretch, i, y, list(variables))
        for i, y in enumerate(outputs)
        if is_value(y)
    )
    return structure.rebuilt([next(results) if is_value(y) else y for y in outputs])


def detached(nodes: Iterable[Any]) -> list[Any]:
    return [Value(x.data) for x in nodes]


class Stretch:
    """A function with its arguments, to be run on other Values than these.

    `inputs` are the Values among the arguments, `closed` those that it uses besides.
    """

    def __init__(self, f: Callable[..., Any], args: Sequence[Any]) -> None:
        self.f = f
        self.inside = inside()
        taken = [flatten(arg, f"argument {i}", HOLDS_VALUES) for i, arg in enumerate(args)]
        self.arguments = [(structure, entries) for entries, structure in taken]
        self.inputs = [x for entries, _ in taken for x in entries if is_value(x)]
        self.closed: list[Any] = []

    def run(self, values: Sequence[Any]) -> tuple[list[Any], Structure]:
        """Return the entries and the structure of the result, with `values` for the inputs."""
        rest = iter(values)
        args = [
            structure.rebuilt([next(rest) if is_value(x) else x for x in entries])
            for structure, entries in self.arguments
        ]
        # a later run is to mean what the first one did, wherever it takes place
        with differentiating(level=self.inside):
            return flatten(self.f(*args), "the result", HOLDS_VALUES)

    def output(self, position: int, variables: dict[int, Any]) -> Any:
        """Return one entry of the result as a node above `variables`, which stand for the inputs
        and closed-over Values with these numbers."""
        count = len(self.inputs)
        with differentiating(level=False):
            inputs = [variables.get(i, Value(x.data)) for i, x in enumerate(self.inputs)]
            out = self.run(inputs)[0][position]
            closed = {x: variables[i] for i, x in enumerate(self.closed, count) if i in variables}
            return replayed(out, closed) if is_value(out) else Value(out)


def closed_over(stretch: Stretch, copies: list[Any], outputs: list[Any]) -> list[Any]:
    """The Values, other than its arguments, from which `f` computed its outputs.

    A node above a copy is new. Of the others, a leaf was there before; where there are more than
    leaves a second run tells: what it builds on too was there before.
    """
    if not outputs:
        return []
    order = topological_order(joined(outputs))
    new = set(copies)
    for node in order:
        if node is order[-1] or not new.isdisjoint(node.parents):
            new.add(node)
    if any(x.parents for x in border(order, new)):
        second = filter(is_value, stretch.run(detached(copies))[0])
        new = set(order).difference(topological_order(joined(list(second))))
    return border(order, new)


def joined(outputs: list[Any]) -> Any:
    """A node above all outputs, so that one walk visits what they share once."""
    with differentiating():
        return ops.sum(outputs) if outputs else Value(0.0)


def border(order: list[Any], new: set[Any]) -> list[Any]:
    """The nodes that are not new, but operands of one that is."""
    operands = (x for node in order if node in new for x in node.parents)
    return list(dict.fromkeys(x for x in operands if x not in new))


def replayed(root: Any, replacements: dict[Any, Any]) -> Any:
    """Return the graph of `root` built again above other Values in place of some of its nodes."""
    changed = dict(replacements)
    for node in topological_order(root):
        if node not in changed and not changed.keys().isdisjoint(node.parents):
            # operands hold floats too, and a float may be no key: NaN
            operands = tuple(changed.get(x, x) if is_value(x) else x for x in node.operands)
            changed[node] = type(node).__operator__(node.op, operands)
    return changed.get(root, root)


def isolated(outputs: list[Any], closed: list[Any]) -> tuple[list[Any], list[Any]]:
    """Return the outputs above nothing but leaves, and those that stand for `closed`."""
    if not any(x.parents for x in closed):
        return outputs, closed
    leaves = detached(closed)
    replacements = dict(zip(closed, leaves))
    with differentiating():
        return [replayed(y, replacements) if is_value(y) else y for y in outputs], leaves


class Result(NamedTuple):
    """One Value of the result, without its graph: numbers, and how to compute it again."""

    stretch: Stretch
    position: int
    used: list[int]
    at: tuple[float, ...]
    data: float
    partials: list[float]

    def forward(self, *numbers: float) -> float:
        if numbers == self.at:
            return self.data
        return self.again(map(Value, numbers)).data  # type: ignore[no-any-return]

    def local(self, out: Any, *operands: Any) -> list[Any]:
        if any(map(is_value, operands)):
            # copies, for one operand may have been computed from another
            variables = [ops.identity(x) for x in operands]
            return adjoint_values(self.again(variables), variables)
        if operands == self.at:
            return self.partials
        leaves = list(map(Value, operands))
        return adjoints(self.again(leaves), leaves)

    def again(self, variables: Iterable[Any]) -> Any:
        return self.stretch.output(self.position, dict(zip(self.used, variables)))


def as_given(*operands: Any) -> tuple[Any, ...]:
    return operands


def one_node(stretch: Stretch, position: int, y: Any, variables: list[Any]) -> Any:
    """Return a node equal to `y`, with the arguments and closed-over Values as its operands."""
    graph = set(topological_order(y))
    used = [i for i, x in enumerate(variables) if x in graph]
    if not used:
        return Value(y.data)
    leaves = [variables[i] for i in used]
    at = tuple(x.data for x in leaves)
    result = Result(stretch, position, used, at, y.data, adjoints(y, leaves))
    name = getattr(stretch.f, "__name__", "checkpoint")
    # an `arrange` of its own: the default one is the operator's method, which makes a cycle
    op = Operator(
        "checkpoint", name, result.forward, None, result.local, arrange=as_given, selects=True
    )
    originals = [*stretch.inputs, *stretch.closed]
    return op(*[originals[i] for i in used])
