"""The names of a function's arguments, by its parameters."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature, signature
from typing import Any

ONLY_POSITIONAL = Parameter.POSITIONAL_ONLY
POSITIONAL = (ONLY_POSITIONAL, Parameter.POSITIONAL_OR_KEYWORD)


def positional_names(of: Signature, count: int) -> list[str]:
    """The names of so many arguments given by place; *rest takes rest[0], rest[1]."""
    parameters = of.parameters.values()
    found = [p.name for p in parameters if p.kind in POSITIONAL][:count]
    rest = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), "arguments")
    return found + [f"{rest}[{k}]" for k in range(count - len(found))]


def argument_names(f: Callable[..., Any], count: int) -> list[str]:
    """The names of so many arguments given by place; of a function that does not tell them, their
    numbers."""
    try:
        return positional_names(signature(f), count)
    except (TypeError, ValueError):  # a function written in C may have no signature
        return [f"argument {i}" for i in range(count)]
