"""x², and its derivative: the first message that a tool answers."""

from __future__ import annotations

from typing import Any

import scalargrad as sg

from . import Run


def square(x: Any) -> Any:
    return x * x


FUNCTIONS = {
    "square": lambda x: Run(lambda: square(x)),
    "double": lambda x: Run(lambda: sg.grad(square)(x)),
}
