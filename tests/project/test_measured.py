"""What was measured, run by run: how it is kept, what is quoted of it, how it is drawn."""

from __future__ import annotations

import importlib
import math
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.places import CHECKOUT, DOCS

if not (DOCS / "history.py").exists():
    pytest.skip("needs the source checkout", allow_module_level=True)


@pytest.fixture
def history(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(DOCS))
    return importlib.import_module("history")


@pytest.fixture
def headlines(history: Any) -> Any:
    return importlib.import_module("headlines")


@pytest.fixture
def trends(history: Any) -> Iterator[Any]:
    """Alone: the other parts of the site need what builds it."""
    path = str(DOCS / "extension")
    sys.path.insert(0, path)
    yield importlib.import_module("trends")
    sys.path.remove(path)


def line(history: Any, day: int, value: float, machine: str = "a, b, c", figure: str = "x") -> Any:
    return history.Line(f"2026-01-{day:02}T12:00:00+00:00", "abc1234", figure, value, "×", machine)


# ------ the file


def test_history_is_in_order_and_has_numbers(history: Any) -> None:
    found = history.lines()
    dates = [re.search(r"^(20.*?),", x) for x in history.FILE.read_text("utf-8").splitlines()[1:]]
    assert [x[1] for x in dates if x] == [x.date for x in found]
    assert all(math.isfinite(x.value) for x in found)
    assert all(re.fullmatch(r"[0-9a-f]{7}\+?", x.commit) and len(x.place) == 3 for x in found)


def test_a_figure_is_measured_once_in_a_run(history: Any) -> None:
    found = [(x.date, x.figure) for x in history.lines()]
    assert len(set(found)) == len(found)


def test_lines_come_back_as_they_were_written(history: Any, tmp_path: Path) -> None:
    file = tmp_path / "history.csv"
    first, second = line(history, 1, 2.5, figure='a "b", ÷ c'), line(history, 2, 1234567.0)
    history.append([first], file)
    history.append([second], file)
    assert history.lines(file) == [first, second._replace(value=1235000.0)]


def test_a_run_names_the_peers_of_each_figure(history: Any) -> None:
    names = ("GMM: JAX ÷ ours", "moons: ours, a step")
    found = {
        "machine": [
            "Processor  Abacus, 2 beads",
            "Python  CPython 3.11.7, Linux x86_64",
            "engine  native (scalargrad 9.8)",
            "peers   numpy 2.4.6, jax 0.10.2",
        ],
        "figures": [{"name": name, "value": 2.0, "unit": "×"} for name in names],
    }
    lines = list(history.of_run("2026-01-01T12:00:00+00:00", "abc1234", found))
    assert [x.machine for x in lines] == [
        "Abacus 2 beads, CPython 3.11.7, native, jax 0.10.2",
        "Abacus 2 beads, CPython 3.11.7, native",
    ]


# ------ what is quoted


def test_quoted_are_the_last_five_runs_or_all_of_two_days(history: Any) -> None:
    by_days = [line(history, 1 + 3 * k, k) for k in range(8)]
    assert [x.value for x in history.recent(by_days)] == [3, 4, 5, 6, 7]
    in_a_day = [line(history, 1, k) for k in range(8)]
    assert [x.value for x in history.recent(in_a_day)] == list(range(8))


def test_quoted_are_runs_of_the_machine_of_the_last_one(history: Any) -> None:
    runs = [
        *(line(history, k, 1.0, "old, b, c") for k in (1, 2)),
        *(line(history, k, float(k), f"new, b, c, jax {k}") for k in (3, 4, 5)),
    ]
    assert history.spread(history.by_figure(runs)["x"]) == (4.0, 3.0, 5.0, 3)


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        ([3.14159], "3.1"),
        ([2.04, 3.1, 3.42], "3.1 (2.0–3.4)"),
        ([14_934.0, 8_213.0, 11_520.0], "11,500 (8,210–14,900)"),
        ([0.4246, 0.5, 0.61], "0.5 (0.42–0.61)"),
        ([9.96, 99.96], "55 (10.0–100)"),
    ],
)
def test_the_median_is_quoted_with_its_range(history: Any, runs: list[float], text: str) -> None:
    found = [line(history, 1, x) for x in runs]
    assert history.quoted(history.spread(found)) == text


def test_what_is_ours_by_theirs_is_turned_over(history: Any, headlines: Any) -> None:
    name = "ours ÷ emitted C"
    figures = {name: [line(history, 1, x, figure=name) for x in (0.25, 0.5, 0.4)]}
    assert headlines.Cell("our C", name).spread(figures) == (2.5, 2.0, 4.0, 3)


def test_readme_quotes_the_history(headlines: Any) -> None:
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    assert len(headlines.TABLE.findall(text)) == 1
    assert text == headlines.written(text), "python docs/measure.py readme writes it anew"


# ------ what is drawn


def test_a_run_much_slower_than_those_before_is_marked(history: Any, trends: Any) -> None:
    runs = [line(history, 1 + k, x) for k, x in enumerate([4.0, 4.1, 3.9, 2.0, 4.0])]
    drawn = trends.curve("<title>", runs)
    kinds = re.findall(r'<circle class="(\w+)".*?<title>(.*?)<', drawn)
    assert [kind for kind, _ in kinds] == ["run", "run", "run", "slower", "run"]
    assert kinds[3][1] == "2026-01-04, abc1234: 2.0"
    assert "&lt;title&gt;" in drawn and ">1 Jan<" in drawn and ">5 Jan<" in drawn


def test_the_highest_run_stands_at_the_top_and_half_of_it_half_way(
    history: Any, trends: Any
) -> None:
    top, half = trends.points([line(history, 1, 4.0), line(history, 2, 2.0)])
    assert (top.x, top.y) == (trends.LEFT, trends.TOP)
    assert (half.x, half.y) == (trends.RIGHT, (trends.TOP + trends.BOTTOM) / 2)
