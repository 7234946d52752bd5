"""The arguments of a function that is to be shown: numbers in them, nested or not, become Values
labelled by their places; beside Values of the user's own numbers stay numbers, but for a model.
`explain` and `draw` call functions in this one way."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from ...engine import Value
from ...scalars import is_value
from ...transforms.parameters import argument_names
from ...transforms.trees import HOLDS_VALUES, NUMERIC, OTHER, flatten, is_model
from ...transforms.variables import differentiating
from .parts import is_part

NUMBERS_OR_PARTS = (*NUMERIC, OTHER._replace(matches=is_part))
AS_COUNT = re.compile(r"integer|expected a number or a Value, got (list|tuple|str)\b")
"""The words of Python about a Value where it wants an int, and ours about a list times a Value."""


def called(by: str, f: Callable[..., Any], args: Sequence[Any]) -> Any:
    """Return f(*args), each number in `args` as a Value. A count or an index cannot be one: the
    error says how to keep it, in a call of the function `by`."""
    names = argument_names(f, len(args))
    with differentiating(level=False):
        if not is_part(getattr(f, "__self__", f)) and any(map(holds_a_value, args)):
            return f(*args)
        try:
            return f(*map(labelled, args, names))
        except (TypeError, ValueError, IndexError) as error:
            counts = [i for i, x in enumerate(args) if type(x) is int]
            if not counts or not AS_COUNT.search(str(error)):
                raise
            raise TypeError(f"{error}{cure(by, f, args, names, counts)}") from error


def holds_a_value(arg: Any) -> bool:
    """Whether a Value stands in an argument; the parameters of a model are none of the user's."""
    return not is_model(arg) and any(map(is_value, flatten(arg, "an input", HOLDS_VALUES)[0]))


def cure(by: str, f: Any, args: Sequence[Any], names: Sequence[str], counts: Sequence[int]) -> str:
    kept = counts if len(counts) < len(args) else counts[-1:]
    free = [name if name.isidentifier() else f"x{i}" for i, name in enumerate(names)]
    given = [repr(x) if i in kept else free[i] for i, x in enumerate(args)]
    lifted = [i for i in range(len(args)) if i not in kept]
    variables, numbers = (", ".join(x[i] for i in lifted) for x in (free, [*map(brief, args)]))
    name = getattr(f, "__name__", type(f).__name__).replace("<lambda>", "f")
    which = " or ".join(names[i] for i in kept)
    return (
        f". {by} makes a Value of every number in the arguments; if {which} is a count or an "
        f"index, close over it: {by}(lambda {variables}: {name}({', '.join(given)}), {numbers})"
    )


def brief(x: Any) -> str:
    return f"{x!r:.40}"


def labelled(arg: Any, name: str) -> Any:
    """Return an argument with Values, labelled after their places, for the numbers in it."""
    entries, structure = flatten(arg, name, NUMBERS_OR_PARTS)
    pairs = zip(entries, structure.names(name))
    return structure.rebuilt([x if is_value(x) else Value(x, label) for x, label in pairs])
