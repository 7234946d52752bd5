"""Parts of error messages: a thing, a call, a count in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def described(x: object) -> str:
    """The type of `x` and how it is written: the end of "expected …, got …"."""
    # a number that is traced stands for a Value or a float, which is what the user knows
    kind = getattr(type(x), "_kind", type)(x)
    return f"{kind.__name__} {x!r:.60}"


def counted(count: int, noun: str) -> str:
    """A number of things: "1 node", "1,000 nodes"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def parameters(names: Sequence[str], defaults: Sequence[Any]) -> str:
    """Parameters written out, as in "(weights, inputs, bias=None)"; the last have defaults."""
    required = len(names) - len(defaults)
    rest = [f"{name}={x}" for name, x in zip(names[required:], defaults)]
    return f"({', '.join([*names[:required], *rest])})"


def written(name: str, arguments: Sequence[Any], named: Mapping[str, Any]) -> str:
    """A call as it is written: "max(1.0, 2.0)"."""
    came = [*map(repr, arguments), *(f"{key}={x!r}" for key, x in named.items())]
    return f"{name}({', '.join(came)})"


def takes(function: Callable[..., Any], arguments: Sequence[Any], named: Mapping[str, Any]) -> bool:
    """Whether a function can be called with these arguments."""
    import inspect  # here, because only an error has need of it

    try:
        inspect.signature(function).bind(*arguments, **named)
    except TypeError:
        return False
    return True


BESIDE_VALUES = re.compile(
    r"loop of ufunc does not support argument \d+ of type (float|int|numpy\.\w+) which"
)


AMONG_VALUES = (
    ": NumPy's functions take an array of Values with no plain numbers among them; make Values of "
    "these, as in np.where(x > 0.0, x, 0.0 * x) or np.append(x, sg.Value(1.0))"
)


LIST = re.compile(
    r"(operand type.*|multiply sequence.*|not supported between.*)'(list|tuple)'|"
    r"number or a Value, got (list|tuple)\b"
)
"""The words of an error about a list where a number was expected."""
AS_LANES = (
    " (batch=True takes each element of an array as a sample, and a list as one argument; "
    "np.asarray(xs) makes an array of a list)"
)


AS_VECTORS = " (a list is no vector: np.array(xs) is one, of numbers and of Values)"


def add_cure_for_lists(error: TypeError, cure: str) -> None:
    """Add to what an error says of a list, where a number was expected, what to do."""
    text = str(error)
    if LIST.search(text) and not text.endswith((AS_LANES, AS_VECTORS)):
        error.args = (text + cure,)


def add_cure_for_arrays(error: TypeError) -> None:
    """Add to what NumPy says of plain numbers beside Values in an array what to do."""
    text = str(error)
    if BESIDE_VALUES.match(text) and not text.endswith(AMONG_VALUES):
        error.args = (text + AMONG_VALUES,)
