"""Tracers that a function left where the search of its surroundings does not look.

All objects of the program are searched: this is slow, and done only where a Tracer is known to be
left, to say where. They are told by their types: `isinstance` asks an object for its class, and may
run its code.
"""

from __future__ import annotations

import contextvars
import gc
import sys
from collections.abc import Iterator
from types import FrameType, GeneratorType, ModuleType
from typing import Any

from ..trace.recorder import Recorder
from ..trace.tracer import Number
from .released import Releasing
from .watching import a


def taken_back(trace: Recorder) -> list[str]:
    """Put numbers in place of the Tracers of a trace, wherever they are kept; return the places, in
    words."""
    releasing = Releasing()
    found = [*of_variables(releasing), *of_holders(trace, releasing)]
    return list(dict.fromkeys(found))


def of_variables(releasing: Releasing) -> Iterator[str]:
    """Clean the context variables that hold a Tracer; yield their names."""
    for variable, held in contextvars.copy_context().items():
        if (new := releasing.of(held)) is not held:
            variable.set(new)
            yield f"{variable.name}.get()"


def of_holders(trace: Recorder, releasing: Releasing) -> Iterator[str]:
    found = list(holders(trace))
    own = {id(found), *map(id, found)}
    for holder, x in found:
        if type(holder) is GeneratorType:
            holder.close()
            yield f"the generator {holder.__name__}"
        elif type(holder) is tuple:
            for other in gc.get_referrers(holder):
                if id(other) not in own and not is_own(trace, other):
                    releasing.of(other)
                    yield described(other, holder)
        else:
            yield described(holder, x)
            releasing.of(holder)
            releasing.of_attributes(holder)
            cleared(holder)


def cleared(holder: Any) -> None:
    """Throw away what a cache holds that only C reaches."""
    if hasattr(holder, "cache_clear"):
        holder.cache_clear()


def holders(trace: Recorder) -> Iterator[tuple[Any, Any]]:
    """Yield the objects that refer to a Tracer of the trace, each with one of these."""
    for holder in gc.get_objects():
        if not is_own(trace, holder):
            for x in gc.get_referents(holder, *frame_of(holder)):
                if issubclass(type(x), Number) and x.trace is trace:
                    yield holder, x
                    break


def frame_of(holder: Any) -> list[Any]:
    """The holder of the variables of a generator, where that is an object of its own."""
    is_apart = sys.version_info < (3, 11) and type(holder) is GeneratorType
    return [holder.gi_frame] if is_apart and holder.gi_frame is not None else []


def is_own(trace: Recorder, holder: Any) -> bool:
    """Whether an object is part of the search, or of the trace."""
    return type(holder) is FrameType or holder is getattr(trace, "tracers", None)


def described(holder: Any, x: Any) -> str:
    """Where a Tracer, or a tuple that holds it, was found, in words."""
    kind = type(holder)
    if issubclass(kind, dict):
        key = next((key for key, held in list(holder.items()) if held is x), None)
        module = next((m for m in list(sys.modules.values()) if is_of(m, holder)), None)
        return f"a dict, under {key!r:.40}" if module is None else f"{module.__name__}.{key}"
    if issubclass(kind, BaseException):
        return f"{a(kind.__name__)} that was caught"
    return a(kind.__name__)


def is_of(module: Any, held: dict[str, Any]) -> bool:
    return isinstance(module, ModuleType) and vars(module) is held
