"""Derivatives of compiled functions, which are compiled functions themselves.

A transform of a gate is the gate of the transform: it is traced and run like any other. Over lanes
each sample has a derivative of its own. Where a gate is reduced over its lanes, what is derived is
the sum: a derivative in numbers that are the same in all lanes is a sum over them; one in numbers
that each sample has its own of is one for each sample, and `Variables` marks it so in the trace.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .. import modes
from ..transforms import functional
from ..transforms.functional import chosen
from .inputs.lanes import Batch

Function = Callable[..., Any]


class Derived:
    """The function behind a derived gate: a `transform` of the function `of` another one."""

    def __init__(self, transform: Callable[[Function], Function], of: Function, name: str) -> None:
        functools.update_wrapper(self, of)
        self.of = of
        self.__name__ = self.__qualname__ = f"{name}({getattr(of, '__name__', 'f')})"
        self.transformed: Function = transform(
            of.transformed if isinstance(of, Derived) else unmarked(of)
        )
        self.is_transform_of_reduced = False

    @property
    def user_function(self) -> Function:
        return self.of.user_function if isinstance(self.of, Derived) else self.of

    def __call__(self, *args: Any, **named: Any) -> Any:
        trace = modes.state.trace
        if trace is None:
            return self.transformed(*args, **named)
        with marking(trace, trace.root is self and trace.reduced):
            return self.transformed(*args, **named)


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
def marking(trace: Any, marks: bool) -> Iterator[None]:
    around, trace.marks = trace.marks, marks
    try:
        yield
    finally:
        trace.marks = around


def plainly(gate: Any, transform: Callable[[Function], Function], args: Any, named: Any) -> Any:
    """A transform of what a gate means, which is reduced over its lanes."""

    def reduced(*args: Any, **named: Any) -> Any:
        return gate.plainly(args, named)

    return transform(reduced)(*args, **named)


# ------ which arguments have lanes


class Twice:
    """The lanes of a function's arguments and of as many tangents, one for each."""

    def __init__(self, batch: Batch, arity: int, cotangent: bool | None = None) -> None:
        self.batch = batch
        self.arity = arity
        self.cotangent = cotangent
        """Of a pullback, whose last argument is no tangent: whether that has lanes."""
        self.elements, self.names = batch.elements, batch.names

    def __bool__(self) -> bool:
        return bool(self.batch)

    def completed(self, args: Sequence[Any], named: Any) -> Any:
        return named

    def by_sample(self, count: int, named: Any) -> list[bool]:
        own = self.batch.by_sample(self.arity, ())
        return [*own, *(own if self.cotangent is None else [self.cotangent and any(own)])]


# ------ the transforms


def in_arguments(transform: Any, argnums: Any) -> Callable[[Function], Function]:
    """A transform that takes `argnums`, as a function of a function."""
    return lambda f: transform(f, argnums)


def along(transform: Any, arity: int) -> Callable[[Function], Function]:
    """jvp or hvp as a function of primals and tangents, one after the other."""
    return lambda f: lambda *both: transform(f, both[:arity], both[arity:])


def pulled_back(f: Function) -> Function:
    """vjp as a function of primals and a cotangent."""
    return lambda *both: functional.vjp(f, *both[:-1])[1](both[-1])


def value_of(f: Function) -> Function:
    """The value that vjp gives beside the pullback."""
    return lambda *primals: functional.vjp(f, *primals)[0]


def places(argnums: Any, count: int) -> frozenset[int]:
    """The places among `count` arguments that `argnums` names."""
    return frozenset(chosen(argnums, count))
