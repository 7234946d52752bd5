"""What the arguments of a function are called: by its parameters."""

from __future__ import annotations

from inspect import Parameter, Signature

ONLY_POSITIONAL = Parameter.POSITIONAL_ONLY
POSITIONAL = (ONLY_POSITIONAL, Parameter.POSITIONAL_OR_KEYWORD)


def positional_names(signature: Signature, count: int) -> list[str]:
    """The names of so many arguments given by place; *rest takes rest[0], rest[1]."""
    parameters = signature.parameters.values()
    found = [p.name for p in parameters if p.kind in POSITIONAL][:count]
    rest = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), "arguments")
    return found + [f"{rest}[{k}]" for k in range(count - len(found))]
