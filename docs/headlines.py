"""README's table of ratios: which figure stands in which cell, and the section as it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import history
from history import Line, Spread

README = Path(__file__).parents[1] / "README.md"
PEERS = ("micrograd", "autograd", "torch", "JAX, jitted")


class Cell(NamedTuple):
    """A ratio of a row: in the column of its peer, or of none of these."""

    peer: str
    figure: str

    def lines(self, figures: Mapping[str, Sequence[Line]]) -> list[Line]:
        """The runs: the peer's time divided by ours, also where the figure is the other way."""
        found = figures[self.figure]
        if "ours ÷" not in self.figure:
            return [*found]
        return [line._replace(value=1.0 / line.value) for line in found]

    def spread(self, figures: Mapping[str, Sequence[Line]]) -> Spread:
        return history.spread(self.lines(figures))


class Row(NamedTuple):
    workload: str
    cells: tuple[Cell, ...]


def row(workload: str, **figures: str) -> Row:
    names = {"jax": "JAX, jitted", "xad": "XAD", "c": "our C", "plain": "plain class"}
    return Row(workload, tuple(Cell(names.get(k, k), name) for k, name in figures.items()))


def beside_jax(workload: str, figures: str) -> Row:
    return row(f"{workload}, compiled", jax=f"{figures}: JAX ÷ ours")


ROWS = (
    row(
        "moons: micrograd's demo, MLP 2-16-16-1, 100 points, 65,614 nodes, a step, eager",
        micrograd="moons: micrograd ÷ ours (gc on)",
        autograd="moons: autograd ÷ ours (gc on)",
        torch="moons: torch ÷ ours (gc on)",
        xad="moons: xad ÷ ours (gc on)",
    ),
    row("moons on the pure engine", micrograd="moons: micrograd ÷ pure engine (gc on)"),
    row(
        "MLP, 100 samples, compiled",
        torch="MLP 2-16-16-1, 100 samples: torch ÷ ours",
        jax="MLP 2-16-16-1, 100 samples: JAX ÷ ours",
    ),
    row(
        "MLP, 10,000 samples, compiled",
        torch="MLP 2-16-16-1, 10,000 samples: torch ÷ ours",
        jax="MLP 2-16-16-1, 10,000 samples: JAX ÷ ours",
    ),
    beside_jax("Gaussian mixture (ADBench), d 2, K 5", "GMM d 2, K 5, n 1,000"),
    beside_jax("Gaussian mixture (ADBench), d 10, K 25", "GMM d 10, K 25, n 1,000"),
    row(
        "Black–Scholes and 5 Greeks, 10⁶ options, compiled",
        jax="Black–Scholes + 5 Greeks, 1,000,000: JAX ÷ ours",
        c="Black–Scholes + 5 Greeks, 1,000,000: ours ÷ emitted C",
    ),
    beside_jax("Monte Carlo, 200 steps, 10,240 paths", "Monte Carlo, 200 steps, 10,240 paths"),
    beside_jax(
        "Monte Carlo with a barrier as a plain `if`", "barrier option, 200 steps, 10,240 paths"
    ),
    row(
        "character transformer, 74,000 nodes, a step, compiled",
        jax="transformer step of 74,000 nodes, compiled: JAX ÷ ours",
        plain="transformer step of 74,000 nodes, compiled: plain class ÷ ours",
    ),
)


Figures = Mapping[str, Sequence[Line]]


def lines(figures: Figures) -> Iterator[str]:
    yield f"| | {' | '.join(PEERS)} | |"
    yield "|---" * (len(PEERS) + 2) + "|"
    for workload, cells in ROWS:
        found = {cell.peer: history.quoted(cell.spread(figures)) for cell in cells}
        others = [f"{peer} {text}" for peer, text in found.items() if peer not in PEERS]
        texts = [workload, *(found.get(peer, "") for peer in PEERS), *(others or [""])]
        yield "|" + "".join(f" {text} |" if text else " |" for text in texts)


def fewest(figures: Figures) -> int:
    """How many runs stand behind each ratio of the table, at least."""
    return min(cell.spread(figures).runs for row in ROWS for cell in row.cells)


ENOUGH = 5
"""With fewer runs of some figure README does not say how many there are."""
SAID = (
    "How many times longer another library takes for a value and its gradient, in the same minute, "
    "on one core with CPython 3.11: the median\nof {runs} at different times, and their range. "
    "`python docs/measure.py readme` adds a run. Not for tensors: see "
    "`docs/understand/limits.md`.\n"
)
TABLE = re.compile(r"(?<=^## Measured\n\n).*?\|\n(?=\n(?!\|))", re.M | re.S)


def section(figures: Figures) -> str:
    """What stands under README's heading "Measured", its table last."""
    runs = fewest(figures)
    said = SAID.format(runs="the runs so far" if runs < ENOUGH else f"{runs} runs or more")
    return f"{said}\n" + "".join(f"{line}\n" for line in lines(figures))


def written(text: str) -> str:
    """The text of README with the figures of the history."""
    return TABLE.sub(lambda _: section(history.by_figure(history.lines())), text, count=1)


def write() -> None:
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
