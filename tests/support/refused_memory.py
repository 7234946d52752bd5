"""Work for which Python refuses memory once: it fails with an error, or does what it does else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def refused_once(work: Callable[[], Any], at: int) -> Any:
    """What the work returns where the request for memory of this number, from 1, is refused: the
    class MemoryError if that is raised."""
    memory = pytest.importorskip("_testcapi")
    memory.set_nomemory(at, at + 1)
    try:
        return work()
    except MemoryError:
        return MemoryError
    finally:
        memory.remove_mem_hooks()


def times_refused(work: Callable[[], Any], requests: Iterable[int]) -> int:
    """How often the work fails where one of these requests is refused. Else it has to return what
    it returns with all memory, also when it was refused some before."""
    expected, failed = work(), 0
    for at in requests:
        found = refused_once(work, at)
        failed += found is MemoryError
        assert found is MemoryError or found == expected
    assert work() == expected
    return failed
