"""How functions are called, for messages: the names of what they take, and a call as written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def operand_names(partials: Sequence[Callable[..., Any]] | Callable[..., Any]) -> tuple[str, ...]:
    """The names that the first partial gives to the operands, which follow its `out`."""
    if callable(partials):
        return ()
    code = getattr(partials[0], "__code__", None)
    named = code.co_varnames[1 : code.co_argcount] if code else ()
    plain = tuple(f"x{i}" for i in range(len(partials)))
    return named if len(named) == len(partials) else plain


def parameters(function: Callable[..., Any]) -> str:
    """The parameters of a function written out, as in "(weights, inputs, bias=None)"."""
    code, defaults = function.__code__, function.__defaults__ or ()
    names = code.co_varnames[: code.co_argcount]
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
