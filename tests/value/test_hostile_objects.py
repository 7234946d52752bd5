"""Objects that run code wherever the native part asks them for anything: no crash, no lost error.

Crashes that leave no trace here are found by sanitizers: `tests/sanitize.sh hostile`.
"""

from __future__ import annotations

import pytest

import scalargrad as sg

if sg.engine != "native":
    pytest.skip("about the native part", allow_module_level=True)
pytest.importorskip("scalargrad.native._machine")

from tests.hostile.running import ran

CALLS = 4000


def test_calls_with_objects_that_run_code_get_in_and_break_nothing() -> None:
    world = ran(1, CALLS)
    assert world.found == []
    assert world.counted["calls"] >= CALLS
    # most calls have to get in, or nothing is tried here
    assert world.counted["refused"] < CALLS / 5
