"""Programs and scripts: text that both worlds run, and that can be printed and run by itself."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from . import calls

HEADER = """\
import dataclasses, functools, math, types
from typing import Any, NamedTuple
import numpy as np
import scalargrad as sg
"""


class Argument(NamedTuple):
    """One argument of a program. A spelling is source text with a hole {} for each number."""

    name: str
    spellings: tuple[str, ...] = ("{}",)
    keyword_only: bool = False
    optional: bool = False

    @property
    def holes(self) -> int:
        return self.spellings[0].count("{}")


class Program(NamedTuple):
    """A function `f` and what it uses.

    `changes` are statements that change what it uses; `held` are expressions for Values that it
    closes over. `returns` is "number" if `f` returns one number, "numbers" if a container of
    numbers alone, else "anything". It is called in `forms` alone, if any are named.
    """

    name: str
    source: str
    arguments: tuple[Argument, ...] = (Argument("x"),)
    changes: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    returns: str = "number"
    forms: tuple[str, ...] = ()

    def positional(self) -> list[Argument]:
        return [a for a in self.arguments if not a.keyword_only]


class Step(NamedTuple):
    """A call of `gate`, an expression; or a change, a statement.

    `otherwise` is the call on Values in place of floats, its result as numbers: floats raise
    where Values follow IEEE 754, and a compiled function does as Values do.
    """

    text: str
    change: bool = False
    otherwise: str = ""


class Script(NamedTuple):
    program: Program
    form: str
    setup: str
    steps: tuple[Step, ...]
    strict: bool = True
    """Its numbers are exact, or well conditioned: no difference is put down to rounding."""

    def lines(self) -> str:
        """The whole as a program of its own, which prints what the calls return."""
        steps = [s.text if s.change else f"print({s.text})" for s in self.steps]
        parts = [*calls.needed(" ".join(steps)), "compile = sg.compile", self.program.source]
        return "\n".join([HEADER.rstrip(), *parts, self.setup, *steps, ""])


def drawn(random: Random) -> float:
    """A number of order one, mostly with few digits, so that ties happen."""
    return random.choice(
        (
            lambda: round(random.uniform(-2.0, 2.0), 3),
            lambda: random.randint(-4, 4) / 2,
            lambda: float(random.randint(-2, 3)),
        )
    )()
