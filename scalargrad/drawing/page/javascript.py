"""A row's forward function and partials in JavaScript, printed by running them on symbols.

A row's C is JavaScript as well, but for the declarations. The functions of C's library that rows
call stand in `special.js` and `gamma.js`, and so do the rows that have no C.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ...rows import BUILT_IN, Operator
from ...spelling import Listing

RUNTIME = ("special.js", "gamma.js")


@cache
def runtime() -> str:
    """The JavaScript that every spelled row relies on."""
    return "\n".join(map(read, RUNTIME))


@cache
def read(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


@cache
def runtime_functions() -> frozenset[str]:
    return functions_in(runtime())


def functions_in(script: str) -> frozenset[str]:
    return frozenset(re.findall(r"^function (\w+)", script, re.MULTILINE))


def needed(kernels: str) -> str:
    """The part of the runtime that these kernels rely on: few have gamma functions."""
    common, gamma = map(read, RUNTIME)
    called = functions_in(gamma) & set(re.findall(r"\w+", kernels))
    return f"{common}\n{gamma}" if called else common


class JavaScript(Listing):
    """JavaScript statements, one for each operation done on its symbols."""

    statement = "const {} = {};"

    def compute(self, op: Operator, operands: tuple[Any, ...]) -> Any:
        if op.c is None and not in_runtime(op):
            return op.forward(*operands)
        return super().compute(op, operands)

    def call(self, op: Operator, operands: list[str]) -> str:
        if op.arity is None:
            return f"{op.c}([{', '.join(operands)}])"
        own = f"{op.name}({', '.join(['{}'] * op.arity)})"
        return (own if in_runtime(op) else op.c or own).format(*operands)


def in_runtime(op: Operator) -> bool:
    return BUILT_IN.get(op.name) is op and op.name in runtime_functions()


def body(script: JavaScript, result: str) -> str:
    return f"{{ {' '.join([*script.lines, f'return {result};'])} }}"


def forward(op: Operator, count: int) -> str:
    """Return the function of a list `x` of `count` operands that computes the row's value."""
    script = JavaScript()
    operands = tuple(script.symbol(f"x[{i}]") for i in range(count))
    return f"(x) => {body(script, script.spell(script.compute(op, operands)))}"


def partials(op: Operator, variable: Sequence[bool]) -> str:
    """Return the function of `out` and the list `x` of operands that computes ∂out/∂operand of
    those that are `variable`, as a list."""
    script = JavaScript()
    operands = [script.symbol(f"x[{i}]") for i in range(len(variable))]
    local = op.local(script.symbol("out"), operands, variable)
    found = zip(local, op.selecting(variable), variable)
    wanted = ", ".join(spelled(script, p, selects) for p, selects, free in found if free)
    return f"(out, x) => {body(script, f'[{wanted}]')}"


def spelled(script: JavaScript, partial: Any, selects: bool) -> str:
    """A partial spelled out; a −0.0 that is not on purpose becomes 0."""
    text = script.spell(partial)
    return text if selects or isinstance(partial, float) else f"{text} + 0"


def kernel(op: Operator, variable: Sequence[bool]) -> str:
    """Return the row in JavaScript, for operands some of which are `variable` and the rest
    constants; "null" for an operator of the user's whose Python cannot be followed."""
    try:
        pair = forward(op, len(variable)), partials(op, variable)
    except Exception:  # whatever the user's own functions raise when run on symbols
        if BUILT_IN.get(op.name) is op:
            raise
        return "null"
    return "{{ forward: {}, partials: {} }}".format(*pair)
