"""How a loss fell: one batch, one epoch, and on data held out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from ..options import items
from .canvas import DASHES, INK, axes, colour, tint

DECADE = 10.0
"""A loss that falls by more than this factor is drawn on a logarithmic scale."""


def loss_curves(
    losses: Sequence[float],
    epoch_ends: Sequence[int] = (),
    validation: Sequence[float] = (),
    ax: Any = None,
    *,
    metrics: Mapping[str, Sequence[float]] | None = None,
) -> Any:
    """Draw the loss of each update, its mean over each epoch, and the loss on held-out data.

    `losses`: one for each update; `epoch_ends`: how many updates there were at the end of each
    epoch; `validation`: one for each epoch, or none; `metrics`: likewise, by name, on a scale of
    their own at the right. The x axis counts epochs, or updates where `epoch_ends` is empty.
    Returns the Axes of the losses.
    """
    items("losses", losses, "a list of numbers, such as history.losses")
    ax = axes(ax)
    losses, epoch_ends, validation = list(losses), list(epoch_ends), list(validation)
    unit = epoch_ends[0] if epoch_ends else 1
    times = [(i + 1) / unit for i in range(len(losses))]
    ends = [end / unit for end in epoch_ends]
    # pale and thin where a mean stands above it
    shade, width = (tint(colour(0), 0.45), 0.7) if ends else (colour(0), 1.2)
    ax.plot(times, losses, color=shade, lw=width, label="one batch")
    if ends:
        means = epoch_means(losses, epoch_ends)
        ax.plot(ends, means, "o-", color=colour(0), ms=3.5, label="mean of an epoch")
    if validation:
        shown = ends[: len(validation)]
        ax.plot(shown, validation, "s--", color=colour(1), ms=3.5, label="validation")
    dress(ax, [*losses, *validation], "epoch" if ends else "update")
    drawn = [*ax.lines, *draw_metrics(ax, ends, metrics or {})]
    ax.legend(handles=drawn, frameon=False, labelcolor=INK)
    return ax


def draw_metrics(ax: Any, ends: Sequence[float], metrics: Mapping[str, Sequence[float]]) -> Any:
    """Draw the metrics over the ends of the epochs, on an axis at the right; return the lines."""
    if not metrics:
        return []
    right = ax.twinx()
    right.spines["top"].set_visible(False)
    for i, (name, numbers) in enumerate(metrics.items()):
        shown, style = ends[: len(numbers)], DASHES[(i + 2) % len(DASHES)]
        right.plot(shown, list(numbers), "^", ls=style, color=colour(i + 2), ms=3.5, label=name)
    right.set_ylabel(", ".join(metrics))
    return right.lines


def epoch_means(losses: Sequence[float], ends: Sequence[int]) -> list[float]:
    return [
        sum(losses[start:end]) / (end - start) if end > start else math.nan
        for start, end in pairwise([0, *ends])
    ]


def dress(ax: Any, losses: Sequence[float], unit: str) -> None:
    finite = [loss for loss in losses if math.isfinite(loss)]
    if finite and min(finite) > 0.0 and max(finite) > DECADE * min(finite):
        ax.set_yscale("log")
    ax.set(xlabel=unit, ylabel="loss")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.grid(axis="y", color="#DDDDDD", lw=0.6)
