"""Curves of figures over their runs: small pictures in SVG that take the page's colours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from statistics import median
from typing import NamedTuple

from history import Line, short, spread

WIDTH, HEIGHT = 320.0, 112.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 312.0, 10.0, 88.0
"""Of the curve, in the picture; the numbers stand left of it, the dates below."""
BEFORE, SLOWER = 5, 0.85
"""A run whose ratio is less than so much of the median of so many before it is marked."""


class Point(NamedTuple):
    x: float
    y: float
    line: Line
    is_slower: bool

    def drawn(self) -> str:
        said = f"{self.line.date[:10]}, {self.line.commit}: {short(self.line.value)}"
        kind = "slower" if self.is_slower else "run"
        return (
            f'<circle class="{kind}" cx="{self.x:.1f}" cy="{self.y:.1f}" r="3.5">'
            f"<title>{escape(said)}</title></circle>"
        )


def slower(found: Sequence[Line], k: int) -> bool:
    """Whether run k is much slower than those before it."""
    before = [line.value for line in found[max(k - BEFORE, 0) : k]]
    return bool(before) and found[k].value < SLOWER * median(before)


def points(found: Sequence[Line]) -> Iterator[Point]:
    """The runs side by side, whatever time lay between them; the axis begins at 0."""
    highest = max(line.value for line in found)
    step = (RIGHT - LEFT) / max(len(found) - 1, 1)
    for k, line in enumerate(found):
        y = height(line.value, highest)
        yield Point(LEFT + k * step, y, line, slower(found, k))


def height(value: float, highest: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * value / highest


def text(x: float, y: float, anchor: str, said: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(said)}</text>'


def rule(y: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{LEFT:g}" x2="{RIGHT:g}" y1="{y:.1f}" y2="{y:.1f}"/>'


def day(line: Line) -> str:
    return f"{line.day.day} {line.day:%b}"


def curve(title: str, found: Sequence[Line]) -> str:
    """The ratios of these runs, in order, with their recent median as a rule."""
    dots, middle = list(points(found)), spread(found).median
    at = height(middle, max(line.value for line in found))
    path = " ".join(f"{dot.x:.1f},{dot.y:.1f}" for dot in dots)
    parts = [
        rule(BOTTOM, "axis"),
        rule(at, "median"),
        text(LEFT - 8, BOTTOM + 4, "end", "0"),
        text(LEFT - 8, at + 4, "end", short(middle)),
        text(LEFT, HEIGHT - 6, "start", day(found[0])),
        text(RIGHT, HEIGHT - 6, "end", day(found[-1])),
        f'<polyline points="{path}"/>',
        *(dot.drawn() for dot in dots),
    ]
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg class="trend" role="img" '
        f'aria-label="{escape(title)}, over {len(found)} runs" '
        f'viewBox="0 0 {WIDTH:g} {HEIGHT:g}">{"".join(parts)}</svg></figure>'
    )


def curves(entries: Iterable[tuple[str, Sequence[Line]]]) -> str:
    drawn = "\n".join(curve(title, found) for title, found in entries)
    return f'```{{raw}} html\n<div class="trends">{drawn}</div>\n```'
