"""Recompute instead of store: a stretch of computation that leaves one node per result behind.

The function runs on copies of its arguments, its gradient is taken at once, its graph is dropped.
A node remains, whose operands are the arguments and the other Values that the function used. Its
operator can run the function again, for second derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import nan
from typing import Any

from .. import modes, ops, stale
from ..backward import NO_GRADIENT, certain_adjoints
from ..engine import Value
from ..graph import topological_order
from ..options import function
from ..scalars import is_value
from .replay import Replayed, held, isolated, slopes, stand_in, untraced
from .trees import HOLDS_VALUES, Structure, flatten
from .variables import differentiating, inside


def checkpoint(f: Callable[..., Any], *args: Any) -> Any:
    """Return f(*args) without keeping the graph of the computation: memory O(arguments).

    Gradients are the same, also in Values that `f` closes over (the parameters of a model), and
    so are higher derivatives, for which `f` runs again. `f` has to be deterministic: draw random
    numbers outside and pass them in. Arguments and results may be nested; anything in them that is
    no Value (a number, a text) passes as it is. Costs one backward pass over the stretch for each
    Value in the result, and a second run where it is needed to tell the Values that `f` computed
    from those it closes over. Second derivatives raise RuntimeError if `f` then
    comes out differently, something that it uses having changed. The graph cannot be pickled.
    """
    function("f", f, "a function, whose arguments follow")
    if modes.state.no_grad or modes.state.trace is not None:
        return f(*args)
    stretch = Stretch(f, args)
    copies = stretch.copies(stretch.numbers)
    outputs, structure = stretch.run(copies)
    stretch.closed = closed_over(stretch, copies, list(filter(is_value, outputs)))
    known = {x: x for x in stretch.closed} | dict(zip(copies, stretch.inputs))
    stretch.new = [i for i, y in enumerate(outputs) if is_value(y) and y not in known]
    nodes = dict(zip(stretch.new, stretch.nodes(outputs, copies)))
    # an argument, or a Value that was there before, is returned as it is
    as_given = [known.get(y, y) if is_value(y) else y for y in outputs]
    return structure.rebuilt([nodes.get(i, y) for i, y in enumerate(as_given)])


class Stretch:
    """A function with its arguments, to be run on other Values than these.

    `inputs` are the Values among the arguments, with the `numbers` they had; `closed` are other
    Values that the function uses; `new` are the entries of its result that it computed.
    """

    def __init__(self, f: Callable[..., Any], args: Sequence[Any]) -> None:
        self.f = f
        self.name = getattr(f, "__name__", "checkpoint")
        self.inside = inside()
        taken = [flatten(arg, f"argument {i}", HOLDS_VALUES) for i, arg in enumerate(args)]
        self.arguments = [(structure, entries) for entries, structure in taken]
        self.inputs = [x for entries, _ in taken for x in entries if is_value(x)]
        self.numbers = [x.data for x in self.inputs]
        self.closed: list[Any] = []
        self.new: list[int] = []

    def copies(self, numbers: Sequence[float]) -> list[Any]:
        return [stand_in(x, number) for x, number in zip(self.inputs, numbers)]

    def run(self, values: Sequence[Any]) -> tuple[list[Any], Structure]:
        """Return the entries and the structure of the result, with `values` for the inputs."""
        rest = iter(values)
        args = [
            structure.rebuilt([next(rest) if is_value(x) else x for x in entries])
            for structure, entries in self.arguments
        ]
        # a later run has to mean the same as the first, wherever it takes place
        with modes.outermost(), differentiating(level=self.inside):
            return flatten(self.f(*args), "the result", HOLDS_VALUES)

    def nodes(self, outputs: Sequence[Any], copies: Sequence[Any]) -> list[Any]:
        """Return a node for each new output, with the inputs and closed-over Values that it
        depends on as its operands."""
        roots, leaves = isolated([outputs[i] for i in self.new], [*copies, *self.closed])
        return [one_node(self, i, root, leaves) for i, root in zip(self.new, roots)]

    def again(self, numbers: dict[int, float]) -> tuple[dict[int, Any], list[Any]]:
        """Run with these numbers for the inputs and closed-over Values of these indices. Return
        the entries of the result, and the node that stands for each input and closed-over Value."""
        inputs = [numbers.get(i, x) for i, x in enumerate(self.numbers)]
        closed = [numbers.get(i, x._number) for i, x in enumerate(self.closed, len(inputs))]
        with untraced(), held(self.closed, closed):
            copies = self.copies(inputs)
            outputs = dict(enumerate(self.run(copies)[0]))
            values = list(filter(is_value, outputs.values()))
            return outputs, [*copies, *self.counterparts(values, copies)]

    def counterparts(self, outputs: Sequence[Any], copies: Sequence[Any]) -> list[Any]:
        """The closed-over Values; a leaf that `f` had made is replaced by the leaf it made now."""
        order = walked(outputs)
        present = set(order).intersection(self.closed)
        if len(present) == len(self.closed):
            return self.closed
        before = set(walked([*copies, *present]))
        operands = operands_beside(set(order) - before, order, outputs)
        made = iter([x for x in operands if x not in before])
        return [x if x in present else next(made, x) for x in self.closed]


def closed_over(stretch: Stretch, copies: Sequence[Any], outputs: Sequence[Any]) -> list[Any]:
    """The Values, other than its arguments, from which `f` computed its outputs, and the leaves
    that it made.

    A node above a copy is new. A leaf may have been there before `f` ran. If there are other nodes
    besides, a second run tells: a node that the second run builds on too was there before.
    """
    order = walked(outputs)
    above = set(copies)
    for node in order:
        if not above.isdisjoint(node._parents):
            above.add(node)
    given = set(walked(copies))
    old = operands_beside(above - given, order, outputs)
    if any(x._parents for x in old if x not in given):
        second = filter(is_value, stretch.run(stretch.copies(stretch.numbers))[0])
        new = set(order).difference(walked(list(second)), given)
        old = operands_beside(new, order, outputs)
    return [x for x in old if x not in given]


def walked(roots: Sequence[Any]) -> list[Any]:
    """The `roots` and all nodes they were computed from, parents first, in one walk."""
    if not roots:
        return []
    # one node above them all, that no mode sees
    above = Value._rebuild(ops.sum, 0.0, NO_GRADIENT, "", tuple(roots), (1.0,) * len(roots))
    return topological_order(above)[:-1]


def operands_beside(new: set[Any], order: Sequence[Any], outputs: Sequence[Any]) -> list[Any]:
    """The parents of new nodes, and the outputs, that are not new, or that are leaves."""
    operands = (x for node in order if node in new for x in node._parents)
    old = (x for x in (*operands, *outputs) if x not in new or not x._parents)
    return list(dict.fromkeys(old))


class Recomputed(Replayed):
    """The operator of one Value of the result: without its graph, it has the numbers, and the
    stretch to compute them again.

    `used` are the operands by their index among the inputs and closed-over Values; `at` are the
    numbers they had.
    """

    name = __name__ = "checkpoint"

    def __init__(
        self,
        stretch: Stretch,
        position: int,
        used: list[int],
        at: list[float],
        data: float,
        known: list[float],
    ) -> None:
        self.stretch = stretch
        self.position = position
        self.used = used
        self.at = at
        self.data = data
        self.known = known

    @property
    def symbol(self) -> str:  # type: ignore[override]
        return self.stretch.name

    def forward(self, *numbers: float) -> float:
        return self.data if stale.same(numbers, self.at) else self.again(numbers)[0].data

    def slopes(self, numbers: Sequence[float]) -> list[float]:
        return self.known if stale.same(numbers, self.at) else slopes(*self.again(numbers))

    def is_current(self, node: Any, operands: Sequence[Any]) -> bool:
        """Whether the operands are what they were; `graph` sees to everything else."""
        return stale.same([x._number for x in operands], self.at)

    def graph(self, out: Any, operands: Sequence[Any]) -> tuple[Any, list[Any]]:
        root, ends = self.again(self.at)
        with untraced():
            if not stale.same([root._number, *slopes(root, ends)], [self.data, *self.known]):
                stale.refuse(out)
        return root, ends

    def again(self, numbers: Sequence[float]) -> tuple[Any, list[Any]]:
        outputs, ends = self.stretch.again(dict(zip(self.used, numbers)))
        root = outputs.get(self.position, nan)
        return root if is_value(root) else Value(root), [ends[i] for i in self.used]


def one_node(stretch: Stretch, position: int, root: Any, leaves: Sequence[Any]) -> Any:
    """Return a node equal to `root`, above those inputs and closed-over Values that it uses."""
    graph = set(topological_order(root))
    used = [i for i, x in enumerate(leaves) if x in graph]
    originals = [*stretch.inputs, *stretch.closed]
    operands = tuple(originals[i] for i in used)
    at = [leaves[i]._number for i in used]
    partials = certain_adjoints(root, [leaves[i] for i in used])
    op = Recomputed(stretch, position, used, at, root._number, partials)
    node = Value._rebuild(op, root._number, NO_GRADIENT, "", operands, tuple(partials))
    return modes.settle(node) if modes.active else node
