"""The meaning of a gate, told by its function alone: the function on each sample, one by one.

By its meaning a gate is followed within another compiled function, and differentiated again.
Programs compute the same.
"""

from __future__ import annotations

import builtins
import functools
import inspect
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import (
    BuiltinFunctionType,
    ClassMethodDescriptorType,
    FunctionType,
    MethodDescriptorType,
    MethodWrapperType,
    WrapperDescriptorType,
)
from typing import Any

from ... import ops
from ...transforms.functional import DIFFERENTIATED
from ...transforms.trees import flatten
from ...transforms.variables import chosen
from ..inputs.arguments import NO_OBJECTS, Arguments
from ..inputs.lanes import Batch
from ..passes.kinds import kinds_of
from ..passes.task import Wanted

Function = Callable[..., Any]
Varied = Callable[[int], Collection[int]]
CACHED = type(functools.lru_cache(len))
REDUCE: dict[str | None, Any] = {None: None, "sum": ops.sum, "mean": ops.mean}


def in_none(count: int) -> Collection[int]:
    """Of so many arguments those in which a derivative is taken: none."""
    return ()


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
        varied: Varied = in_none,
        of_reduced: Callable[[Sequence[Any], Mapping[str, Any]], Any] | None = None,
    ) -> None:
        self.f = f
        self.original = f
        """The function that `compile` was given; `f` may be another that stands for it."""
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
    def refuse_missing(self, args: Sequence[Any], named: Mapping[str, Any]) -> None:
        """Raise TypeError unless a program can be that of a call with these arguments."""
        try:
            self.signature.bind(*args, **named)
        except TypeError as error:
            call = f"{self.name('f')}{self.signature}"
            raise TypeError(
                f"{error}: a program is that of a call, and takes the arguments of {call}"
            ) from None

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

    def asked(self, arguments: Arguments) -> Wanted:
        """The same of a call: of a derivative they come later, for n have n² derivatives."""
        wanted = self.wanted(arguments)
        return wanted if self.varied is in_none else wanted._replace(later=True)

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
    batched = Batch(signature_of(own), batch)
    if not is_in_c(own):
        return Meaning(own, batched, reduce, varied=varied_of(own))
    meaning = Meaning(called_by_name(own), batched, reduce)
    meaning.original = own
    return meaning


def varied_of(f: Function) -> Varied:
    """The arguments in which a function takes a derivative, if it is a transform of another."""
    argnums = DIFFERENTIATED.get(f) if isinstance(f, FunctionType) else None
    if argnums is None:
        return in_none
    return lambda count: frozenset(chosen(argnums, count))


IN_C = (
    *(BuiltinFunctionType, MethodDescriptorType, WrapperDescriptorType),
    *(MethodWrapperType, ClassMethodDescriptorType),
)


def is_in_c(f: Function) -> bool:
    """Whether it is a function of C, or a class of Python's own, as `abs`, `hash` and `type`."""
    return isinstance(f, IN_C) or (isinstance(f, type) and f.__module__ == "builtins")


def called_by_name(f: Function) -> Function:
    """The function `lambda *args, **named: hash(*args, **named)`, for a function of C: what it does
    is read in the code that calls it, and Tracers answer to the user's code, as numbers do."""
    name = f.__name__ if f.__name__.isidentifier() else "f"
    code = builtins.compile(f"lambda *args, **named: {name}(*args, **named)", f"<{name}>", "eval")
    made: Function = eval(code, {name: f, "__name__": "builtins"})
    return functools.update_wrapper(made, f)


def signature_of(f: Function) -> inspect.Signature:
    try:
        return inspect.signature(f)
    except ValueError:
        # a function in C that does not say what it takes
        return inspect.signature(lambda *args: None)
