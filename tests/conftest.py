"""What all tests share: the same chance in every run, and a garbage collector that can be off.

`--hypothesis-profile=long` draws anew each time, and more.
"""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

import scalargrad as sg

settings.register_profile("scalargrad", deadline=None, max_examples=60, derandomize=True)
settings.register_profile("long", deadline=None, max_examples=2000)
settings.load_profile("scalargrad")
# a shell that starts the tests in the background has them ignore Ctrl-C, and some wait for it
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Chance is the same in every run, but for those that are to find something new."""
    if settings().derandomize:
        sg.seed(0)


@pytest.fixture
def gc_off() -> Iterator[None]:
    """Only reference counting frees memory in the test."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, for the tests of the page."""
    from tests.support.browser import chromium

    with chromium() as found:
        yield found
