"""Compilers that are wrong, each in one way: the oracle has to notice every one of them.

They are made of what is right, the plain function or its loop over lanes, whatever the library
does. Beside each stand the kinds of difference that it shows as.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import scalargrad as sg

from .calls import numbers
from .lanes import Looped, Reference, plain
from .program import Script
from .world import World

Fault = Callable[[Any], Any]
FAULTS: dict[str, tuple[Callable[[Script], World], set[str]]] = {}


def planted(name: str, wrong: Fault, kinds: set[str]) -> None:
    """A compiler whose gates are those of `plain`, with `wrong` around the function."""

    def compiler(f: Any = None, batch: Any = None, reduce: Any = None, **options: Any) -> Any:
        if f is None:
            return lambda f: compiler(f, batch, reduce)
        return plain(functools.wraps(f)(wrong(f)), batch, reduce)

    FAULTS[name] = (lambda script: World(script, compiler), kinds)


def fault(*kinds: str) -> Callable[[Fault], Fault]:
    def add(wrong: Fault) -> Fault:
        planted(wrong.__name__.replace("_", " "), wrong, set(kinds))
        return wrong

    return add


def on_result(change: Callable[[Any], Any]) -> Fault:
    return lambda f: lambda *args, **named: change(f(*args, **named))


@fault("number")
def keeps_the_first_result_of_equal_arguments(f: Any) -> Any:
    kept: dict[str, Any] = {}

    def gate(*args: Any, **named: Any) -> Any:
        key = repr((numbers(args), numbers(named)))
        if "Value" in repr((args, named)):
            return f(*args, **named)
        return kept.setdefault(key, f(*args, **named)) if key not in kept else kept[key]

    return gate


@fault("raises", "number")
def loses_arguments_by_name(f: Any) -> Any:
    return lambda *args, **named: f(*args)


@fault("does not raise", "raises another")
def goes_on_after_an_exception(f: Any) -> Any:
    def gate(*args: Any, **named: Any) -> Any:
        try:
            return f(*args, **named)
        except (ValueError, LookupError):
            return 0.0

    return gate


@fault("raises another")
def raises_something_else(f: Any) -> Any:
    def gate(*args: Any, **named: Any) -> Any:
        try:
            return f(*args, **named)
        except LookupError as error:
            raise OSError("lost") from error

    return gate


@fault("raises")
def does_not_know_one_of_the_operators(f: Any) -> Any:
    def gate(*args: Any, **named: Any) -> Any:
        if "sin" in getattr(f, "__code__", gate.__code__).co_names:
            raise TypeError("'Tracer' object is not callable")
        return f(*args, **named)

    return gate


@fault("number", "left behind", "structure")
def calls_the_function_twice(f: Any) -> Any:
    def gate(*args: Any, **named: Any) -> Any:
        f(*args, **named)
        return f(*args, **named)

    return gate


def each(x: Any, change: Callable[[Any], Any]) -> Any:
    """A result with each of its numbers changed."""
    if isinstance(x, dict):
        return {key: each(part, change) for key, part in x.items()}
    if type(x) in (list, tuple):
        return type(x)(each(part, change) for part in x)
    return change(x)


def is_int(x: Any) -> bool:
    return isinstance(x, int)


RESULTS: dict[str, tuple[Callable[[Any], Any], set[str]]] = {
    "makes floats of whole numbers": (lambda x: float(x) if is_int(x) else x, {"kind of number"}),
    "makes Values of numbers": (lambda x: sg.Value(x) if is_int(x) else x, {"kind of number"}),
    "makes numbers of Values": (numbers, {"kind of number", "number"}),
    "detaches": (lambda x: x.detach() if type(x) is sg.Value else x, {"number"}),
    "doubles gradients": (lambda x: 2.0 * x - x.data if type(x) is sg.Value else x, {"number"}),
    "is off in the tenth digit": (lambda x: x * (1 + 1e-10) if type(x) is float else x, {"number"}),
}
for name, (change, kinds) in RESULTS.items():
    planted(name, on_result(lambda x, change=change: each(x, change)), kinds)  # type: ignore[misc]
planted(
    "sorts the keys of a dictionary",
    on_result(lambda x: dict(sorted(x.items(), key=str)) if isinstance(x, dict) else x),
    {"structure"},
)
planted(
    "makes tuples of named tuples",
    on_result(lambda x: tuple(x) if hasattr(x, "_fields") else x),
    {"structure"},
)
planted(
    "makes lists of tuples", on_result(lambda x: list(x) if type(x) is tuple else x), {"structure"}
)


# ------ lanes and transforms
class FirstLane(Looped):
    """Gives each sample the first sample's result."""

    def rows(self, arguments: dict[str, Any]) -> Any:
        shape, samples = super().rows(arguments)
        return shape, [samples[0]] * len(samples)


class SumForMean(Looped):
    def __init__(self, f: Any, batch: Any, reduce: Any) -> None:
        super().__init__(f, batch, reduce and "sum")


def lanes_made_by(kind: type[Looped]) -> Callable[[Script], World]:
    def compiler(f: Any = None, batch: Any = None, reduce: Any = None, **options: Any) -> Any:
        if f is None or batch is None or batch is True:
            return plain(f, batch, reduce)
        return kind(f, (batch,) if isinstance(batch, str) else batch, reduce)

    return lambda script: World(script, compiler)


class OnlyLast(Reference):
    """Differentiates in the last of the arguments that were asked for."""

    def of(self, name: str, f: Any, argnums: Any) -> Any:
        if isinstance(argnums, int) or len(argnums) < 2:
            return super().of(name, f, argnums)
        return super().of(name, f, (argnums[-1],) * 1)


class Halved(Reference):
    def hessian(self, f: Any, argnums: Any = 0) -> Any:
        exact = super().hessian(f, argnums)
        return lambda *args, **named: each(exact(*args, **named), lambda x: x / 2.0)


class Backwards(Reference):
    """Takes the direction for the opposite one."""

    def jvp(self, f: Any, primals: Any, tangents: Any) -> Any:
        value, tangent = super().jvp(f, primals, tangents)
        return value, each(tangent, lambda x: -x)


def transforms_of(kind: type[Reference]) -> Callable[[Script], World]:
    return lambda script: World(script, plain, kind())


FAULTS |= {
    "gives all lanes the first one's result": (lanes_made_by(FirstLane), {"number"}),
    "sums where it should average": (lanes_made_by(SumForMean), {"number"}),
    "differentiates in one argument alone": (transforms_of(OnlyLast), {"structure"}),
    "halves the Hessian": (transforms_of(Halved), {"number"}),
    "turns directions round": (transforms_of(Backwards), {"number"}),
}
