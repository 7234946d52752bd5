"""The choice of how a training gets its gradients: by a compiled program or by graphs, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from ..columns import Unfit, reason_of
from ..evaluating import in_mode
from ..graph import topological_order
from ..many import SAMPLES, WORK
from ..nn import BatchNorm, Module
from .callbacks import Run
from .eager import Eager
from .interrupts import Interrupts
from .recipe import Recipe
from .trial import same_chance

if TYPE_CHECKING:
    from .lanes import Lanes

TRIED = 64
"""So many samples are tried at most."""


class Batches(Protocol):
    """The batches of an epoch, and how the gradient of one is computed."""

    def put_in(self, order: Sequence[int]) -> None: ...
    def gradient(self, start: int, end: int) -> float: ...


def chosen(recipe: Recipe, run: Run, interrupts: Interrupts) -> Batches:
    """Return what computes the gradients, and note it in the history. Raises the compiler's error,
    or ValueError, if a program is `wanted` and there can be none. Ctrl-C while a program is traced
    ends the training before its first update."""
    eager, history, wanted = Eager(recipe, run.model), run.history, recipe.compile
    if wanted is False:
        history.reason = "compile=False"
        return eager
    try:
        with unchanged(run.model):
            lanes = compiled(recipe, run, wanted is True, interrupts)
    except Unfit as unfit:
        if wanted:
            raise ValueError(f"compile=True: {unfit}; pass compile=False or nothing") from None
        history.reason = str(unfit)
    except KeyboardInterrupt:
        run.stop("interrupted")
    except Exception as error:
        if wanted:
            raise
        history.reason = reason_of(error)
    else:
        history.engine = "compiled"
        return lanes
    return eager


def compiled(recipe: Recipe, run: Run, required: bool, interrupts: Interrupts) -> Lanes:
    """Return the program that was tried. Raises Unfit or an error of the compiler."""
    most = None if required else programs_that_pay(recipe, run.model, run.epochs)
    if most == 0:
        raise Unfit("a training so short takes longer if it is compiled")
    # here, because most trainings have no need of the compiler
    from .lanes import Lanes
    from .normalized import Normalized

    with in_mode(run.model, True):
        lanes = (Normalized if recipe.together else Lanes)(recipe, run.model, run.history, most)
        lanes.required = required
        lanes.try_out(tried(recipe), interrupts)
    return lanes


@contextmanager
def unchanged(model: Any) -> Iterator[None]:
    """Within it chance, and what the parts of a Module keep in attributes and buffers, such as
    running statistics, may change; afterwards they are what they were."""
    parts = [vars(x) for _, x in model.named_modules()] if isinstance(model, Module) else []
    buffers = [x for _, x in model.named_buffers()] if isinstance(model, Module) else []
    attributes, numbers = [dict(part) for part in parts], [list(x) for x in buffers]
    with same_chance():
        try:
            yield
        finally:
            for part, before in zip(parts, attributes):
                bring_back(part, before)
            for buffer, kept in zip(buffers, numbers):
                buffer[:] = kept


def bring_back(part: dict[str, Any], before: dict[str, Any]) -> None:
    for name in part.keys() - before.keys():
        del part[name]
    part.update(before)


def tried(recipe: Recipe) -> list[int]:
    """The places of samples to try: the first batch, and the first sample of each target."""
    size = min(recipe.batch_size, len(recipe.data))
    if recipe.together:
        return [*range(size)]
    first = {repr(y): i for i, (_, y) in reversed(list(enumerate(recipe.data)))}
    start = range(min(size, TRIED // 2))
    return list(dict.fromkeys([*start, *sorted(first.values())]))[:TRIED]


def programs_that_pay(recipe: Recipe, model: Any, epochs: int) -> int:
    """How many programs may be traced so that, even if each serves a part of the training alone,
    no training takes longer for them. The same on every machine: so are then the losses."""
    count = epochs * len(recipe.data)
    # each part with statistics has programs of its own
    programs = count // (SAMPLES * (1 + normalized_in(model)))
    if not programs:
        return 0
    x, y = recipe.data[0]
    with in_mode(model, False):
        nodes = topological_order(recipe.loss(model(x), y))
    return min(programs, count * sum(len(node.parents) for node in nodes) // WORK)


def normalized_in(model: Any) -> int:
    """How many parts take statistics of a batch."""
    parts = model.named_modules() if isinstance(model, Module) else []
    return sum(isinstance(part, BatchNorm) for _, part in parts)
