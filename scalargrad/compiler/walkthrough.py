"""What each pass of the compiler makes of a function, for readers of the compiler."""

from __future__ import annotations

from typing import Any

from . import pipeline
from .branches.lanes import Lanes
from .gate.compiled import Compiled
from .source.steps import steps
from .trace.body import Body


def after_each_pass(
    gate: Compiled, *args: Any, gradient: bool = False, **named: Any
) -> dict[str, str]:
    """Return what each pass gives for such arguments, as text, by the name of the pass: of the
    value alone, or with the `gradient` in all of them. The first lane is traced."""
    viewed = gate._viewed(args, named, gradient)
    inputs = viewed.names(viewed.path.traced).inputs
    found: dict[str, str] = {}

    def show(name: str, body: Body) -> None:
        found[name] = steps(body, inputs)

    lane = Lanes(viewed.arguments).lane(0, {})
    traced = pipeline.traced(viewed.paths.task, lane, None, show)
    pipeline.program_of(traced.body, show=show)
    return found
