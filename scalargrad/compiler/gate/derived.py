"""Derivatives of compiled functions, which are compiled functions themselves.

A transform of a gate is the gate of the transform: it is traced and run like any other. Over lanes
each sample has a derivative of its own. Where a gate is reduced over its lanes, what is derived is
the sum: a derivative in uniform numbers is a sum over the lanes; one in numbers that each sample
has its own of is one for each sample, and `Variables` marks it so in the trace.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from ... import modes
from ...transforms import functional
from ...transforms.functional import check_tangents, is_gradient, several
from ...transforms.jacobians import Jacobian, jacobian_of
from ...transforms.variables import chosen
from ..inputs.lanes import Batch
from ..trace.recorder import Recorder
from .meaning import Function, Meaning

Transform = Callable[[Function], Function]


class Derived:
    """The function behind a derived gate: a `transform` of the function `of` another one."""

    def __init__(self, transform: Transform, of: Function, name: str) -> None:
        functools.update_wrapper(self, of)
        self.__name__ = self.__qualname__ = f"{name}({getattr(of, '__name__', 'f')})"
        self._transformed: Function = transform(
            of._transformed if isinstance(of, Derived) else unmarked(of)
        )
        self._is_gradient = is_gradient(self._transformed)

    def __call__(self, *args: Any, **named: Any) -> Any:
        trace = modes.state.trace
        if trace is None:
            return self._transformed(*args, **named)
        trace.waits = trace.root is self and self._is_gradient
        try:
            with marking(trace, trace.root is self and trace.reduced):
                return self._transformed(*args, **named)
        finally:
            trace.waits = False


def jacobian_behind(f: Function) -> Jacobian | None:
    """The Jacobian that a gate of this function computes, if it does."""
    return jacobian_of(f._transformed if isinstance(f, Derived) else f)


def unmarked(f: Function) -> Function:
    """The function itself: what it differentiates within is marked nowhere."""

    @functools.wraps(f, updated=())
    def called(*args: Any, **named: Any) -> Any:
        if modes.state.trace is None:
            return f(*args, **named)
        with marking(modes.state.trace, False):
            return f(*args, **named)

    return called


@contextmanager
def marking(trace: Recorder, marks: bool) -> Iterator[None]:
    around, trace.marks = trace.marks, marks
    try:
        yield
    finally:
        trace.marks = around


# ------ which arguments have lanes


class WithTangents(Batch):
    """The lanes of a function's arguments, then of as many tangents, each as its argument.

    Of a pullback the last argument is no tangent: `cotangent` says whether it has lanes.
    """

    def __init__(self, batch: Batch, arity: int, cotangent: bool | None = None) -> None:
        vars(self).update(vars(batch))
        self._of_arguments = batch
        self._arity = arity
        self._cotangent = cotangent

    def completed(self, args: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
        return dict(named)

    def by_sample(self, count: int, named: Iterable[str]) -> list[bool]:
        own = self._of_arguments.by_sample(self._arity, ())
        return [*own, *(own if self._cotangent is None else [self._cotangent and any(own)])]


# ------ the transforms


def in_arguments(transform: Any, argnums: Any) -> Transform:
    """A transform that takes `argnums`, as a function of a function."""
    return lambda f: transform(f, argnums)


def along(transform: Any, arity: int) -> Transform:
    """jvp or hvp as a function of primals and tangents, one after the other."""
    return lambda f: lambda *both: transform(f, both[:arity], both[arity:])


def pulled_back(f: Function) -> Function:
    """vjp as a function of primals and a cotangent."""
    return lambda *both: functional.vjp(f, *both[:-1])[1](both[-1])


def value_of(f: Function) -> Function:
    """The value that vjp gives beside the pullback."""
    return lambda *primals: functional.vjp(f, *primals)[0]


# ------ the gates
class Derivatives:
    """The gates of the transforms of one gate, kept, so that asking again costs nothing.

    `make(gate, meaning, *key)` makes the one that a key tells: a transform's name and its options.
    """

    def __init__(self, meaning: Meaning, make: Callable[..., Any]) -> None:
        self.meaning = meaning
        self.make = make
        self.known: dict[Any, Any] = {}

    def of(self, gate: Any, transform: Any, *options: Any) -> Any:
        """Return what a transform makes of the gate that these belong to."""
        name = transform.__name__
        if name == "vjp":
            return self.pullback(gate, *options)
        if name in ("jvp", "hvp"):
            return self.along_tangents(gate, transform, *options)
        return self.in_arguments(gate, transform, *options)

    def in_arguments(self, gate: Any, transform: Any, argnums: Any) -> Any:
        key = transform.__name__, argnums
        make = in_arguments(transform, argnums)

        def varied(count: int) -> frozenset[int]:
            return frozenset(chosen(argnums, count))

        return self.kept(gate, key, make, varied, self.meaning.batch)

    def along_tangents(self, gate: Any, transform: Any, primals: Any, tangents: Any) -> Any:
        primals, tangents = several(primals, "primals"), several(tangents, "tangents")
        count = len(primals)
        check_tangents(count, tangents)
        key, both = (transform.__name__, count), WithTangents(self.meaning.batch, count)
        derived = self.kept(gate, key, along(transform, count), range, both)
        return derived(*primals, *tangents)

    def pullback(self, gate: Any, *primals: Any) -> Any:
        count, batch = len(primals), self.meaning.batch
        both = WithTangents(batch, count, cotangent=self.meaning.reduce is None)
        derived = self.kept(gate, ("vjp", count), pulled_back, range, both)
        value = self.kept(gate, ("value", count), value_of, range, batch)
        return value(*primals), lambda cotangent: derived(*primals, cotangent)

    def kept(self, gate: Any, key: Any, transform: Transform, varied: Any, batch: Any) -> Any:
        if key not in self.known:
            of = self.meaning
            f, of_sums = Derived(transform, of.f, key[0]), partial(of_reduced, of, transform)
            meaning = Meaning(f, batch, of.reduce, of.used, varied, of_sums)
            self.known[key] = self.make(gate, meaning, *key)
        return self.known[key]


def of_reduced(
    meaning: Meaning, transform: Transform, args: Sequence[Any], named: Mapping[str, Any]
) -> Any:
    """A transform of what a gate means that reduces its results over its lanes."""
    return transform(lambda *args, **named: meaning(args, named))(*args, **named)
