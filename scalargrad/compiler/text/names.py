"""Names for the inputs and outputs of a program, from the arguments of the function."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterator, Sequence
from itertools import count
from typing import Any, NamedTuple

from ...scalars import is_value
from ...transforms.parameters import positional_names
from ..inputs.arguments import Arguments
from ..inputs.sources import Inputs, is_given
from ..passes.traced import Traced
from ..trace.sources import Draw


class Names(NamedTuple):
    """Names as a reader of the function knows them: `x[0]`, `model.w`, `∂loss/∂x[0]`."""

    function: str
    inputs: list[str]
    outputs: list[str]


def names_of(
    function: str, signature: inspect.Signature, arguments: Arguments, traced: Traced
) -> Names:
    """Return the names of a traced program's inputs and outputs."""
    numbers = arguments.names(argument_names(signature, arguments))
    given, sources = Inputs("lane_count", "lane_share", numbers), list(traced.sources)
    inputs = [given.of(s) if is_given(s) else captured_name(s, k) for k, s in enumerate(sources)]
    positions = traced.wanted.positions if traced.wanted is not None else ()
    variables = [numbers[k] for k in positions]
    if traced.wanted is not None:
        variables += [
            name for s, name in zip(sources, inputs) if any(s is x for x in traced.captured)
        ]
    names = traced.structure.names(function)
    outputs = [
        name
        for e, entry in zip(names, traced.entries)
        for name in (e, *(f"∂{e}/∂{x}" for x in variables if entry.linked))
    ]
    return Names(function, inputs, outputs)


def argument_names(signature: inspect.Signature, arguments: Arguments) -> list[str]:
    """The parameters by name; those that *args takes by their place in it."""
    count = len(arguments.specs) - len(arguments.names_given)
    return [*positional_names(signature, count), *arguments.names_given]


def captured_name(source: Any, k: int) -> str:
    if isinstance(source, Draw):
        return f"draw {source.k}"
    return (is_value(source) and source.label) or f"captured {k}"


def identifiers(names: Sequence[str], reserved: Collection[str]) -> list[str]:
    """Return identifiers as close to these names as they can be, all different."""
    taken = set(reserved)
    found = []
    for name in names:
        plain = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_") or "x"
        plain = f"x{plain}" if plain[0].isdigit() else plain
        # v7 and v7_1 are what a program calls its own
        own = re.compile(r"v\d+(_\d+)?").fullmatch
        safe = next(x for x in variants(plain) if x not in taken and not own(x))
        taken.add(safe)
        found.append(safe)
    return found


def variants(name: str) -> Iterator[str]:
    yield name
    yield f"{name}_"
    yield from (f"{name}_{k}" for k in count(2))
