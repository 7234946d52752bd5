"""Random nestings: functions that close over Values, wrapped in compile, checkpoint and transforms,
called on arguments that depend on what is closed over.

A nesting is data. It runs as it stands, or `plainly`: without compile and checkpoint, which must
change nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import scalargrad as sg

KEEPING = ("plain", "compile", "checkpoint")
TRANSFORMS = ("grad", "value_and_grad", "jvp", "vjp", "hvp")
UNARY: dict[str, Callable[[Any], Any]] = {
    "sin": sg.sin,
    "tanh": sg.tanh,
    "sigmoid": sg.sigmoid,
    "half": lambda x: 0.5 * x,
    "square": lambda x: x * x,
    "scaled": lambda x: x * sg.Value(0.7),
    "stopped": lambda x: x * sg.stop_gradient(sg.sin(x)),
}
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "logsumexp": lambda x, y: sg.logsumexp([x, y]),
    "either": lambda x, y: x * y if x > y else sg.sin(x) + y,
}


class Tree(NamedTuple):
    """An expression: one of the Values in scope, by its index; an operation on other trees; or the
    call of a function on them."""

    what: str
    operands: tuple[Tree, ...] = ()
    index: int = 0
    function: Function | None = None

    def __repr__(self) -> str:
        if self.what == "value":
            return f"s{self.index}"
        inside = ", ".join(map(repr, self.operands))
        return f"{self.function or self.what}({inside})"


class Function(NamedTuple):
    """A function of the Values in scope and of `arity` more; several bodies are several results.

    It takes its arguments in a list if it is `packed`. The first of `wrapped` is innermost.
    """

    arity: int
    bodies: tuple[Tree, ...]
    wrapped: tuple[str, ...]
    packed: bool
    argnum: int

    def __repr__(self) -> str:
        bodies = ", ".join(map(repr, self.bodies))
        packed = "packed " if self.packed else ""
        name = " of ".join(reversed(self.wrapped))
        return f"{name}[{packed}{self.arity}@{self.argnum}: {bodies}]"


# ------ drawing them


class Draw:
    """Draws trees and functions; `most` calls are left to put in."""

    def __init__(self, source: random.Random, most: int) -> None:
        self.source = source
        self.most = most

    def tree(self, scope: int, depth: int) -> Tree:
        """A tree over a scope of that many Values."""
        source = self.source
        if depth == 0:
            return Tree("value", index=source.randrange(scope))
        if self.most and source.random() < 0.6:
            return self.call(scope, depth)
        names = source.choice([UNARY, BINARY])
        count = 1 if names is UNARY else 2
        what = source.choice(list(names))
        return Tree(what, self.trees(count, scope, depth - 1))

    def trees(self, count: int, scope: int, depth: int) -> tuple[Tree, ...]:
        return tuple(self.tree(scope, self.source.randint(0, depth)) for _ in range(count))

    def call(self, scope: int, depth: int) -> Tree:
        self.most -= 1
        function = self.function(scope, depth)
        return Tree("call", self.trees(function.arity, scope, depth - 1), function=function)

    def function(self, scope: int, depth: int) -> Function:
        source = self.source
        arity = source.randint(1, 3)
        wrapped = tuple(self.kind() for _ in range(source.randint(1, 3)))
        one = not set(TRANSFORMS).isdisjoint(wrapped)
        bodies = self.trees(1 if one else source.randint(1, 2), scope + arity, depth)
        packed = not one and source.random() < 0.3
        return Function(arity, bodies, wrapped, packed, source.randrange(arity))

    def kind(self) -> str:
        return self.source.choice(KEEPING if self.source.random() < 0.7 else TRANSFORMS)


def random_nesting(source: random.Random, scope: int) -> Tree:
    """A nesting with at least one call in it, over a scope of that many Values."""
    return Draw(source, source.randint(1, 5)).call(scope, 3)


# ------ running them


def run(tree: Tree, scope: Sequence[Any], plainly: bool) -> Any:
    if tree.what == "value":
        return scope[tree.index]
    operands = [run(x, scope, plainly) for x in tree.operands]
    if tree.function is None:
        return {**UNARY, **BINARY}[tree.what](*operands)
    return called(tree.function, scope, operands, plainly)


def called(function: Function, scope: Sequence[Any], operands: list[Any], plainly: bool) -> Any:
    count = 1 if function.packed else function.arity
    f = with_arity(count, definition(function, scope, plainly))
    for kind in function.wrapped:
        f = wrapped(kind, f, count, function.argnum, plainly)
    out = f(operands) if function.packed else f(*operands)
    return out[0] + 0.7 * out[1] if type(out) is list else out


def definition(function: Function, scope: Sequence[Any], plainly: bool) -> Any:
    def f(*args: Any) -> Any:
        inside = [*scope, *(args[0] if function.packed else args)]
        out = [run(body, inside, plainly) for body in function.bodies]
        return out if len(out) > 1 else out[0]

    return f


def with_arity(count: int, f: Any) -> Any:
    return [lambda x: f(x), lambda x, y: f(x, y), lambda x, y, z: f(x, y, z)][count - 1]


def wrapped(kind: str, f: Any, count: int, argnum: int, plainly: bool) -> Any:
    if kind == "compile":
        return f if plainly else sg.compile(f)
    if kind == "checkpoint":
        return f if plainly else with_arity(count, lambda *args: sg.checkpoint(f, *args))
    if kind == "grad":
        return with_arity(count, sg.grad(f, argnum))
    return with_arity(count, TRANSFORMED[kind](f, argnum)) if kind in TRANSFORMED else f


def weighed(value: Any, slope: Any) -> Any:
    return value + 0.3 * slope


def along(f: Any, transform: Any) -> Any:
    """The function that a transform along a direction makes of `f`."""
    return lambda *args: transform(f, args, (0.5, -1.5, 2.0)[: len(args)])


TRANSFORMED: dict[str, Callable[[Any, int], Any]] = {
    "value_and_grad": lambda f, k: lambda *args: weighed(*sg.value_and_grad(f, k)(*args)),
    "jvp": lambda f, k: lambda *args: weighed(*along(f, sg.jvp)(*args)),
    "vjp": lambda f, k: lambda *args: sg.vjp(f, *args)[1](args[k])[k],
    "hvp": lambda f, k: lambda *args: along(f, sg.hvp)(*args)[k],
}
