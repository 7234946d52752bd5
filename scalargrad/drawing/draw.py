"""`draw`, the door to this package: nothing of it loads before the first drawing."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .picture.drawing import Drawing


def draw(
    what: Any,
    *inputs: Any,
    model: Any = None,
    path: tuple[Any, Any] | None = None,
    depth: int | None = None,
    collapse: int | str | Collection[str] | None = None,
    expand: bool = False,
    fold: bool | None = None,
    edges: str | None = None,
    constants: bool | None = None,
    limit: int = 150,
    rankdir: str = "LR",
    precision: int = 4,
    theme: str = "light",
    legend: bool = False,
) -> Drawing:
    """Return a picture of the graph that a Value was computed from.

    `what` is a Value, a list of them, or a model or function to be called on `inputs`, whose
    numbers become Values as in `explain`. With a `model`, nodes stand in its modules; an object of
    your own class that keeps Values in its attributes is a model too. Nodes show their label,
    operator, data and grad, which is — before `backward()` has run; `edges` adds the "local"
    gradient, the "contribution" that flows back, or "both". Blue is positive, orange negative, the
    deeper the larger.

    `path=(w, loss)` keeps what lies between two nodes, `depth` what is that near the root. Above
    `limit` items modules collapse, or nodes that are alike share a box, as on the page of
    `explain`; `collapse` names modules, or is the depth at which all do (0 is the model itself; ()
    collapses none). What was computed again and again in the same way is a loop: `fold` shows its
    body once, with dashed edges from an iteration to the next; if None that is done above the
    limit, without a model, where an operator depends on itself.
    `expand` shows the gates that fused nodes stand for. `constants` are items of their own if true.
    `rankdir` is LR, RL, TB or BT, `theme` light or dark, `precision` counts significant digits.

    Calling the model or function here tells exactly which module built a node. Of a graph that
    exists the parameters tell: a node that uses none stands in the smallest module around what
    it is computed from and what uses it, outside of all at the model's end. O(nodes + edges).
    Raises ValueError for an option there is not, TypeError where there is no Value.
    """
    from .picture.drawing import drawing
    from .picture.scene import Scene
    from .picture.view import Options

    options = Options(path, depth, collapse, expand, constants, limit, precision, fold)
    return drawing(Scene(what, inputs, model), options, edges, rankdir, theme, legend)
