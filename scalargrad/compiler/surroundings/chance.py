"""Generators of random numbers and iterators: objects with a state, and whether one was used."""

from __future__ import annotations

import operator
import pickle
import random
import sys
from collections.abc import Set
from types import GeneratorType
from typing import Any

from .bytecode import WHOLE

READING_STATE = {
    *("getstate", "get_state", "__getstate__", "bit_generator", "state", WHOLE),
    *("copy", "deepcopy", "__copy__", "__deepcopy__", "__reduce__", "__reduce_ex__"),
    *("dump", "dumps", "getgeneratorstate", "getgeneratorlocals"),
    *("gi_frame", "gi_running", "gi_suspended", "gi_yieldfrom"),
}
"""Names with which code may ask for a state without changing it."""
CHANNELS = {"queue", "_queue", "socket", "_socket", "ssl", "multiprocessing", "subprocess", "mmap"}
"""Modules whose objects give away what others put into them."""


def numpy_random() -> Any:
    return sys.modules.get("numpy.random")


def is_chance(x: Any) -> bool:
    found = numpy_random()
    return isinstance(x, (random.Random, GeneratorType)) or (
        found is not None
        and isinstance(x, (found.Generator, found.RandomState, found.BitGenerator))
    )


def has_readable_state(x: Any) -> bool:
    """Whether `state_of` tells how far an iterator is."""
    return hasattr(type(x), "__length_hint__") or type(x).__name__ == "count"


def is_stream(x: Any) -> bool:
    """Whether code may take something from `x`, which is then gone."""
    kind = type(x)
    libraries = (str(base.__module__).partition(".")[0] for base in kind.__mro__)
    return hasattr(kind, "__next__") or not CHANNELS.isdisjoint(libraries)


def state_of(x: Any) -> Any:
    """The state of `x`, which changes whenever a number is taken from `x`; None if it has none."""
    if isinstance(x, (random.SystemRandom, GeneratorType)):
        return None
    if isinstance(x, random.Random):
        return x.getstate()
    if hasattr(x, "bit_generator"):
        return x.bit_generator.state
    if hasattr(x, "get_state"):
        return x.get_state(legacy=False)
    if hasattr(x, "random_raw"):
        return x.state
    return operator.length_hint(x) if hasattr(type(x), "__length_hint__") else repr(x)


def may_read_state(names: Set[str]) -> bool:
    """Whether code with these names may ask a generator for its state and take nothing from it."""
    return not names.isdisjoint(READING_STATE)


def told_state(x: Any) -> bytes:
    """A key that is equal for equal states, with whatever arrays in them."""
    return pickle.dumps(state_of(x))


def set_state(x: Any, state: Any) -> None:
    if isinstance(x, random.Random):
        x.setstate(state)
    elif hasattr(x, "bit_generator"):
        x.bit_generator.state = state
    elif hasattr(x, "get_state"):
        x.set_state(state)
    elif hasattr(x, "random_raw"):
        x.state = state


def same(x: Any, y: Any) -> bool:
    """Whether two states are equal, arrays in them included."""
    if isinstance(x, dict):
        return x.keys() == y.keys() and all(same(x[key], y[key]) for key in x)
    return bool((x == y).all()) if hasattr(x, "shape") else bool(x == y)


class Chance:
    """The generators within reach of a function, as they were before it ran."""

    def __init__(self, reached: list[tuple[str, Any]]) -> None:
        # a method of another name may share a generator's state
        sources = [("random", getattr(random, "_inst")), *reached]  # noqa: B009
        found = numpy_random()
        if found is not None:
            sources.append(("np.random", found.mtrand._rand))
        self.before = [(where, x, state_of(x)) for where, x in sources]
        self.is_used_up = False
        """Whether what was drawn from is an iterator, which cannot be set back."""

    def drawn(self) -> str | None:
        """Which of them the function took a number from, if any."""
        for where, x, state in self.before:
            if not same(state, state_of(x)):
                self.is_used_up = hasattr(type(x), "__next__")
                return where
        return None

    def restore(self) -> None:
        for _, x, state in self.before:
            if state is not None:
                set_state(x, state)
