"""The profiler of a program that is being profiled, lent to the package for a while."""

from __future__ import annotations

import cProfile
import os
import sys
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.profiled import Profiled, unless_profiled


def files_here(x: Any) -> Any:
    return x * (1.0 if os.path.exists(os.curdir) else 2.0)


def test_function_whose_calls_are_watched_compiles_while_cprofile_runs() -> None:
    profile = cProfile.Profile()
    profile.enable()
    try:
        before = sys.getprofile()
        with pytest.warns(RuntimeWarning, match="traced anew"):
            assert sg.compile(files_here)(3.0) == 3.0
        assert sys.getprofile() is before
        os.getpid()
    finally:
        profile.disable()
    assert any("getpid" in str(entry.code) for entry in profile.getstats())


def test_profiler_in_python_is_back_after_the_block() -> None:
    seen: list[str] = []

    def profiler(_: Any, event: str, __: Any) -> None:
        seen.append(event)

    sys.setprofile(profiler)
    try:
        with Profiled(lambda *_: None):
            os.getpid()
        inside = list(seen)
        with unless_profiled(lambda *_: None):
            os.getpid()
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(None)
    assert "c_call" in seen[len(inside) :]


def test_block_ends_where_its_code_fails() -> None:
    try:
        with unless_profiled(lambda *_: None):
            raise ValueError
    except ValueError:
        pass
    assert sys.getprofile() is None
