"""A task: the function to be compiled, and what is asked of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..inputs.arguments import Arguments
from ..inputs.sources import Inputs
from ..trace.guards import Decided


class Wanted(NamedTuple):
    """Derivatives in which numbers of the call, by position; in captured Values always.

    `summed` asks for sums over the lanes where a number is uniform; `always` for derivatives in
    numbers too, which no Value stands for. They may come `later`, by another program: then this one
    computes none.
    """

    positions: tuple[int, ...]
    summed: bool
    always: bool = False
    later: bool = False

    @property
    def at_once(self) -> Wanted:
        """The same derivatives, none of them later."""
        return self._replace(later=False)


class Task(NamedTuple):
    """The results of `f` for arguments like these, reduced over the lanes or not; and derivatives,
    if any are `wanted`."""

    f: Callable[..., Any]
    arguments: Arguments
    reduce: str | None
    wanted: Wanted | None

    @property
    def has_lanes(self) -> bool:
        return self.arguments.shape is not None

    @property
    def reduces(self) -> bool:
        """Whether the results are summed over lanes."""
        return self.has_lanes and self.reduce is not None

    def lasting(self, is_lasting: bool) -> Task:
        """The same; where the call could not be made again with all derivatives at once."""
        if is_lasting or self.wanted is None:
            return self
        return self._replace(wanted=self.wanted.at_once)

    @property
    def is_mean(self) -> bool:
        return self.reduces and self.reduce == "mean"


class Lane(NamedTuple):
    """The lane that a function is traced in.

    `given` are its numbers; `draw(k)` is its k-th random number; `decided` tells how comparisons of
    nodes came out in it, where this is known already; the `probe` checks a Jacobian that is traced.
    """

    given: Inputs
    draw: Callable[[int], float]
    decided: Decided
    probe: Any = None
    values: Sequence[Any] = ()
    """The numbers as the call gives them, with Values among them."""


class Stopped(Exception):
    """In place of a StopIteration that the function raised, which would end a generator."""
