"""One run of a script: a module of its own, in which the program's text is executed."""

from __future__ import annotations

import itertools
import sys
import types
import warnings
from typing import Any, NamedTuple

import numpy as np

import scalargrad as sg

from . import calls
from .lanes import Reference, plain
from .program import HEADER, Script, Step

CODE = compile(HEADER, "<header>", "exec")
COUNT = itertools.count()


DATA = (bool, int, float, str, list, tuple, dict, set, np.ndarray, sg.Value)


def is_data(x: Any) -> bool:
    if isinstance(x, type):
        return False
    return isinstance(x, DATA) or getattr(type(x), "__module__", "").startswith("program_")


def pictured(x: Any, depth: int = 4) -> Any:
    """A copy, in which objects of the program's classes are dictionaries."""
    if depth == 0 or not is_data(x):
        return type(x).__name__
    if isinstance(x, dict):
        return {key: pictured(part, depth - 1) for key, part in x.items()}
    if type(x) in (list, tuple):
        return [pictured(part, depth - 1) for part in x]
    if isinstance(x, DATA):
        return x.copy() if isinstance(x, np.ndarray) else x
    attributes = getattr(x, "__dict__", {})
    return {name: pictured(part, depth - 1) for name, part in sorted(attributes.items())}


class Outcome(NamedTuple):
    """What a step gave: a result, or what it raised."""

    result: Any = None
    raised: BaseException | None = None

    def __str__(self) -> str:
        if self.raised is not None:
            return f"raises {type(self.raised).__name__}: {self.raised!s:.200}"
        return f"{self.result!r:.300}"


class World:
    """`compiler` stands under the name `compile`; a context manager, which forgets the module."""

    def __init__(self, script: Script, compiler: Any = plain, transforms: Any = None) -> None:
        self.script = script
        self.module = types.ModuleType(f"program_{next(COUNT)}_")
        self.names = {name: getattr(calls, name) for name in calls.__all__}
        self.names["sg"] = Reference() if transforms is None else transforms
        self.module.__dict__["compile"] = compiler

    def __enter__(self) -> World:
        sys.modules[self.module.__name__] = self.module
        space = self.module.__dict__
        exec(CODE, space)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                exec(compile(self.script.program.source, "<program>", "exec"), space)
                exec(compile(self.script.setup, "<setup>", "exec"), space)
            except BaseException:
                self.__exit__()
                raise
        return self

    def __exit__(self, *problem: object) -> None:
        # also the modules that the program made
        for name in [name for name in sys.modules if name.startswith(self.module.__name__)]:
            del sys.modules[name]

    def left(self) -> dict[str, Any]:
        """The data that the program has under its names: what calls may have changed."""
        own = ((k, x) for k, x in self.module.__dict__.items() if k[0] != "_" and is_data(x))
        return {name: pictured(x) for name, x in own if name not in ("gate", "inner")}

    def run(self, step: Step, text: str = "") -> Outcome:
        """Run a step, or another spelling of it."""
        text = text or step.text
        with warnings.catch_warnings():
            # a gate may say that it traces anew at every call
            warnings.simplefilter("ignore")
            try:
                if step.change:
                    exec(text, self.module.__dict__)
                    return Outcome()
                return Outcome(eval(text, self.module.__dict__, self.names))
            except Exception as error:
                return Outcome(raised=error.with_traceback(None))


def compiled(script: Script) -> World:
    return World(script, sg.compile, sg)
