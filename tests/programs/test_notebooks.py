"""Every notebook runs from top to bottom, and prints what is stored in it.

The outputs of a cell tagged `timing` are not compared.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import scalargrad as sg
from tests.support.places import EXAMPLES, environment

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
for needed in ("ipykernel", "matplotlib", "sklearn", "names"):
    pytest.importorskip(needed)

NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
SVG = "image/svg+xml"
SLOW = {"digits", "inventing_names", "moons_and_spirals", "twenty_lines"}
"""Those that train: on the pure engine they would take minutes."""
IN_C = {"your_loop_unchanged"}
"""Those that print a program as the machine in C has it."""
BUILDING = {"slides_to_silicon"}
"""Those that hand what they export to a C compiler."""


def tags(cell: Any) -> list[str]:
    return list(cell.metadata.get("tags", []))


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def execute(notebook: Any, folder: Path) -> None:
    client = nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute(env=environment())


def words(svg: str) -> list[str]:
    """What stands in a drawing, wherever that is."""
    return sorted(filter(None, map(str.strip, ElementTree.fromstring(svg).itertext())))


def text(cell: Any) -> str:
    """What a cell printed and displayed, with the words of drawings but without other pictures."""
    printed = [out.text for out in cell.outputs if out.output_type == "stream"]
    displayed = [out.data for out in cell.outputs if "data" in out]
    shown = [data.get("text/plain", "") for data in displayed]
    drawn = [word for data in displayed if SVG in data for word in words(data[SVG])]
    return "\n".join(["".join(printed), *shown, *drawn])


def pages(cell: Any) -> list[str]:
    """The live pages of explain that a cell displayed, with all their code."""
    found = (out.data.get("text/html", "") for out in cell.outputs if "data" in out)
    return [html for html in found if html.startswith("<iframe")]


def compare(stored: Any, found: Any) -> None:
    for before, after in zip(code_cells(stored), code_cells(found)):
        of_today = pages(after) == pages(before)
        assert of_today, "a stored page has other code than today's: run the notebook anew"
        if "timing" not in tags(before):
            assert text(after) == text(before), before.source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_prints_what_is_stored(path: Path) -> None:
    if sg.engine == "pure" and path.stem in SLOW:
        pytest.skip("it trains for minutes on the pure engine")
    if sg.engine == "pure" and path.stem in IN_C:
        pytest.skip("the pure engine has another program")
    if path.stem in BUILDING and shutil.which("cc") is None:
        pytest.skip("needs a C compiler, cc")
    stored = nbformat.read(path, as_version=4)
    notebook = nbformat.read(path, as_version=4)
    execute(notebook, path.parent)
    compare(stored, notebook)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_stored_outputs_are_of_one_run_without_errors(path: Path) -> None:
    cells = code_cells(nbformat.read(path, as_version=4))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [out for cell in cells for out in cell.outputs]
    assert any({"image/png", SVG} & out.get("data", {}).keys() for out in outputs)
    assert not [out for out in outputs if out.output_type == "error" or out.get("name") == "stderr"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_stored_outputs_tell_nothing_of_the_machine(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    for cell in cells:
        written = cell.source + (text(cell) if cell.cell_type == "code" else "")
        assert not re.search(r"0x[0-9a-f]{6,}|/home/|/tmp/|site-packages", written)
