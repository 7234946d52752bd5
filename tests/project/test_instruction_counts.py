"""Hot paths of the native part take no more instructions than are recorded in docs/measured/."""

from __future__ import annotations

import json
import shutil
import warnings
from typing import Any

import pytest

import scalargrad as sg
from tests.support.places import DOCS

if sg.engine == "pure" or shutil.which("valgrind") is None or shutil.which("cc") is None:
    pytest.skip("needs the native engine, valgrind, a compiler", allow_module_level=True)
pytest.importorskip("numpy")
RECORDED = DOCS / "measured" / "instructions.json"
if not RECORDED.exists():
    pytest.skip("needs the source checkout", allow_module_level=True)

from tests.benchmarks.counted import PATHS  # noqa: E402
from tests.benchmarks.instructions import TOLERANCE, Counted, counted, own  # noqa: E402

ANEW = "`python docs/measure.py instructions` records it anew: commit that with the change"


def recorded() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(RECORDED.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def found() -> Counted:
    return counted()


def test_every_path_is_recorded() -> None:
    names = [figure["name"].removeprefix("instructions: ") for figure in recorded()["figures"]]
    assert names == list(PATHS)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("path", PATHS)
def test_path_takes_no_more_instructions_than_are_recorded(path: str, found: Counted) -> None:
    conditions = recorded()["conditions"]
    if found.conditions != conditions:
        pytest.skip(f"recorded with {', '.join(conditions)}; this is {', '.join(found.conditions)}")
    values = {figure["name"]: figure["value"] for figure in recorded()["figures"]}
    before, now = values[f"instructions: {path}"], found.paths[path]
    said = f"{path}: {now:,} instructions, recorded {before:,} ({now / before - 1:+.1%}). {ANEW}"
    assert now <= before * (1.0 + TOLERANCE), said
    if now < before * (1.0 - TOLERANCE):
        warnings.warn(said, stacklevel=1)


WRITTEN = """\
events: Ir

fl=engine.c
ob=/somewhere/python3.11
fn=evaluate
0 1000
cob=/somewhere/_engine.cpython-311-x86_64-linux-gnu.so
cfn=add
calls=3 0
0 70

ob=/somewhere/_engine.cpython-311-x86_64-linux-gnu.so
fn=add
0 50
cob=/lib/libm.so.6
cfn=exp
calls=1 0
0 20
0 5

fn=multiply
0 7

ob=/lib/libm.so.6
fn=exp
0 20
"""


def test_what_the_extensions_call_is_not_counted_as_theirs() -> None:
    assert own(WRITTEN) == 50 + 5 + 7
