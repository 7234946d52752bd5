"""Random search, the measure for gradient descent: it follows no slope."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from ..modes import no_grad
from ..options import POSITIVE, within
from ..temporary import Temporary
from ..transforms.variables import number
from ..updates import set_data
from .groups import parameters_of


def random_search(
    parameters: Any,
    loss: Callable[[], Any],
    tries: int,
    scale: float = 1.0,
    *,
    local: bool = False,
) -> float:
    """Try parameters drawn from [−`scale`, `scale`], or with `local` moved by as much from the
    best so far, and leave those with the lowest loss; return it. `loss` takes nothing and returns
    a Value or a number. The parameters at the start count as the first try."""
    within("scale", scale, POSITIVE)
    found = parameters_of(parameters)
    with no_grad():
        lowest = number(loss())
        for _ in range(tries):
            drawn = [random.uniform(-scale, scale) for _ in found]
            data = [p.data + d for p, d in zip(found, drawn)] if local else drawn
            with Temporary((found, "_number", data)):
                tried = number(loss())
            # not tried < lowest, for the start may be NaN
            if not tried >= lowest and tried == tried:
                lowest = tried
                set_data(found, data)
    return lowest
