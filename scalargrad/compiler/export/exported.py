"""A program as a function of arguments like those it was traced on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from ...transforms.trees import ARRAY, SCALAR
from ..branches.path import Path
from ..inputs.arguments import Arguments
from ..inputs.sources import is_given, of_lanes
from ..nests.program import Derived
from ..text import emit
from ..text.names import Names
from .leaves import ALONE, LEAVES, check_static, is_static, kind_of
from .writable import nest_of


class Exportable(NamedTuple):
    """A path through a function, traced on these arguments, to be exported."""

    path: Path
    arguments: Arguments
    names: Names
    parameters: Sequence[str]
    """The names of the arguments."""

    @property
    def identifier(self) -> str:
        """The function's name in the text of a program in Python."""
        return emit.function_name(self.path.program, self.names.function)

    @property
    def nest(self) -> Derived | None:
        """The program with loops, if it has any whose text can be written."""
        return nest_of(self.path.traced)

    @property
    def branches(self) -> bool:
        """Whether the function does something else for other numbers."""
        return self.nest is None and bool(self.path.program.guards)


class Exported:
    """A program as a function of arguments like those it was traced on; `source` is its text.

    A call returns what the function returns; with `gradient` the value and a tuple with the
    gradient in each argument, as `value_and_grad`. A model may be given as a list of its
    parameters: its gradient is a list then. Where an argument had lanes any number of them is
    allowed. Values that the function closes over are read at each call (by jax.jit when it
    traces). Raises TypeError or ValueError for arguments unlike those it was traced on.
    """

    def __init__(
        self, exportable: Exportable, np: Any, source: str, run: Callable[..., Any]
    ) -> None:
        self.source = source
        self.gradient = exportable.path.traced.wanted is not None
        self.__name__ = self.__qualname__ = exportable.names.function
        self._exportable = exportable
        self._np = np
        self._run = run

    def __repr__(self) -> str:
        return f"<{self.__name__}({', '.join(self._exportable.parameters)}), exported>"

    def __call__(self, *args: Any, **named: Any) -> Any:
        leaves = list(self._leaves(args, named))
        shape, numbers = self._numbers(leaves)
        given = of_lanes(None if shape is None else math.prod(shape), numbers)
        traced = self._exportable.path.traced
        inputs = [given.of(s) if is_given(s) else s.data for s in traced.sources]
        outputs = [
            self._shaped(x, shape if each else None)
            for x, each in zip(self._run(inputs), traced.each)
        ]
        value = self._value(outputs[:: self._width(len(outputs))], shape or ())
        return (value, self._gradients(leaves, outputs[1:])) if self.gradient else value

    # ------ arguments
    def _leaves(self, args: Sequence[Any], named: Mapping[str, Any]) -> Iterator[Any]:
        names, specs = self._exportable.parameters, self._exportable.arguments.specs
        if len(args) + len(named) != len(specs) or set(named) - set(names[len(args) :]):
            raise TypeError(
                f"{self.__name__} was exported with {len(specs)} arguments "
                f"({', '.join(names)}), got {len(args)}{''.join(f', {name}=' for name in named)}"
            )
        args = [*args, *(named[name] for name in names[len(args) :])]
        for name, x, (_, spec) in zip(names, args, specs):
            try:
                yield from [x] if spec is None else spec.leaves(x)
            except (TypeError, ValueError) as error:
                raise ValueError(
                    f"{name} must have the structure it was exported with, {spec}: {error}"
                ) from None

    def _numbers(self, given: Sequence[Any]) -> tuple[tuple[int, ...] | None, list[Any]]:
        """The shape of the lanes, None if there are none, and the numbers of all leaves."""
        np, known = self._np, self._exportable.arguments.leaves
        found: list[Any] = []
        for leaf, x in zip(known, given):
            if is_static(leaf):
                check_static(leaf, x)
            else:
                found += LEAVES[kind_of(leaf)].numbers(np, leaf, x)
        own = self._exportable.arguments.own
        lanes = [x for x, here in zip(found, own) if here]
        if not lanes:
            return None, found
        spread = iter(np.broadcast_arrays(*lanes))
        numbers = [next(spread) if here else x for x, here in zip(found, own)]
        return np.broadcast_shapes(*(x.shape for x in lanes)), numbers

    # ------ results
    def _shaped(self, x: Any, shape: tuple[int, ...] | None) -> Any:
        array = self._np.asarray(x)
        if shape is not None:
            return self._np.broadcast_to(array, shape)
        return float(array) if self._np.__name__ == "numpy" else array

    def _width(self, outputs: int) -> int:
        return outputs // max(self._exportable.path.traced.structure.size, 1)

    def _value(self, entries: Sequence[Any], shape: tuple[int, ...]) -> Any:
        structure = self._exportable.path.traced.structure
        leaves = []
        for leaf, own in zip(structure.leaves, structure.split(entries)):
            if leaf.kind is ARRAY:
                own = [self._np.stack(own, axis=-1).reshape(*shape, *leaf.original.shape)]
            plain = leaf.kind in (ARRAY, SCALAR)
            leaves.append(own[0] if plain else leaf.kind.rebuilt(leaf.original, own))
        return structure.tree(leaves)

    def _gradients(self, given: Sequence[Any], derivatives: Sequence[Any]) -> tuple[Any, ...]:
        rest, found = iter(derivatives), []
        kinds = ALONE if self._exportable.path.traced.entries[0].own else LEAVES
        for leaf, x in zip(self._exportable.arguments.leaves, given):
            own = list(islice(rest, len(leaf.numbers)))
            reader = None if is_static(leaf) else kinds[kind_of(leaf)]
            found.append(reader.gradient(self._np, leaf, x, own) if reader else None)
        trees = iter(found)
        return tuple(
            next(trees) if spec is None else spec.built(islice(trees, count))
            for count, spec in self._exportable.arguments.specs
        )
