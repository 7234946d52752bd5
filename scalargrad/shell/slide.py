"""One picture of a training: how it went, what the network says, what its neurons look for."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from ..plots import loss_curves, templates
from ..plots.canvas import colour
from ..train import History
from .digits import SIDE, Example

SIZE = (13.0, 7.2)
"""Inches, as a slide has them."""
DPI = 120
SHOWN = 10


def slide(
    history: History, learnt: Sequence[float], seen: Sequence[tuple[Example, int]], weights: Any
) -> bytes:
    """Return the picture as PNG. `learnt`: the accuracy on the training data after each epoch;
    `seen`: examples, and the class the network gives to each; `weights`: of its first layer."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subfigures(1, 2, width_ratios=(5, 6), squeeze=False)[0]
    losses, accuracies = left.subplots(2, 1)
    draw_losses(losses, history)
    draw_accuracies(accuracies, learnt, history.metrics.get("accuracy", ()))
    top, below = right.subfigures(2, 1, height_ratios=(2, 3), squeeze=False).ravel()
    draw_images(top, seen)
    draw_templates(below, weights)
    file = BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def draw_losses(ax: Any, history: History) -> None:
    loss_curves(history.losses, history.epoch_ends, history.validation, ax)
    if history.validation:
        ax.lines[-1].set_label("test")
        ax.legend(frameon=False)
    ax.set(title="Loss", ylabel="cross-entropy")


def draw_accuracies(ax: Any, learnt: Sequence[float], tested: Sequence[float]) -> None:
    for i, (name, shares) in enumerate((("training", learnt), ("test", tested))):
        percent = [100.0 * share for share in shares]
        ax.plot(range(1, len(percent) + 1), percent, "os"[i] + "-", color=colour(i), label=name)
    ax.spines[["top", "right"]].set_visible(False)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set(title="Accuracy", xlabel="epoch", ylabel="images read rightly, %")
    ax.legend(frameon=False)


def draw_images(figure: Any, seen: Sequence[tuple[Example, int]]) -> None:
    """Images in two rows, with the network's reading below each: blue if right, else red."""
    figure.suptitle("Test images, and what the network reads")
    places = figure.subplots(2, SHOWN // 2).ravel()
    for ax in places:
        ax.set_axis_off()
    for ax, ((pixels, digit), guess) in zip(places, seen):
        rows = [pixels[i : i + SIDE] for i in range(0, len(pixels), SIDE)]
        ax.imshow(rows, cmap="gray_r", vmin=0.0, vmax=1.0)
        words, ink = (f"{guess}", colour(0)) if guess == digit else (f"{guess}, is {digit}", "red")
        ax.set_title(words, y=-0.32, color=ink, weight="bold")


def draw_templates(figure: Any, weights: Any) -> None:
    figure.suptitle("What each neuron of the first layer looks for")
    templates(weights, (SIDE, SIDE), figure.subplots(), columns=8)
