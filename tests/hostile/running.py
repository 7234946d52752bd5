"""Calls until there are enough of them, with garbage collected all the time."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .calls import all_calls
from .objects import Acting
from .world import EXPECTED, World

NEW_WORLD = 5000
"""Calls after which all objects are others."""


@contextmanager
def collecting_often() -> Iterator[None]:
    """What is there already is not looked at; what finalizers raise is not told."""
    threshold, hook = gc.get_threshold(), sys.unraisablehook
    gc.collect()
    gc.freeze()
    gc.set_threshold(25, 5, 5)
    sys.unraisablehook = lambda *_: None
    try:
        yield
    finally:
        gc.set_threshold(*threshold)
        gc.unfreeze()
        Acting.act = staticmethod(lambda: None)  # type: ignore[method-assign]
        gc.collect()
        sys.unraisablehook = hook


def run_world(world: World, calls: int) -> None:
    Acting.act = world.act  # type: ignore[method-assign]
    while world.counted["calls"] < calls:
        try:
            world.call()
        except EXPECTED:  # raised by a finalizer, between the calls
            continue


def ran(seed: int, calls: int, tell: Callable[[int], None] = lambda done: None) -> Any:
    """The last world, which has counted all calls and found what there was to find. `tell` is
    called with how many are done, world by world."""
    with collecting_often():
        world = World(seed, all_calls)
        while world.counted["calls"] < calls:
            run_world(world, min(calls, world.counted["calls"] + NEW_WORLD))
            counted, found = world.counted, world.found
            tell(counted["calls"])
            Acting.act = staticmethod(lambda: None)  # type: ignore[method-assign]
            world = World(world.random.randrange(2**32), all_calls)
            world.counted, world.found = counted, found
    return world
