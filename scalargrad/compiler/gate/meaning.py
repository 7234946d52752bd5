"""The meaning of a gate, told by its function alone: the function on each sample, one by one.

By its meaning a gate is followed within another compiled function, and differentiated again.
Programs compute the same.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from ... import ops
from ...transforms.trees import flatten
from ..inputs.arguments import NO_OBJECTS, Arguments
from ..inputs.lanes import Batch
from ..passes.kinds import kinds_of
from ..passes.task import Wanted

Function = Callable[..., Any]
CACHED = type(functools.lru_cache(len))
REDUCE: dict[str | None, Any] = {None: None, "sum": ops.sum, "mean": ops.mean}


class Meaning:
    """A function, which of its arguments have lanes, and whether its results are reduced over them.

    Of a derivative of another gate `used` is the user's own function, whose surroundings count, and
    `varied(n)` are those of n arguments in which it is taken; `of_reduced` is what a call means
    that reduces its results over lanes: no sum over samples.
    """

    def __init__(
        self,
        f: Function,
        batch: Batch,
        reduce: str | None,
        used: Function | None = None,
        varied: Callable[[int], Collection[int]] = lambda count: (),
        of_reduced: Callable[[Sequence[Any], Mapping[str, Any]], Any] | None = None,
    ) -> None:
        self.f = f
        self.used = used or f
        self.batch = batch
        self.reduce = reduce
        self.varied = varied
        self.of_reduced = of_reduced

    @functools.cached_property
    def signature(self) -> inspect.Signature:
        return signature_of(self.f)

    def __repr__(self) -> str:
        return f"<compiled {self.name(self.f)}>"

    def name(self, otherwise: Any) -> str:
        """The name of the function; `otherwise` if it has none."""
        return str(getattr(self.f, "__name__", otherwise))

    # ------ calls
    def arguments(
        self,
        args: Sequence[Any],
        named: Mapping[str, Any],
        known: Mapping[int, Any] = NO_OBJECTS,
    ) -> Arguments:
        return Arguments(args, named, self.batch, self.varied(len(args)), known)

    def is_summed(self, arguments: Arguments) -> bool:
        """Whether a derivative in a uniform number is one number."""
        return arguments.lanes is None or self.reduce is not None

    def wanted(self, arguments: Arguments) -> Wanted:
        """The derivatives that nodes made of such a call need."""
        return Wanted(arguments.values, self.is_summed(arguments))

    def __call__(self, args: Sequence[Any], named: Mapping[str, Any]) -> Any:
        """Return the result of a call, computed by the function itself."""
        if not self.batch:
            return self.f(*args, **named)
        arguments = self.arguments(args, named)
        if arguments.shape is None:
            return self.f(*args, **named)
        arguments.tell_apart(True, lambda x: False)
        if self.of_reduced is not None and self.reduce is not None:
            return self.of_reduced(args, named)
        results = list(self.samples(arguments, range(arguments.lanes or 1)))
        structure, rows = results[0][1], [entries for entries, _ in results]
        total = REDUCE[self.reduce]
        if total is None:
            return structure.stacked(arguments.shape, rows)
        return structure.rebuilt([total(list(column)) for column in zip(*rows)])

    def samples(self, arguments: Arguments, lanes: Sequence[int]) -> Iterator[Any]:
        """Yield (entries, structure) of what the function makes of these lanes."""
        for lane in lanes:
            result = arguments.sample(self.f, arguments.numbers, lane)
            yield flatten(result, "the result", kinds_of(arguments))


def meaning_of(f: Any, batch: Any, reduce: str | None) -> Meaning:
    """The meaning of `f` with these options of `compile`. Raises TypeError or ValueError for other
    options."""
    if not callable(f):
        raise TypeError(f"compile needs a function, got {type(f).__name__} {f!r:.60}")
    if reduce not in REDUCE:
        raise ValueError(f"reduce must be None, 'sum' or 'mean', got {reduce!r}")
    # a cache would keep numbers of the trace
    own: Function = f.__wrapped__ if isinstance(f, CACHED) else f
    return Meaning(own, Batch(signature_of(own), batch), reduce)


def signature_of(f: Function) -> inspect.Signature:
    try:
        return inspect.signature(f)
    except ValueError:
        # a function in C that does not say what it takes
        return inspect.signature(lambda *args: None)
