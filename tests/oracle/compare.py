"""When a compiled function's result is the plain function's: numbers, structure, kinds."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

import scalargrad as sg

CLOSE = 1e-12
"""Relative; and absolute for numbers of order one, which programs here compute with."""

Near = Callable[[float, float], bool]


class Difference(NamedTuple):
    kind: str
    text: str


def close(x: float, y: float) -> bool:
    if x == y or (x != x and y != y):
        return True
    return abs(x - y) <= CLOSE * (1.0 + max(abs(x), abs(y))) < math.inf


def kind_of(x: Any) -> str:
    """What a result is: a float of NumPy's is a float, a named tuple goes by its name."""
    for kind, name in ((bool, "bool"), (np.bool_, "bool"), (np.integer, "int"), (float, "float")):
        if isinstance(x, kind):
            return name
    return "float" if isinstance(x, np.floating) else type(x).__qualname__


NUMBERS = frozenset(("bool", "int", "float", "Value"))


@dataclasses.dataclass
class Comparison:
    """`loose` takes any number for any other of the same size, as lanes in arrays are."""

    near: Near = close
    loose: bool = False

    def first(self, expected: Any, actual: Any) -> Difference | None:
        return next(self.differences(expected, actual, "result"), None)

    def differences(self, expected: Any, actual: Any, at: str) -> Iterator[Difference]:
        if isinstance(expected, np.ndarray) or isinstance(actual, np.ndarray):
            yield from self.of_arrays(expected, actual, at)
            return
        kinds = kind_of(expected), kind_of(actual)
        # of numbers that NumPy made of whole ones the size alone counts
        loose = self.loose or (isinstance(expected, np.generic) and kinds[1] != "Value")
        if kinds[0] != kinds[1] and not (loose and NUMBERS.issuperset(kinds)):
            kind = "kind of number" if NUMBERS.issuperset(kinds) else "structure"
            came = f"expected {kinds[0]} {expected!r:.80}, got {kinds[1]} {actual!r:.80}"
            yield Difference(kind, f"{at}: {came}")
        elif kinds[0] in NUMBERS:
            yield from self.of_numbers(expected, actual, at)
        else:
            yield from self.of_parts(expected, actual, at)

    def of_numbers(self, expected: Any, actual: Any, at: str) -> Iterator[Difference]:
        x, y = (v.data if type(v) is sg.Value else v for v in (expected, actual))
        exact = not self.loose and kind_of(expected) in ("bool", "int")
        if x != y and (exact or not self.near(float(x), float(y))):
            yield Difference("number", f"{at}: expected {x!r}, got {y!r}")

    def of_arrays(self, expected: Any, actual: Any, at: str) -> Iterator[Difference]:
        shapes = np.shape(expected), np.shape(actual)
        if isinstance(expected, np.ndarray) and shapes[1] == () and not is_number(actual):
            # what is no number and the same in all lanes may stand alone
            actual, shapes = np.full(shapes[0], actual, dtype=object), (shapes[0], shapes[0])
        if shapes[0] != shapes[1] or type(expected) is not type(actual):
            came = f"expected {expected!r:.80} of shape {shapes[0]}, got {actual!r:.80}"
            yield Difference("structure", f"{at}: {came} of shape {shapes[1]}")
            return
        lanes = Comparison(self.near, loose=True)
        pairs = zip(expected.ravel().tolist(), actual.ravel().tolist())
        for i, (x, y) in enumerate(pairs):
            if not self.loose and (type(x) is sg.Value) != (type(y) is sg.Value):
                yield Difference("kind of number", f"{at}[{i}]: expected {x!r}, got {y!r}")
            else:
                yield from lanes.differences(x, y, f"{at}[{i}]")

    def of_parts(self, expected: Any, actual: Any, at: str) -> Iterator[Difference]:
        if isinstance(expected, dict):
            keys = list(expected), list(actual)
        elif isinstance(expected, (list, tuple)):
            keys = list(range(len(expected))), list(range(len(actual)))
        elif dataclasses.is_dataclass(expected):
            expected, actual = vars(expected), vars(actual)
            keys = list(expected), list(actual)
        else:
            if expected != actual:
                yield Difference("structure", f"{at}: expected {expected!r}, got {actual!r:.200}")
            return
        if keys[0] != keys[1]:
            yield Difference("structure", f"{at}: expected {keys[0]}, got {keys[1]}")
            return
        for key in keys[0]:
            yield from self.differences(expected[key], actual[key], f"{at}[{key!r}]")


def is_number(x: Any) -> bool:
    return kind_of(x) in NUMBERS
