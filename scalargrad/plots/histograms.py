"""How the numbers in each layer are spread: activations, and gradients by their size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..data import samples
from ..evaluating import evaluating
from ..messages import described
from ..nn.module import Module
from ..nn.recording import layers, recording
from ..outputs import number
from .canvas import INK, axes, colour, tint

BINS = 60
HEIGHT = 0.85
"""Of the highest bar in a layer's row; rows are 1 apart."""


def check(model: Any) -> None:
    """Raise TypeError unless it is a model with layers."""
    if not isinstance(model, Module):
        raise TypeError(f"expected a Module, got {described(model)}")


def activation_histograms(model: Any, data: Any, ax: Any = None) -> Any:
    """Draw, one row for each layer, how its outputs are spread over all of `data`; beside it,
    what share of them is exactly 0. The model is in evaluation mode meanwhile. Returns the Axes."""
    check(model)
    spread: dict[str, list[float]] = {}
    with evaluating(model), recording(model) as calls:
        for x, _ in samples(data):
            model(x)
            for call in layers(calls.pop()):
                numbers = [number(u) for row in call.rows for u in row]
                spread.setdefault(call.label, []).extend(numbers)
    return layer_rows(spread, "activation", ax)


def gradient_histograms(model: Any, ax: Any = None) -> Any:
    """Draw, one row for each layer, how large the gradients of its parameters are that are there
    now (log₁₀ of their size); beside it, what share is exactly 0. Returns the Axes."""
    check(model)
    parts = {f"{name}.": type(part).__name__ for name, part in model.named_modules() if name}
    sizes: dict[str, list[float]] = {}
    for name, parameter in model.named_parameters():
        # the outermost part comes first; what stands in none belongs to the whole
        found = next((f"{n[:-1]} {kind}" for n, kind in parts.items() if name.startswith(n)), "")
        sizes.setdefault(found or type(model).__name__, []).append(parameter.grad)
    return layer_rows(sizes, "gradient, log₁₀ of its size", ax, log=True)


def layer_rows(
    values: Mapping[str, Sequence[float]], label: str, ax: Any, log: bool = False
) -> Any:
    shown = {name: positions(numbers, log) for name, numbers in values.items()}
    everything = [x for numbers in shown.values() for x in numbers]
    low, high = (min(everything), max(everything)) if everything else (0.0, 1.0)
    width = (high - low or 1.0) / BINS
    ax = axes(ax, 5.0, 0.7 * len(values) + 0.9)
    for i, (name, numbers) in enumerate(values.items()):
        draw_row(ax, -i, shown[name], low, width)
        note(ax, -i, numbers)
    ax.set_yticks([-i for i in range(len(values))], list(values))
    ax.set(xlabel=label, ylim=(-len(values) + 0.85, 1.0))
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    return ax


def positions(numbers: Sequence[float], log: bool) -> list[float]:
    """Places on the x axis, for the finite numbers other than 0; all others are told in words."""
    drawn = [x for x in numbers if x and math.isfinite(x)]
    return [math.log10(abs(x)) for x in drawn] if log else drawn


def draw_row(ax: Any, base: int, numbers: list[float], low: float, width: float) -> None:
    """Bars over `base`; the highest of a row is HEIGHT."""
    counts = [0] * BINS
    for x in numbers:
        counts[min(BINS - 1, int((x - low) / width))] += 1
    top = max(counts) or 1
    edges = [low + width * i for i in range(BINS + 1)]
    heights = [base + HEIGHT * n / top for n in counts]
    ax.stairs(heights, edges, baseline=base, fill=True, color=tint(colour(0), 0.45))
    ax.stairs(heights, edges, baseline=base, color=colour(0), lw=0.8)
    ax.axhline(base, color="#BBBBBB", lw=0.6, zorder=0)


def note(ax: Any, base: int, numbers: Sequence[float]) -> None:
    """Write how much of the row is exactly 0, or not finite, which no bar can tell."""
    zeros = sum(x == 0.0 for x in numbers) / len(numbers)
    wild = sum(not math.isfinite(x) for x in numbers)
    parts = [f"{zeros:.0%} zero" if zeros else "", f"{wild} not finite" if wild else ""]
    text = ", ".join(filter(None, parts))
    place = {"transform": ax.get_yaxis_transform(), "ha": "left", "va": "bottom"}
    ax.text(1.02, base, text, color=INK, fontsize="small", **place)
