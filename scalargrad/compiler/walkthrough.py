"""A function after each pass of the compiler, as text, for readers of the compiler."""

from __future__ import annotations

from typing import Any

from . import pipeline
from .branches.lanes import Lanes
from .gate.compiled import Compiled
from .machine.disassembly import disassembled
from .machine.encode import encoded
from .machine.layout import layout_of
from .text.steps import steps
from .trace.body import Body


def after_each_pass(
    gate: Compiled, *args: Any, gradient: bool = False, **named: Any
) -> dict[str, str]:
    """Return the body after each pass for such arguments, as text, by the name of the pass; last
    the code of the machine, "encoded". The passes are those for the value alone, or with the
    `gradient` in all arguments. The first lane is traced."""
    viewed = gate._viewed(args, named, gradient)
    inputs = viewed.names(viewed.path.traced).inputs
    found: dict[str, str] = {}

    def show(name: str, body: Body) -> None:
        found[name] = steps(body, inputs)

    lane = Lanes(viewed.arguments).lane(0, {})
    traced = pipeline.traced(viewed.paths.task, lane, None, show)
    program = pipeline.program_of(traced.body, show=show)
    layout = layout_of(program, traced, viewed.arguments)
    code = encoded(program, layout.addresses, layout.given)
    lanes = program.trace.lanes
    uniform = [name for i, name in zip(program.inputs, inputs) if not lanes[i]]
    found["encoded"] = disassembled(code, uniform)
    return found
