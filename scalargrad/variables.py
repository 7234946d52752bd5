"""What it takes to differentiate a function: its arguments as fresh nodes, and the level.

Fresh nodes keep derivatives apart: a derivative in a copy of x is not one in x. The level says
whether a transform is at work around: the results of those within are graph, not numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from . import modes, ops
from .backward import adjoints, gradients
from .engine import Value
from .rows import real
from .trees import flatten, is_scalar, is_value

Function = Callable[..., Any]


def inside() -> bool:
    """Tell whether a transform is at work around the caller."""
    return modes.state.transforms > 0


@contextmanager
def differentiating(level: bool = True) -> Iterator[None]:
    """Within it graphs are recorded and, if it makes a `level`, transforms are not outermost."""
    no_grad, modes.state.no_grad = modes.state.no_grad, 0
    modes.state.transforms += level
    try:
        yield
    finally:
        modes.state.transforms -= level
        modes.state.no_grad = no_grad


def number(x: Any) -> float:
    return x.data if is_value(x) else real(x)


def fresh(x: Any, linked: bool) -> Any:
    return ops.identity(x) if linked and is_value(x) else Value(number(x))


class Variables:
    """The arguments in which a function is differentiated, with a fresh node for each entry.

    `linked` tells whether derivatives are to be Values, part of a graph.
    """

    def __init__(self, args: Sequence[Any], argnums: Sequence[int]) -> None:
        taken = [flatten(args[i], f"argument {i}") for i in argnums]
        self.structures = [structure for _, structure in taken]
        traced = modes.state.trace is not None
        self.linked = inside() or traced or any(s.linked for s in self.structures)
        with differentiating():
            self.nodes = [fresh(x, self.linked) for entries, _ in taken for x in entries]
        self.args = list(args)
        for i, arg in zip(argnums, self.like(self.nodes)):
            self.args[i] = arg

    def call(self, f: Function, named: dict[str, Any] | None = None) -> Any:
        with differentiating():
            return f(*self.args, **(named or {}))

    def like(self, entries: Iterable[Any]) -> tuple[Any, ...]:
        """The arguments with other entries in them."""
        rest = iter(entries)
        return tuple(s.rebuilt(islice(rest, s.size)) for s in self.structures)

    def stacked(self, shape: tuple[int, ...], rows: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
        columns = iter(list(zip(*rows)) or [()] * len(self.nodes))
        parts = [list(islice(columns, s.size)) for s in self.structures]
        return tuple(s.stacked(shape, list(zip(*p))) for s, p in zip(self.structures, parts))

    def derivatives(self, root: Any, linked: bool) -> list[Any]:
        """∂root/∂entry for every entry, as Values or as numbers."""
        if not linked:
            found = adjoints(root, self.nodes) if is_value(root) else [0.0] * len(self.nodes)
            return [g + 0.0 for g in found]
        return gradients(root if is_value(root) else Value(root), self.nodes)

    def result(self, x: Any) -> Any:
        """A number or Value that `f` returned, as the caller should see it."""
        if not self.linked:
            return number(x)
        # f was recorded all the same, but within no_grad no one shall see it
        return x if is_value(x) and not modes.state.no_grad else Value(number(x))


def one_number(out: Any, f: Function) -> Any:
    if is_scalar(out):
        return out
    name = getattr(f, "__name__", type(f).__name__)
    raise TypeError(
        f"{name} must return one Value (or a number), got {type(out).__name__} {out!r:.60}; "
        "for functions with several results there are jacobian, vjp and jvp"
    )
