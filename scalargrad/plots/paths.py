"""Paths of optimizers over the contour lines of a function of two numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..outputs import number
from .canvas import COLOURS, DASHES, MARKERS, axes
from .grid import over, span

Point = Sequence[float]
LINES = 14


def optimizer_paths(
    f: Callable[[float, float], Any],
    paths: Mapping[str, Sequence[Point]],
    ax: Any = None,
    *,
    bounds: tuple[tuple[float, float], tuple[float, float]] | None = None,
    resolution: int = 120,
) -> Any:
    """Draw contour lines of f(x, y) and each path, a list of points, under its name.

    `bounds`: ((least x, largest x), (least y, largest y)), by default what holds all paths.
    Lines lie denser where f is low. Returns the Axes.
    """
    ax = axes(ax, 5.0, 4.0)
    points = [point for path in paths.values() for point in path]
    around = span([p[0] for p in points]), span([p[1] for p in points])
    x_span, y_span = around if bounds is None else bounds
    xs, ys, heights = over(x_span, y_span, resolution, lambda p: number(f(*p)))
    levels = quantiles([h for row in heights for h in row])
    ax.contour(xs, ys, heights, levels=levels, colors="#BBBBBB", linewidths=0.6)
    for i, (name, path) in enumerate(paths.items()):
        draw_path(ax, name, path, i)
    ax.set(xlim=x_span, ylim=y_span, xlabel="x", ylabel="y")
    ax.legend(frameon=True, framealpha=0.9, edgecolor="none", fontsize="small")
    return ax


def quantiles(heights: Sequence[float]) -> list[float]:
    """Levels between which lie equal shares of the area: lines everywhere, none on top of
    another."""
    ordered = sorted(filter(math.isfinite, heights))
    found = {ordered[len(ordered) * i // LINES] for i in range(1, LINES)}
    return sorted(found)


def draw_path(ax: Any, name: str, path: Sequence[Point], i: int) -> None:
    xs, ys = [p[0] for p in path], [p[1] for p in path]
    colour = COLOURS[i % len(COLOURS)]
    style = {"color": colour, "ls": DASHES[i % len(DASHES)], "lw": 1.4}
    ax.plot(xs, ys, marker=MARKERS[i % len(MARKERS)], ms=3, markevery=[-1], label=name, **style)
    ax.plot(xs[0], ys[0], "o", color="black", ms=4, zorder=3)
