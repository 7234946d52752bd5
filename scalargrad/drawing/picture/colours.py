"""The colours of a drawing: the sign of a gradient is a hue, its magnitude a depth.

Blue and orange are told apart by colour-blind readers too, and equal magnitudes of either sign
print in the same grey. Text on any of these grounds keeps a contrast of at least 4.5 : 1.
"""

from __future__ import annotations

from math import isfinite, log10
from typing import NamedTuple

RGB = tuple[int, int, int]


class Theme(NamedTuple):
    """Colours as #rrggbb: ground and text, then the deepest ground of each sign."""

    paper: str
    ink: str
    faint: str
    line: str
    box: str
    positive: str
    negative: str
    positive_line: str
    negative_line: str
    alarm: str
    alarm_box: str
    group: str
    cluster: str
    cluster_line: str


LIGHT = Theme(
    paper="#ffffff",
    ink="#16191d",
    faint="#434952",
    line="#8a929c",
    box="#ffffff",
    positive="#8ec2ee",
    negative="#f6b26b",
    positive_line="#1f6fb0",
    negative_line="#b4580c",
    alarm="#c2185b",
    alarm_box="#fbd9e6",
    group="#f1f3f5",
    cluster="#f8f9fb",
    cluster_line="#c3c9d0",
)
DARK = Theme(
    paper="#14171c",
    ink="#f2f4f7",
    faint="#c3cad3",
    line="#7d8793",
    box="#1e232a",
    positive="#19558a",
    negative="#7e430a",
    positive_line="#6cb2f0",
    negative_line="#eb9a47",
    alarm="#ff79b0",
    alarm_box="#5c1736",
    group="#2a3038",
    cluster="#191d23",
    cluster_line="#454d57",
)
THEMES = {"light": LIGHT, "dark": DARK}
DECADES = 3.0
"""A gradient this many powers of ten below the largest one is drawn as if it were zero."""


def rgb(colour: str) -> RGB:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mixed(ground: str, colour: str, share: float) -> str:
    """Return `ground` with a `share` between 0 and 1 of `colour` in it."""
    parts = (round(a + (b - a) * share) for a, b in zip(rgb(ground), rgb(colour)))
    return "#{:02x}{:02x}{:02x}".format(*parts)


def depth(x: float, largest: float) -> float:
    """How deep the colour of a gradient `x` is beside the `largest`, between 0 and 1."""
    if x == 0.0 or largest == 0.0:
        return 0.0
    decades = log10(min(abs(x), largest)) - log10(largest)
    return max(0.0, 1.0 + decades / DECADES)


def ground(grad: float | None, largest: float, theme: Theme) -> str:
    """Return what a node with this gradient is filled with; None is no gradient yet."""
    if grad is None:
        return theme.box
    if not isfinite(grad):
        return theme.alarm_box
    deepest = theme.positive if grad > 0.0 else theme.negative
    return mixed(theme.box, deepest, depth(grad, largest))


def line(grad: float | None, theme: Theme) -> str:
    """Return the colour of a line that stands for this gradient."""
    if grad is None or grad == 0.0:
        return theme.line
    if not isfinite(grad):
        return theme.alarm
    return theme.positive_line if grad > 0.0 else theme.negative_line
