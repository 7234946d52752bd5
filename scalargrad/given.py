"""Value(data, parents, partials): a node whose number and partial derivatives are the user's own.

The node's operator is made for it: it knows the number and the partials at these operands, and
nothing else. Here are also the other ways in which classes like micrograd's are constructed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan
from typing import Any

from . import modes
from .backward import NO_GRADIENT
from .messages import described, written
from .rows import Operator
from .scalars import attribute, is_real, is_value, real

CURE = "define its operator once, with scalargrad.operator(name, forward, *partials)"


class Given(Operator):
    """The operator of a node that was given as `data` where its operands are `at`. `known` are its
    partials there, None where they are not known."""

    def __init__(
        self, symbol: str, data: float, at: tuple[float, ...], known: tuple[float, ...] | None
    ) -> None:
        self.parts = symbol, data, at, known

        def forward(*numbers: float) -> float:
            # compared as written, for NaN equals nothing and −0.0 equals 0.0
            if repr(numbers) == repr(at):
                return data
            raise TypeError(f"the number of a node {symbol!r} is given at {at} alone: {CURE}")

        def local(out: Any, *operands: Any) -> list[Any]:
            if known is None:
                raise no_second_derivative()
            if not any(map(is_value, operands)):
                return list(known)
            return [unknown_beyond(partial, at, operands) for partial in known]

        super().__init__("given", symbol, forward, None, local)

    def __reduce__(self) -> Any:
        return Given, self.parts


def no_second_derivative() -> TypeError:
    return TypeError(
        "a node made by Value(data, parents, partials) has no second derivative, for its partials "
        f"are numbers: {CURE}"
    )


def unknown_beyond(partial: float, at: tuple[float, ...], operands: Sequence[Any]) -> Any:
    """A partial as a node above the operands: how it depends on them is not known."""
    if modes.state.transforms:
        raise no_second_derivative()
    row = Given("∂", partial, at, None)
    kind = next(type(x) for x in operands if is_value(x))
    count = sum(type(x) is kind for x in operands)
    return kind._rebuild(row, partial, NO_GRADIENT, "", tuple(operands), (nan,) * count)


# ------ the arguments of Value

MISSING: Any = object()
"""Stands for an argument that did not come."""

POSITIONS = ("parents", "partials", "label")
"""The second, third and fourth argument; but a text in second place is the label, and a text in
third place names the operator."""
NAMES = {
    **{name: "parents" for name in ("parents", "children", "_children")},
    **{name: "partials" for name in ("partials", "local_grads", "_local_grads")},
    "_op": "op",
    "label": "label",
}


def arguments(rest: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments after the number, by what they are."""
    names = list(POSITIONS)
    if rest and not isinstance(rest[0], (str, tuple, list, set)):
        raise TypeError(
            f"expected {EXPECTED}; a label is a string, parents a tuple: got {described(rest[0])}"
        )
    if rest and isinstance(rest[0], str):
        names = ["label"]
    elif len(rest) > 1 and isinstance(rest[1], str):
        names[1] = "op"
    if len(rest) > len(names):
        raise TypeError(f"expected {EXPECTED}, got {1 + len(rest)} arguments")
    found = dict(zip(names, rest))
    for name, x in named.items():
        if name not in NAMES:
            raise TypeError(f"expected {EXPECTED}, got the argument {name!r}")
        if NAMES[name] in found:
            raise TypeError(f"expected {EXPECTED}, got {NAMES[name]} twice")
        found[NAMES[name]] = x
    return found


EXPECTED = "Value(data), Value(data, label) or Value(data, parents, partials)"


def constructed(kind: Any, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """Return the Value of this `kind` for arguments that are more than a number and a label."""
    if bool(args) is ("data" in named):
        raise TypeError(f"expected {EXPECTED}, got {written('Value', args, named)}")
    data, *rest = args if args else [named["data"]]
    found = arguments(rest, {name: x for name, x in named.items() if name != "data"})
    label, symbol = found.get("label", ""), found.get("op", "")
    parents, partials = found.get("parents", ()), found.get("partials", ())
    for text in (label, symbol):
        if not isinstance(text, str):
            raise TypeError(f"a label or an operator's name is a string, got {described(text)}")
    if isinstance(parents, (tuple, list, set)) and not (parents or partials):
        if symbol:
            raise TypeError(f"a Value without parents has no operator, got {symbol!r}: label it")
        return kind(data, label)
    if modes.is_traced():
        raise modes.refusal(f"compile cannot follow Value(data, parents, partials): {CURE}")
    check_parents(parents)
    check_partials(parents, partials)
    known = tuple([real(p) + 0.0 for p in partials])
    return node(kind, attribute(data, "data"), tuple(parents), known, symbol, label)


def check_parents(parents: Any) -> None:
    if not isinstance(parents, (tuple, list)):
        raise TypeError(f"parents are a tuple of Values, got {described(parents)}")
    for x in parents:
        if not is_value(x):
            raise TypeError(f"parents are Values, got {described(x)} among them")


def check_partials(parents: Sequence[Any], partials: Any) -> None:
    if not isinstance(partials, (tuple, list)) or len(partials) != len(parents):
        raise TypeError(
            f"partials are a tuple of numbers, one for each of the parents, which are "
            f"{len(parents)}; got {described(partials)}: write Value(data, parents, partials), or "
            f"{CURE}"
        )
    for x in partials:
        if not is_real(x):
            raise TypeError(f"partials are numbers, got {described(x)} among them")


def node(
    kind: Any, data: float, parents: tuple[Any, ...], known: Any, symbol: str, label: str
) -> Any:
    row = Given(symbol or "given", data, tuple(x._number for x in parents), known)
    found = kind._rebuild(row, data, NO_GRADIENT, label, parents, known)
    return modes.settle(found) if modes.active else found
