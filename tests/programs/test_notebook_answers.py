"""What stands in the text of notebooks holds: answers to exercises, links, pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.places import EXAMPLES

nbformat = pytest.importorskip("nbformat")
pyplot = pytest.importorskip("matplotlib.pyplot")

NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
ANSWER = re.compile(r"<details>(.*?)</details>", re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)]+)\)")


def cells(path: Path, kind: str) -> list[str]:
    return [x.source for x in nbformat.read(path, as_version=4).cells if x.cell_type == kind]


def answers(path: Path) -> list[str]:
    return [part for text in cells(path, "markdown") for part in ANSWER.findall(text)]


def programs(path: Path) -> Iterator[str]:
    for answer in answers(path):
        yield from PYTHON.findall(answer)


WITH_ANSWERS = [path for path in NOTEBOOKS if answers(path)]


@pytest.fixture(autouse=True)
def without_a_screen() -> Iterator[None]:
    pyplot.switch_backend("agg")
    yield
    pyplot.close("all")


@pytest.mark.parametrize("path", WITH_ANSWERS, ids=lambda path: path.stem)
def test_answers_hold_after_the_notebook_and_one_another(path: Path) -> None:
    known: dict[str, Any] = {"__name__": "__main__"}
    for source in [*cells(path, "code"), *programs(path)]:
        exec(compile(source, path.name, "exec"), known)


@pytest.mark.parametrize("path", WITH_ANSWERS, ids=lambda path: path.stem)
def test_every_answer_asserts_what_it_says(path: Path) -> None:
    for answer in answers(path):
        assert answer.startswith("<summary>Answer</summary>\n\n")
        assert re.search(r"^assert ", answer, re.MULTILINE), answer


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_lead_to_files(path: Path) -> None:
    targets = [x for text in cells(path, "markdown") for x in LINK.findall(text)]
    inside = [x for x in targets if not x.startswith(("http:", "https:", "#"))]
    assert [x for x in inside if not (EXAMPLES / x).exists()] == []
