"""The page for those who come from another library: in its tables both columns run, and come to
the same numbers.

A table is a program read downwards. The spans of code in a cell are its lines, where <br> stands
between them; after words stands an alternative, which runs too. Each table runs in a
process of its own, for peers keep settings of their own.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest

from tests.support.places import DOCS, environment

PAGE = DOCS / "do" / "migrate.md"
pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="needs the source checkout")

MODULES = {
    "micrograd": "micrograd",
    "autograd": "autograd",
    "PyTorch": "torch",
    "JAX": "jax",
    "CasADi": "casadi",
}
RAISES = {"where a NaN comes from"}
"""Rows whose code is meant to raise."""
WANTED = (
    *("gradient", "value", "Jacobian", "Hessian", "Hessian × vector", "Jacobian × vector"),
    *("vector × Jacobian", "recompute", "of one's own", "optimizer", "NaN", "compile"),
)
"""What someone who comes from a library of functions looks for."""

RUNNER = '''
import ast, json, sys

def number(x):
    """What can be compared: floats, in lists; nothing of other kinds."""
    if isinstance(x, dict):
        return [number(x[k]) for k in sorted(x)]
    for name in ("tolist", "item"):
        if hasattr(x, name):
            return number(getattr(x, name)())
    if isinstance(x, (list, tuple)):
        found = [number(y) for y in x]
        return None if None in found else found
    x = getattr(x, "data", x)
    return float(x) if isinstance(x, (bool, int, float)) else None

def run(code, names):
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, code, "exec"), names)
    if last is not None:
        return number(eval(compile(ast.Expression(last.value), code, "eval"), names))

def outcome(code, names):
    try:
        return run(code, names)
    except Exception as error:
        return f"{type(error).__name__}: {error}"

columns = json.load(sys.stdin)
found = []
for column in columns:
    names = {"__name__": "page"}
    found.append([[outcome(code, names) for code in cell] for cell in column])
print(json.dumps(found))
'''


class Row(NamedTuple):
    what: str
    theirs: list[str]
    ours: list[str]


def programs(cell: str) -> list[str]:
    """The code of a cell: its lines, and each alternative to them."""
    found: list[str] = []
    for gap, line in re.findall(r"([^`]*)`([^`]+)`", cell):
        if found and gap == "<br>":
            found[-1] += f"\n{line}"
        else:
            found.append(line)
    return found


@cache
def tables() -> dict[str, list[Row]]:
    text = PAGE.read_text(encoding="utf-8")
    found = {}
    for name, tab in re.findall(r"^:::::\{tab-item\} (.*?)\n(.*?)^:::::$", text, re.M | re.S):
        lines = [x for x in tab.splitlines() if x.startswith("|")][2:]
        cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
        assert all(len(x) == 3 for x in cells), cells
        found[name] = [Row(what, programs(a), programs(b)) for what, a, b in cells]
    return found


@cache
def outcomes(library: str) -> list[tuple[list[Any], list[Any]]]:
    """For each row what its cells came to, theirs and ours; errors as text."""
    rows = tables()[library]
    with TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", RUNNER],
            input=json.dumps([[row.theirs for row in rows], [row.ours for row in rows]]),
            capture_output=True,
            text=True,
            cwd=folder,
            env=environment(),
        )
    assert done.returncode == 0, done.stderr
    theirs, ours = json.loads(done.stdout.splitlines()[-1])
    return list(zip(theirs, ours))


def cases() -> list[Any]:
    if not PAGE.exists():
        return []
    return [
        pytest.param(library, k, id=f"{library}: {row.what}")
        for library, rows in tables().items()
        for k, row in enumerate(rows)
    ]


@pytest.mark.parametrize("library, k", cases())
def test_both_columns_come_to_the_same(library: str, k: int) -> None:
    pytest.importorskip(MODULES[library])
    row, (theirs, ours) = tables()[library][k], outcomes(library)[k]
    assert row.ours, "every row says what to write here"
    raised = [isinstance(x, str) for x in theirs + ours]
    if row.what in RAISES:
        assert all(raised)
        return
    assert not any(raised), [x for x in theirs + ours if isinstance(x, str)]
    if theirs and None not in (theirs[0], ours[0]):
        assert flat(ours[0]) == pytest.approx(flat(theirs[0]), rel=1e-12, abs=1e-300)


def flat(x: Any) -> list[float]:
    return [z for y in x for z in flat(y)] if isinstance(x, list) else [x]


@pytest.mark.parametrize(
    "library, least",
    [("micrograd", 4), ("autograd", 16), ("PyTorch", 18), ("JAX", 18), ("CasADi", 8)],
)
def test_rows_are_compared_by_their_numbers(library: str, least: int) -> None:
    pytest.importorskip(MODULES[library])
    compared = [a and None not in (a[0], b[0]) for a, b in outcomes(library)]
    assert sum(map(bool, compared)) >= least


@pytest.mark.parametrize("library", ["autograd", "PyTorch", "JAX"])
@pytest.mark.parametrize("wanted", WANTED)
def test_table_has_what_one_looks_for(library: str, wanted: str) -> None:
    assert any(wanted in row.what for row in tables()[library])
