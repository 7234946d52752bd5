"""The Axes that a plot draws into, and the colours it draws with."""

from __future__ import annotations

from typing import Any

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#5A5A5A", "#F0E442")
"""Okabe and Ito's palette, told apart with any kind of colour vision."""

INK = "#333333"
MARKERS = "os^DvPX*"
DASHES = ("-", "--", "-.", (0, (1, 1)), (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)))


def axes(ax: Any, width: float = 5.0, height: float = 3.5) -> Any:
    """Return `ax`, or the Axes of a new figure of this size in inches. Raises
    ModuleNotFoundError, naming the cure, where matplotlib is missing."""
    if ax is None:
        _, ax = pyplot().subplots(figsize=(width, height), layout="constrained")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def pyplot() -> Any:
    try:
        from matplotlib import pyplot
    except ImportError:
        cure = "plots need matplotlib: pip install matplotlib"
        raise ModuleNotFoundError(cure, name="matplotlib") from None
    return pyplot


def colour(i: int) -> str:
    return COLOURS[i % len(COLOURS)]


def tint(name: str, share: float) -> tuple[float, ...]:
    """Return a colour thinned with white: `share` 1 is the colour itself, 0 is white."""
    from matplotlib.colors import to_rgb

    return tuple(1.0 - share * (1.0 - part) for part in to_rgb(name))
