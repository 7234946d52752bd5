"""The plot of an operator: its value and its gradient, in SVG that takes the page's colours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import StringIO
from math import isfinite
from typing import Any

from matplotlib.figure import Figure

import scalargrad as sg
from scalargrad.rows import Operator

COLOURS = {
    "#010101": "var(--curve-ink)",
    "#020202": "var(--curve-rule)",
    "#1f6fb0": "var(--curve-value)",
    "#b4580c": "var(--curve-gradient)",
}
"""What is drawn, and what stands for it in the page: one picture for light and dark."""
INK, RULE, VALUE, GRADIENT = COLOURS
SIZE = (4.4, 2.5)
"""Inches."""
POINTS = 301
HIGHEST = 4.0
"""Of values and gradients; beyond it a curve leaves the picture."""
STEEP = 8.0
"""A change this many times the distance of two points is a jump: the line is broken there."""

SVG: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "scalargrad",
    "font.family": "sans-serif",
}


def span(row: Operator) -> tuple[float, float]:
    """Where to look at the operator: around its sample points, which lie in its domain."""
    firsts = [sample_operands(x)[position(row)] for x in row.samples]
    low, high = min(firsts), max(firsts)
    return (max(-4.0, low - 1.3), min(4.0, high + 1.3)) if low < 0 else (-0.5, min(4.0, high))


def sample_operands(sample: float | Sequence[float]) -> Sequence[float]:
    return sample if isinstance(sample, tuple) else (sample,)


def position(row: Operator) -> int:
    """The operand that is moved: the first, but for rows that begin with an order or condition."""
    return 1 if row.names[:1] in (("c",), ("order",)) else 0


def beside(row: Operator) -> list[float]:
    """The operands that stay as they are, with a place for the one that moves: their defaults,
    or those of a sample."""
    operands = list(sample_operands(row.samples[0]))
    return [*operands[: len(operands) - len(row.defaults)], *row.defaults]


def points(row: Operator) -> tuple[list[float], list[float], list[float]]:
    """x, f(x) and ∂f/∂x; NaN where a curve leaves the picture."""
    low, high = span(row)
    xs, values, slopes = [], [], []
    for k in range(POINTS):
        operands: list[object] = [*beside(row)]
        x = sg.Value(low + (high - low) * k / (POINTS - 1))
        operands[position(row)] = x
        out = row(*operands)
        (slope,) = out.partials
        xs.append(x.data)
        values.append(shown(out.data))
        slopes.append(shown(slope))
    return xs, broken(xs, values), broken(xs, slopes)


def shown(x: float) -> float:
    return x if isfinite(x) and abs(x) <= 2.0 * HIGHEST else float("nan")


def broken(xs: Sequence[float], ys: Sequence[float]) -> list[float]:
    """The curve with a gap at each jump."""
    steepest = STEEP * HIGHEST * (xs[1] - xs[0])
    return [float("nan") if k and abs(y - ys[k - 1]) > steepest else y for k, y in enumerate(ys)]


def title(row: Operator) -> str:
    fixed = [
        f"{name} = {x:g}"
        for k, (name, x) in enumerate(zip(row.names, beside(row)))
        if k != position(row)
    ]
    return f"at {', '.join(fixed)}" if fixed else ""


def plot(row: Operator) -> str:
    """Return the picture as SVG to stand in a page."""
    import matplotlib

    with matplotlib.rc_context(SVG):
        figure = Figure(SIZE, layout="constrained")
        axes = figure.add_subplot()
        name = row.names[position(row)]
        xs, values, slopes = points(row)
        axes.axhline(0.0, color=RULE, linewidth=0.8)
        axes.axvline(0.0, color=RULE, linewidth=0.8)
        axes.plot(xs, slopes, color=GRADIENT, linewidth=1.6, linestyle=(0, (4, 1.6)))
        axes.plot(xs, values, color=VALUE, linewidth=2.0)
        visible = [y for y in (*values, *slopes) if abs(y) <= HIGHEST]
        bottom, top = min(visible, default=-1.0), max(visible, default=1.0)
        margin = 0.08 * max(top - bottom, 0.5)
        axes.set_ylim(bottom - margin, top + margin)
        axes.set_xlim(xs[0], xs[-1])
        axes.set_xlabel(name, color=INK, fontstyle="italic")
        axes.set_title(title(row), color=INK, fontsize=9)
        axes.tick_params(colors=INK, labelsize=8, length=3)
        for spine in axes.spines.values():
            spine.set_color(RULE)
        return svg(figure, f"{row.name}: value and gradient")


def svg(figure: Figure, label: str) -> str:
    file = StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    text = file.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.S)
    for drawn, wanted in COLOURS.items():
        text = text.replace(drawn, wanted)
    # ids are unique in a page, and it scales with its column
    prefix = re.sub(r"\W", "-", label)
    text = re.sub(r'id="([^"]+)"', rf'id="{prefix}-\1"', text)
    text = re.sub(r'(href="|url\()#', rf"\1#{prefix}-", text)
    text = re.sub(
        r'<svg [^>]*viewBox="([^"]+)"[^>]*>',
        r'<svg class="curve" viewBox="\1" '
        f'role="img" aria-label="{label}">',
        text,
        count=1,
    )
    return re.sub(r"\n\s*", "\n", text)
