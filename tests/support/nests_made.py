"""Programs with loops, of functions whose operator calls are recorded."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from struct import pack
from typing import Any

import scalargrad as sg
from scalargrad.compiler.loops.recorder import Recorder
from scalargrad.compiler.machine.nest_interpreter import interpret
from scalargrad.compiler.nests.encoding import NestCode
from scalargrad.compiler.nests.program import Asked, Derived
from scalargrad.compiler.trace.native import machine
from scalargrad.rows import BUILT_IN
from tests.support.random_loops import Counted, Functions, Recording, called


class Rows(type):
    """Any operator of the table, by its name."""

    def __getattr__(cls, name: str) -> Callable[..., Any]:
        row = BUILT_IN[name]
        return lambda *operands: called(row, row.forward, *operands)


class AllFunctions(Functions, metaclass=Rows):
    """The functions that a function may call, as `m`."""


def asked(f: Callable[..., Any], numbers: Sequence[float], most: int = 20_000) -> Asked:
    """Record `f(m, *x)`; ask for its result and the derivatives in all inputs."""
    recorder = Recorder()
    result = f(AllFunctions, *Recording(recorder, most=most).inputs(numbers))
    assert isinstance(result, Counted)
    inputs = range(len(numbers))
    return Asked(
        recorder.finish().items, [False for _ in inputs], [result.at], [True], list(inputs), True
    )


def code_of_function(
    f: Callable[..., Any], numbers: Sequence[float], careful: bool = False
) -> NestCode:
    return Derived(asked(f, numbers)).code(careful)


def eager(f: Callable[..., Any], numbers: Sequence[float]) -> list[float]:
    """The result and the derivatives in eager mode."""
    values = [sg.Value(x) for x in numbers]
    result = f(sg, *values)
    result.backward()
    return [result.data, *(value.grad for value in values)]


def runs(code: NestCode, numbers: Sequence[float], times: int = 2) -> Iterator[list[float]]:
    """Yield the results of each engine; of the native machine as often as told."""
    found, failed = interpret(code, numbers)
    assert failed == -1
    yield found
    if machine is not None:
        native = machine.Nest(**code._asdict())
        for _ in range(times):
            yield native.run(list(numbers), None, False)


def bits(numbers: Sequence[float]) -> bytes:
    return pack(f"{len(numbers)}d", *numbers)


def nest_code(code: Sequence[int], **parts: Any) -> NestCode:
    """A program of such code, with 20 places, 2 of them inputs, and 3 walks."""
    made = NestCode(
        initial=array("d", [0.0] * 20),
        indexes=array("q", [0, 3, 19]),
        code=array("i", code),
        results=array("i", [2]),
        places=20,
        inputs=2,
        walks=3,
    )
    return made._replace(**parts)
