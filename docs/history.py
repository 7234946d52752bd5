"""What was measured when: measured/history.csv has a line for each figure of each run.

`measure.py` appends to it; the site and README quote the median of the recent runs and their range,
for a single run on a machine with neighbours says little.
"""

from __future__ import annotations

import csv
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

HERE = Path(__file__).parent
FILE = HERE / "measured" / "history.csv"
CODE = ("scalargrad", "setup.py", "pyproject.toml", "tests/benchmarks")
"""What a figure depends on: it is marked where these differ from the commit."""
DAYS, LEAST = 2.0, 5
"""Recent are the runs of so many days before the last one; if they are fewer, so many at least."""


class Line(NamedTuple):
    """A figure of a run; the names are the heads of the columns. `commit` ends with + where the
    code had changes that were not committed."""

    date: str
    commit: str
    figure: str
    value: float
    unit: str
    machine: str

    @property
    def day(self) -> datetime:
        return datetime.fromisoformat(self.date)

    @property
    def place(self) -> list[str]:
        """The processor, Python and the engine, without the versions of peers."""
        return self.machine.split(", ")[:3]


def lines(file: Path = FILE) -> list[Line]:
    """All lines, in the order of their dates."""
    with file.open(encoding="utf-8", newline="") as opened:
        rows = csv.DictReader(opened)
        found = [Line(**{**row, "value": float(row["value"])}) for row in rows]  # type: ignore
    return sorted(found, key=lambda line: line.day)


def append(found: Iterable[Line], file: Path = FILE) -> None:
    is_new = not file.exists()
    with file.open("a", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerows([Line._fields] if is_new else [])
        writer.writerows(line._replace(value=f"{line.value:.4g}") for line in found)  # type: ignore


# ------ a run
def now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def commit() -> str:
    """The commit that the code is of, in short."""

    def git(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", *arguments], cwd=HERE.parent, capture_output=True, encoding="utf-8"
        )

    name = git("rev-parse", "--short=7", "HEAD").stdout.strip()
    return name + "+" * git("diff", "--quiet", "HEAD", "--", *CODE).returncode


def of_run(date: str, commit: str, found: Mapping[str, Any]) -> Iterator[Line]:
    """The lines of what a subject of `measure.py` found."""
    for figure in found["figures"]:
        name = figure["name"]
        yield Line(date, commit, name, figure["value"], figure["unit"], on(found["machine"], name))


def on(machine: Sequence[str], figure: str) -> str:
    """On what it was measured, with the versions of those peers that the figure names."""
    said = dict(re.split(" {2,}", line, maxsplit=1) for line in machine)
    processor = said["Processor"].replace(",", "")
    first = processor, said["Python"].partition(",")[0], said["engine"].partition(" ")[0]
    peers = said.get("peers", "").split(", ")
    named = [peer for peer in peers if peer and peer.partition(" ")[0] in figure.casefold()]
    return ", ".join([*first, *named])


# ------ many runs
class Spread(NamedTuple):
    """Of the values of recent runs."""

    median: float
    low: float
    high: float
    runs: int


def by_figure(found: Iterable[Line]) -> dict[str, list[Line]]:
    """The lines of each figure, of those machines that the last of them is of."""
    figures: dict[str, list[Line]] = {}
    for line in found:
        figures.setdefault(line.figure, []).append(line)
    return {
        figure: [line for line in own if line.place == own[-1].place]
        for figure, own in figures.items()
    }


def recent(found: Sequence[Line]) -> Sequence[Line]:
    """Of the lines of one figure, in order, those that are quoted."""
    since = found[-1].day - timedelta(days=DAYS)
    count = sum(line.day >= since for line in found)
    return found[-max(count, LEAST) :]


def spread(found: Sequence[Line]) -> Spread:
    """The median of the recent runs of one figure, and their range."""
    values = [line.value for line in recent(found)]
    return Spread(median(values), min(values), max(values), len(values))


def short(x: float) -> str:
    """Two digits, or three from 10 on."""
    if abs(x) < 10.0:
        return f"{x:.1f}" if abs(x) >= 1.0 else f"{x:.2g}"
    return f"{float(f'{x:.3g}'):,.0f}" if abs(x) >= 100.0 else f"{x:.3g}"


def quoted(found: Spread) -> str:
    """The median, and behind it the range."""
    if found.runs == 1:
        return short(found.median)
    return f"{short(found.median)} ({short(found.low)}–{short(found.high)})"
