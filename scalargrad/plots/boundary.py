"""The classes that a network of two inputs gives to the plane, and the borders between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import islice
from typing import Any

from ..data import samples
from ..evaluating import in_mode
from ..many import outputs_of
from ..nn.inputs import inputs_of
from ..options import function
from ..outputs import border, number
from ..scores import target_class
from .canvas import MARKERS, axes, colour, tint
from .grid import over, span

BANDS = 8
"""Shades between certainly one class and certainly the other."""


def decision_boundary(
    model: Any,
    data: Any,
    ax: Any = None,
    *,
    resolution: int = 100,
    names: Sequence[Any] | None = None,
    threshold: float | None = None,
) -> Any:
    """Draw the regions that `model` gives to each class, and the points of `data` over them.

    The model has two inputs, and a score for each class, or a lone score, which is cut at the
    `threshold` (by default ½ for a sigmoid's, 0 for a logit; ValueError where nothing tells which
    it is): it is called resolution² times. `data`: samples whose targets are classes (−1 or 0, and
    1, beside a lone score). `names`: of the classes, for the legend. Returns the Axes.
    """
    function("model", model, "a Module or a function")
    points = samples(data)
    check_plane(points)
    x_span, y_span = (span([x[i] for x, _ in points]) for i in (0, 1))
    with in_mode(model, training=False):
        outputs = outputs_of(model, [x for x, _ in points])
        classes = [target_class(y, out) for out, (_, y) in zip(outputs, points)]
        labels = class_labels(classes, names)
        xs, ys, grid = over(x_span, y_span, resolution, list)
        found = map(scores_of, outputs_of(model, flat(grid)))
        rows = [list(islice(found, resolution)) for _ in ys]
        lone = len(rows[0][0]) == 1
        level = border(model, points[0][0], [*outputs, *flat(rows)], threshold) if lone else 0.0
    if threshold is not None and not lone:
        raise ValueError(f"a threshold is for a lone score, got {len(rows[0][0])} scores")
    ax = axes(ax, 4.6, 4.0)
    if lone:
        shade_score(ax, xs, ys, [[scores[0] - level for scores in row] for row in rows])
    else:
        shade_classes(ax, xs, ys, rows)
    draw_points(ax, points, classes, labels)
    ax.set(xlim=x_span, ylim=y_span, xlabel="$x_0$", ylabel="$x_1$")
    return ax


def check_plane(points: list[Any]) -> None:
    for i, (x, _) in enumerate(points):
        if not isinstance(x, (list, tuple)) or len(x) != 2:
            raise ValueError(f"a plane needs inputs of two numbers, sample {i} has {x!r:.60}")


def class_labels(classes: list[int], names: Sequence[Any] | None) -> list[str]:
    """The name of each class. Raises ValueError unless there is a name for each."""
    count = max(classes) + 1
    if names is None:
        return [f"class {k}" for k in range(count)]
    found = list(map(str, names))
    if len(found) < count:
        raise ValueError(f"expected {count} names, one for each class, got {len(found)}")
    return found


def flat(rows: list[list[list[float]]]) -> list[list[float]]:
    return [scores for row in rows for scores in row]


def scores_of(output: Any) -> list[float]:
    """The scores as floats; NaN, which leaves the plane white, for one that is not finite."""
    numbers = [number(score) for score in inputs_of(output)]
    return [x if math.isfinite(x) else math.nan for x in numbers]


def shade_score(ax: Any, xs: Any, ys: Any, heights: list[list[float]]) -> None:
    """Shades of the two classes' colours, deeper where the height is larger; 0 is a line."""
    from matplotlib.colors import LinearSegmentedColormap

    sizes = sorted(abs(s) for row in heights for s in row if s == s)
    # nine tenths of the plane: a few extreme scores must not pale the rest
    limit = (sizes[len(sizes) * 9 // 10] if sizes else 0.0) or 1.0
    levels = [limit * (2 * i / BANDS - 1) for i in range(BANDS + 1)]
    ends = [tint(colour(0), 0.55), (0.98, 0.98, 0.98), tint(colour(1), 0.55)]
    shades = LinearSegmentedColormap.from_list("classes", ends)
    ax.contourf(xs, ys, heights, levels=levels, cmap=shades, extend="both")
    draw_line(ax, xs, ys, heights)


def shade_classes(ax: Any, xs: Any, ys: Any, rows: list[list[list[float]]]) -> None:
    """One pale colour for each class's region, with lines between them."""
    for k in range(len(rows[0][0])):
        leads = [[lead(scores, k) for scores in row] for row in rows]
        if max(map(max, leads)) > 0.0:
            ax.contourf(xs, ys, leads, levels=[0.0, math.inf], colors=[tint(colour(k), 0.35)])
        draw_line(ax, xs, ys, leads)


def lead(scores: list[float], k: int) -> float:
    """How far class k is ahead of the best other one: interpolated, it gives smooth borders."""
    return scores[k] - max(scores[:k] + scores[k + 1 :])


def draw_line(ax: Any, xs: Any, ys: Any, heights: list[list[float]]) -> None:
    """The line on which `heights` are 0; none where there is no such line."""
    if min(map(min, heights)) < 0.0 < max(map(max, heights)):
        ax.contour(xs, ys, heights, levels=[0.0], colors="black", linewidths=1.0)


def draw_points(ax: Any, points: Any, classes: list[int], labels: list[str]) -> None:
    for k in sorted(set(classes)):
        own = [x for (x, _), its in zip(points, classes) if its == k]
        ax.plot(
            [x[0] for x in own],
            [x[1] for x in own],
            MARKERS[k % len(MARKERS)],
            color=colour(k),
            mec="white",
            mew=0.6,
            ms=5.5,
            label=labels[k],
        )
    ax.legend(frameon=True, framealpha=0.9, edgecolor="none", fontsize="small")
