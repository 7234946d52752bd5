"""What all tests share: hypothesis without deadlines, and a garbage collector that can be off."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("scalargrad", deadline=None, max_examples=60)
settings.register_profile("long", deadline=None, max_examples=2000)
settings.load_profile("scalargrad")


@pytest.fixture
def gc_off() -> Iterator[None]:
    """Only reference counting frees memory in the test."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
