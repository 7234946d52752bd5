"""Numbers as shades: weights as the template each neuron looks for, and the confusion matrix."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..options import items
from ..outputs import number
from .canvas import INK, axes

GAP_PIXELS = 1
"""Pixels of nothing between two templates."""


def templates(
    weights: Sequence[Sequence[Any]],
    shape: tuple[int, int],
    ax: Any = None,
    *,
    columns: int | None = None,
) -> Any:
    """Draw each row of weights as an image of what the neuron looks for, red for, blue against.

    `weights`: one list of Values or floats for each neuron; `shape`: height and width of the
    images, whose product is the length of a list, else ValueError. Returns the Axes.
    """
    tiles = [tile([number(w) for w in row], shape) for row in weights]
    columns = columns or math.ceil(math.sqrt(len(tiles) * 1.6))
    rows = -(-len(tiles) // columns)
    ax = axes(ax, 0.62 * columns + 1.1, 0.62 * rows + 0.4)
    sheet = mosaic(tiles, columns, shape)
    sizes = [abs(x) for row in sheet for x in row if math.isfinite(x)]
    largest = max(sizes, default=0.0) or 1.0
    image = ax.imshow(sheet, cmap="RdBu_r", vmin=-largest, vmax=largest, interpolation="nearest")
    ax.set_axis_off()
    bar = ax.figure.colorbar(image, ax=ax, shrink=0.8, aspect=25, label="weight")
    bar.outline.set_visible(False)
    return ax


def tile(weights: list[float], shape: tuple[int, int]) -> list[list[float]]:
    height, width = shape
    if len(weights) != height * width:
        raise ValueError(
            f"expected {height} × {width} = {height * width} weights for each image, "
            f"got {len(weights)}"
        )
    return [weights[start : start + width] for start in range(0, len(weights), width)]


def mosaic(tiles: list[list[list[float]]], columns: int, shape: tuple[int, int]) -> Any:
    """The tiles in rows of `columns`, NaN in between."""
    height, width = shape
    rows = -(-len(tiles) // columns)
    blank = [math.nan] * ((width + GAP_PIXELS) * columns - GAP_PIXELS)
    sheet = [blank.copy() for _ in range((height + GAP_PIXELS) * rows - GAP_PIXELS)]
    for i, one in enumerate(tiles):
        top, left = (height + GAP_PIXELS) * (i // columns), (width + GAP_PIXELS) * (i % columns)
        for y, line in enumerate(one):
            sheet[top + y][left : left + width] = line
    return sheet


def confusion(
    matrix: Sequence[Sequence[int]], ax: Any = None, *, names: Sequence[Any] | None = None
) -> Any:
    """Draw a confusion matrix, rows the true class, columns the predicted one, counts in the
    cells; mistakes are shaded on a scale of their own. `names`: of the classes, in order.
    Returns the Axes."""
    matrix = items("matrix", matrix, "rows of counts, such as train.confusion_matrix(model, data)")
    size = len(matrix)
    ax = axes(ax, 0.42 * size + 1.2, 0.42 * size + 1.0)
    mistakes = [[n if i != j else 0 for j, n in enumerate(row)] for i, row in enumerate(matrix)]
    worst = max((n for row in mistakes for n in row), default=0) or 1
    ax.imshow(mistakes, cmap="Oranges", vmin=0, vmax=1.6 * worst)
    for i, row in enumerate(matrix):
        for j, count in enumerate(row):
            write_count(ax, i, j, count)
    labels = list(range(size)) if names is None else list(names)
    ax.set_xticks(range(size), labels)
    ax.set_yticks(range(size), labels)
    ax.set(xlabel="predicted class", ylabel="true class")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def write_count(ax: Any, row: int, column: int, count: int) -> None:
    if count:
        weight = "bold" if row == column else "normal"
        ax.text(column, row, f"{count}", ha="center", va="center", color=INK, weight=weight)
