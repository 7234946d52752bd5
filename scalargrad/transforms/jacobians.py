"""A Jacobian at one point: its rows one by one, or weighed and added up.

Row i is the derivative of result i in all variables, column j the derivative of all results in
variable j.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import islice
from typing import Any, NamedTuple

from .. import ops
from ..engine import Value
from ..forward import linked_pushforward, tangent_of
from .trees import SCALAR, Leaf, flatten
from .variables import Function, Variables, chosen, differentiating


class Jacobian(NamedTuple):
    """A `function` of this package told by its result: the Jacobian of `of`, in these arguments; it
    `is_square` if it is a Hessian."""

    function: Function
    of: Function
    argnums: int | tuple[int, ...]
    is_square: bool

    def at(self, args: Sequence[Any], named: dict[str, Any]) -> Point:
        return Point(self.function, self.of, self.argnums, args, named)


def jacobian_of(f: Any) -> Jacobian | None:
    """The Jacobian that `f` computes, if it is one. A function that wraps one has its attributes
    too, and is another function."""
    found = getattr(f, "__jacobian__", None)
    return found if type(found) is Jacobian and found.function is f else None


class Point:
    """The variables in which a function `of` is differentiated, and its results there.

    `function` is the Jacobian that asks for it.
    """

    def __init__(
        self,
        function: Function,
        of: Function,
        argnums: int | tuple[int, ...],
        args: Sequence[Any],
        named: dict[str, Any],
    ) -> None:
        self.function = function
        self.is_single = isinstance(argnums, int)
        self.variables = Variables(args, chosen(argnums, len(args)))
        self.outputs, self.structure = flatten(self.variables.call(of, named), "the result")

    def rows(self) -> list[list[Any]]:
        """The rows, by a backward pass each."""
        variables, trace = self.variables, self.variables.trace
        if trace is not None:
            trace.check_rows(self)
        return [variables.derivatives(y, variables.linked) for y in self.outputs]

    @property
    def is_array(self) -> bool:
        """Whether the Jacobian is one array: the results are one, and so are the variables."""
        structures = [self.structure, *self.variables.structures]
        shapes = [s.leaves[0].shape for s in structures if s.spec is None]
        return self.is_single and len(shapes) == 2 and None not in shapes

    @property
    def has_rows(self) -> bool:
        """Whether each row of the Jacobian stands by itself: no results are an array or a model."""
        return all(leaf.kind.entries is SCALAR.entries for leaf in self.structure.leaves)

    def row(self, entries: Sequence[Any]) -> Any:
        """A row in the structure of the arguments."""
        return self._only(self.variables.like(entries))

    def tree(self, rows: Sequence[Sequence[Any]]) -> Any:
        """The rows in the structure of the results, each row in that of the arguments."""
        return self.structure.tree(list(self._parts(rows)))

    def _parts(self, rows: Sequence[Sequence[Any]]) -> Iterator[Any]:
        """The part of the Jacobian that belongs to each leaf of the results."""
        rest = iter(rows)
        for leaf in self.structure.leaves:
            own = list(islice(rest, leaf.size))
            yield self._part(leaf, own)

    def _part(self, leaf: Leaf, rows: Sequence[Sequence[Any]]) -> Any:
        if leaf.shape is not None:
            return self._only(self.variables.stacked(leaf.shape, rows))
        return leaf.kind.rebuilt(leaf.original, list(map(self.row, rows)))

    def _only(self, parts: Sequence[Any]) -> Any:
        return parts[0] if self.is_single else parts

    # ------ while a function is traced
    def sum_of_rows(self, weights: Sequence[Any]) -> list[Any]:
        """Σ weight · row, by one backward pass. Of a row whose weight is NOTHING nothing comes."""
        with differentiating():
            # a sum of many operands has its partials asked for in Python
            root = reduce(ops.add, map(ops.chain, weights, self.outputs))
        return self.variables.derivatives(root, True)

    def sum_of_columns(self, weights: Sequence[Any]) -> list[Any]:
        """Σ weight · column, by one forward pass. Of a column whose weight is NOTHING nothing
        comes."""
        variables = self.variables
        with differentiating():
            root = ops.sum([Value(0.0), *self.outputs])
        tangent = linked_pushforward(root, dict(zip(variables.nodes, weights)))
        return [variables.result(tangent_of(y, tangent), y) for y in self.outputs]
